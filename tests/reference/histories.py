"""Histories of consultations, made up from a seed: often at the hours where clocks go wrong."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from tests.reference.cases import HARD_INSTANTS
from tests.reference.clock import MINUTE, Fact, Office, OfficeFrom, TargetFrom, World, real

FROM, UNTIL = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
TYPES = ("information_request", "consultation", "joint_planning")
UNITS = ("norr", "kust", "natt", "lunch")

_OFFICE = (480, 1020)
NORR = Office((*(_OFFICE,) * 5, None, None), half_days=(("day_before_holiday", 780), ("bridge_day", 720)))
KUST = Office((None, (540, 960), (540, 960), (540, 960), (540, 900), None, None), frozenset({date(2024, 11, 1)}))
NATT = Office(((0, 240),) * 7, half_days=((date(2024, 12, 30), 120), ("day_before_holiday", 60)))
LUNCH = Office((*((600, 840),) * 5, (600, 720), None), frozenset({date(2025, 2, 12), date(2025, 4, 17)}))


@dataclass(frozen=True)
class History:
    """One consultation, told at `now`."""

    number: int
    type: str
    facts: tuple[Fact, ...]
    now: datetime


def make_world(seed: int) -> World:
    """Calendars that change half-way, closed days told late, and targets on every level."""
    rng = Random(seed)  # noqa: S311  # reproducible, nothing secret
    offices = [
        OfficeFrom(unit, date(2023, 12, 1), FROM - timedelta(days=40), office)
        for unit, office in zip(UNITS, (NORR, KUST, NATT, LUNCH), strict=True)
    ]
    targets = []
    for _ in range(8):
        unit = rng.choice(UNITS)
        recorded = _any_minute(rng)
        began = next(each for each in offices if each.unit == unit)
        shut = frozenset(recorded.date() + timedelta(days=rng.randint(1, 30)) for _ in range(2))
        office = rng.choice((None, NORR, replace(began.office or NORR, closed=shut)))
        offices.append(OfficeFrom(unit, recorded.date() + timedelta(days=rng.randint(2, 40)), recorded, office))
    for _ in range(30):
        recorded = _any_minute(rng) - timedelta(days=30)
        day = recorded.date() + timedelta(days=rng.randint(2, 40))
        minutes = rng.choice((None, 180, 540, 1080, 1500, 1800))
        targets.append(TargetFrom(rng.choice((None, *UNITS)), rng.choice(TYPES), day, recorded, minutes))
    return World(tuple(offices), tuple(targets), tuple(zip(TYPES, (1080, 1620, 2400), strict=True)))


def make_histories(seed: int, count: int) -> list[History]:
    """The same histories for the same seed; facts in order, each at a whole minute."""
    rng = Random(seed)  # noqa: S311  # reproducible, nothing secret
    return [_history(number, rng) for number in range(count)]


def _history(number: int, rng: Random) -> History:
    at = HARD_INSTANTS[number // 3 % len(HARD_INSTANTS)] if number % 3 == 0 else _any_minute(rng)
    fact = Fact(1, at, "opened", "answering_authority", rng.choice(UNITS))
    facts = [fact]
    for _ in range(rng.choice((0, 1, 3, 5, 8, 12))):
        at = _later(at, rng)
        correction = _correction(facts, at, rng) if rng.random() < 0.2 else None
        facts.append(correction or _next(facts, at, rng))
        if facts[-1].turn == "nobody":
            break
    if rng.random() < 0.3:
        at = _later(at, rng)
        facts.append(_correction(facts, at, rng) or _next(facts, at, rng))
    return History(number, rng.choice(TYPES), tuple(facts), _later(facts[-1].recorded, rng))


def _next(facts: list[Fact], at: datetime, rng: Random) -> Fact:
    last = facts[-1]
    turn, unit, held, action = last.turn, last.unit, last.held, "noted"
    responds = False
    fate = rng.random()
    if turn == "nobody":
        action = "closed"
    elif fate < 0.15:
        action, held = "claimed", True
    elif fate < 0.25:
        action, held, unit = "handed_over", False, rng.choice(UNITS)
        turn = "answering_authority"
    elif fate < 0.4:
        action, turn, held, responds = "answered", "nobody", False, True
    elif fate < 0.45:
        action, held = "released", False
    else:
        turn = rng.choice(("answering_authority", "municipality", "person", "post", "secrecy_test", "meeting"))
        action, responds = f"became_{turn}", turn == "municipality"
    happened = _within(real(facts)[-1].happened, at, rng) if rng.random() < 0.15 else None
    return Fact(last.sequence + 1, at, action, turn, unit, held, responds, happened)


def _correction(facts: list[Fact], at: datetime, rng: Random) -> Fact | None:
    """One of the earlier events happened at another time, between its neighbours."""
    happened = real(facts)
    place = rng.randrange(len(happened))
    moved = happened[place]
    recorded = next(fact.recorded for fact in facts if fact.sequence == moved.sequence)
    earliest = happened[place - 1].happened if place else recorded - timedelta(days=20)
    latest = min([recorded, *(each.happened for each in happened[place + 1 : place + 2])])
    if latest < earliest:
        return None
    last = facts[-1]
    moves = (moved.sequence, _within(earliest, latest, rng))
    return Fact(last.sequence + 1, at, "corrected", last.turn, last.unit, last.held, moves=moves)


def _within(earliest: datetime, latest: datetime, rng: Random) -> datetime:
    return earliest + rng.randint(0, (latest - earliest) // MINUTE) * MINUTE


def _any_minute(rng: Random) -> datetime:
    return FROM + rng.randrange((UNTIL - FROM) // MINUTE) * MINUTE


def _later(at: datetime, rng: Random) -> datetime:
    """The same minute now and then; minutes, hours or days later; or at the next hard instant when it is near."""
    chance = rng.random()
    if chance < 0.05:
        return at
    following = bisect_right(HARD_INSTANTS, at)
    if chance < 0.25 and following < len(HARD_INSTANTS) and HARD_INSTANTS[following] - at < timedelta(days=20):
        return HARD_INSTANTS[following]
    if chance < 0.3:
        return (at + timedelta(days=1)).replace(hour=23, minute=0)
    return at + rng.randint(1, rng.choice((45, 10 * 60, 5 * 1440, 12 * 1440))) * MINUTE
