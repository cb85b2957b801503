"""What may be used once, remembered in PostgreSQL for all processes of a service.

The table is UNLOGGED: a crash of the server, or a failover, empties it. Beside it stands a row that is emptied at the
same time and says since when the memory is whole; what was made before that is refused, since it may have been used.
"""

from datetime import datetime, timedelta

from asyncpg import InterfaceError, PostgresError
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database.engine import Database
from shared.tokens.replay import InProcessReplayStore, ReplaysUnavailable, replay_key

FORGET_SECONDS = 60.0
"""How often `forget_used` is worth doing."""

# As far ahead of us as a proof or assertion may be dated: it could have been used before a crash that we see after.
_AHEAD = timedelta(seconds=10)

# One round trip. Nothing comes back for a second use, and for what is older than the memory.
_USE = text(
    """
    INSERT INTO used_token (key, until)
    SELECT CAST(:key AS bytea), CAST(:until AS timestamptz) FROM used_token_memory WHERE whole_since <= :issued
    ON CONFLICT (key) DO UPDATE SET until = excluded.until WHERE used_token.until < :now
    RETURNING 1
    """
)
_REMEMBERED = text("SELECT whole_since <= :issued FROM used_token_memory")
_BEGIN = text(
    "INSERT INTO used_token_memory (whole_since) VALUES (:since) ON CONFLICT (only_row) DO NOTHING RETURNING 1"
)
# Without an index on `until`: it would cost every use more than this costs once a minute.
_FORGET = text("DELETE FROM used_token WHERE until < :now")
_FAULTS = (PostgresError, InterfaceError, DBAPIError, PoolTimeout, OSError)


class PostgresReplayStore:
    """A ReplayStore on one database. What this process has seen itself is refused without a question."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen_here = InProcessReplayStore()

    async def first_use(self, owner: str, token_id: str, *, issued: datetime, until: datetime, now: datetime) -> bool:
        """See ReplayStore."""
        key = replay_key(owner, token_id)
        if not self._seen_here.remember(key, until, now):
            return False
        try:
            values = {"key": key, "until": until, "issued": issued, "now": now}
            if await self._ask(_USE, values) is not None:
                return True
            remembered = await self._ask(_REMEMBERED, {"issued": issued})
            if remembered is None:
                await self._ask(_BEGIN, {"since": now + _AHEAD})
        except _FAULTS as fault:
            raise ReplaysUnavailable from fault
        # Used elsewhere, until when is known there alone.
        self._seen_here.forget(key)
        if not remembered:
            raise ReplaysUnavailable
        return False

    async def _ask(self, statement: TextClause, values: dict[str, object]) -> object:
        return await self._database.single.value(statement, values)


async def remember_from_now(url: str) -> None:
    """Begin a memory that a crash has emptied, when it is known that nothing is served yet.

    For the sandbox, where the database and all that uses it start together; elsewhere the first use begins it, with
    a wait. `url` names the role that owns the tables.
    """
    database = Database(url, pool_size=1)
    try:
        async with database.without_tenant() as connection:
            # Proofs and assertions tell whole seconds: one that is made right after this is not from before it.
            now = (await connection.execute(text("SELECT date_trunc('second', now())"))).scalar_one()
            await connection.execute(_BEGIN, {"since": now})
    finally:
        await database.close()


async def forget_used(connection: AsyncConnection, now: datetime) -> int:
    """Remove what could not be used any more anyway; answers how many."""
    return (await connection.execute(_FORGET, {"now": now})).rowcount
