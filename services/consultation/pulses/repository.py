"""Pulses in the database: kept for the one who gave them, and counted by the role that sees no persons."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.pulses.domain import RATINGS, Pulse


class PulseGrouping(StrEnum):
    """One cut at a time. None of them is a handler: the role that counts can't tell who had it."""

    NONE = "none"
    MONTH = "month"
    UNIT = "unit"
    MUNICIPALITY = "municipality"
    COUNTY = "county"
    TYPE = "type"


_KEYS = {
    PulseGrouping.NONE: "'all'",
    PulseGrouping.MONTH: "to_char(closed_at AT TIME ZONE 'Europe/Stockholm', 'YYYY-MM')",
    PulseGrouping.UNIT: "unit",
    PulseGrouping.MUNICIPALITY: "coalesce(municipality_code, 'none')",
    PulseGrouping.COUNTY: "coalesce(county_code, 'none')",
    PulseGrouping.TYPE: "type",
}
_NUMBERS = ", ".join(f"count(*) FILTER (WHERE pulse_rating = {rating}) AS of_{rating}" for rating in RATINGS)
# What has been erased is counted still, month by month.
_KEYS_OF_ERASED = {
    PulseGrouping.NONE: "'all'",
    PulseGrouping.MONTH: "to_char(month, 'YYYY-MM')",
    PulseGrouping.UNIT: "unit",
    PulseGrouping.MUNICIPALITY: "municipality",
    PulseGrouping.COUNTY: "county",
    PulseGrouping.TYPE: "type",
}
_ERASED_NUMBERS = ", ".join(f"ratings[{rating}]" for rating in RATINGS)
_SUMS = ", ".join(f"sum(of_{rating})::bigint AS of_{rating}" for rating in RATINGS)
_RATED = " + ".join(f"sum(of_{rating})" for rating in RATINGS)
_RESULTS = {
    grouping: text(
        f"""
        SELECT key, sum(closed)::bigint AS closed, ({_RATED})::bigint AS n, {_SUMS}
        FROM (
            SELECT {key} AS key, count(*) AS closed, {_NUMBERS}
            FROM consultation WHERE state = 'closed' AND closed_at >= :first AND closed_at < :beyond
            GROUP BY 1
            UNION ALL
            SELECT {_KEYS_OF_ERASED[grouping]} AS key, closed, {_ERASED_NUMBERS}
            FROM lead_time_pulse
            WHERE month >= (:first AT TIME ZONE 'Europe/Stockholm')::date
              AND month < (:beyond AT TIME ZONE 'Europe/Stockholm')::date
        ) AS counted
        GROUP BY 1 ORDER BY 1
        """
    )
    for grouping, key in _KEYS.items()
}
_KEEP = text(
    """
    WITH given AS (
        INSERT INTO pulse (org, consultation_id, given_at, sealed) VALUES (:org, :id, :given_at, :sealed)
        ON CONFLICT (org, consultation_id) DO NOTHING RETURNING 1
    )
    UPDATE consultation SET pulse_rating = :rating FROM given WHERE org = :org AND id = :id RETURNING 1
    """
)
_FIND = text(
    """
    SELECT p.given_at, c.pulse_rating AS rating, p.sealed
    FROM pulse p JOIN consultation c ON c.org = p.org AND c.id = p.consultation_id
    WHERE p.org = :org AND p.consultation_id = :id
    """
)


async def keep(connection: AsyncConnection, values: dict[str, Any]) -> bool:
    """Write a pulse; False when one has been given."""
    return (await connection.execute(_KEEP, values)).scalar_one_or_none() is not None


async def find(connection: AsyncConnection, organisation: str, consultation_id: uuid.UUID) -> Row[Any] | None:
    """The organisation's own pulse of a consultation."""
    return (await connection.execute(_FIND, {"org": organisation, "id": consultation_id})).one_or_none()


async def results(
    connection: AsyncConnection, grouping: PulseGrouping, first: datetime, beyond: datetime
) -> Sequence[Pulse]:
    """By group, of what was closed from `first` to before `beyond`, midnights that begin a month.

    What is marked for violence is not counted.
    """
    rows = await connection.execute(_RESULTS[grouping], {"first": first, "beyond": beyond})
    return [
        Pulse(row.key, row.closed, row.n, tuple(getattr(row, f"of_{rating}") for rating in RATINGS)) for row in rows
    ]
