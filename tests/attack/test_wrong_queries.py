"""A mistake in a repository: the statement that forgot the organisation, or has another's, shows and changes nothing.

Each statement is run as the serving role, on the one connection of its pool, against every table that holds an
organisation's rows. What stands behind is row-level security; see docs/isolation.md.
"""

import asyncio
import io
import json
import uuid
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.database.engine import Tenancy
from tests.attack.rows import (
    TABLES,
    Session,
    columns,
    foreign_row,
    insertion,
    is_foreign,
    published,
    refusal_of,
    with_session,
)
from tests.attack.support import MALMO, UMEA, sql
from tests.exchange import Exchange
from tests.sizes import sample_or_full

pytestmark = pytest.mark.attack
READS = {
    "without a condition": "SELECT to_jsonb(t) FROM {table} t",
    "of another organisation": "SELECT to_jsonb(t) FROM {table} t WHERE t.org = :other",
    "of all but one's own": "SELECT to_jsonb(t) FROM {table} t WHERE t.org <> :own OR true",
    # To each organisation and not to each of its rows, of which a long run has made thousands.
    "joined without it": (
        "SELECT to_jsonb(b) FROM (SELECT DISTINCT org FROM {table}) a RIGHT JOIN {table} b ON a.org <> b.org"
    ),
    "in a subquery": "SELECT to_jsonb(t) FROM (SELECT * FROM {table} OFFSET 0) t WHERE t.org IN (:other, :own)",
    "in a common table expression": "WITH t AS MATERIALIZED (TABLE {table}) SELECT to_jsonb(t) FROM t",
    "grouped": "SELECT array_agg(DISTINCT to_jsonb(t)) FROM {table} t GROUP BY to_jsonb(t)",
    "from the planner's statistics": "SELECT to_jsonb(s) FROM pg_stats s WHERE tablename = '{table}'",
}


def tables(test: Any) -> Any:
    return pytest.mark.parametrize(("service", "table"), TABLES[:: sample_or_full(2, 1)], ids=str)(test)


@tables
def test_there_is_something_to_find(rows: Exchange, service: str, table: str) -> None:
    assert foreign_row(rows, service, table)
    assert foreign_row(rows, service, table, seen_by=MALMO), "the search tells own from foreign"


@tables
def test_a_wrong_question_shows_nothing_foreign(rows: Exchange, service: str, table: str) -> None:
    public = published(rows)
    readable = bool(columns(rows, service, table, "SELECT"))

    async def ask(session: Session) -> None:
        shown = 0
        for name, statement in READS.items():
            for reader in (UMEA, None):
                values = {"own": UMEA, "other": MALMO}
                asked = statement.format(table=table)
                bound = {key: value for key, value in values.items() if f":{key}" in asked}
                if not readable:
                    refused = await session.refusal(reader, asked, **bound)
                    assert isinstance(refused, asyncpg.InsufficientPrivilegeError) or "pg_stats" in asked, name
                    continue
                found = await session.texts(reader, asked, **bound)
                assert not [row for row in found if is_foreign(row, UMEA, public)], name
                assert reader or not [row for row in found if UMEA in row or MALMO in row], f"{name}, nobody set"
                shown += len(found)
        assert shown or not readable, "one's own rows are seen"

    with_session(rows, service, ask)


@tables
def test_a_copy_of_the_table_holds_nothing_foreign(rows: Exchange, service: str, table: str) -> None:
    public = published(rows)

    async def copy(session: Session) -> bytes:
        async with session.as_organisation(UMEA) as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            out = io.BytesIO()
            await raw.copy_from_table(table, output=out)  # type: ignore[union-attr]
            return out.getvalue()

    if not columns(rows, service, table, "SELECT"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            with_session(rows, service, copy)
        return
    lines = with_session(rows, service, copy).decode().splitlines()
    assert lines, "one's own rows are copied"
    assert not [line for line in lines if is_foreign(line, UMEA, public)]


@tables
def test_a_function_shows_what_its_caller_may_see(rows: Exchange, service: str, table: str) -> None:
    made = f"CREATE FUNCTION pg_temp.all_rows() RETURNS SETOF jsonb LANGUAGE sql AS 'SELECT to_jsonb(t) FROM {table} t'"

    async def ask(session: Session) -> list[str]:
        async with session.as_organisation(UMEA) as connection:
            await connection.execute(text(made))
            return [str(row[0]) for row in await connection.execute(text("SELECT pg_temp.all_rows()"))]

    if not columns(rows, service, table, "SELECT"):
        with pytest.raises(DBAPIError, match="permission denied"):
            with_session(rows, service, ask)
        return
    found = with_session(rows, service, ask)
    assert found, "one's own rows are seen"
    public = published(rows)
    assert not [row for row in found if is_foreign(row, UMEA, public)]


@tables
def test_a_function_in_a_condition_is_not_shown_rows_before_the_policy(
    rows: Exchange, service: str, table: str
) -> None:
    """A function so cheap that the planner would ask it first, were it allowed to."""
    told: list[str] = []
    made = """
        CREATE FUNCTION pg_temp.tell(seen text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
        $$ BEGIN RAISE NOTICE '%', seen; RETURN true; END $$
    """

    async def ask(session: Session) -> None:
        async with session.as_organisation(UMEA) as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            raw.add_log_listener(lambda _, message: told.append(str(message)))
            await connection.execute(text(made))
            await connection.execute(text(f"SELECT 1 FROM {table} t WHERE pg_temp.tell(to_jsonb(t)::text)"))

    if not columns(rows, service, table, "SELECT"):
        with pytest.raises(DBAPIError, match="permission denied"):
            with_session(rows, service, ask)
        return
    with_session(rows, service, ask)
    assert told, "it was asked about one's own rows"
    public = published(rows)
    assert not [each for each in told if is_foreign(each, UMEA, public)]


@tables
def test_a_change_or_removal_without_a_condition_touches_nothing_foreign(
    rows: Exchange, service: str, table: str
) -> None:
    public = published(rows)
    changeable = columns(rows, service, table, "UPDATE")
    right = "SELECT has_table_privilege($1, $2::text, 'DELETE')"
    removes = sql(rows, right, f"{service}_runtime", table, database=service)
    statements = [f"UPDATE {table} SET {name} = {name} {{where}} RETURNING to_jsonb({table})" for name in changeable]
    statements += [f"DELETE FROM {table} {{where}} RETURNING to_jsonb({table})"] if removes[0][0] else []

    async def change(session: Session) -> None:
        for statement in statements:
            for where in ("", f"WHERE org = '{MALMO}'", "WHERE true OR org = ''"):
                asked = statement.format(where=where)
                refused = await session.refusal(UMEA, asked)
                # One's own rows may not be changed so, whoever's are beside them.
                assert refused is None or isinstance(refused, asyncpg.InsufficientPrivilegeError), asked
                touched = [] if refused else await session.texts(UMEA, asked)
                assert not [row for row in touched if is_foreign(row, UMEA, public)], statement
            assert await session.texts(None, statement.format(where="")) == []

    with_session(rows, service, change)
    if not changeable:
        refused = refusal_of(rows, service, UMEA, f"UPDATE {table} SET org = org")
        assert isinstance(refused, asyncpg.InsufficientPrivilegeError)
    if not removes[0][0]:
        refused = refusal_of(rows, service, UMEA, f"DELETE FROM {table}")
        assert isinstance(refused, asyncpg.InsufficientPrivilegeError)


@tables
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE {table}",
        "UPDATE {table} SET org = '0007:2120001124'",
        "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    ],
)
def test_no_row_moves_to_another_organisation_and_no_policy_is_lifted(
    rows: Exchange, service: str, table: str, statement: str
) -> None:
    refused = refusal_of(rows, service, UMEA, statement.format(table=table))

    assert isinstance(refused, asyncpg.InsufficientPrivilegeError)


@tables
def test_switching_policies_off_for_the_session_shows_an_error_and_no_rows(
    rows: Exchange, service: str, table: str
) -> None:
    async def ask(session: Session) -> None:
        async with session.as_organisation(UMEA) as connection:
            await connection.execute(text("SET LOCAL row_security = off"))
            await connection.execute(text(f"SELECT 1 FROM {table}"))

    with pytest.raises(DBAPIError, match=r"row-level security|permission denied"):
        with_session(rows, service, ask)


@tables
def test_a_row_for_another_organisation_is_refused_alike_whether_it_exists_or_not(
    rows: Exchange, service: str, table: str
) -> None:
    """Also for who calls itself the answering side: what it writes about belongs to a consultation put to it."""
    names = columns(rows, service, table, "INSERT")
    theirs = foreign_row(rows, service, table)
    told = []
    for row in (theirs, _other_ids(theirs)):
        statement = insertion(table, names or ["org"])
        refused = refusal_of(rows, service, UMEA, statement, row=row)
        assert isinstance(refused, asyncpg.InsufficientPrivilegeError), refused
        told.append(str(refused))
        if "answering_org" in names:
            as_answerer = json.dumps({**json.loads(row), "answering_org": UMEA, "actor_org": UMEA})
            refused = refusal_of(rows, service, UMEA, statement, row=as_answerer)
            assert isinstance(refused, asyncpg.InsufficientPrivilegeError | asyncpg.ForeignKeyViolationError), refused
    assert told[0] == told[1]


def _other_ids(row: str) -> str:
    """The row with every id another, so that it collides with nothing."""
    whole = json.loads(row)
    changed = {name: str(uuid.uuid4()) if _is_id(value) else value for name, value in whole.items()}
    return json.dumps(changed)


def _is_id(value: Any) -> bool:
    try:
        return bool(str(uuid.UUID(value)) == value)
    except (ValueError, AttributeError, TypeError):
        return False


# --- what one user of a connection leaves for the next ---------------------------------------------------------------

_MINE = "SELECT DISTINCT org FROM lookup"


def test_a_savepoint_that_is_rolled_back_takes_another_organisation_with_it(rows: Exchange) -> None:
    async def nest(session: Session) -> None:
        async with session.as_organisation(UMEA) as connection:
            outer = await connection.begin_nested()
            inner = await connection.begin_nested()
            await connection.execute(text("SELECT set_config('app.org', :org, true)"), {"org": MALMO})
            assert (await connection.execute(text(_MINE))).scalars().all() == [MALMO]
            await inner.rollback()
            assert (await connection.execute(text(_MINE))).scalars().all() == [UMEA]
            await outer.commit()
            assert (await connection.execute(text(_MINE))).scalars().all() == [UMEA]
        assert await session.texts(None, _MINE) == []

    with_session(rows, "consultation", nest)


def test_the_next_user_of_a_connection_inherits_no_organisation_however_the_last_one_ended(rows: Exchange) -> None:
    async def use(session: Session) -> None:
        database = session.database

        async def fails() -> None:
            async with database.begin(Tenancy(MALMO)) as connection:
                await connection.execute(text("SELECT 1/0"))

        async def is_cancelled() -> None:
            async with asyncio.timeout(0.05), database.begin(Tenancy(MALMO)) as connection:
                await connection.execute(text("SELECT pg_sleep(5)"))

        async def is_cut_off() -> None:
            async with database.begin(Tenancy(MALMO)) as connection:
                await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

        async def commits() -> None:
            async with database.begin(Tenancy(MALMO)) as connection:
                await connection.execute(text(_MINE))

        for end in (commits, fails, is_cancelled, is_cut_off):
            try:
                await end()
            except (DBAPIError, TimeoutError):
                assert end is not commits
            assert await session.texts(None, _MINE) == [], end
            assert await session.texts(UMEA, _MINE) == [UMEA], end

    with_session(rows, "consultation", use)


def test_a_prepared_statement_answers_for_who_asks_and_not_for_who_prepared_it(rows: Exchange) -> None:
    """More often than it takes until PostgreSQL keeps one plan for all."""

    async def ask(session: Session) -> None:
        for turn in range(24):
            reader = (UMEA, MALMO, None)[turn % 3]
            assert await session.texts(reader, _MINE) == ([reader] if reader else [])

    with_session(rows, "consultation", ask)


def test_a_statement_that_is_a_whole_transaction_leaves_nothing_for_the_next(rows: Exchange) -> None:
    sets = text(
        """
        WITH tenant AS MATERIALIZED (SELECT set_config('app.org', :org, true) AS org)
        SELECT count(*) FROM tenant JOIN lookup l ON l.org = tenant.org
        """
    )
    forgot = text("SELECT count(*) FROM lookup WHERE org = :org")

    async def ask(session: Session) -> None:
        single = session.database.single
        for _ in range(10):
            for organisation in (MALMO, UMEA):
                assert await single.value(sets, {"org": organisation}) > 0
                assert await single.value(forgot, {"org": organisation}) == 0
        async with session.database.autocommit() as connection:
            assert (await connection.execute(sets, {"org": MALMO})).scalar_one() > 0
            assert (await connection.execute(forgot, {"org": MALMO})).scalar_one() == 0

    with_session(rows, "consultation", ask)


def test_many_at_once_on_one_connection_each_see_their_own(rows: Exchange) -> None:
    async def ask(session: Session) -> None:
        async def one(turn: int) -> None:
            reader = (UMEA, MALMO)[turn % 2]
            async with session.database.begin(Tenancy(reader)) as connection:
                await asyncio.sleep(0)
                assert (await connection.execute(text(_MINE))).scalars().all() == [reader]

        await asyncio.gather(*(one(turn) for turn in range(60)))

    with_session(rows, "consultation", ask)
