"""Connections to the product's databases that stay open from test to test."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import asyncpg

from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.database.engine import Database

Result = TypeVar("Result")


class StandingConnections:
    """One to each database, as the superuser and as the role that serves.

    To make one takes several milliseconds, a statement a fraction of one.
    """

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        self._postgres = postgres
        self._runner = asyncio.Runner()
        self._open: dict[str, Any] = {}
        self._serving: dict[str, Database] = {}
        self._turn = threading.Lock()

    def rows(self, database: str, query: str, *values: object) -> list[Any]:
        """The rows of one statement of the superuser's, a transaction of its own."""
        return self.run(self._rows(database, query, values))

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of work on these connections, done where they live."""
        with self._turn:
            return self._runner.run(work)

    def serving(self, service: str) -> Database:
        """A service's database as its serving role, with one connection."""
        if service not in self._serving:
            self._serving[service] = Database(self._postgres.url(service, f"{service}_runtime"), pool_size=1)
        return self._serving[service]

    def close(self) -> None:
        """End them."""
        for database in self._serving.values():
            self._runner.run(database.close())
        for connection in self._open.values():
            self._runner.run(connection.close())
        self._runner.close()

    async def _rows(self, database: str, query: str, values: tuple[object, ...]) -> list[Any]:
        connection = self._open.get(database)
        if connection is None or connection.is_closed():
            host = str(self._postgres.socket_directory)
            # Nothing is kept of a statement: the tables of one may be others the next time.
            connection = await asyncpg.connect(database=database, user=SUPERUSER, host=host, statement_cache_size=0)
            self._open[database] = connection
        try:
            return list(await connection.fetch(query, *values))
        finally:
            if not connection.is_closed():
                await connection.reset()
