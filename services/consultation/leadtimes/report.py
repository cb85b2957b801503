"""Lead times and work in progress, read as the role that sees durations and no persons.

Percentiles are exact and interpolate linearly (PostgreSQL's percentile_cont). Working seconds are stored per
consultation when it is answered, derived from its events.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.leadtimes.domain import AgeBoundary

PERCENTILES = (50, 85, 95)


class Grouping(StrEnum):
    """One cut at a time."""

    NONE = "none"
    MUNICIPALITY = "municipality"
    COUNTY = "county"
    TYPE = "type"
    MONTH = "month"


_KEYS = {
    Grouping.NONE: "'all'",
    Grouping.MUNICIPALITY: "coalesce(municipality_code, 'none')",
    Grouping.COUNTY: "coalesce(county_code, 'none')",
    Grouping.TYPE: "type",
    Grouping.MONTH: "to_char(answered_at AT TIME ZONE 'Europe/Stockholm', 'YYYY-MM')",
}
_FILTER = """
    (CAST(:municipality AS text) IS NULL OR municipality_code = :municipality)
    AND (CAST(:county AS text) IS NULL OR county_code = :county)
    AND (CAST(:type AS text) IS NULL OR type = :type)
"""
# What runs towards the target; see docs/clocks.md.
_COUNTED = "answering_seconds + coalesce(secrecy_seconds, 0) + coalesce(post_seconds, 0)"
_SHARES = "ARRAY[0.5, 0.85, 0.95]"


def _percentiles(column: str) -> str:
    return f"percentile_cont({_SHARES}) WITHIN GROUP (ORDER BY {column}) AS {column}"


_REPORTS = {
    grouping: text(
        f"""
        SELECT {key} AS key, count(*) AS n, avg(({_COUNTED} <= target_seconds)::int) AS within_target,
               {_percentiles("total_seconds")}, {_percentiles("answering_seconds")}, {_percentiles("asking_seconds")}
        FROM consultation
        WHERE answered_at >= :first AND answered_at < :beyond AND {_FILTER}
        GROUP BY 1 ORDER BY 1
        """
    )
    for grouping, key in _KEYS.items()
}
_OPEN = text(
    f"""
    SELECT turn, width_bucket(opened_at, CAST(:boundaries AS timestamptz[])) AS bucket, count(*) AS n,
           count(*) FILTER (WHERE due_at < coalesce(clock_stopped_at, :now)) AS overdue
    FROM consultation WHERE turn <> 'nobody' AND {_FILTER}
    GROUP BY 1, 2
    """
)


@dataclass(frozen=True, slots=True)
class Cut:
    """Which consultations count; None is all."""

    municipality: str | None = None
    county: str | None = None
    type: str | None = None

    def values(self) -> dict[str, Any]:
        """Parameters of the filter."""
        return {"municipality": self.municipality, "county": self.county, "type": self.type}


@dataclass(frozen=True, slots=True)
class Spread:
    """Working minutes at each of PERCENTILES, rounded half up."""

    minutes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The answered consultations of one group. `within_target` is a share from 0 to 1."""

    key: str
    count: int
    within_target: float
    total: Spread
    answering: Spread
    asking: Spread


@dataclass(frozen=True, slots=True)
class OpenAge:
    """Open consultations of one turn up to an age in working days; None is older than the last limit."""

    turn: str
    up_to_working_days: int | None
    count: int
    overdue: int


async def lead_times(
    connection: AsyncConnection, grouping: Grouping, cut: Cut, first: datetime, beyond: datetime
) -> list[Group]:
    """Groups of what was answered from `first` to before `beyond`."""
    values = {**cut.values(), "first": first, "beyond": beyond}
    return [_group(row) for row in await connection.execute(_REPORTS[grouping], values)]


def _group(row: Row[Any]) -> Group:
    return Group(
        key=row.key,
        count=row.n,
        within_target=round(float(row.within_target), 4),
        total=_spread(row.total_seconds),
        answering=_spread(row.answering_seconds),
        asking=_spread(row.asking_seconds),
    )


def _spread(seconds: Sequence[float]) -> Spread:
    # Rounded to the millisecond first: an interpolated value may miss a half minute by a binary fraction.
    return Spread(tuple(math.floor(round(value, 3) / 60 + 0.5) for value in seconds))


async def open_ages(
    connection: AsyncConnection, cut: Cut, now: datetime, boundaries: Sequence[AgeBoundary]
) -> list[OpenAge]:
    """Open consultations by turn and age, from the boundaries of the age limits."""
    oldest_first = sorted(boundary.opened_from for boundary in boundaries)
    limits = [None, *sorted((boundary.working_days for boundary in boundaries), reverse=True)]
    values = {**cut.values(), "now": now, "boundaries": oldest_first}
    found = [
        OpenAge(row.turn, limits[row.bucket], row.n, row.overdue) for row in await connection.execute(_OPEN, values)
    ]
    return sorted(found, key=lambda age: (age.turn, age.up_to_working_days or math.inf))
