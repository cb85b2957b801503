"""Folding on demand: the worker does it every other second, and tests don't wait for that."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.leadtimes.folding import fold_pending
from services.consultation.tables import WORKER_ROLE
from shared.database.engine import Database
from tests.attack.support import sql
from tests.exchange import Exchange

Result = TypeVar("Result")


def fold_all(exchange: Exchange) -> None:
    """Everything that has happened so far is in the figures."""

    async def fold(connection: AsyncConnection) -> int:
        return await fold_pending(connection, exchange.clock())

    while as_role(exchange, WORKER_ROLE, fold):
        pass


def cells(exchange: Exchange) -> dict[str, list[str]]:
    """Every cell that holds something, as text, by table."""
    return {
        table: [
            str(row["cell"])
            for row in sql(exchange, f"SELECT to_jsonb(t)::text AS cell FROM {table} t WHERE {held} ORDER BY 1")
        ]
        for table, held in (("lead_time_cube", "number <> 0"), ("lead_time_tally", "number <> 0 OR amount <> 0"))
    }


def as_role(exchange: Exchange, role: str, work: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
    """The result of `work` in one transaction as a role of the consultation service's database."""

    async def run() -> Result:
        database = Database(exchange.postgres.url("consultation", role), pool_size=1)
        try:
            async with database.without_tenant() as connection:
                return await work(connection)
        finally:
            await database.close()

    return asyncio.run(run())
