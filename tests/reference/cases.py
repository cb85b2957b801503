"""Consultations with known timestamps: realistic sequences, and often at the hours where clocks go wrong."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

FROM, UNTIL = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
ACTIONS = ("open", "claim", "ask_back", "reply", "answer", "withdraw", "close")
MINUTE = timedelta(minutes=1)

# In UTC. The clocks change at 01:00: in March 02:00-03:00 is skipped, in October it comes twice.
HARD_INSTANTS = sorted(
    datetime.fromisoformat(text + "+00:00")
    for text in (
        *("2024-03-31 00:59", "2024-03-31 01:00", "2024-03-31 01:01", "2024-03-31 12:00"),
        *("2025-03-30 00:59", "2025-03-30 01:00", "2025-03-30 01:01", "2025-03-30 12:00"),
        *("2024-10-26 23:59", "2024-10-27 00:00", "2024-10-27 00:30", "2024-10-27 01:00", "2024-10-27 01:30"),
        *("2025-10-25 23:59", "2025-10-26 00:00", "2025-10-26 00:30", "2025-10-26 01:00", "2025-10-26 01:30"),
        *("2024-03-28 15:59", "2024-03-29 09:00", "2024-04-01 10:00", "2024-04-02 06:00"),
        *("2025-04-17 14:59", "2025-04-18 09:00", "2025-04-21 10:00", "2025-04-22 06:00"),
        *("2024-06-20 14:59", "2024-06-21 08:00", "2024-06-22 10:00", "2024-06-24 06:00"),
        *("2025-06-19 15:00", "2025-06-20 08:00", "2025-06-21 10:00", "2025-06-23 05:59"),
        *("2024-12-23 16:00", "2024-12-24 09:00", "2024-12-25 12:00", "2024-12-27 07:00", "2024-12-31 10:00"),
        *("2025-12-23 15:59", "2025-12-24 09:00", "2025-12-25 12:00", "2025-12-29 06:59", "2025-12-31 10:00"),
        *("2024-01-01 00:00", "2025-01-01 11:00", "2024-05-01 10:00", "2025-05-29 10:00", "2024-06-06 10:00"),
        *("2024-02-29 09:00", "2024-08-17 10:00", "2025-09-14 18:30", "2024-11-20 02:17", "2025-02-12 22:45"),
    )
)


@dataclass(frozen=True)
class Event:
    """`action`, one of `ACTIONS`, was taken `at` a whole minute, in UTC."""

    at: datetime
    action: str


@dataclass(frozen=True)
class Case:
    """One consultation; at most one event a minute, in order of time, the first one `open`."""

    number: int
    municipality: str
    type: str
    events: tuple[Event, ...]


def generate_cases(seed: int, count: int) -> list[Case]:
    """The same cases for the same seed, opened in 2024 and 2025; what comes after `UNTIL` is left out."""
    rng = Random(seed)  # noqa: S311  # reproducible, nothing secret
    return [_case(number, rng) for number in range(1, count + 1)]


def _case(number: int, rng: Random) -> Case:
    municipality = rng.choice(("umea", "malmo"))
    kind = rng.choice(("information_request", "consultation"))
    at, events = _opening(number, rng), []
    for action in _actions(rng):
        events.append(Event(at, action))
        at = _later(at, rng)
    return Case(number, municipality, kind, tuple(event for event in events if event.at < UNTIL))


def _opening(number: int, rng: Random) -> datetime:
    """Every third case in turn at a hard instant, the others at any minute of the two years."""
    if number % 3 == 0:
        return HARD_INSTANTS[number // 3 % len(HARD_INSTANTS)]
    return FROM + rng.randrange((UNTIL - FROM) // MINUTE) * MINUTE


def _actions(rng: Random) -> list[str]:
    rounds = rng.choices((0, 1, 2, 4), (60, 25, 12, 3))[0]
    usual = ["open", "claim", *["ask_back", "reply"] * rounds, "answer"]
    fate = rng.random()
    if fate < 0.06:
        return [*usual[: rng.randrange(1, len(usual))], "withdraw"]
    if fate < 0.12:
        return usual[: rng.randrange(1, len(usual))]
    return [*usual, "close"] if fate < 0.75 else usual


def _later(at: datetime, rng: Random) -> datetime:
    """Minutes, hours or days later, and now and then at the next hard instant when it is near."""
    longest = rng.choices((45, 10 * 60, 14 * 1440), (25, 45, 30))[0]
    following = bisect_right(HARD_INSTANTS, at)
    if rng.random() < 0.2 and following < len(HARD_INSTANTS):
        hard = HARD_INSTANTS[following]
        if hard - at < timedelta(days=20):
            return hard
    return at + rng.randint(1, longest) * MINUTE
