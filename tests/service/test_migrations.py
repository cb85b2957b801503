"""Migrations on databases that hold rows of the version before."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
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
FILLED_BY_ITSELF = {"audit_queue", "used_token_memory"}
SUBSCRIPTION, DELIVERY = "40000000-0000-4000-8000-000000000001", "50000000-0000-4000-8000-000000000001"
_SUBSCRIBED = f"'{ASKER}', '{SUBSCRIPTION}'"
_QUEUED = "'national', 'general', 'consultation', '2026-03-03', false, true, 'none', 1"
NEWER_ROWS = {
    "webhook_subscription": f"VALUES ({_SUBSCRIBED}, 2, 'https://receiver.example/', '{{consultation.answered}}', "
    f"'{{}}', 'drift', 'drift@umea.example', 'active', '{OPENED}', 'c', '{OPENED}', '{OPENED}')",
    "webhook_secret": f"VALUES ({_SUBSCRIBED}, 1, '\\x00', '{OPENED}')",
    "webhook_delivery": f"VALUES ('{ASKER}', '{DELIVERY}', '{SUBSCRIPTION}', gen_random_uuid(), "
    f"'consultation.answered', '{ANSWERED}', '{ONE}', 2, 'answered', false, 'delivered', '{ANSWERED}', '{ANSWERED}', "
    f"'{ANSWERED}', NULL, 1, 1, '{ANSWERED}')",
    "webhook_attempt": f"VALUES ('{ASKER}', '{DELIVERY}', 1, '{ANSWERED}', 'delivered', 204, 12)",
    "webhook_notice": f"VALUES ('{ASKER}', gen_random_uuid(), '{SUBSCRIPTION}', '{OPENED}', NULL, false, '{{}}', 0, 0)",
    "unit_calendar": f"VALUES ('{ANSWERER}', gen_random_uuid(), 'national', '2026-01-01', '{OPENED}', 'h', 'c', NULL)",
    "unit_target": f"VALUES ('{ANSWERER}', gen_random_uuid(), NULL, 'consultation', '2026-01-01', '{OPENED}', 'h', "
    "'c', 97200)",
    "timer": f"VALUES ('{ASKER}', '{OTHER}', 'overdue', '{ANSWERER}', '{ANSWERED}', '{ANSWERED}')",
    "call_back": f"VALUES ('{ASKER}', '{ONE}', 1, '{ANSWERER}', '090-16 10 00', 'reached', 3)",
    "meeting": f"VALUES ('{ASKER}', gen_random_uuid(), '{ONE}', '{ANSWERER}', 'physical', 1, '{OPENED}', '{OPENED}', "
    f"30, '{{person}}', 'cancelled', NULL, 2, '{ANSWERED}')",
    "asked_set": f"VALUES ('{ASKER}', '{ONE}', 'programme', '{ANSWERER}', 'statute', true)",
    "disclosure": f"VALUES ('{ASKER}', '{ONE}', 'programme', '{ANSWERER}', 2, 'refuse', 'statute', 'secrecy', '\\x00', "
    "NULL)",
    "lead_time_fact": f"VALUES ('{ASKER}', '{ONE}', '{ANSWERER}', 2, '{ANSWERED}', '{ANSWERED}', '2026-03-03', "
    "'consultation', 'national', 'other', '24', '2480', 'municipality', 'api', '{}', 97200, 32400, 32400, 0, 0, 0, 0, "
    "0, 32400, 600, '{}')",
    "lead_time_cube": "VALUES ('month', 'all', 'consultation', '2026-03-01', 'all', 'total', 1, 32400, '{40}', '{1}')",
    "lead_time_tally": "VALUES ('month', 'all', 'consultation', '2026-03-01', 'all', 'answered', 1, 1)",
    "lead_time_intervention": f"VALUES ('{ANSWERER}', gen_random_uuid(), 'Mall', '2026-03-01', '{{}}', "
    f"'{OPENED}', 'c')",
    "queue_count": f"VALUES ('{ANSWERER}', {_QUEUED})",
    "queue_change": "(org, unit, queue, type, due_day, waiting, free, restricted, number) "
    f"VALUES ('{ANSWERER}', {_QUEUED})",
    "saved_view": f"VALUES ('{ANSWERER}', gen_random_uuid(), 'h', 'Sena', true, '{{}}', '{OPENED}')",
    "pulse": f"VALUES ('{ASKER}', '{ONE}', '{ANSWERED}', '\\x00')",
    "consultation_link": f"VALUES ('{ASKER}', '{ONE}', '{ASKER}', '{OTHER}', 'related', '{ANSWERER}', '{ANSWERED}', "
    f"'{ASKER}', 'c', 'h')",
    "expected_sample": f"VALUES ('consultation', 'national', 'unit', '{{32400}}', 0.8, '{ANSWERED}')",
}
"""As they were at 0018, beside the old ones."""
QUEUED_BY_ITSELF = {"lead_time_pending"}


def fill(exchange: Exchange, rows: Mapping[str, str]) -> None:
    for table, row in rows.items():
        sql(exchange, f"INSERT INTO {table} {row}", database=DATABASE)


def columns_of(exchange: Exchange) -> dict[str, str]:
    """The names of each table's columns, as it is now."""
    query = """
        SELECT table_name AS name, string_agg(quote_ident(column_name), ', ' ORDER BY column_name) AS columns
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version' GROUP BY 1
    """
    return {str(row["name"]): str(row["columns"]) for row in sql(exchange, query, database=DATABASE)}


def rows_of(exchange: Exchange, columns: Mapping[str, str]) -> dict[str, list[str]]:
    """What stands in those columns."""
    return {
        table: [
            str(row["row"])
            for row in sql(
                exchange,
                f"SELECT (SELECT t FROM (SELECT {names}) AS t)::text AS row FROM {table} ORDER BY 1",
                database=DATABASE,
            )
        ]
        for table, names in columns.items()
    }


def test_a_database_at_0008_with_rows_in_every_table_is_migrated_and_reads_right(
    exchange: Exchange, to: Callable[[str], None]
) -> None:
    def ask(query: str, *values: object) -> list[asyncpg.Record]:
        return sql(exchange, query, *values, database=DATABASE)

    to("0008")
    fill(exchange, OLD_ROWS)
    columns = columns_of(exchange)
    assert columns.keys() == OLD_ROWS.keys() | FILLED_BY_ITSELF
    before = rows_of(exchange, columns)
    assert all(before.values())

    to("head")

    assert rows_of(exchange, columns) == before
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


def test_a_database_at_0018_with_rows_in_every_table_loses_none_and_is_held_to_its_rules(
    exchange: Exchange, to: Callable[[str], None]
) -> None:
    to("0008")
    fill(exchange, OLD_ROWS)
    to("0018")
    fill(exchange, NEWER_ROWS)
    columns = columns_of(exchange)
    assert columns.keys() == OLD_ROWS.keys() | NEWER_ROWS.keys() | FILLED_BY_ITSELF | QUEUED_BY_ITSELF
    before = rows_of(exchange, columns)
    assert [table for table, rows in before.items() if not rows] == []

    to("head")

    assert rows_of(exchange, columns) == before
    unchecked = "SELECT conname FROM pg_constraint WHERE NOT convalidated"
    assert sql(exchange, unchecked, database=DATABASE) == []
    for table, names in columns.items():
        # The same once more is one too many, of everything.
        twice = f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {table}"
        with pytest.raises(Exception, match="duplicate key"):
            sql(exchange, twice, database=DATABASE)


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
