"""What the commands read as the auditor, and the one entry that each of them writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from shared.audit import OPERATOR

# What names the person, and refusals that name only a record of the person's.
_ABOUT = text(
    """
    WITH theirs AS (
        SELECT DISTINCT object_id FROM audit_entry WHERE subject = :mark AND object_id IS NOT NULL
    )
    SELECT entry FROM (
        SELECT at, id, entry FROM audit_entry WHERE subject = :mark
        UNION ALL
        SELECT e.at, e.id, e.entry FROM audit_entry e JOIN theirs USING (object_id)
        WHERE e.subject IS NULL AND e.erased_at IS NULL
    ) AS found ORDER BY at, id
    """
)
_OF_HANDLER = text(
    """
    SELECT entry FROM audit_entry
    WHERE org = :org AND at >= :first AND at < :last AND erased_at IS NULL
      AND CAST(entry AS jsonb) #>> '{actor,stated}' = :handler
    ORDER BY at, id
    """
)
_TENANT = text("SELECT set_config('app.org', :org, true)")


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[AsyncConnection]:
    """One transaction as the auditor, in which it may write as the operator. Committed at the end."""
    engine = create_async_engine(url, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await connection.execute(_TENANT, {"org": OPERATOR})
            yield connection
    finally:
        await engine.dispose()


async def entries_about(connection: AsyncConnection, mark: bytes) -> list[str]:
    """The entries about a person, oldest first, by the person's mark."""
    return list((await connection.execute(_ABOUT, {"mark": mark})).scalars())


async def entries_of_handler(
    connection: AsyncConnection, organisation: str, handler: str, first: datetime, last: datetime
) -> list[str]:
    """The entries of what a handler has done in `[first, last)`, oldest first."""
    values = {"org": organisation, "handler": handler, "first": first, "last": last}
    return list((await connection.execute(_OF_HANDLER, values)).scalars())
