"""The queue, its counters and who has how much, read from the database."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.repository import IN_SIGHT, Reader
from services.consultation.queue.domain import RUNNING_TURNS, WAITING_TURNS, Filters, Part, Tab, Today
from services.consultation.queue.statements import page_statement

MOST_HANDLERS = 1000
_OLDEST = (datetime.min.replace(tzinfo=UTC), uuid.UUID(int=0))
_PINNED = """
    (CAST(:unit AS text) IS NULL OR unit = :unit) AND (CAST(:queue AS text) IS NULL OR queue = :queue)
    AND (CAST(:type AS text) IS NULL OR type = :type)
"""
_COUNTED = f"org = :org AND restricted = ANY(CAST(:seen AS text[])) AND {_PINNED}"
_COUNTS = text(
    f"""
    SELECT CASE WHEN waiting THEN '{Tab.WAITING}' WHEN due_day < :today THEN '{Tab.LATE}'
                WHEN due_day = :today THEN '{Tab.DUE_TODAY}' ELSE '{Tab.IN_TIME}' END AS tab,
           sum(number) AS number, coalesce(sum(number) FILTER (WHERE free), 0) AS free
    FROM (
        SELECT waiting, due_day, free, number FROM queue_count WHERE {_COUNTED}
        UNION ALL
        SELECT waiting, due_day, free, number FROM queue_change WHERE {_COUNTED}
    ) AS told
    GROUP BY 1
    """
)
_FOLD = text(
    """
    WITH taken AS (
        DELETE FROM queue_change WHERE ordinal IN (
            SELECT ordinal FROM queue_change ORDER BY ordinal LIMIT :most)
        RETURNING *
    ),
    folded AS (
        INSERT INTO queue_count AS c (org, unit, queue, type, due_day, waiting, free, restricted, number)
        SELECT org, unit, queue, type, due_day, waiting, free, restricted, sum(number) FROM taken
        GROUP BY org, unit, queue, type, due_day, waiting, free, restricted HAVING sum(number) <> 0
        ORDER BY org, unit, queue, type, due_day, waiting, free, restricted
        ON CONFLICT (org, unit, queue, type, due_day, waiting, free, restricted)
        DO UPDATE SET number = c.number + excluded.number
    )
    SELECT count(*) FROM taken
    """
)
_FORGET_NONE = text("DELETE FROM queue_count WHERE number = 0")


def _listed(turns: Sequence[str]) -> str:
    return ", ".join(f"'{turn}'" for turn in turns)


_HANDLERS = text(
    f"""
    SELECT assigned_to AS handler, count(*) AS open,
           count(*) FILTER (WHERE turn IN ({_listed(RUNNING_TURNS)}) AND due_at < :today) AS late,
           count(*) FILTER (WHERE turn IN ({_listed(WAITING_TURNS)})) AS waiting
    FROM consultation
    WHERE answering_org = :org AND turn <> 'nobody' AND NOT hidden AND assigned_to IS NOT NULL AND {IN_SIGHT}
      AND (CAST(:unit AS text) IS NULL OR unit = :unit)
    GROUP BY assigned_to ORDER BY assigned_to LIMIT :most
    """
)
_HOLDING = text(
    f"""
    SELECT id, version FROM consultation
    WHERE answering_org = :org AND turn <> 'nobody' AND NOT hidden AND assigned_to = :handler AND {IN_SIGHT}
      AND NOT is_protected(person_mark)
    ORDER BY due_at, id LIMIT :most
    """
)


@dataclass(frozen=True, slots=True)
class Count:
    """How many, and of these how many that nobody has."""

    number: int = 0
    free: int = 0


async def page(
    connection: AsyncConnection,
    reader: Reader,
    filters: Filters,
    *,
    handler: str | None,
    today: Today,
    place: tuple[datetime, uuid.UUID] | None,
    rows: int,
) -> Sequence[Row[Any]]:
    """What the filters let through after the place, in their order; `handler` is who asks."""
    at, after = place or _OLDEST
    values = {
        **reader.values(),
        "unit": filters.unit,
        "handler": handler,
        "today": today.begins,
        "tomorrow": today.ends,
        "at": at,
        "after": after,
        "rows": rows,
    }
    return (await connection.execute(page_statement(filters.shape(), reader.sight), values)).all()


async def counts(
    connection: AsyncConnection,
    reader: Reader,
    today: Today,
    part: Part,
) -> dict[Tab, Count]:
    """How many open consultations stand in each tab, of those in sight."""
    values = {
        "org": reader.organisation,
        "seen": ["", *reader.sight],
        "today": today.day,
        "unit": part.unit,
        "queue": part.queue,
        "type": part.type,
    }
    rows = (await connection.execute(_COUNTS, values)).all()
    found = {Tab(row.tab): Count(int(row.number), int(row.free)) for row in rows}
    return {tab: found.get(tab, Count()) for tab in Tab}


async def fold_changes(connection: AsyncConnection, most: int) -> int:
    """Fold what has been counted into the counters, at most so many changes; answers how many. For the worker."""
    folded: int = (await connection.execute(_FOLD, {"most": most})).scalar_one()
    await connection.execute(_FORGET_NONE)
    return folded


async def handlers(
    connection: AsyncConnection, reader: Reader, today: Today, *, unit: str | None
) -> Sequence[Row[Any]]:
    """Who has anything open, and how much: handler, open, late, waiting."""
    values = {**reader.values(), "unit": unit, "today": today.begins, "most": MOST_HANDLERS}
    return (await connection.execute(_HANDLERS, values)).all()


async def holding(connection: AsyncConnection, reader: Reader, handler: str, most: int) -> Sequence[Row[Any]]:
    """What a handler has, id and version, due first first."""
    values = {**reader.values(), "handler": handler, "most": most}
    return (await connection.execute(_HOLDING, values)).all()
