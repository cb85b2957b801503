"""Lead times of what was answered in a period: counts, shares within target, and any percentiles, by group.

Who is a party to everything, which is the answering authority, is told everything. Others are told of their own
consultations the same, and of others' what the pools of `suppression` let through: whole months that have ended.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.leadtimes.cuts import Grouping, Slice
from services.consultation.leadtimes.figures import (
    EXACT_BELOW,
    TOTAL,
    Place,
    Spreads,
    Times,
    Wanted,
    estimated,
    exact_spreads,
    one_moment,
    read_times_and_within,
)
from services.consultation.leadtimes.others import (
    ANSWERED,
    FiguresWithheld,
    Reader,
    Told,
    atoms_of,
    ended_months,
    is_own,
    month_starts,
    only_own,
    told_of_month,
)
from services.consultation.leadtimes.periods import (
    Cell,
    Level,
    Period,
    cells,
    days,
    months,
    next_month,
    weeks,
)
from services.consultation.leadtimes.suppression import is_told

PERCENTILES = (0.5, 0.85, 0.95)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `shares` are the percentiles, from 0 to 1."""

    period: Period
    grouping: Grouping
    chosen: Slice
    shares: Sequence[float] = PERCENTILES
    measures: Collection[str] = (TOTAL,)


@dataclass(frozen=True, slots=True)
class Group:
    """The answered consultations of one group. `within_target` is a share from 0 to 1.

    Of a group that can't be told `number` is None. `months_left_out` are those of the period that could not be told,
    and are in none of the figures.
    """

    key: str
    number: int | None
    within_target: float | None = None
    spreads: Spreads | None = None
    months_left_out: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The groups, by key, and the period that they really are of."""

    period: Period
    groups: Sequence[Group]


async def lead_times(connection: AsyncConnection, question: Question, reader: Reader, today: date) -> Report:
    """As the role for figures, in a transaction of its own. Raises FiguresWithheld for days and weeks of others."""
    await one_moment(connection)
    chosen = question.chosen
    if reader.party_to_all or is_own(chosen, reader):
        return Report(question.period, await _groups(connection, question, None))
    atoms = await atoms_of(connection, chosen, question.period, ANSWERED)
    if only_own(chosen, reader, atoms):
        return Report(question.period, await _groups(connection, question, None))
    if question.grouping in (Grouping.WEEK, Grouping.DAY):
        raise FiguresWithheld
    ended = ended_months(question.period, today)
    if ended is None:
        return Report(question.period, [])
    allowed = {month: told_of_month(chosen, reader, atoms.get(month, {})) for month in month_starts(ended)}
    question = Question(ended, question.grouping, chosen, question.shares, question.measures)
    return Report(ended, await _groups(connection, question, allowed, reader.least))


_PARTS = {Grouping.MONTH: months, Grouping.WEEK: weeks, Grouping.DAY: days}


def label_of(grouping: Grouping, part: Period) -> str:
    """What a group of time is called: 2026-11, 2026-W47, 2026-11-20."""
    if grouping is Grouping.MONTH:
        return f"{part.first:%Y-%m}"
    if grouping is Grouping.WEEK:
        year, week, _ = part.first.isocalendar()
        return f"{year}-W{week:02}"
    return str(part.first)


def parts_of(period: Period, grouping: Grouping) -> list[tuple[str, Period]]:
    """The period as groups of time, or whole under an empty label."""
    cut = _PARTS.get(grouping)
    return [("", period)] if cut is None else [(label_of(grouping, part), part) for part in cut(period)]


async def _groups(
    connection: AsyncConnection, question: Question, allowed: Mapping[date, Told] | None, least: int = 0
) -> list[Group]:
    """With `allowed`, months alone, and of these what may be told of each group."""
    chosen, parts = question.chosen, parts_of(question.period, question.grouping)
    held = _Held(question, parts, allowed)
    labelled = held.labelled()
    for row in await read_times_and_within(connection, chosen, labelled, {TOTAL, *question.measures}):
        held.add(row)
    few = {place: held.wanted(place) for place, times in held.times.items() if 0 < times[TOTAL].number < EXACT_BELOW}
    came = {measure for place in few for measure in held.times[place]}
    exact = await exact_spreads(connection, chosen.cut, few, question.shares, came)
    groups = []
    for place in sorted(held.places()):
        times = held.times.get(place)
        left_out = held.left_out.get(place, 0)
        key = place[0] if question.grouping.of_time else place[1]
        if times is None or times[TOTAL].number == 0:
            if left_out:
                groups.append(Group(key, None, months_left_out=left_out))
            continue
        number = times[TOTAL].number
        spreads = exact.get(place) or estimated(times, question.shares, question.measures)
        spreads = _without_extremes(spreads, question.shares, held.of_others(place), least)
        groups.append(Group(key, number, round(held.within[place] / number, 4), spreads, left_out))
    return groups


def _without_extremes(spreads: Spreads, shares: Sequence[float], of_others: int, least: int) -> Spreads:
    """Without the percentiles that few of others' answers reach: those would tell the time of a single one."""
    told = [is_told(share, of_others, least) for share in shares]
    if all(told):
        return spreads
    by_measure = {
        measure: [value if may else None for value, may in zip(values, told, strict=True)]
        for measure, values in spreads.by_measure.items()
    }
    return Spreads(by_measure, spreads.exact)


class _Held:
    """What has been read so far, by label and group."""

    def __init__(
        self, question: Question, parts: Sequence[tuple[str, Period]], allowed: Mapping[date, Told] | None
    ) -> None:
        self._question, self._parts, self._allowed = question, dict(parts), allowed
        self.times: dict[Place, dict[str, Times]] = defaultdict(lambda: defaultdict(Times))
        self.within: dict[Place, int] = defaultdict(int)
        self.left_out: dict[Place, int] = defaultdict(int)
        self._keys: dict[Place, tuple[str, str, str]] = {}
        self._places: dict[tuple[str, str, str], Place | None] = {}
        for month, told in (allowed or {}).items():
            for group, of_others in told.items():
                if of_others is None:
                    self.left_out[self._label_of_month(month), self._shown(group)] += 1

    def labelled(self) -> list[tuple[str, Cell]]:
        """The cells to read. When what may be told differs from month to month, the label is the month."""
        if self._allowed is None:
            return [(label, cell) for label, part in self._parts.items() for cell in cells(part)]
        return [(str(month), Cell(Level.MONTH, month)) for month in self._allowed]

    def add(self, row: Any) -> None:
        """A cell."""
        # Taken apart at once: of hundreds, a name at a time costs more than all the rest that is done here.
        label, key, type_, measure, number, buckets, counts, within = row
        if (place := self._place(label, key, type_)) is not None:
            self.times[place][measure].add(number, buckets, counts)
            self.within[place] += within or 0

    def places(self) -> set[Place]:
        """Every group of which something is to be said."""
        return {*self.times, *self.left_out}

    def wanted(self, place: Place) -> Wanted:
        """Where the rows of the group are."""
        key, type_, group = self._keys[place]
        if self._allowed is None:
            return Wanted(key, type_, [self._parts[place[0]]])
        told = [
            Period(month, next_month(month))
            for month, may in self._allowed.items()
            if self._label_of_month(month) == place[0] and may.get(group) is not None
        ]
        return Wanted(key, type_, told)

    def of_others(self, place: Place) -> int:
        """How many of others' answers are in what is told of the group."""
        if self._allowed is None:
            return 0
        group = self._keys[place][2]
        return sum(
            told.get(group) or 0 for month, told in self._allowed.items() if self._label_of_month(month) == place[0]
        )

    def _place(self, label: str, key: str, type_: str) -> Place | None:
        """Where a cell belongs: the same for all its measures. None when it is outside, or may not be told."""
        cell = (label, key, type_)
        if cell not in self._places:
            self._places[cell] = self._place_of(*cell)
        return self._places[cell]

    def _place_of(self, label: str, key: str, type_: str) -> Place | None:
        group = self._question.chosen.group_of(key, type_)
        if group is None:
            return None
        if self._allowed is not None:
            month = date.fromisoformat(label)
            if self._allowed[month].get(group) is None:
                return None
            label = self._label_of_month(month)
        place = (label, self._shown(group))
        self._keys[place] = (key, type_, group)
        return place

    def _shown(self, group: str) -> str:
        if self._question.grouping.of_time:
            return ""
        return "all" if self._question.grouping is Grouping.NONE else group

    def _label_of_month(self, month: date) -> str:
        if self._question.grouping is Grouping.MONTH:
            return label_of(Grouping.MONTH, Period(month, next_month(month)))
        return ""


def minutes_of(seconds: float) -> int:
    """Rounded half up; to the millisecond first, since an interpolated value may miss a half by a binary fraction."""
    return math.floor(round(seconds, 3) / 60 + 0.5)
