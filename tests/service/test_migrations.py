"""Migrations on databases that hold rows of the version before."""

import asyncio
from collections.abc import Callable, Iterator

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from tests.attack.support import sql
from tests.exchange import Exchange
from tests.service.test_protected_identity import upgrade_to

DATABASE = "older"


@pytest.fixture
def to(exchange: Exchange) -> Iterator[Callable[[str], None]]:
    """Migrates an empty database of the test's own to a revision."""

    async def administer(*statements: str) -> None:
        host = str(exchange.postgres.socket_directory)
        connection = await asyncpg.connect(database="postgres", user="postgres", host=host)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    async def migrate(revision: str) -> None:
        engine = create_async_engine(exchange.postgres.url(DATABASE, "consultation_owner"))
        async with engine.begin() as connection:
            await connection.run_sync(upgrade_to, revision)
        await engine.dispose()

    asyncio.run(administer(f"CREATE DATABASE {DATABASE} OWNER consultation_owner"))
    yield lambda revision: asyncio.run(migrate(revision))
    asyncio.run(administer(f"DROP DATABASE {DATABASE}"))


def test_look_ups_from_before_there_were_attempts_stay_as_they_were(
    exchange: Exchange, to: Callable[[str], None]
) -> None:
    to("0007")
    sql(
        exchange,
        """
        INSERT INTO lookup (org, id, asked_at, answered_at, client_id, handler, case_reference, person_mark,
            person_sealed, purpose, purpose_text, legal_text, period, decision_id, decision_version, sources, outcomes,
            complete)
        VALUES ('0007:1', gen_random_uuid(), now(), now(), 'c', 'h', 'EB', '', '', 'p', 'p', 'l',
                '[2026-01-01,2026-02-01)', gen_random_uuid(), 1, '{FK}',
                '[{"source": "AF", "state": "not_asked"}, {"source": "FK", "state": "error"}]', false)
        """,
        database=DATABASE,
    )
    before = sql(exchange, "SELECT to_jsonb(l)::text AS row FROM lookup l", database=DATABASE)

    to("head")

    assert sql(exchange, "SELECT to_jsonb(l)::text AS row FROM lookup l", database=DATABASE) == before
    for table in ("lookup_attempt", "kept_lookup", "household_lookup", "household_member"):
        assert sql(exchange, f"SELECT FROM {table}", database=DATABASE) == []
        forced = "SELECT relforcerowsecurity AS forced FROM pg_class WHERE oid = $1::text::regclass"
        assert sql(exchange, forced, table, database=DATABASE)[0]["forced"] is True
