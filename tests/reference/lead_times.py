"""Working time and percentiles, computed slowly: every minute is asked for its local time.

Instants are aware and on the whole minute. Only the time zone database is shared with the product.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from itertools import accumulate
from math import floor
from zoneinfo import ZoneInfo

from tests.reference.cases import ACTIONS, UNTIL, Case, Event, generate_cases
from tests.reference.swedish_days import closed_days

__all__ = [
    "ACTIONS",
    "OFFICE",
    "TURN_AFTER",
    "UNTIL",
    "Case",
    "Event",
    "Hours",
    "generate_cases",
    "open_minutes",
    "percentile",
    "time_by_turn",
    "turn_changes",
]

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MINUTES_A_DAY = 1440

TURN_AFTER = {
    "open": "answering_authority",
    "claim": "answering_authority",
    "ask_back": "municipality",
    "reply": "answering_authority",
    "answer": "nobody",
    "withdraw": "nobody",
    "close": "nobody",
}


@dataclass(frozen=True)
class Hours:
    """Opening and closing in minutes since local midnight, and the weekdays (Monday is 0)."""

    opens: int
    closes: int
    weekdays: range


OFFICE = Hours(8 * 60, 17 * 60, range(5))


def open_minutes(start: datetime, end: datetime, hours: Hours = OFFICE) -> int:
    """Working minutes in `[start, end)`. ValueError for instants within a minute or in the wrong order."""
    first, last = _minute(start), _minute(end)
    if last < first:
        raise ValueError("the end lies before the start")
    first_day, last_day = first // MINUTES_A_DAY, last // MINUTES_A_DAY
    whole_days = sum(_open_so_far(day, hours)[-1] for day in range(first_day, last_day))
    of_last_day = _open_so_far(last_day, hours)[last % MINUTES_A_DAY]
    return whole_days + of_last_day - _open_so_far(first_day, hours)[first % MINUTES_A_DAY]


def time_by_turn(changes: Iterable[tuple[datetime, str]], until: datetime) -> dict[str, int]:
    """Working minutes of each turn, from changes in order of time, all of them before `until`."""
    minutes = {"answering_authority": 0, "municipality": 0, "nobody": 0}
    holder, since = None, None
    for at, turn in [*changes, (until, "")]:
        if holder is not None and since is not None:
            minutes[holder] += open_minutes(since, at)
        holder, since = turn, at
    return minutes


def turn_changes(case: Case) -> list[tuple[datetime, str]]:
    """Whose turn it is after each event of the case."""
    return [(event.at, TURN_AFTER[event.action]) for event in case.events]


def percentile(values: Iterable[int | Fraction], share: Fraction) -> Fraction:
    """What PostgreSQL's percentile_cont gives: linear between the two nearest of the sorted values.

    `share` is 0 to 1, exact: `Fraction("0.85")`. ValueError when there are no values.
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values, no percentile")
    place = share * (len(ordered) - 1)
    below = ordered[floor(place)]
    above = ordered[min(floor(place) + 1, len(ordered) - 1)]
    return below + (place - floor(place)) * Fraction(above - below)


@cache
def _open_so_far(day: int, hours: Hours) -> Sequence[int]:
    """How many of the first 0, 1, ... 1440 minutes of the UTC day (counted from 1970) are open."""
    first = day * MINUTES_A_DAY
    each = (_is_open(minute, hours) for minute in range(first, first + MINUTES_A_DAY))
    return array("H", accumulate(each, initial=0))


def _is_open(minute: int, hours: Hours) -> bool:
    local = datetime.fromtimestamp(minute * 60, STOCKHOLM)
    if local.weekday() not in hours.weekdays or local.date() in closed_days(local.year):
        return False
    return hours.opens <= local.hour * 60 + local.minute < hours.closes


def _minute(instant: datetime) -> int:
    utc = instant.astimezone(UTC)
    if utc.second or utc.microsecond:
        raise ValueError("the reference knows whole minutes only")
    return int(utc.timestamp()) // 60
