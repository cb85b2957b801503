"""Opening rules as they are written in JSON: by clients, and in the database."""

from collections.abc import Callable
from datetime import date, time
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from services.consultation.clocks.domain import OpeningHours, Week
from services.consultation.clocks.opening_rules import HalfDay, HalfDayRule, OpeningRules
from services.consultation.wire import Day
from shared.http.bodies import WireModel

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_DAYS = 100
"""Days by date in one version: some years' worth."""

LEAST_WEEK_SECONDS = 3600
"""With less in a week a long target would lie beyond the years that are known."""

LocalTime = Annotated[
    str,
    StringConstraints(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    Field(json_schema_extra={"example": "08:00"}),
]


class HoursModel(WireModel):
    """Open from `opens` until just before `closes`, Swedish local time; 00:00 closes at the midnight after."""

    opens: LocalTime
    closes: LocalTime


class WeekModel(WireModel):
    """Hours by weekday; null, or left out, is closed."""

    monday: HoursModel | None = None
    tuesday: HoursModel | None = None
    wednesday: HoursModel | None = None
    thursday: HoursModel | None = None
    friday: HoursModel | None = None
    saturday: HoursModel | None = None
    sunday: HoursModel | None = None


class HalfDayModel(WireModel):
    """Closes early at `closes`: on the date `on`, or on every day of `rule`. One of the two is stated."""

    on: Day | None = None
    rule: HalfDayRule | None = None
    closes: LocalTime


class OpeningModel(WireModel):
    """When a unit is open. Swedish holidays are closed whatever stands here."""

    week: WeekModel
    closed_days: Annotated[list[Day], Field(default_factory=list, max_length=MOST_DAYS)]
    half_days: Annotated[list[HalfDayModel], Field(default_factory=list, max_length=MOST_DAYS)]


def faults(opening: OpeningModel) -> list[str]:
    """What is wrong with it, as paths of fields; empty when nothing is."""
    hours = {day: getattr(opening.week, day) for day in WEEKDAYS}
    return [
        *(["opening.week"] if _open_in(opening.week) < LEAST_WEEK_SECONDS else []),
        *(f"opening.week.{day}" for day, each in hours.items() if each is not None and not _in_order(each)),
        *(
            f"opening.halfDays.{place}"
            for place, half in enumerate(opening.half_days)
            if (half.on is None) == (half.rule is None)
        ),
    ]


def as_rules(opening: OpeningModel, is_holiday: Callable[[date], bool]) -> OpeningRules:
    """The rules, from a model without faults."""
    week: Week = tuple(_hours(getattr(opening.week, day)) for day in WEEKDAYS)
    halves = tuple(HalfDay(half.on or HalfDayRule(half.rule or ""), _time(half.closes)) for half in opening.half_days)
    return OpeningRules(week, is_holiday, frozenset(opening.closed_days), halves)


def as_stored(opening: OpeningModel) -> dict[str, Any]:
    """As it lies in the database."""
    return opening.model_dump(mode="json", by_alias=True, exclude_none=True)


def read_stored(stored: dict[str, Any]) -> OpeningModel:
    """From the database."""
    return OpeningModel.model_validate(stored)


def _open_in(week: WeekModel) -> int:
    found = [_hours(each) for day in WEEKDAYS if (each := getattr(week, day)) is not None and _in_order(each)]
    return sum(hours.seconds[1] - hours.seconds[0] for hours in found if hours)


def _in_order(hours: HoursModel) -> bool:
    return hours.opens < hours.closes or hours.closes == "00:00"


def _hours(hours: HoursModel | None) -> OpeningHours | None:
    return None if hours is None else OpeningHours(_time(hours.opens), _time(hours.closes))


def _time(text: str) -> time:
    return time.fromisoformat(text)
