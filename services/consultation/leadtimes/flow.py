"""Figures that are sums: throughput, cumulative flow, reasons for delay, manual work, and demand for information sets.

They are told of one's own consultations alone, the answering authority's being all that are put to it: small sums of
different kinds can't be kept from being pieced together as lead times are.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.transitions import State
from services.consultation.leadtimes.cuts import Cut, Grouping, Slice
from services.consultation.leadtimes.facts import COOPERATION_CASES, DELAY_REASONS
from services.consultation.leadtimes.figures import TOTAL, Times, estimated, one_moment, read_tallies, read_times
from services.consultation.leadtimes.manual import MANUAL_CHANNELS
from services.consultation.leadtimes.others import FiguresWithheld, Reader
from services.consultation.leadtimes.periods import Period, cells, days, next_month
from services.consultation.leadtimes.report import parts_of

THROUGHPUT = ("opened", "answered", "closed", "rejected", "withdrawn", "within_target", COOPERATION_CASES)
_BEGINNING = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Sums:
    """Of one group: how many of each item, and how much of it (seconds)."""

    key: str
    numbers: Mapping[str, int]
    amounts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FlowDay:
    """How many were in each state when the day ended."""

    day: date
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """How often a set was asked for, and the median lead time in seconds of those answered, within the bound."""

    code: str
    number: int
    answered: int
    median: float | None = None


@dataclass(slots=True)
class _Group:
    numbers: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    amounts: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def own(chosen: Slice, grouping: Grouping, reader: Reader) -> Slice:
    """The slice that the reader is told of: without any narrowing, one's own. Raises FiguresWithheld."""
    if reader.party_to_all:
        return chosen
    mine = Slice(Cut.ORGANISATION, (reader.organisation,))
    if (chosen.cut is Cut.ALL or chosen == mine) and (grouping is Grouping.NONE or grouping.of_time):
        return mine
    raise FiguresWithheld


async def sums(
    connection: AsyncConnection, period: Period, grouping: Grouping, chosen: Slice, items: Collection[str]
) -> list[Sums]:
    """By group, in order; a period in which nothing happened is there too when the groups are of time."""
    await one_moment(connection)
    parts = parts_of(period, grouping)
    labelled = [(label, cell) for label, part in parts for cell in cells(part)]
    found: dict[str, _Group] = {label: _Group() for label, _ in parts} if grouping.of_time else {}
    for row in await read_tallies(connection, chosen, labelled, items):
        group = chosen.group_of(row.key, row.type)
        if group is None:
            continue
        key = row.label if grouping.of_time else "all" if grouping is Grouping.NONE else group
        held = found.setdefault(key, _Group())
        held.numbers[row.item] += row.number
        held.amounts[row.item] += row.amount
    return [Sums(key, found[key].numbers, found[key].amounts) for key in sorted(found)]


async def cumulative_flow(connection: AsyncConnection, period: Period, chosen: Slice) -> list[FlowDay]:
    """Day by day. What was there before is counted from cells of years and months, and what came after taken away."""
    await one_moment(connection)
    month_end = next_month(period.first)
    before = [("before", cell) for cell in cells(Period(_BEGINNING, month_end))]
    taken_back = [("after", cell) for part in days(Period(period.first, month_end)) for cell in cells(part)]
    of_days = [(str(part.first), cell) for part in days(period) for cell in cells(part)]
    items = [f"flow:{state.value}" for state in State]
    states: dict[str, int] = dict.fromkeys((state.value for state in State), 0)
    changes: dict[str, dict[str, int]] = defaultdict(dict)
    for row in await read_tallies(connection, chosen, [*before, *taken_back, *of_days], items):
        state = row.item.partition(":")[2]
        if row.label in ("before", "after"):
            states[state] += row.number if row.label == "before" else -row.number
        else:
            changes[row.label][state] = row.number
    flow = []
    for part in days(period):
        for state, number in changes[str(part.first)].items():
            states[state] += number
        flow.append(FlowDay(part.first, dict(states)))
    return flow


def delay_items() -> list[str]:
    """The tallies of reasons for delay."""
    return [f"reason:{reason}" for reason in DELAY_REASONS]


def manual_items() -> list[str]:
    """The tallies of manual work."""
    return [*(f"manual:{channel}" for channel in MANUAL_CHANNELS), "answered", "without_manual"]


def largest_causes(group: Sums, most: int) -> Sequence[tuple[str, int, int]]:
    """Reason, how often, and seconds lost: those that cost most first (R12)."""
    causes = [
        (item.partition(":")[2], group.numbers[item], group.amounts[item])
        for item in delay_items()
        if item in group.numbers
    ]
    return sorted(causes, key=lambda cause: (-cause[2], -cause[1], cause[0]))[:most]


async def demand(connection: AsyncConnection, period: Period) -> list[Asked]:
    """Of every information set, the most asked first (R3)."""
    await one_moment(connection)
    chosen, labelled = Slice(Cut.SET, None), [("", cell) for cell in cells(period)]
    numbers: dict[str, int] = defaultdict(int)
    times: dict[str, Times] = defaultdict(Times)
    for row in await read_tallies(connection, chosen, labelled, ["opened"]):
        numbers[row.key] += row.number
    for row in await read_times(connection, chosen, labelled, [TOTAL]):
        times[row.key].add(row.number, row.buckets, row.counts)
    ranked = sorted({*numbers, *times}, key=lambda code: (-numbers[code], code))
    return [_asked(code, numbers[code], times.get(code)) for code in ranked]


def _asked(code: str, number: int, times: Times | None) -> Asked:
    if times is None or times.number == 0:
        return Asked(code, number, 0)
    return Asked(code, number, times.number, estimated({TOTAL: times}, [0.5], [TOTAL]).by_measure[TOTAL][0])
