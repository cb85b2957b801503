"""Migrations on databases that hold rows of the version before."""

import asyncio
from collections.abc import Callable, Iterator
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from services.consultation.consultations.repository import Reader, find_visible
from services.consultation.leadtimes.folding import fold_pending
from services.consultation.tables import RUNTIME_ROLE, WORKER_ROLE
from shared.database.engine import Database, Tenancy
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


ASKER, ANSWERER = "0007:2120002627", "0007:2021002114"
OPENED, ANSWERED = "2026-03-02T09:00Z", "2026-03-03T09:00Z"
ONE, OTHER = "10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000002"
LOOKUP, HOUSEHOLD = "20000000-0000-4000-8000-000000000001", "30000000-0000-4000-8000-000000000001"
_LOOKED_UP = f"'{ASKER}', '{LOOKUP}'"
_BOTH = f"('{ONE}'::uuid, 'S26-0000-0001', '\\x01'::bytea), ('{OTHER}', 'S26-0000-0002', '\\x02')"
OLD_ROWS = {
    "tenant_profile": f"VALUES ('{ASKER}', '162120002627', 'Umeå', 'a', '[]', '{{}}', NULL)",
    "tenant_purpose": f"VALUES ('{ASKER}', 'financial_aid_application', '[2026-01-01,)', 'p', 'l')",
    "lookup": f"VALUES ({_LOOKED_UP}, '{OPENED}', '{OPENED}', 'c', 'h', 'EB', '\\x01', '', 'p', 'p', 'l', "
    "'[2026-01-01,2026-02-01)', gen_random_uuid(), 1, '{FK}', '[]', true, false, '{}')",
    "lookup_attempt": f"VALUES ({_LOOKED_UP}, 1, '{OPENED}', '{OPENED}', 'c', 'h', 'p', 'l', gen_random_uuid(), 1, "
    "'{FK}', '[]')",
    "kept_lookup": f"VALUES ({_LOOKED_UP}, '\\x00', '{OPENED}')",
    "household_lookup": f"VALUES ('{ASKER}', '{HOUSEHOLD}', '{OPENED}', 'c', 'h', 'EB', 'p')",
    "household_member": f"VALUES ('{ASKER}', '{HOUSEHOLD}', 0, 'applicant', '{LOOKUP}', NULL)",
    # The first has been answered within an hour of work; the second waits, and its person is protected.
    "consultation": f"""
        SELECT '{ASKER}', c.id, c.number, '{ANSWERER}', 'consultation',
               CASE c.id WHEN '{ONE}' THEN 'answered' ELSE 'received' END,
               CASE c.id WHEN '{ONE}' THEN 'nobody' ELSE 'answering_authority' END,
               CASE c.id WHEN '{ONE}' THEN 2 ELSE 1 END, NULL, 'EB', 'hl-1', c.mark, '\\x00', 'p', gen_random_uuid(), 1,
               NULL, NULL, '{{}}', 'Umeå', 'municipality', '2480', '24', '{OPENED}', '{ANSWERED}', 97200,
               CASE c.id WHEN '{ONE}' THEN '{ANSWERED}'::timestamptz END, NULL,
               CASE c.id WHEN '{ONE}' THEN 32400 END, CASE c.id WHEN '{ONE}' THEN 32400 END,
               CASE c.id WHEN '{ONE}' THEN 0 END, 'other'
        FROM (VALUES {_BOTH}) AS c (id, number, mark)
    """,
    "consultation_event": f"""
        SELECT '{ASKER}', e.id, e.sequence, gen_random_uuid(), '{ANSWERER}', e.at::timestamptz, e.action, e.state,
               e.turn, '{ASKER}', 'c', NULL, 'both', 'api'
        FROM (VALUES ('{ONE}'::uuid, 1, '{OPENED}', 'opened', 'received', 'answering_authority'),
                     ('{ONE}', 2, '{ANSWERED}', 'answered', 'answered', 'nobody'),
                     ('{OTHER}', 1, '{OPENED}', 'opened', 'received', 'answering_authority'))
             AS e (id, sequence, at, action, state, turn)
    """,
    "consultation_message": f"VALUES ('{ASKER}', '{ONE}', 1, '{ANSWERER}', '\\x00')",
    "outbox": f"VALUES ('{ASKER}', gen_random_uuid(), '{ANSWERER}', '{OPENED}', 'consultation.opened', '{ONE}', 1, "
    "NULL)",
    "protected_person": f"VALUES ('{ASKER}', gen_random_uuid(), '\\x02', 'hand', '', NULL, '{OPENED}', 'c', 'h', NULL, "
    "NULL)",
    "asked_person": f"VALUES ('{ASKER}', 'handler', 'h', '\\x01', '{OPENED}')",
    "audit_entry": f"VALUES (gen_random_uuid(), '{OPENED}', '{ASKER}', '{ASKER}', 'e', 'permitted', 'lookup', NULL, "
    "NULL, '{}', NULL)",
    "audit_chain": f"VALUES (1, '{ASKER}', gen_random_uuid(), '{OPENED}', sha256('a'), sha256('b'), '{OPENED}')",
    "audit_checkpoint": f"VALUES (1, sha256('c'), '{OPENED}')",
    "idempotency_record": f"VALUES ('{ASKER}', 'c', '\\x01', '\\x02', 200, '{{}}', '\\x03', '{OPENED}', '{ANSWERED}')",
    "used_token": f"VALUES (sha256('t'), '{ANSWERED}')",
}
# The entry of the trail is queued by a trigger; which memory of used tokens there is was written by the migration.
FILLED_BY_ITSELF = {"audit_queue", "used_token_memory", "alembic_version"}


def test_a_database_at_0008_with_rows_in_every_table_is_migrated_and_reads_right(
    exchange: Exchange, to: Callable[[str], None]
) -> None:
    def ask(query: str, *values: object) -> list[asyncpg.Record]:
        return sql(exchange, query, *values, database=DATABASE)

    to("0008")
    for table, row in OLD_ROWS.items():
        ask(f"INSERT INTO {table} {row}")
    tables = {row["name"] for row in ask("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")}
    assert tables == OLD_ROWS.keys() | FILLED_BY_ITSELF
    columns = {
        table: ", ".join(
            row["name"]
            for row in ask(
                "SELECT column_name AS name FROM information_schema.columns WHERE table_name = $1 "
                "AND table_schema = 'public' ORDER BY 1",
                table,
            )
        )
        for table in OLD_ROWS.keys() | {"audit_queue"}
    }

    def rows() -> dict[str, list[str]]:
        return {
            table: [
                str(row["row"])
                for row in ask(f"SELECT (SELECT t FROM (SELECT {names}) AS t)::text AS row FROM {table} ORDER BY 1")
            ]
            for table, names in columns.items()
        }

    before = rows()
    assert all(before.values())

    to("head")

    assert rows() == before
    told = {str(row["id"]): row for row in ask("SELECT * FROM consultation")}
    assert {row["unit"] for row in told.values()} == {"national"}
    # Who is protected is hidden from the queue from now on, and counted in no tab.
    assert {id_: row["hidden"] for id_, row in told.items()} == {ONE: False, OTHER: True}
    assert ask("SELECT FROM queue_count WHERE number <> 0") == []
    assert (
        asyncio.run(read_as(exchange, ASKER))
        == asyncio.run(read_as(exchange, ANSWERER))
        == [
            ("answered", False, 2),
            ("received", True, 1),
        ]
    )
    asyncio.run(folded(exchange))
    facts = {
        str(row["id"]): row["seconds"]
        for row in ask("SELECT consultation_id AS id, total_seconds AS seconds FROM lead_time_fact")
    }
    assert facts == {ONE: 32_400, OTHER: None}


async def read_as(exchange: Exchange, organisation: str) -> list[tuple[str, bool, int]]:
    """State, whether the person is protected, and the version of both, as one of the sides reads them now."""
    database = Database(exchange.postgres.url(DATABASE, RUNTIME_ROLE), pool_size=1)
    async with database.begin(Tenancy(organisation)) as connection:
        found = [await find_visible(connection, Reader(organisation), UUID(each)) for each in (ONE, OTHER)]
    await database.close()
    return [(row.state, row.protected, row.version) for row in found if row is not None]


async def folded(exchange: Exchange) -> None:
    """What was there already is counted in the figures."""
    database = Database(exchange.postgres.url(DATABASE, WORKER_ROLE), pool_size=1)
    async with database.without_tenant() as connection:
        await fold_pending(connection, exchange.clock())
    await database.close()


def test_a_meeting_that_was_cancelled_before_has_left_its_slot_and_no_other_has(
    exchange: Exchange, to: Callable[[str], None]
) -> None:
    to("0023")
    outcomes = {"held": UUID(ONE), "cancelled": UUID(OTHER)}
    for outcome, slot in outcomes.items():
        sql(
            exchange,
            f"""
            WITH offered AS (
                INSERT INTO meeting_slot (org, id, unit, starts_at, minutes, place, offered_at, client_id)
                VALUES ('{ANSWERER}', $1, $2, '{OPENED}', 60, 1, '{OPENED}', 'c')
            )
            INSERT INTO meeting (org, id, consultation_id, answering_org, kind, booked_sequence, booked_at, starts_at,
                                 minutes, participants, slot_id, outcome, outcome_sequence, outcome_at)
            VALUES ('{ASKER}', $1, $1, '{ANSWERER}', 'remote', 1, '{OPENED}', '{OPENED}', 60, '{{}}', $1, $2, 2,
                    '{ANSWERED}')
            """,
            slot,
            outcome,
            database=DATABASE,
            # Without the consultations that they belong to.
            first="SET session_replication_role = replica",
        )

    to("head")

    rows = sql(exchange, "SELECT outcome, slot_id FROM meeting", database=DATABASE)
    assert {row["outcome"]: row["slot_id"] for row in rows} == {"held": outcomes["held"], "cancelled": None}
    [forced] = sql(
        exchange,
        "SELECT relforcerowsecurity AS forced FROM pg_class WHERE oid = 'meeting'::regclass",
        database=DATABASE,
    )
    assert forced["forced"] is True
