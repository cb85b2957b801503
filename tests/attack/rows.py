"""The database as code of ours could meet it by mistake: as the role that serves, with an organisation set or not."""

import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements import tables as agreements
from services.consultation import tables as consultation
from services.consultation.lookups.simulator.persons import number
from shared.database.engine import Database, Tenancy
from tests.attack.support import AF, BASE, CONSULTATIONS, LOOKUPS, MALMO, UMEA, act, sql
from tests.exchange import Exchange, consultation_body
from tests.folding import fold_all
from tests.service.given_consultations import WORKBENCH_ROWS, disclosed, ended, held, reached
from tests.service.given_files import filed, given_file
from tests.service.test_isolation import delegation_body, household_body, register_intervention
from tests.webhooks import written_subscription

LAYOUTS = {"consultation": consultation.LAYOUT, "agreements": agreements.LAYOUT}
# Another test holds these lists to the catalogue.
TENANT_TABLES = {"consultation": consultation.TENANT_TABLES, "agreements": agreements.TENANT_TABLES}
TABLES = [(service, table) for service, tables in TENANT_TABLES.items() for table in tables]
_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_VERSION = "$1::text, gen_random_uuid()"
OTHERS = {UMEA: MALMO, MALMO: UMEA}

# As if they answered questions too: what counts and saves is any organisation's.
_QUEUE_ROWS = (
    "INSERT INTO queue_count SELECT $1, 'u', 'general', 'x', now(), false, true, '', 1 ON CONFLICT DO NOTHING",
    "INSERT INTO saved_view VALUES ($1, gen_random_uuid(), 'hl-1', 'Vy', true, '{}', now())",
    "INSERT INTO meeting_slot SELECT $1, gen_random_uuid(), 'u', clock_timestamp(), 30, 1, now(), 'seed', 'hl-1'",
)

Result = TypeVar("Result")

# Municipalities have no units of their own yet; a withdrawn assignment is nobody else's to see.
_UNIT = "INSERT INTO unit (code, owner_org, level) VALUES ($1, $2, 'unit') ON CONFLICT DO NOTHING"
_WITHDRAWN = """
    INSERT INTO unit_assignment (org, id, municipality_code, competence, unit_code, valid_from, created_at, created_by,
                                 withdrawn_at, withdrawn_by)
    VALUES ($1, gen_random_uuid(), $2, 'general', $3, '2030-01-01', now(), 'seed', now(), 'seed')
"""


def seed(exchange: Exchange) -> None:
    """Rows of both organisations in every table that holds an organisation's."""
    for name, code, own in (("umea", "2480", UMEA), ("malmo", "1280", MALMO)):
        lookup = exchange.look_up("complete", name, sources=["AF"]).json()
        body = consultation_body(lookupId=lookup["lookupId"], caseReference=lookup["caseReference"], person=None)
        opened = exchange.send(name, "POST", CONSULTATIONS, body, key=f"rows-{lookup['lookupId']}")
        assert opened.status_code == 201, opened.text
        act(exchange, "af-workbench", opened.json(), "claims", 1)
        act(exchange, "af-workbench", opened.json(), "questions", 2, "vad?")
        reached(exchange, name)
        disclosed(exchange, name)
        ended(exchange, name, opened.json())
        held(exchange, name, opened.json())
        filed(exchange, name)
        given_file(exchange, name, exchange.open(name))
        failed = exchange.look_up("fk_failed", name, sources=["FK"]).json()
        assert exchange.send(name, "POST", f"{LOOKUPS}/{failed['lookupId']}/completions").status_code == 200
        household = exchange.send(name, "POST", f"{BASE}/household-lookups", household_body(exchange))
        assert household.status_code == 200, household.text
        draft = {
            "kind": "project",
            "title": f"Utkast {name}",
            "status": "draft",
            "validFrom": "2026-03-01",
            "parties": [{"organisationNumber": AF.removeprefix("0007:")}, {"municipalityCode": code}],
        }
        key = f"draft-{lookup['lookupId']}"
        made = exchange.send(name, "POST", "/agreements/v1/agreements", draft, key=key)
        assert made.status_code == 201, made.text
        marked = {"person": number("18900101", "980" if name == "umea" else "981")}
        assert exchange.send(name, "POST", "/consultation/v1/protected-persons", marked).status_code in (200, 201)
        granted = exchange.send(name, "POST", "/agreements/v1/delegations", delegation_body(exchange), key=f"d-{key}")
        assert granted.status_code == 201, granted.text
        sql(exchange, _UNIT, f"seed-{name}", own, database="agreements")
        sql(exchange, _WITHDRAWN, own, code, f"seed-{name}", database="agreements")
        written_subscription(exchange, name)
        register_intervention(exchange, UMEA if name == "umea" else MALMO)
    for organisation in (UMEA, MALMO):
        # Through the door only the answering authority makes these; an organisation's own they are all the same.
        sql(
            exchange, f"INSERT INTO unit_calendar VALUES ({_VERSION}, 'u', '2090-01-01', now(), 'x', 'x')", organisation
        )
        sql(
            exchange,
            f"INSERT INTO unit_target VALUES ({_VERSION}, 'u', 't', '2090-01-01', now(), 'x', 'x')",
            organisation,
        )
        for statement in (*_QUEUE_ROWS, *WORKBENCH_ROWS):
            sql(exchange, statement, organisation)
    fold_all(exchange)
    for service in LAYOUTS:
        sql(exchange, "ANALYZE", database=service)


def published(exchange: Exchange) -> set[str]:
    """Agreements that everybody may see."""
    rows = sql(exchange, "SELECT id FROM agreement WHERE published", database="agreements")
    return {str(row["id"]) for row in rows}


def is_foreign(row: str, seen_by: str, public: set[str]) -> bool:
    """Whether a row, as text, is another organisation's: it names that one, not the reader, and is not public."""
    other, own = OTHERS[seen_by].removeprefix("0007:"), seen_by.removeprefix("0007:")
    return other in row and own not in row and public.isdisjoint(_UUID.findall(row))


class Session:
    """One connection as the serving role, as the code uses it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @asynccontextmanager
    async def as_organisation(self, organisation: str | None) -> AsyncIterator[AsyncConnection]:
        """A transaction that is rolled back."""
        begun = self.database.begin(Tenancy(organisation)) if organisation else self.database.without_tenant()
        async with begun as connection:
            yield connection
            await connection.rollback()

    async def texts(self, organisation: str | None, statement: str, **values: Any) -> list[str]:
        """The first column of every row, as text."""
        async with self.as_organisation(organisation) as connection:
            return [str(row[0]) for row in await connection.execute(text(statement), values)]

    async def refusal(self, organisation: str | None, statement: str, **values: Any) -> asyncpg.PostgresError | None:
        """What the database says to a statement, or None when it does it."""
        try:
            async with self.as_organisation(organisation) as connection:
                await connection.execute(text(statement), values)
        except DBAPIError as fault:
            cause = fault.orig.__cause__ if fault.orig else None
            assert isinstance(cause, asyncpg.PostgresError)
            return cause
        return None


def with_session(exchange: Exchange, service: str, work: Callable[[Session], Coroutine[Any, Any, Result]]) -> Result:
    """The result of `work` on one connection, which has been used before and will be used again."""
    return exchange.standing.run(work(Session(exchange.standing.serving(service))))


def refusal_of(
    exchange: Exchange, service: str, organisation: str | None, statement: str, **values: Any
) -> asyncpg.PostgresError | None:
    """What the database says to one statement."""
    return with_session(exchange, service, lambda session: session.refusal(organisation, statement, **values))


def columns(exchange: Exchange, service: str, table: str, right: str) -> list[str]:
    """The columns of a table on which the serving role has a right; none of the generated."""
    rows = sql(
        exchange,
        "SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 "
        "AND NOT attisdropped AND attgenerated = '' AND has_column_privilege($2, attrelid, attnum, $3) ORDER BY attnum",
        table,
        f"{service}_runtime",
        right,
        database=service,
    )
    return [row["name"] for row in rows]


def foreign_row(exchange: Exchange, service: str, table: str, seen_by: str = UMEA) -> str:
    """A row that is another organisation's, as JSON."""
    public = published(exchange)
    rows = sql(exchange, f"SELECT to_jsonb(t)::text AS row FROM {table} t", database=service)
    found = [str(row["row"]) for row in rows if is_foreign(row["row"], seen_by, public)]
    assert found, f"{table} holds no row that is foreign to {seen_by}: make one of each side's in `seed`"
    return found[-1]


def insertion(table: str, names: list[str]) -> str:
    """Inserts a row from JSON."""
    listed = ", ".join(names)
    return f"INSERT INTO {table} ({listed}) SELECT {listed} FROM jsonb_populate_record(NULL::{table}, :row)"
