"""Which version of the cells there is: each transaction that changes them makes the next."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database.single import SingleStatements

_READ = text("SELECT version FROM lead_time_version")
_NEXT = text("UPDATE lead_time_version SET version = version + 1")


async def cells_changed(connection: AsyncConnection) -> None:
    """With the transaction of the connection, as the role of background jobs."""
    await connection.execute(_NEXT)


async def cells_version(single: SingleStatements) -> int:
    """As the role for figures, in one round trip: every figure that is asked for asks this first."""
    version: int = await single.value(_READ, {})
    return version
