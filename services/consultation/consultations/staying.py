"""What is written beside a consultation needs it to stay: retention may be erasing it in this very moment."""

from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

_STAYS = text("SELECT 1 FROM consultation WHERE org = :org AND id = :id FOR KEY SHARE")


async def keep_from_going(connection: AsyncConnection, row: Row[Any]) -> bool:
    """Lock the consultation against being erased until the end of the transaction; False when it has gone meanwhile."""
    return (await connection.execute(_STAYS, {"org": row.org, "id": row.id})).one_or_none() is not None
