"""Reads the audit trail."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Two branches, each on an index of its own.
_PAGE = text(
    """
    SELECT id, at, entry FROM (
        (SELECT id, at, entry FROM audit_entry
         WHERE org = :org AND (at, id) < (CAST(:at AS timestamptz), CAST(:id AS uuid))
         ORDER BY at DESC, id DESC LIMIT :rows)
        UNION ALL
        (SELECT id, at, entry FROM audit_entry
         WHERE owner_org = :org AND org <> :org AND (at, id) < (CAST(:at AS timestamptz), CAST(:id AS uuid))
         ORDER BY at DESC, id DESC LIMIT :rows)
    ) AS entries
    ORDER BY at DESC, id DESC LIMIT :rows
    """
)
_END = (datetime(9999, 12, 31, tzinfo=UTC), uuid.UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry: its place, and its text as it was written."""

    id: uuid.UUID
    at: datetime
    entry: str


async def entries_page(
    connection: AsyncConnection, org: str, *, before: tuple[datetime, uuid.UUID] | None, rows: int
) -> list[Kept]:
    """Entries by the organisation or about its records, newest first."""
    at, entry_id = before or _END
    values = {"org": org, "at": at, "id": entry_id, "rows": rows}
    return [Kept(**row) for row in (await connection.execute(_PAGE, values)).mappings()]
