"""Types that the wire models of this service share. Times are UTC, dates are Swedish calendar days."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from services.consultation.persons.domain import NotAPersonNumber, PersonNumber
from services.consultation.problems import PERSON_NUMBER_INVALID
from shared.http.bodies import WireModel
from shared.problems import Problem, Words

Instant = Annotated[datetime, Field(json_schema_extra={"example": "2026-11-20T09:12:00Z"})]
_WRITTEN_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _as_written(day: Any) -> Any:
    """A day is written as one: a number, or a point in time, would be made into some day by counting."""
    if isinstance(day, date) and not isinstance(day, datetime):
        return day
    if isinstance(day, str) and _WRITTEN_DAY.fullmatch(day):
        return day
    raise PydanticCustomError("date_parsing", "not a date")


Day = Annotated[date, BeforeValidator(_as_written), Field(json_schema_extra={"example": "2026-11-20"})]
PersonText = Annotated[
    str, Field(min_length=12, max_length=13, description="Twelve digits, century first / Tolv siffror med sekel")
]
CaseReference = Annotated[
    str,
    Field(min_length=1, max_length=200, description="Case id at the asker, at most 31 characters / Ärendets id"),
]


class PeriodModel(WireModel):
    """From and including, to and including."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day


class TextsModel(WireModel):
    """The same words in both languages."""

    sv: str
    en: str


def read_person(text: str) -> PersonNumber:
    """The number, or Problem that does not repeat it."""
    try:
        return PersonNumber.parse(text)
    except NotAPersonNumber:
        raise Problem(
            PERSON_NUMBER_INVALID,
            Words("Numret godtas inte", "The number is not accepted"),
        ) from None
