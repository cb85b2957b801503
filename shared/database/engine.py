"""Transactions with the organisation set, so that row-level security always has someone to ask about.

The setting is local to the transaction: the next user of a pooled connection inherits nothing, and a
statement without it sees no rows (policies compare with `nullif(current_setting('app.org', true), '')`).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.database.single import SESSION, SingleStatements

_SET_TENANT = text("SELECT set_config('app.org', :org, true)")


@dataclass(frozen=True, slots=True)
class Tenancy:
    """The organisation for which a statement runs, in canonical form (`0007:2120000142`)."""

    organisation: str


PUBLIC = Tenancy("public")
"""Nobody in particular: sees what has been published and owns nothing."""


class Database:
    """Connections as one database role: `begin` for transactions, `single` for what is one statement."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        # No overflow: a connection that is opened for one request and closed after it costs more than the request.
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            hide_parameters=True,
            connect_args={"server_settings": SESSION},
        )
        self._autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self.single = SingleStatements(self.engine, url, size=pool_size)

    @asynccontextmanager
    async def begin(self, tenancy: Tenancy) -> AsyncIterator[AsyncConnection]:
        """One transaction; committed on leaving, rolled back when anything is raised."""
        async with self.engine.begin() as connection:
            await connection.execute(_SET_TENANT, {"org": tenancy.organisation})
            yield connection

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which each statement is its own transaction and sets the organisation itself."""
        async with self._autocommit.connect() as connection:
            yield connection

    @asynccontextmanager
    async def without_tenant(self) -> AsyncIterator[AsyncConnection]:
        """One transaction for tables that hold no organisation's data."""
        async with self.engine.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Close the pools."""
        await self.single.close()
        await self.engine.dispose()
