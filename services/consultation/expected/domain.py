"""The estimate: within which working time so large a part of questions like this one has been answered.

The empirical quantile of the latest answers, taken at a level that is corrected by how often earlier estimates held.
Answers are not exchangeable, since load and season change, so a quantile alone drifts from what it says; the
correction makes the stated share come true over time whatever the lead times do (adaptive conformal inference,
Gibbs and Candès 2021). Times are working seconds from opening to answer, whoever's turn it was.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil

from services.consultation.clocks.domain import BusinessCalendar

PROBABILITY = 0.85
"""What is stated."""

LEAST = 200
"""Answers without which nothing is stated of a unit, or of a type."""

LATEST = 500
"""Answers of a unit and type that are looked at, the latest."""

OF_EACH_UNIT = 50
"""Answers of each unit that stand for the type in all units: the largest does not decide for the others."""

HISTORY_DAYS = 180
"""How old an answer may be."""

RECORD_DAYS = 400
"""How old an estimate may be that is held to account: a year and some, since load comes and goes with the year. What is
forgotten sooner is made up for once more."""

LEAST_LEFT = 20
"""Answers that took longer than has been waited already, without which nothing is stated any more."""

ALL_UNITS = ""

_STEP = 0.08
_LEVELS = (0.02, 0.995)


class Basis(StrEnum):
    """What an expectation rests on."""

    UNIT = "unit"
    """The unit's own answers to questions of the type."""
    TYPE = "type"
    """Answers of all units to questions of the type: the unit has too few."""
    TARGET = "target"
    """The due date: there are too few answers to tell from."""


@dataclass(frozen=True, slots=True)
class Record:
    """How earlier estimates went: how many held, and how many did not, whether there is an answer by now or not."""

    held: int = 0
    missed: int = 0

    def __add__(self, other: "Record") -> "Record":
        return Record(self.held + other.held, self.missed + other.missed)


NO_RECORD = Record()


@dataclass(frozen=True, slots=True)
class Cell:
    """The latest answers of a unit to a type, newest first.

    The records are of the estimates of `RECORD_DAYS`: those that rested on the unit, and on the type.
    """

    type: str
    unit: str
    seconds: tuple[int, ...]
    by_unit: Record = NO_RECORD
    by_type: Record = NO_RECORD


@dataclass(frozen=True, slots=True)
class Sample:
    """What an estimate is read from: lead times in ascending order, and the level at which they are read."""

    basis: Basis
    seconds: tuple[int, ...]
    level: float = PROBABILITY

    def within(self, waited: int = 0) -> int | None:
        """The working seconds since opening within which the answer comes, when so many have passed without one.

        None when too few have taken longer than that.
        """
        first = bisect_right(self.seconds, waited) if waited else 0
        left = len(self.seconds) - first
        if left < LEAST_LEFT:
            return None
        place = ceil((left + 1) * self.level) - 1
        return self.seconds[first + min(left - 1, max(0, place))]


@dataclass(frozen=True, slots=True)
class Expectation:
    """`at` is in UTC; None when nothing honest can be said. The other members are None when it is the target."""

    at: datetime | None
    basis: Basis
    within_seconds: int | None = None
    n: int | None = None

    @property
    def stated(self) -> bool:
        """Whether a share of answers is stated."""
        return self.within_seconds is not None


def corrected_level(record: Record) -> float:
    """The level that makes up for how often earlier estimates held: each that did not moves it up, and so on."""
    level = PROBABILITY + _STEP * (PROBABILITY * record.missed - (1 - PROBABILITY) * record.held)
    return min(_LEVELS[1], max(_LEVELS[0], level))


def samples(cells: Sequence[Cell]) -> dict[tuple[str, str], Sample]:
    """By type and unit, and by type and `ALL_UNITS`; only where there are enough answers.

    A unit with too few of its own is told by those of all units, at a level corrected by its own record.
    """
    pools: dict[str, list[int]] = defaultdict(list)
    records: dict[str, Record] = defaultdict(Record)
    for cell in cells:
        pools[cell.type] += cell.seconds[:OF_EACH_UNIT]
        records[cell.unit] += cell.by_type
    ordered = {kind: tuple(sorted(pool)) for kind, pool in pools.items() if len(pool) >= LEAST}
    made = {(kind, ALL_UNITS): Sample(Basis.TYPE, pool) for kind, pool in ordered.items()}
    for cell in cells:
        if len(cell.seconds) >= LEAST:
            level = corrected_level(cell.by_unit)
            made[cell.type, cell.unit] = Sample(Basis.UNIT, tuple(sorted(cell.seconds)), level)
        elif cell.type in ordered:
            level = corrected_level(records[cell.unit])
            made[cell.type, cell.unit] = Sample(Basis.TYPE, ordered[cell.type], level)
    return made


def expect(
    found: Mapping[str, Sample],
    unit: str,
    calendar: BusinessCalendar,
    *,
    opened_at: datetime,
    due_at: datetime,
    now: datetime,
) -> Expectation:
    """What can be expected at `now` of a question that is open; `found` are the samples of its type, by unit."""
    waited = calendar.open_seconds(opened_at, now) if opened_at < now else 0
    for sample in (found.get(unit), found.get(ALL_UNITS)):
        within = sample.within(waited) if sample is not None else None
        if sample is not None and within is not None:
            return Expectation(calendar.add(opened_at, within), sample.basis, within, len(sample.seconds))
    return Expectation(due_at if due_at > now or opened_at == now else None, Basis.TARGET)
