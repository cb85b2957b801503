"""Reading the cells: times and tallies by group, percentiles from buckets, and from the rows themselves when few.

As the role for figures. How much is read depends on how many cells are asked for, never on what they count; rows are
read for groups below `EXACT_BELOW` only, each by an index of its cut.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.leadtimes.buckets import Histogram, percentiles
from services.consultation.leadtimes.cuts import EVERY, Cut, Slice
from services.consultation.leadtimes.periods import Cell, Period

EXACT_BELOW = 1000
"""Answers in a group, below which its percentiles are exact."""

TOTAL, FIRST_RESPONSE, TOUCH = "total", "first_response", "touch"
MEASURES: Mapping[str, str] = {
    TOTAL: "total_seconds",
    FIRST_RESPONSE: "first_response_seconds",
    TOUCH: "touch_seconds",
    "answering_authority": "answering_seconds",
    "municipality": "asking_seconds",
    "person": "person_seconds",
    "post": "post_seconds",
    "secrecy_test": "secrecy_seconds",
    "meeting": "meeting_seconds",
}
"""Each measure with its column."""
_OF_ALL = (TOTAL, FIRST_RESPONSE, TOUCH)
"""These have cells also when they are zero. Of the others, what is missing up to the number of all is zero."""

_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
# One period after the other, each by the table's own key. In a plain join the planner reads the cells of every period
# that there is, when no keys are named; `OFFSET 0` keeps it from that.
_CELLS = """
    FROM unnest(CAST(:labels AS text[]), CAST(:levels AS text[]), CAST(:periods AS date[]))
        AS wanted (label, level, period)
    CROSS JOIN LATERAL (
        SELECT key, type, {columns} FROM {table}
        WHERE level = wanted.level AND cut = :cut AND type = ANY(CAST(:types AS text[])) AND period = wanted.period
          {keys} AND {told} = ANY(CAST(:told AS text[]))
        OFFSET 0
    ) AS c
"""


def _cells(table: str, told: str, columns: str, keyed: bool) -> str:
    keys = "AND key = ANY(CAST(:keys AS text[]))" if keyed else ""
    return _CELLS.format(table=table, told=told, columns=columns, keys=keys)


def _times(columns: str, keyed: bool) -> Any:
    cells = _cells("lead_time_cube", "measure", "measure, number, buckets, counts", keyed)
    return text(f"SELECT {columns} {cells} WHERE c.number <> 0")


_TIME = "wanted.label, c.key, c.type, c.measure, c.number, c.buckets, c.counts"
_WITHIN = f"""
    CASE WHEN c.measure = '{TOTAL}' THEN (
        SELECT tally.number FROM lead_time_tally tally
        WHERE tally.level = wanted.level AND tally.cut = :cut AND tally.type = c.type AND tally.period = wanted.period
          AND tally.key = c.key AND tally.item = 'within_target'
    ) END AS within
"""
_TIMES = {keyed: _times(_TIME, keyed) for keyed in (True, False)}
_TIMES_AND_WITHIN = {keyed: _times(f"{_TIME}, {_WITHIN}", keyed) for keyed in (True, False)}
_TALLIES = {
    keyed: text(
        "SELECT wanted.label, c.key, c.type, c.item, CAST(sum(c.number) AS bigint) AS number, "
        "CAST(sum(c.amount) AS bigint) AS amount "
        + _cells("lead_time_tally", "item", "item, number, amount", keyed)
        + "GROUP BY 1, 2, 3, 4 HAVING sum(c.number) <> 0 OR sum(c.amount) <> 0"
    )
    for keyed in (True, False)
}
_COLUMN_OF = {
    Cut.ORGANISATION: "org",
    Cut.UNIT: "unit",
    Cut.AREA: "area",
    Cut.COUNTY: "county",
    Cut.MUNICIPALITY: "municipality",
    Cut.KIND: "kind",
    Cut.TYPE: "type",
    Cut.CHANNEL: "channel",
}


@cache
def _exact(cut: Cut, typed: bool, measures: tuple[str, ...]) -> Any:
    """For each place the rows are found by the index of the cut, one place after the other: `OFFSET 0` keeps the
    planner from joining all rows with all places.
    """
    spreads = ", ".join(
        f"percentile_cont(CAST(:shares AS float8[])) WITHIN GROUP (ORDER BY f.{MEASURES[measure]}) AS {measure}"
        for measure in measures
    )
    condition = "" if cut is Cut.ALL else f"AND {_COLUMN_OF[cut]} = wanted.key"
    return text(
        f"""
        SELECT wanted.place, {spreads}
        FROM unnest(CAST(:places AS int[]), CAST(:keys AS text[]), CAST(:types AS text[]), CAST(:firsts AS date[]),
                    CAST(:beyonds AS date[])) AS wanted (place, key, type, first, beyond)
        CROSS JOIN LATERAL (
            SELECT {", ".join(MEASURES[measure] for measure in measures)} FROM lead_time_fact
            WHERE answered_day IS NOT NULL AND answered_day >= wanted.first AND answered_day < wanted.beyond
              {condition} {"AND type = wanted.type" if typed else ""}
            OFFSET 0
        ) AS f
        GROUP BY 1
        """
    )


@dataclass(slots=True)
class Times:
    """So many answers, and how they lie in buckets: a histogram of each cell."""

    number: int = 0
    histograms: list[Histogram] = field(default_factory=list)

    def add(self, number: int, buckets: Sequence[int], counts: Sequence[int]) -> None:
        """A cell's."""
        self.number += number
        self.histograms.append((buckets, counts))


Place = tuple[str, str]
"""A label (of a period) and a group."""


@dataclass(frozen=True, slots=True)
class Spreads:
    """Seconds at the asked shares, by measure; measures that nothing is known of are missing.

    None is a percentile that may not be told.
    """

    by_measure: Mapping[str, Sequence[float | None]]
    exact: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where the rows of a group are: its key and type, and its periods."""

    key: str
    type: str
    periods: Sequence[Period]


async def one_moment(connection: AsyncConnection) -> None:
    """Everything that is read from now on in the transaction is as it is at one moment; to be its first statement."""
    await connection.execute(_SNAPSHOT)


async def read_times(
    connection: AsyncConnection, chosen: Slice, labelled: Iterable[tuple[str, Cell]], measures: Collection[str]
) -> list[Any]:
    """The cells of times, each with its label."""
    statement, values = _read(_TIMES, chosen, labelled, measures)
    return list(await connection.execute(statement, values))


async def read_times_and_within(
    connection: AsyncConnection, chosen: Slice, labelled: Iterable[tuple[str, Cell]], measures: Collection[str]
) -> list[Any]:
    """The same, each of the total with how many were answered within their target, in the same round trip."""
    statement, values = _read(_TIMES_AND_WITHIN, chosen, labelled, measures)
    return list(await connection.execute(statement, values))


async def read_tallies(
    connection: AsyncConnection,
    chosen: Slice,
    labelled: Iterable[tuple[str, Cell]],
    items: Collection[str],
    *,
    cut: str | None = None,
) -> list[Any]:
    """The tallies, summed by label, key and type. `cut` overrides the slice's: atoms are no cut to group by."""
    statement, values = _read(_TALLIES, chosen, labelled, items)
    return list(await connection.execute(statement, values if cut is None else {**values, "cut": cut}))


def _read(
    statements: Mapping[bool, Any], chosen: Slice, labelled: Iterable[tuple[str, Cell]], told: Collection[str]
) -> tuple[Any, dict[str, Any]]:
    wanted = list(labelled)
    values: dict[str, Any] = {
        "labels": [label for label, _ in wanted],
        "levels": [cell.level.value for _, cell in wanted],
        "periods": [cell.day for _, cell in wanted],
        "cut": chosen.cut.value,
        "types": list(chosen.types),
        "told": list(told),
    }
    if chosen.keys is not None:
        values["keys"] = list(chosen.keys)
    return statements[chosen.keys is not None], values


async def exact_spreads(
    connection: AsyncConnection,
    cut: Cut,
    wanted: Mapping[Place, Wanted],
    shares: Sequence[float],
    measures: Collection[str],
) -> dict[Place, Spreads]:
    """Percentiles of these groups from the rows themselves. Turns that are not among the measures never came."""
    if not wanted or not (cut is Cut.ALL or cut in _COLUMN_OF):
        return {}
    places = list(wanted)
    rows = [
        (place, each.key, each.type, period.first, period.beyond)
        for place, each in enumerate(wanted.values())
        for period in each.periods
    ]
    names = ("places", "keys", "types", "firsts", "beyonds")
    values = {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    read = tuple(measure for measure in MEASURES if measure in measures)
    typed = any(each.type != EVERY for each in wanted.values())
    found = await connection.execute(_exact(cut, typed, read), {**values, "shares": list(shares)})
    never = {measure: [0.0] * len(shares) for measure in MEASURES if measure not in _OF_ALL}
    return {
        places[row.place]: Spreads(never | {name: each for name in read if (each := getattr(row, name))}, True)
        for row in found
    }


def estimated(times: Mapping[str, Times], shares: Sequence[float], measures: Collection[str]) -> Spreads:
    """Percentiles from buckets, within `buckets.ERROR_BOUND`. `times` holds the total."""
    number = times[TOTAL].number
    spreads = {}
    for measure in measures:
        known = times.get(measure)
        if measure in _OF_ALL:
            if known is not None and known.number > 0:
                spreads[measure] = percentiles(known.number, known.histograms, shares)
        else:
            spreads[measure] = percentiles(number, known.histograms, shares) if known else [0.0] * len(shares)
    return Spreads(spreads, False)
