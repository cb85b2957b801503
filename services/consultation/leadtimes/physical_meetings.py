"""Physical meetings that were asked for: how many were granted, how soon, and what became of the others (R16).

Counted by the day of the request. Who is no party to them is told as of lead times, by pools of requests. What a month
holds goes on changing while one of its requests waits, and would tell of each as it is settled: of others it is told
when none does.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.leadtimes.cuts import Grouping, Slice
from services.consultation.leadtimes.figures import one_moment, read_tallies
from services.consultation.leadtimes.others import (
    FiguresWithheld,
    Reader,
    Told,
    atoms_of,
    ended_months,
    is_own,
    month_starts,
    only_own,
    others_by_group,
    told_of_month,
)
from services.consultation.leadtimes.periods import Cell, Level, Period, cells, next_month
from services.consultation.leadtimes.physical_requests import (
    ASKED,
    GRANTED,
    ITEM_OF_DAYS,
    NOT_GRANTED,
    REFUSED,
    WAITING,
)
from services.consultation.leadtimes.report import label_of, parts_of
from services.consultation.leadtimes.suppression import is_told

IN_TIME = 10
"""Working days from the day of the request, within which the meeting is to begin."""
_OUTCOMES = (ASKED, GRANTED, REFUSED, NOT_GRANTED, WAITING)
_DAYS_OF = {item: days for days, item in ITEM_OF_DAYS.items()}
_MEDIAN = 0.5


@dataclass(frozen=True, slots=True)
class RequestedMeetings:
    """The requests of one group by what they have come to: `requests` is the sum of the four.

    `in_time` are those granted whose meeting begins within IN_TIME working days. `median_working_days` is of those
    granted, and None when there are none or too few of others'.
    """

    requests: int
    granted: int
    refused: int
    not_granted: int
    waiting: int
    in_time: int
    median_working_days: float | None

    @property
    def share_in_time(self) -> float | None:
        """Of all requests, from 0 to 1; None without any."""
        return round(self.in_time / self.requests, 4) if self.requests else None


@dataclass(frozen=True, slots=True)
class RequestsGroup:
    """`figures` is None for a group that can't be told. `months_left_out` are in none of the figures."""

    key: str
    figures: RequestedMeetings | None
    months_left_out: int = 0


@dataclass(frozen=True, slots=True)
class _Allowed:
    """What of others may be told, by month and group: how many requests, and how many of them were granted."""

    requests: Mapping[date, Told]
    granted: Mapping[date, Mapping[str, int]]


async def physical_meetings(
    connection: AsyncConnection, period: Period, grouping: Grouping, chosen: Slice, reader: Reader, today: date
) -> tuple[Period, list[RequestsGroup]]:
    """The groups by key, and the period that they are of. As the role for figures, in a transaction of its own.

    Raises FiguresWithheld for days and weeks of others.
    """
    await one_moment(connection)
    if reader.party_to_all or is_own(chosen, reader):
        return period, await _groups(connection, _Question(period, grouping, chosen), None)
    asked = await atoms_of(connection, chosen, period, ASKED)
    if only_own(chosen, reader, asked):
        return period, await _groups(connection, _Question(period, grouping, chosen), None)
    if grouping in (Grouping.WEEK, Grouping.DAY):
        raise FiguresWithheld
    ended = ended_months(period, today)
    if ended is None:
        return period, []
    waiting = await atoms_of(connection, chosen, ended, WAITING)
    granted = await atoms_of(connection, chosen, ended, GRANTED)
    starts = month_starts(ended)
    allowed = _Allowed(
        {month: told_of_month(chosen, reader, asked.get(month, {}), waiting.get(month, {})) for month in starts},
        {month: others_by_group(chosen, reader, granted.get(month, {})) for month in starts},
    )
    return ended, await _groups(connection, _Question(ended, grouping, chosen), allowed, reader.least)


async def _groups(
    connection: AsyncConnection, question: "_Question", allowed: _Allowed | None, least: int = 0
) -> list[RequestsGroup]:
    """With `allowed`, whole months, and of these what may be told of each group."""
    numbers: dict[str, Counter[str]] = defaultdict(Counter)
    if allowed is None:
        left_out, granted_of_others = Counter[str](), Counter[str]()
        labelled = question.labelled()
    else:
        left_out, granted_of_others = question.left_out(allowed), question.granted_of_others(allowed)
        labelled = [(str(month), Cell(Level.MONTH, month)) for month in allowed.requests]
    for row in await read_tallies(connection, question.chosen, labelled, [*_OUTCOMES, *_DAYS_OF]):
        key = question.key_of(row, allowed)
        if key is not None:
            numbers[key][row.item] += row.number
    keys = sorted({*numbers, *left_out})
    return [
        RequestsGroup(
            key, _figures(numbers[key], granted_of_others[key], least) if key in numbers else None, left_out[key]
        )
        for key in keys
    ]


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, and under which keys its groups are told."""

    period: Period
    grouping: Grouping
    chosen: Slice

    def labelled(self) -> list[tuple[str, Cell]]:
        """The cells of the period, when everything is told."""
        return [(label, cell) for label, part in parts_of(self.period, self.grouping) for cell in cells(part)]

    def key_of(self, row: Any, allowed: _Allowed | None) -> str | None:
        """The key that a tally is told under; None when it is outside, or may not be told."""
        group = self.chosen.group_of(row.key, row.type)
        if group is None or allowed is None:
            return None if group is None else self._key(row.label, group)
        month = date.fromisoformat(row.label)
        return None if allowed.requests[month].get(group) is None else self._key_in(month, group)

    def left_out(self, allowed: _Allowed) -> Counter[str]:
        """By key, how many months can't be told."""
        return Counter(
            self._key_in(month, group)
            for month, told in allowed.requests.items()
            for group, of_others in told.items()
            if of_others is None
        )

    def granted_of_others(self, allowed: _Allowed) -> Counter[str]:
        """By key, how many of the requests that are told were others', and granted."""
        found: Counter[str] = Counter()
        for month, told in allowed.requests.items():
            for group, of_others in told.items():
                if of_others is not None:
                    found[self._key_in(month, group)] += allowed.granted[month].get(group, 0)
        return found

    def _key_in(self, month: date, group: str) -> str:
        # Of time, nothing but months is told of others.
        return self._key(label_of(Grouping.MONTH, Period(month, next_month(month))), group)

    def _key(self, label: str, group: str) -> str:
        if self.grouping.of_time:
            return label
        return "all" if self.grouping is Grouping.NONE else group


def _figures(numbers: Mapping[str, int], granted_of_others: int, least: int) -> RequestedMeetings:
    days = {each: number for item, each in _DAYS_OF.items() if (number := numbers.get(item, 0))}
    tell = is_told(_MEDIAN, granted_of_others, least)
    return RequestedMeetings(
        requests=numbers.get(ASKED, 0),
        granted=numbers.get(GRANTED, 0),
        refused=numbers.get(REFUSED, 0),
        not_granted=numbers.get(NOT_GRANTED, 0),
        waiting=numbers.get(WAITING, 0),
        in_time=sum(number for each, number in days.items() if each <= IN_TIME),
        median_working_days=median(days) if tell else None,
    )


def median(numbers: Mapping[int, int]) -> float | None:
    """The middle of so many of each value, or the mean of the two in the middle; None of nothing."""
    number = sum(numbers.values())
    if number == 0:
        return None
    middle, reached = [], 0
    for value in sorted(numbers):
        before, reached = reached, reached + numbers[value]
        middle += [value for place in ((number - 1) // 2, number // 2) if before <= place < reached]
    return sum(middle) / 2
