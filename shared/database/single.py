"""Statements that are a whole transaction in themselves, on the hot path: one round trip, straight on the driver.

The statement sets the organisation itself, in a materialized CTE that its inserts read from. SQLAlchemy compiles it
once; its pool and execution would cost more than the statement (ADR 0003).
"""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import asyncpg
from sqlalchemy import TextClause
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

# A request never waits long for another's lock or for a runaway plan. Compiling small statements costs more than
# running them.
SESSION = {"statement_timeout": "10s", "lock_timeout": "3s", "jit": "off"}


class SingleStatements:
    """Connections of its own beside the engine's, opened at the first use."""

    def __init__(self, engine: AsyncEngine, url: str, *, size: int) -> None:
        self._engine, self._size = engine, size
        self._address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._compiled: dict[TextClause, tuple[str, list[str]]] = {}
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def value(self, statement: TextClause, values: Mapping[str, Any]) -> Any:
        """The first column of the first row. Raises asyncpg's errors, whose texts must not be told."""
        text, names = self._compiled.get(statement) or self._compile(statement)
        pool = self._pool or await self._open()
        return await pool.fetchval(text, *[values[name] for name in names])

    async def rows(self, statement: TextClause, values: Mapping[str, Any]) -> list[Any]:
        """Every row, with its columns as attributes. JSON is text. Raises asyncpg's errors."""
        text, names = self._compiled.get(statement) or self._compile(statement)
        pool = self._pool or await self._open()
        return [SimpleNamespace(**row) for row in await pool.fetch(text, *[values[name] for name in names])]

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.close()

    def _compile(self, statement: TextClause) -> tuple[str, list[str]]:
        compiled = statement.compile(dialect=self._engine.dialect)
        found = self._compiled[statement] = (compiled.string, list(getattr(compiled, "positiontup", None) or ()))
        return found

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._address,
                    min_size=1,
                    max_size=self._size,
                    timeout=5,
                    command_timeout=30,
                    server_settings=SESSION,
                    reset=_nothing,
                )
            return self._pool


async def _nothing(_: asyncpg.Connection) -> None:
    # What a statement has set was local to it, so there is nothing to reset between users.
    return
