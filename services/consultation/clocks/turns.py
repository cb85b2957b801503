"""Whose turn it was: the time of one consultation, split between those who could have moved it on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise

from services.consultation.clocks.domain import BusinessCalendar


class Turn(StrEnum):
    """Who is expected to act, or what is waited for."""

    ANSWERING = "answering_authority"
    ASKING = "municipality"
    PERSON = "person"
    POST = "post"
    SECRECY_TEST = "secrecy_test"
    MEETING = "meeting"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class TurnChange:
    """From `at` (aware) on it is this one's turn."""

    at: datetime
    turn: Turn


@dataclass(frozen=True, slots=True)
class Interval:
    """It was this one's turn in `[start, end)`, in UTC."""

    turn: Turn
    start: datetime
    end: datetime


def intervals(changes: Sequence[TurnChange], until: datetime) -> list[Interval]:
    """Turns one after the other without gaps, from the first change until `until`.

    Of changes at the same instant the last one holds, and changes after `until` have not happened yet.
    ValueError when the changes are not in order of time, TypeError when an instant has no time zone.
    """
    times = [_in_utc(change.at) for change in changes]
    if any(later < earlier for earlier, later in pairwise(times)):
        raise ValueError("changes of turn come in order of time")
    limit = _in_utc(until)
    ends = [min(time, limit) for time in [*times[1:], limit]]
    return [
        Interval(change.turn, start, end)
        for change, start, end in zip(changes, times, ends, strict=False)
        if start < end
    ]


def time_by_turn(changes: Sequence[TurnChange], until: datetime, calendar: BusinessCalendar) -> Mapping[Turn, int]:
    """Working seconds of each turn until `until`; every turn has its key, zero when it never came.

    Together they are exactly the working seconds from the first change until `until`.
    Refuses what `intervals` refuses.
    """
    seconds = dict.fromkeys(Turn, 0)
    for part in intervals(changes, until):
        seconds[part.turn] += calendar.open_seconds(part.start, part.end)
    return seconds


def minutes(seconds: int) -> int:
    """Whole minutes, what is left over dropped."""
    return seconds // 60


def _in_utc(instant: datetime) -> datetime:
    # Two instants of one zone compare by wall clock, which loses the repeated hour.
    if instant.utcoffset() is None:
        raise TypeError("an instant has a time zone")
    return instant.astimezone(UTC)
