"""Periods of Swedish calendar days, laid with as few cells as there can be: whole years, whole months, and days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

DAYS_KEPT = 400
"""How far back cells of single days go."""
_DAY = timedelta(days=1)


class Level(StrEnum):
    """How long the period of a cell is."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Cell:
    """One period of one level; `day` is its first."""

    level: Level
    day: date


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` to before `beyond`."""

    first: date
    beyond: date

    def __post_init__(self) -> None:
        if self.beyond <= self.first:
            raise ValueError("a period has a day at least")

    @property
    def last(self) -> date:
        """Its last day."""
        return self.beyond - _DAY


def days_from(today: date) -> date:
    """The first day of which cells are kept."""
    return today - timedelta(days=DAYS_KEPT)


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def week_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def cells(period: Period, *, years: bool = True) -> list[Cell]:
    """The cells that make up the period, in order of time. Without `years` whole years are laid with months."""
    found, day = [], period.first
    while day < period.beyond:
        level, beyond = _longest(day, period.beyond, years)
        found.append(Cell(level, day))
        day = beyond
    return found


def _longest(day: date, beyond: date, years: bool) -> tuple[Level, date]:
    if day.day == 1:
        year = day.replace(year=day.year + 1) if years and day.month == 1 else None
        if year is not None and year <= beyond:
            return Level.YEAR, year
        if next_month(day) <= beyond:
            return Level.MONTH, next_month(day)
    return Level.DAY, day + _DAY


def months(period: Period) -> Iterator[Period]:
    """The period by calendar months; the first and the last may be parts."""
    day = period.first
    while day < period.beyond:
        beyond = min(next_month(day), period.beyond)
        yield Period(day, beyond)
        day = beyond


def weeks(period: Period) -> Iterator[Period]:
    """The period by weeks from Monday; the first and the last may be parts."""
    day = period.first
    while day < period.beyond:
        beyond = min(week_of(day) + timedelta(days=7), period.beyond)
        yield Period(day, beyond)
        day = beyond


def days(period: Period) -> Iterator[Period]:
    """The period day by day."""
    for number in range((period.beyond - period.first).days):
        day = period.first + timedelta(days=number)
        yield Period(day, day + _DAY)


def answerable(period: Period, today: date) -> Period:
    """The period with its ends moved out to whole months where cells of days are no longer kept.

    An end in the future is as good as the end of its month: nothing has been answered after today.
    """
    kept = days_from(today)
    first, beyond = period.first, period.beyond
    if first < kept:
        first = month_of(first)
    if beyond.day != 1 and (beyond > today or max(first, month_of(beyond)) < kept):
        beyond = next_month(beyond)
    return Period(first, beyond)
