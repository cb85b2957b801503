"""Latest answers and the samples made of them, in the database."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.expected.domain import HISTORY_DAYS, LATEST, RECORD_DAYS, Cell, Record, Sample

ANSWERED_TO_ASKER = "answered_at IS NOT NULL AND channel_in NOT IN ('phone', 'post', 'local_office')"
"""What the answering side registers is often answered while it is written down, and tells nothing of a wait."""

_ACT_AS = text("SELECT set_config('app.org', :org, true)")
# Which types and units there are, by leaps through the index; then the latest of each. With 250 units and 6 types at
# most 750 000 lead times are read, whatever history there is, and the entries of the latest 400 days are counted.
_CELLS = text(
    f"""
    WITH RECURSIVE cell AS (
        (SELECT type, unit FROM consultation WHERE answering_org = :org AND {ANSWERED_TO_ASKER}
         ORDER BY type, unit LIMIT 1)
        UNION ALL
        SELECT next.type, next.unit FROM cell CROSS JOIN LATERAL (
            SELECT c.type, c.unit FROM consultation c
            WHERE c.answering_org = :org AND {ANSWERED_TO_ASKER} AND (c.type, c.unit) > (cell.type, cell.unit)
            ORDER BY c.type, c.unit LIMIT 1
        ) AS next
    )
    SELECT cell.type, cell.unit, latest.seconds, went.unit_held, went.unit_missed, went.type_held, went.type_missed
    FROM cell CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(total_seconds ORDER BY answered_at DESC), '{{}}') AS seconds
        FROM (
            SELECT c.total_seconds, c.answered_at FROM consultation c
            WHERE c.answering_org = :org AND {ANSWERED_TO_ASKER} AND c.type = cell.type AND c.unit = cell.unit
              AND c.answered_at > :since
            ORDER BY c.answered_at DESC LIMIT {LATEST}
        ) AS one
    ) AS latest CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE basis = 'unit' AND held) AS unit_held,
               count(*) FILTER (WHERE basis = 'unit' AND NOT held) AS unit_missed,
               count(*) FILTER (WHERE basis = 'type' AND held) AS type_held,
               count(*) FILTER (WHERE basis = 'type' AND NOT held) AS type_missed
        FROM (
            SELECT c.expected_basis AS basis, c.answered_at <= c.expected_at AS held FROM consultation c
            WHERE c.answering_org = :org AND {ANSWERED_TO_ASKER} AND c.type = cell.type AND c.unit = cell.unit
              AND c.answered_at > :recorded_since
            UNION ALL
            -- What waits still, and was to have been answered by now.
            SELECT c.expected_basis, false FROM consultation c
            WHERE c.answering_org = :org AND c.turn <> 'nobody' AND c.type = cell.type AND c.unit = cell.unit
              AND c.expected_at < :now
        ) AS one
    ) AS went
    """
)
_KEEP = text(
    """
    INSERT INTO expected_sample (type, unit, basis, seconds, level, refreshed_at)
    VALUES (:type, :unit, :basis, :seconds, :level, :now)
    ON CONFLICT (type, unit) DO UPDATE SET basis = excluded.basis, seconds = excluded.seconds, level = excluded.level,
        refreshed_at = excluded.refreshed_at
    """
)
_FORGET = text("DELETE FROM expected_sample WHERE refreshed_at < :now")

OF_TYPE = text("SELECT unit, basis, seconds, level FROM expected_sample WHERE type = :type AND unit IN ('', :unit)")
"""At most two rows by primary key."""


async def act_as(connection: AsyncConnection, organisation: str) -> None:
    """Read as the answering authority for the rest of the transaction."""
    await connection.execute(_ACT_AS, {"org": organisation})


async def latest_answers(connection: AsyncConnection, answering: str, now: datetime) -> list[Cell]:
    """By type and unit, with the record of what was estimated, which may be of a time before the latest answers."""
    values = {
        "org": answering,
        "now": now,
        "since": now - timedelta(days=HISTORY_DAYS),
        "recorded_since": now - timedelta(days=RECORD_DAYS),
    }
    rows = (await connection.execute(_CELLS, values)).all()
    return [
        Cell(
            row.type,
            row.unit,
            tuple(row.seconds),
            Record(row.unit_held, row.unit_missed),
            Record(row.type_held, row.type_missed),
        )
        for row in rows
    ]


async def replace_samples(connection: AsyncConnection, made: Mapping[tuple[str, str], Sample], now: datetime) -> None:
    """These, and no others."""
    values: list[dict[str, Any]] = [
        {
            "type": kind,
            "unit": unit,
            "basis": sample.basis.value,
            "seconds": list(sample.seconds),
            "level": sample.level,
            "now": now,
        }
        for (kind, unit), sample in made.items()
    ]
    if values:
        await connection.execute(_KEEP, values)
    await connection.execute(_FORGET, {"now": now})
