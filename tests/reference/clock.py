"""The clock towards the target, counted slowly: every minute is asked whether it is open, running and due.

Histories, offices and targets are plain values on whole minutes. Holidays come from the reference's own rules
(`swedish_days.py`); of the product nothing is used, and of libraries only numpy and the time zone database.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from tests.reference.swedish_days import closed_days

STOCKHOLM = ZoneInfo("Europe/Stockholm")
FIRST, BEYOND = datetime(2023, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
RUNNING = frozenset(("answering_authority", "secrecy_test", "post"))
TOUCHED = frozenset(("answering_authority", "secrecy_test"))

Hours = tuple[int, int] | None
"""Opening and closing in minutes since local midnight; None is closed."""


@dataclass(frozen=True)
class Office:
    """`half_days` name a date, `day_before_holiday` or `bridge_day`, and the minute at which it closes."""

    week: tuple[Hours, ...]
    closed: frozenset[date] = frozenset()
    half_days: tuple[tuple[date | str, int], ...] = ()


NATIONAL = Office((*((480, 1020),) * 5, None, None))


@dataclass(frozen=True)
class OfficeFrom:
    """From this day the unit is open like this, or like everybody; told at `recorded`."""

    unit: str
    day: date
    recorded: datetime
    office: Office | None


@dataclass(frozen=True)
class TargetFrom:
    """From this day so many minutes, or none of its own; told at `recorded`. Unit None is every unit."""

    unit: str | None
    type: str
    day: date
    recorded: datetime
    minutes: int | None


@dataclass(frozen=True)
class World:
    """What histories are held against."""

    offices: tuple[OfficeFrom, ...]
    targets: tuple[TargetFrom, ...]
    defaults: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Fact:
    """One event as recorded; `moves` is the sequence of another event and when that really happened."""

    sequence: int
    recorded: datetime
    action: str
    turn: str
    unit: str
    held: bool = False
    responds: bool = False
    happened: datetime | None = None
    moves: tuple[int, datetime] | None = None


@dataclass(frozen=True)
class Result:
    """In minutes. `due_dates` is how the due date stood after each fact."""

    by_turn: dict[str, int]
    counted: int
    remaining: int
    overdue: int
    first_response: int | None
    touch: int
    due_dates: list[datetime]
    due: datetime


def tell(facts: Sequence[Fact], kind: str, world: World, now: datetime) -> Result:
    """Everything that the product tells of a history, counted minute by minute."""
    happened = real(facts)
    timeline = _Timeline.reaching_due(happened, kind, world, now)
    ended = happened[-1].turn == "nobody"
    end = happened[-1].happened if ended else now
    running = happened[-1].turn in RUNNING
    measured = now if running else _last_change(happened)
    due = timeline.due()
    counted, counted_at_due = timeline.counted(measured), timeline.counted(min(due, measured))
    responses = [fact.happened for fact in happened if fact.responds]
    return Result(
        by_turn=timeline.by_turn(end),
        counted=counted,
        remaining=timeline.open_in_last_unit(measured, due) if measured < due else 0,
        overdue=counted - counted_at_due,
        first_response=sum(timeline.by_turn(responses[0]).values()) if responses else None,
        touch=timeline.touched(end),
        due_dates=[
            _Timeline.reaching_due(real(facts[: place + 1]), kind, world, fact.recorded).due()
            for place, fact in enumerate(facts)
        ],
        due=due,
    )


@dataclass(frozen=True)
class Happening:
    """One event when it really happened."""

    sequence: int
    happened: datetime
    turn: str
    unit: str
    held: bool
    responds: bool


def real(facts: Iterable[Fact]) -> list[Happening]:
    """The events that happened, each at the time that was stated last of it."""
    facts = list(facts)
    moved = dict(fact.moves for fact in facts if fact.moves)
    return [
        Happening(
            fact.sequence,
            moved.get(fact.sequence) or fact.happened or fact.recorded,
            fact.turn,
            fact.unit,
            fact.held,
            fact.responds,
        )
        for fact in facts
        if fact.moves is None
    ]


class _Timeline:
    """One array element a minute, from the opening and so many days beyond the last that is known."""

    @classmethod
    def reaching_due(cls, happened: Sequence[Happening], kind: str, world: World, known: datetime) -> "_Timeline":
        """One that is long enough to hold the due date."""
        days = 20
        while not (made := cls(happened, kind, world, known, days))._due.any():
            days *= 2
        return made

    def __init__(self, happened: Sequence[Happening], kind: str, world: World, known: datetime, days: int) -> None:
        self.start = _minute(happened[0].happened)
        length = _minute(max(happened[-1].happened, known)) - self.start + days * 1440
        self.open = np.zeros(length, bool)
        self.running = np.zeros(length, bool)
        self.held = np.zeros(length, bool)
        self.target = np.zeros(length, np.int32)
        self.turn = np.zeros(length, np.int8)
        self.turns = sorted({each.turn for each in happened})
        begins = [_minute(each.happened) - self.start for each in happened]
        for each, begin, end in zip(happened, begins, [*begins[1:], length], strict=True):
            here = slice(begin, end)
            day, minute = (part[begin + self.start : end + self.start] for part in _local())
            opens, closes = _opening(each.unit, world, known)
            self.open[here] = (minute >= opens[day]) & (minute < closes[day])
            self.target[here] = _target(each.unit, kind, world, known)[day]
            self.running[here] = each.turn in RUNNING
            self.held[here] = each.held and each.turn in TOUCHED
            self.turn[here] = self.turns.index(each.turn)
        self._counted = _so_far(self.open & self.running)
        if_started = self.running.copy()
        if_started[_minute(_last_change(happened)) - self.start :] = True
        self._due = if_started & (_so_far(self.open & if_started)[:-1] >= self.target)

    def due(self) -> datetime:
        """The first minute at which the clock runs, or would if it started again, and the target is reached."""
        return _instant(int(np.argmax(self._due)) + self.start)

    def counted(self, until: datetime) -> int:
        return int(self._counted[_minute(until) - self.start])

    def by_turn(self, until: datetime) -> dict[str, int]:
        end = _minute(until) - self.start
        minutes = np.bincount(self.turn[:end][self.open[:end]], minlength=len(self.turns))
        return {turn: int(count) for turn, count in zip(self.turns, minutes, strict=True) if count and turn != "nobody"}

    def touched(self, until: datetime) -> int:
        end = _minute(until) - self.start
        return int(np.count_nonzero(self.open[:end] & self.held[:end]))

    def open_in_last_unit(self, start: datetime, end: datetime) -> int:
        return int(np.count_nonzero(self.open[_minute(start) - self.start : _minute(end) - self.start]))


def _last_change(happened: Sequence[Happening]) -> datetime:
    """When it last became another turn, or another unit's."""
    last = happened[0]
    for each in happened[1:]:
        if (each.turn, each.unit) != (last.turn, last.unit):
            last = each
    return last.happened


@cache
def _local() -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """For each minute of the years: how many local days since FIRST's, and the local minute of that day."""
    hours = range((BEYOND - FIRST) // timedelta(hours=1))
    shifts = [(FIRST + hour * timedelta(hours=1)).astimezone(STOCKHOLM).utcoffset() or DAY for hour in hours]
    offsets = np.repeat(np.array([shift // MINUTE for shift in shifts], np.int32), 60)
    local = np.arange(len(offsets), dtype=np.int32) + offsets
    return local // 1440, local % 1440


@cache
def _opening(unit: str, world: World, known: datetime) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Opening and closing of each local day since FIRST's; a closed day closes when it opens."""
    told = tuple(each for each in world.offices if each.unit == unit and each.recorded <= known)
    return _opening_by(told)


@cache
def _opening_by(told: tuple[OfficeFrom, ...]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    hours = [_hours_on(day, told) or (0, 0) for day in _days()]
    return np.array([each[0] for each in hours], np.int32), np.array([each[1] for each in hours], np.int32)


def _hours_on(day: date, told: Sequence[OfficeFrom]) -> Hours:
    office = NATIONAL
    best = None
    for each in told:
        if each.day <= day and (best is None or (each.day, each.recorded) >= best):
            best, office = (each.day, each.recorded), each.office or NATIONAL
    hours = office.week[day.weekday()]
    if hours is None or day in office.closed or _holiday(day):
        return None
    dated = [minute for on, minute in office.half_days if on == day]
    ruled = [minute for on, minute in office.half_days if isinstance(on, str) and _is_half(on, day, office)]
    return hours[0], min([hours[1], *(dated or ruled)])


def _is_half(rule: str, day: date, office: Office) -> bool:
    before, after = day - DAY, day + DAY
    if rule == "day_before_holiday":
        return _holiday(after)
    idle = [_holiday(each) or office.week[each.weekday()] is None for each in (before, after)]
    return idle == [True, True] and (_holiday(before) or _holiday(after))


def _holiday(day: date) -> bool:
    return day in closed_days(day.year)


@cache
def _target(unit: str, kind: str, world: World, known: datetime) -> npt.NDArray[np.int32]:
    """The target in force on each local day since FIRST's."""
    told = tuple(
        each for each in world.targets if each.type == kind and each.unit in (unit, None) and each.recorded <= known
    )
    return _target_by(told, dict(world.defaults)[kind])


@cache
def _target_by(told: tuple[TargetFrom, ...], default: int) -> npt.NDArray[np.int32]:
    return np.array([_target_on(day, told, default) for day in _days()], np.int32)


@cache
def _days() -> tuple[date, ...]:
    return tuple(FIRST.date() + number * DAY for number in range((BEYOND - FIRST) // DAY + 1))


def _target_on(day: date, told: Sequence[TargetFrom], default: int) -> int:
    for own in (True, False):
        begun = [each for each in told if (each.unit is not None) == own and each.day <= day]
        if begun and (minutes := max(begun, key=lambda each: (each.day, each.recorded)).minutes) is not None:
            return minutes
    return default


def _so_far(minutes: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """How many of the first 0, 1, ... are true."""
    sums = np.zeros(len(minutes) + 1, np.int32)
    np.cumsum(minutes, dtype=np.int32, out=sums[1:])
    return sums


def _minute(instant: datetime) -> int:
    return (instant - FIRST) // MINUTE


def _instant(minute: int) -> datetime:
    return FIRST + minute * MINUTE
