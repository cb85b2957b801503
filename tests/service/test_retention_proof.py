"""The proof that what was due is gone and nothing else, on a database of its own; and that no table was forgotten.

The database holds consultations of last year, which nothing is due of. In each test one thing is planted.
"""

import asyncio
import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.__main__ import main as samrad
from services.consultation import tables
from services.consultation.main import MIGRATIONS
from services.consultation.retention import repository
from services.consultation.retention.classes import CONSULTATION, DATA_CLASSES, ERASED_BY_THE_JOB
from services.consultation.retention.parts import PARTS, Part
from services.consultation.retention.policies import erased_with_its_consultation
from services.consultation.retention.prove import Proof, prove
from services.consultation.retention.rules import read_rules
from services.consultation.retention.run import BATCH, Erasing
from services.consultation.tables import AUDITOR_ROLE, WORKER_ROLE
from shared.database.ddl import forced
from shared.database.engine import Database
from shared.database.migrate import upgrade
from shared.sealing.sealer import seal
from tests.attack.support import sql
from tests.exchange import Exchange
from tests.service.given_files import eraser_of
from tests.service.test_queue_plans import explained
from tests.sizes import sample_or_full

DATABASE = "retention"
ROWS = sample_or_full(10_000, 300_000)
RULES = read_rules()
PLANTED = "planted"
LONG_AGO = datetime.now(UTC) - timedelta(days=8 * 366)

_FILL = """
    WITH made AS (
        INSERT INTO consultation (org, id, number, answering_org, type, state, turn, version, case_reference, asked_by,
            person_mark, person_sealed, purpose, decision_id, decision_version, asker_name, asker_kind, opened_at,
            due_at, target_seconds, closed_at, hidden)
        SELECT '0007:' || n % 290, gen_random_uuid(), 'S' || n, '0007:af', 'consultation', 'closed', 'nobody', 1, 'EB',
               'hl', sha256(n::text::bytea), '', 'p', gen_random_uuid(), 1, 'x', 'municipality', at, at, 1, at, false
        FROM (SELECT n, date_trunc('year', now()) - n * interval '1 minute' - interval '1 day' AS at
              FROM generate_series(1, $1::int) n) AS numbered
        RETURNING org, id, opened_at
    ), event AS (
        INSERT INTO consultation_event (org, consultation_id, sequence, id, answering_org, at, action, state, turn,
                                        actor_org, client_id, audience, channel)
        SELECT org, id, sequence, gen_random_uuid(), '0007:af', opened_at, 'opened', 'received', 'nobody', org, 'c',
               'both', 'api'
        FROM made, generate_series(1, 2) sequence
        RETURNING org, id, answering_org, at, consultation_id, sequence
    )
    INSERT INTO outbox (org, id, answering_org, at, kind, consultation_id, sequence, delivered_at)
    SELECT org, id, answering_org, at, 'consultation.opened', consultation_id, sequence, at FROM event
"""
_FILL_LOOKUPS = """
    WITH moment AS (
        SELECT '0007:' || n % 290 AS org, n::text::bytea AS mark,
               date_trunc('year', now()) - n * interval '1 minute' - interval '1 day' AS at
        FROM generate_series(1, $1::int) n
    ), asked AS (
        INSERT INTO lookup (org, id, asked_at, client_id, handler, case_reference, person_mark, person_sealed, purpose,
                            purpose_text, legal_text, period, decision_id, decision_version, sources)
        SELECT org, gen_random_uuid(), at, 'c', 'h', 'EB', mark, '', 'p', 'p', 'l', 'empty', gen_random_uuid(), 1, '{}'
        FROM moment
    ), ended AS (
        INSERT INTO protected_person (org, id, person_mark, origin, source, marked_at, client_id, marked_by, ended_at,
                                      ended_by)
        SELECT org, gen_random_uuid(), mark, 'hand', '', at, 'c', 'h', at, 'h' FROM moment
    )
    INSERT INTO household_lookup (org, id, asked_at, client_id, handler, case_reference, purpose)
    SELECT org, gen_random_uuid(), at, 'c', 'h', 'EB', 'p' FROM moment
"""


@pytest.fixture(scope="module")
def filled(running: Exchange) -> Iterator[Exchange]:
    """A database with last year's consultations."""
    sql(running, f"CREATE DATABASE {DATABASE} OWNER {tables.OWNER_ROLE}", database="postgres")
    asyncio.run(upgrade(running.postgres.url(DATABASE, tables.OWNER_ROLE), MIGRATIONS))
    superuser(running, _FILL, ROWS)
    superuser(running, _FILL_LOOKUPS, ROWS // 2)
    sql(running, "VACUUM ANALYZE", database=DATABASE)
    yield running
    sql(running, f"DROP DATABASE {DATABASE} WITH (FORCE)", database="postgres")


def superuser(exchange: Exchange, statement: str, *values: object) -> list[Any]:
    """As somebody who gets past triggers and foreign keys."""
    return sql(exchange, statement, *values, database=DATABASE, first="SET session_replication_role = replica")


def proof(exchange: Exchange) -> Proof:
    return asyncio.run(
        prove(exchange.postgres.url(DATABASE, AUDITOR_ROLE), RULES, datetime.now(UTC), trail_years=5),
    )


def found(exchange: Exchange) -> list[tuple[str, str, int]]:
    return [(each.code, each.what, each.number) for each in proof(exchange).findings]


# --- each table in one class --------------------------------------------------------------------------------------


def test_every_table_there_is_belongs_to_one_class_and_so_does_every_column_of_bytes(filled: Exchange) -> None:
    """A new table has no rule until somebody gives it one: add it to a class in `retention/classes.py`."""
    rows = sql(
        filled,
        "SELECT c.relname AS name, coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER ("
        "    WHERE a.atttypid = 'bytea'::regtype), '{}') AS bytes "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace "
        "  AND a.attnum > 0 AND NOT a.attisdropped GROUP BY 1",
        database=DATABASE,
    )
    in_the_schema = {row["name"]: set(row["bytes"]) for row in rows}
    in_classes = [(table, set(columns)) for data in DATA_CLASSES.values() for table, columns in data.tables.items()]

    assert len(in_classes) == len(dict(in_classes)), "a table is in two classes"
    assert {**in_schema(in_classes)} == in_the_schema
    named = {*tables.LAYOUT.tenant_tables, *tables.LAYOUT.open_tables}
    assert named == {table for table, _ in in_classes}


def in_schema(classes: list[tuple[str, set[str]]]) -> dict[str, set[str]]:
    return {table: columns for table, columns in classes if table != "jobs.*"}


def test_what_belongs_to_a_consultation_is_erased_with_it(filled: Exchange) -> None:
    """Every table of the class is a part that the eraser knows, and so is every other that names a consultation."""
    naming = sql(
        filled,
        "SELECT attrelid::regclass::text AS name FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid "
        "WHERE attname = 'consultation_id' AND relkind = 'r' AND NOT attisdropped",
        database=DATABASE,
    )
    parts = {part.table for part in PARTS}

    assert parts >= CONSULTATION.tables.keys() - {"consultation"}
    # Loosened, and emptied within seconds.
    assert {row["name"] for row in naming} - parts == {"lead_time_fact", "lead_time_pending"}


# --- the proof ----------------------------------------------------------------------------------------------------

_VALUES = {
    "text": "'x'",
    "uuid": "gen_random_uuid()",
    "timestamp with time zone": "now()",
    "integer": "1",
    "smallint": "5",
    "bigint": "1",
    "bytea": "''",
    "boolean": "false",
    "text[]": "'{}'",
    "jsonb": "'{}'",
    "daterange": "'[2020-01-01,2020-02-01)'",
}


def plant(exchange: Exchange, table: str, **given: str) -> None:
    """A row of nobody's, with these values; whatever else must have one has any."""
    columns = sql(
        exchange,
        "SELECT attname::text AS name, format_type(atttypid, NULL) AS type FROM pg_attribute "
        "WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attnotnull "
        "AND NOT atthasdef AND attidentity = ''",
        table,
        database=DATABASE,
    )
    values = {row["name"]: _VALUES[row["type"]] for row in columns}
    if "org" in values:
        values["org"] = f"'{PLANTED}'"
    values |= given
    superuser(exchange, f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())})")


def uproot(exchange: Exchange, table: str) -> None:
    superuser(exchange, f"DELETE FROM {table}" + ("" if table == "file_to_erase" else f" WHERE org = '{PLANTED}'"))


_OLD = f"'{LONG_AGO.isoformat()}'"
_ENTRY = {"event": "'retention.erased'", "org": "'operator'"}
_OVER: Mapping[str, tuple[str, dict[str, str]]] = {
    "consultation": ("consultation", {"closed_at": _OLD, "turn": "'nobody'"}),
    "household": ("household_lookup", {"asked_at": _OLD}),
    "lookup": ("lookup", {"asked_at": _OLD}),
    "protected_mark": (
        "protected_person",
        {"ended_at": _OLD, "ended_by": "'x'", "origin": "'hand'", "source": "''"},
    ),
    "repeated_answer": ("idempotency_record", {"expires_at": _OLD}),
    "brake": ("asked_person", {"at": _OLD, "counted_by": "'case'"}),
    "webhook_delivery": (
        "webhook_delivery",
        {"finished_at": _OLD, "status": "'failed'", "sample": "true"},
    ),
    "audit_trail": ("audit_entry", {"at": _OLD, "entry": "'{}'"}),
}
_THAT_NAMES = {"source_answer": "kept_lookup", "draft": "answer_draft"}
_LEFT: Mapping[str, dict[str, str]] = {
    "attachment": {
        "given_by": f"'{PLANTED}'",
        "sha256": "sha256('')",
        "blob": "gen_random_uuid()",
        "scan": "'clean'",
    },
    "answer_draft": {"expires_at": "now() + interval '1 day'"},
    "faq_proposal": {
        "written_by": "'{x}'",
        "consultation_org": f"'{PLANTED}'",
        "consultation_id": "gen_random_uuid()",
    },
    "call_back": {"outcome": "'reached'"},
    "meeting": {"kind": "'remote'"},
    "asked_set": {"basis": "'statute'"},
    "disclosure": {"decision": "'disclose'", "content": "''"},
    "consultation_link": {"kind": "'related'"},
    "timer": {"kind": "'overdue'"},
    "retention_hold": {"reason": "'appeal'", "placed_by_org": f"'{PLANTED}'"},
    "webhook_delivery": {"status": "'waiting'", "sample": "false"},
    "lead_time_fact": {"tallies": "'[]'"},
    "kept_lookup": {"expires_at": "now() + interval '1 hour'"},
    "household_member": {"role": "'applicant'", "lookup_id": "gen_random_uuid()"},
}


def test_nothing_is_found_where_nothing_is_due(filled: Exchange) -> None:
    assert found(filled) == []


def test_something_past_its_time_is_found_in_each_class(filled: Exchange) -> None:
    for table, values in _OVER.values():
        plant(filled, table, **values)
    try:
        assert sorted(found(filled)) == sorted((code, "past its time", 1) for code in _OVER)
    finally:
        for table, _ in _OVER.values():
            uproot(filled, table)


def test_the_classes_in_which_it_is_looked_for_are_all_that_end() -> None:
    ends = {code for code, data in DATA_CLASSES.items() if data.fate != "stays"}
    assert {*_OVER, *_THAT_NAMES} == ends
    assert {data.code for data in ERASED_BY_THE_JOB} < ends


def test_what_is_left_of_an_erased_consultation_or_look_up_is_found_in_each_table(filled: Exchange) -> None:
    of_consultation = [*(part.table for part in PARTS), "lead_time_fact"]
    of_lookup = ["lookup_attempt", "kept_lookup", "household_member"]
    for table in (*of_consultation, *of_lookup):
        plant(filled, table, **_LEFT.get(table, {}))
    try:
        expected = [
            *(f"{table} names a consultation that is gone" for table in of_consultation),
            *(f"{table} names a lookup that is gone" for table in of_lookup),
        ]
        assert sorted((what, number) for _, what, number in found(filled)) == sorted((what, 1) for what in expected)
    finally:
        for table in (*of_consultation, *of_lookup):
            uproot(filled, table)


@pytest.mark.parametrize(("code", "table"), [*_THAT_NAMES.items(), ("draft", "faq_proposal")])
def test_what_names_another_record_is_found_past_its_time(filled: Exchange, code: str, table: str) -> None:
    correction = {"written_by": "'{x}'", "entry_id": "gen_random_uuid()", "entry_version": "1"}
    plant(filled, table, expires_at=_OLD, **(correction if table == "faq_proposal" else {}))
    try:
        assert (code, "past its time", 1) in found(filled)
    finally:
        uproot(filled, table)


def test_a_consultation_that_was_taken_without_the_rules_is_found(filled: Exchange) -> None:
    """By somebody who may do anything: it leaves a fact that nobody loosened, or one that no entry tells of."""
    plant(filled, "lead_time_fact", tallies="'[]'", erased_on="current_date")
    try:
        assert found(filled) == [("consultation", "erased otherwise than the trail tells", 1)]
    finally:
        uproot(filled, "lead_time_fact")


def test_an_entry_that_somebody_wrote_past_the_chain_is_found(filled: Exchange) -> None:
    told = json.dumps({"detail": {"day": str(datetime.now(UTC).date()), "figuresLoosened": 0}})
    plant(filled, "audit_entry", event="'retention.erased'", org="'operator'", entry=f"'{told}'")
    try:
        assert found(filled) == [("consultation", "told by an entry that the chain does not vouch for", 1)]
    finally:
        superuser(filled, "DELETE FROM audit_entry WHERE event = 'retention.erased'")


def test_a_file_that_stays_when_its_record_is_gone_is_found(filled: Exchange) -> None:
    plant(filled, "file_to_erase", noted_at="now() - interval '3 hours'")
    try:
        assert found(filled) == [("machinery", "files whose records are gone", 1)]
    finally:
        uproot(filled, "file_to_erase")


def test_a_proof_names_class_and_number_and_nobody(
    filled: Exchange, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Planned, erased and proved by the commands: what is due, what went, and that it is gone."""
    for setting, role in (("WORKER", WORKER_ROLE), ("AUDITOR", AUDITOR_ROLE)):
        url = filled.postgres.url(DATABASE, role)
        monkeypatch.setenv(f"SAMRAD_CONSULTATION_{setting}_DATABASE_URL", url)
    [due] = superuser(filled, "SELECT id, org FROM consultation LIMIT 1")
    superuser(filled, "UPDATE consultation SET closed_at = $2 WHERE id = $1", due["id"], LONG_AGO)
    plant(filled, "lead_time_fact", org=f"'{due['org']}'", consultation_id=f"'{due['id']}'", tallies="'[]'")

    def told(*arguments: str) -> tuple[int, str]:
        code = samrad(["retention", *arguments])
        return code, capsys.readouterr().out

    assert told("prove")[1].startswith("BAD consultation: past its time (1)\n")
    code, planned = told("plan", "--json")
    by_class = {each["class"]: each["due"] for each in json.loads(planned)}
    assert (code, by_class["consultation"], sum(by_class.values())) == (0, 1, 1)
    assert told("plan")[1].splitlines()[0].split() == ["CLASS", "BEFORE", "DUE", "KEPT"]
    code, erased = told("run")
    assert (code, erased.splitlines()[0]) == (0, "erased 1 of consultation")
    asyncio.run(_seal(filled))
    code, said = told("prove")
    assert (code, said.splitlines()[0]) == (
        0,
        f"ok: nothing is past its time by the rules of {RULES.edition}, and nothing else was taken",
    )
    assert json.loads(told("prove", "--json")[1])["holds"] is True
    assert str(due["id"]) not in said


async def _seal(exchange: Exchange) -> None:
    database = Database(exchange.postgres.url(DATABASE, WORKER_ROLE), pool_size=1)
    try:
        await seal(database)
    finally:
        await database.close()


_BY_AGE = {
    "lookup": "lookup_by_age",
    "household": "household_lookup_by_age",
    "protected_mark": "protected_person_ended",
}


# --- a table more --------------------------------------------------------------------------------------------------


@pytest.fixture
def paper(filled: Exchange) -> Iterator[Exchange]:
    """A table that somebody has added, which names consultations and files."""
    sql(
        filled,
        "CREATE TABLE paper (org text, consultation_id uuid, key text, PRIMARY KEY (org, consultation_id))",
        database=DATABASE,
    )
    yield filled
    sql(filled, "DROP TABLE paper", database=DATABASE)


def test_a_table_that_nobody_let_the_auditor_see_is_told(paper: Exchange) -> None:
    told = [("no class", "paper can't be looked at", 1)]
    assert found(paper) == told

    for statement in (*forced("paper"), f"GRANT SELECT ON paper TO {AUDITOR_ROLE}"):
        sql(paper, statement, database=DATABASE)

    assert found(paper) == told, "no policy lets it see a row"


def test_a_part_with_a_file_goes_with_its_consultation_and_leaves_the_key_to_be_erased(paper: Exchange) -> None:
    for statement in (*forced("paper"), *erased_with_its_consultation("paper", "org, consultation_id, key")):
        sql(paper, statement, database=DATABASE)
    assert found(paper) == []
    [one, other] = superuser(paper, "SELECT org, id FROM consultation ORDER BY id LIMIT 2")
    for row in (one, other):
        superuser(paper, "INSERT INTO paper VALUES ($1, $2, $3)", row["org"], row["id"], f"file-of-{row['id']}")

    async def run() -> tuple[list[Any], list[Any]]:
        database = Database(paper.postgres.url(DATABASE, WORKER_ROLE), pool_size=1)
        statement = repository.erasing((*PARTS, Part("paper", file="key")))
        try:
            async with database.without_tenant() as connection:
                ids = {"ids": [one["id"]], "lasts": [one["id"]]}
                values = {"orgs": [one["org"]], **ids, "day": datetime.now(UTC).date()}
                gone = (await connection.execute(statement, values)).one()
                keys = (await connection.execute(text("SELECT key FROM file_to_erase"))).scalars().all()
                left = (await connection.execute(text("SELECT consultation_id FROM paper"))).scalars().all()
                await connection.rollback()
                assert gone.number == 1
                return list(keys), list(left)
        finally:
            await database.close()

    assert asyncio.run(run()) == ([f"file-of-{one['id']}"], [other["id"]])


# --- how it is found ----------------------------------------------------------------------------------------------


def test_what_is_due_is_found_by_its_index_a_batch_at_a_time_however_much_history_there_is(filled: Exchange) -> None:
    async def run() -> None:
        database = Database(filled.postgres.url(DATABASE, WORKER_ROLE), pool_size=1)
        now = datetime.now(UTC)
        try:

            async def window(connection: AsyncConnection) -> object:
                return await connection.execute(
                    repository.ENDED_CONSULTATIONS,
                    {"before": now, "at": LONG_AGO, "after": uuid.UUID(int=0), "rows": BATCH},
                )

            plan = await explained(database, window, plans="force_custom_plan")
            assert "consultation_ended" in plan.indexes
            assert all("Index Name" in node for node in plan.scans), [n for n in plan.scans if "Index Name" not in n]
            assert plan.read <= 5 * BATCH, plan.read
            for code, statement in repository.ERASE_ROWS.items():

                async def rows(connection: AsyncConnection, statement: Any = statement) -> object:
                    values = {"before": now, "at": LONG_AGO, "after": uuid.UUID(int=0), "rows": BATCH}
                    return await connection.execute(statement, values)

                plan = await explained(database, rows, plans="force_custom_plan")
                assert not plan.has("Sort"), code
                assert _BY_AGE[code] in {each.get("Index Name") for each in plan.nodes}
        finally:
            await database.close()

    asyncio.run(run())


def test_erasing_a_batch_reads_what_belongs_to_it_and_scans_no_table(filled: Exchange) -> None:
    chosen = superuser(filled, f"SELECT org, id FROM consultation LIMIT {BATCH}")
    ids = [row["id"] for row in chosen]
    values = {"orgs": [row["org"] for row in chosen], "ids": ids, "lasts": ids}

    async def run() -> None:
        database = Database(filled.postgres.url(DATABASE, WORKER_ROLE), pool_size=1)
        try:

            async def erase(connection: AsyncConnection) -> object:
                day = datetime.now(UTC).date()
                return await connection.execute(repository.ERASE_CONSULTATIONS, {**values, "day": day})

            plan = await explained(database, erase, plans="force_custom_plan")
        finally:
            await database.close()
        scans = [node for node in plan.nodes if node.get("Relation Name") in {"consultation_event", "outbox"}]
        scans += plan.scans
        assert scans
        assert {node["Node Type"] for node in scans} <= {"Index Scan", "Index Only Scan", "ModifyTable"}
        read = (node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) for node in scans)
        assert sum(read) <= 15 * BATCH

    asyncio.run(run())


def test_a_run_by_the_clock_of_today_leaves_last_years_alone(filled: Exchange) -> None:
    async def run() -> object:
        database = Database(filled.postgres.url(DATABASE, WORKER_ROLE), pool_size=1)
        try:
            return await Erasing(RULES, eraser_of(filled)).run(database.without_tenant, lambda: datetime.now(UTC))
        finally:
            await database.close()

    before = superuser(filled, "SELECT count(*) AS number FROM consultation")
    asyncio.run(run())
    assert superuser(filled, "SELECT count(*) AS number FROM consultation") == before
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        sql(filled, "DELETE FROM consultation", database=DATABASE, role=AUDITOR_ROLE)
