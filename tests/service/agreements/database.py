"""The database as somebody with a role and no API meets it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from shared.database.engine import Database, Tenancy

DATABASE = "agreements"


@dataclass(frozen=True, slots=True)
class Urls:
    """One for each role."""

    superuser: str
    owner: str
    runtime: str


def run_sql(
    url: str, statement: str, values: Mapping[str, Any] | None = None, *, tenant: str | None = None
) -> list[dict[str, Any]]:
    """The rows of one statement in a transaction of its own, with or without an organisation set."""

    async def run() -> list[dict[str, Any]]:
        database = Database(url, pool_size=1)
        try:
            transaction = database.without_tenant() if tenant is None else database.begin(Tenancy(tenant))
            async with transaction as connection:
                answer = await connection.execute(text(statement), dict(values or {}))
                return [dict(row) for row in answer.mappings()] if answer.returns_rows else []
        finally:
            await database.close()

    return asyncio.run(run())
