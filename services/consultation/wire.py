"""Types that the wire models of this service share. Times are UTC, dates are Swedish calendar days."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from services.consultation.persons.domain import NotAPersonNumber, PersonNumber
from services.consultation.problems import PERSON_NUMBER_INVALID
from shared.http.bodies import WireModel
from shared.http.times import WRITTEN_DAY, WRITTEN_INSTANT
from shared.problems import Problem, Words

Instant = Annotated[datetime, WRITTEN_INSTANT, Field(json_schema_extra={"example": "2026-11-20T09:12:00Z"})]
Day = Annotated[date, WRITTEN_DAY, Field(json_schema_extra={"example": "2026-11-20"})]
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
