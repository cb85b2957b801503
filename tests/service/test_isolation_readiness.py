"""Whatever would let one organisation see another's rows keeps the service from calling itself ready.

The damage is done by a superuser and undone; the service under it runs on, and is asked as operations ask it.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from services.agreements import tables as agreements
from services.consultation import tables as consultation
from shared.database.engine import Database
from shared.database.isolation import Layout, isolation_faults, reach_faults
from tests.attack.support import sql
from tests.exchange import Exchange

LAYOUTS: Mapping[str, Layout] = {"consultation": consultation.LAYOUT, "agreements": agreements.LAYOUT}
_TENANT = "nullif(current_setting('app.org', true), '')"
_POLICED = """
    CREATE TABLE {name} (org text NOT NULL, note text, PRIMARY KEY (org));
    ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE {name} FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON {name} USING (org = {tenant}) WITH CHECK (org = {tenant});
    ALTER TABLE {name} OWNER TO {owner}
"""


@dataclass(frozen=True)
class Damage:
    """Statements of a superuser, and what readiness must say of them."""

    done: str
    undone: str
    said: str
    service: str = "consultation"


DAMAGES = {
    "row-level security off": Damage(
        "ALTER TABLE lookup DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE lookup ENABLE ROW LEVEL SECURITY",
        "row-level security is not in force on lookup",
    ),
    "not forced on the owner": Damage(
        "ALTER TABLE decision NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE decision FORCE ROW LEVEL SECURITY",
        "row-level security is not in force on decision",
        "agreements",
    ),
    "a policy dropped": Damage(
        "DROP POLICY own ON lookup",
        f"CREATE POLICY own ON lookup USING (org = {_TENANT}) WITH CHECK (org = {_TENANT})",
        "no policy says which rows of lookup may be read",
    ),
    "a policy for one command dropped": Damage(
        "DROP POLICY added_by_owner ON agreement",
        f"CREATE POLICY added_by_owner ON agreement FOR INSERT WITH CHECK (org = {_TENANT})",
        "no policy says which rows of agreement may be inserted",
        "agreements",
    ),
    "a policy that lets everything be seen": Damage(
        "CREATE POLICY everybody ON lookup FOR SELECT USING (true)",
        "DROP POLICY everybody ON lookup",
        "policy everybody on lookup does not ask for the organisation",
    ),
    "a policy for another role that this one is a member of": Damage(
        "CREATE ROLE helpers; GRANT helpers TO consultation_runtime; "
        "CREATE POLICY helpers ON lookup FOR SELECT TO helpers USING (true)",
        "DROP POLICY helpers ON lookup; DROP ROLE helpers",
        "policy helpers on lookup does not ask for the organisation",
    ),
    "a policy that lets anything be written": Damage(
        "ALTER POLICY own ON lookup WITH CHECK (true)",
        f"ALTER POLICY own ON lookup WITH CHECK (org = {_TENANT})",
        "policy own on lookup does not ask for the organisation",
    ),
    "an insert that is not checked": Damage(
        "ALTER POLICY written_by_actor ON audit_entry WITH CHECK (true)",
        f"ALTER POLICY written_by_actor ON audit_entry WITH CHECK (org = {_TENANT})",
        "policy written_by_actor on audit_entry does not ask for the organisation",
    ),
    "an exception that leans on nothing any more": Damage(
        "ALTER POLICY visible ON agreement_party USING (true)",
        "ALTER POLICY visible ON agreement_party USING (EXISTS ("
        "SELECT 1 FROM agreement a WHERE a.org = agreement_party.org AND a.id = agreement_party.agreement_id))",
        "policy visible on agreement_party does not ask for the organisation",
        "agreements",
    ),
    "a new table of an organisation's without policies": Damage(
        "CREATE TABLE forgotten (org text NOT NULL, note text); ALTER TABLE forgotten OWNER TO consultation_owner",
        "DROP TABLE forgotten",
        "row-level security is not in force on forgotten",
    ),
    "a new table that nobody has named": Damage(
        "CREATE TABLE forgotten (id uuid PRIMARY KEY, person text)",
        "DROP TABLE forgotten",
        "row-level security is not in force on forgotten",
        "agreements",
    ),
    "a new table with row-level security and without policies": Damage(
        "CREATE TABLE forgotten (org text NOT NULL); ALTER TABLE forgotten ENABLE ROW LEVEL SECURITY; "
        "ALTER TABLE forgotten FORCE ROW LEVEL SECURITY; GRANT SELECT ON forgotten TO consultation_runtime",
        "DROP TABLE forgotten",
        "no policy says which rows of forgotten may be read",
    ),
    "a table in another schema": Damage(
        "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.lookup (org text NOT NULL)",
        "DROP SCHEMA elsewhere CASCADE",
        "row-level security is not in force on elsewhere.lookup",
    ),
    "an organisation's column in a table that is named as open": Damage(
        "ALTER TABLE county ADD COLUMN org text",
        "ALTER TABLE county DROP COLUMN org",
        "county has a column org, and is named as a table without any organisation's data",
        "agreements",
    ),
    "a view with its owner's rights": Damage(
        "CREATE VIEW everything AS SELECT * FROM lookup",
        "DROP VIEW everything",
        "everything shows rows with the rights of its owner",
    ),
    "a stored view": Damage(
        "CREATE MATERIALIZED VIEW everything AS SELECT * FROM decision",
        "DROP MATERIALIZED VIEW everything",
        "everything shows rows with the rights of its owner",
        "agreements",
    ),
    "a table of the serving role's own": Damage(
        _POLICED.format(name="mine", tenant=_TENANT, owner="consultation_runtime"),
        "DROP TABLE mine",
        "the database role owns mine, or is a member of its owner",
    ),
    "membership of the owner": Damage(
        "GRANT consultation_owner TO consultation_runtime",
        "REVOKE consultation_owner FROM consultation_runtime",
        "the database role owns lookup, or is a member of its owner",
    ),
    "a role that bypasses policies": Damage(
        "ALTER ROLE agreements_runtime BYPASSRLS",
        "ALTER ROLE agreements_runtime NOBYPASSRLS",
        "the database role is a superuser or bypasses row-level security",
        "agreements",
    ),
    "a superuser": Damage(
        "ALTER ROLE consultation_runtime SUPERUSER",
        "ALTER ROLE consultation_runtime NOSUPERUSER",
        "the database role is a superuser or bypasses row-level security",
    ),
    "a role that makes roles": Damage(
        "ALTER ROLE consultation_runtime CREATEROLE",
        "ALTER ROLE consultation_runtime NOCREATEROLE",
        "the database role may make roles or replicate the database",
    ),
    "membership of a role that bypasses policies": Damage(
        "CREATE ROLE passer BYPASSRLS; GRANT passer TO consultation_runtime",
        "DROP ROLE passer",
        "the database role may act as passer, which can get past row-level security",
    ),
    "a right that no policy is asked about": Damage(
        "GRANT TRUNCATE ON lookup TO consultation_runtime",
        "REVOKE TRUNCATE ON lookup FROM consultation_runtime",
        "the database role may do to lookup what no policy is asked about (TRUNCATE, TRIGGER, ...)",
    ),
    "a right beyond the policies": Damage(
        "GRANT DELETE ON consultation_event TO consultation_runtime",
        "REVOKE DELETE ON consultation_event FROM consultation_runtime",
        "no policy says which rows of consultation_event may be removed",
    ),
    "a right to make things": Damage(
        "GRANT CREATE ON SCHEMA public TO consultation_runtime",
        "REVOKE CREATE ON SCHEMA public FROM consultation_runtime",
        "the database role may create things in the schema",
    ),
    "a function with its owner's rights": Damage(
        "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM lookup'",
        "DROP FUNCTION peek()",
        "function peek runs with the rights of its owner",
    ),
    "our own function with its owner's rights": Damage(
        "ALTER FUNCTION refuse_change() SECURITY DEFINER",
        "ALTER FUNCTION refuse_change() SECURITY INVOKER",
        "function refuse_change runs with the rights of its owner",
    ),
}
READING = {
    "who it is about": ("GRANT SELECT (person_sealed) ON consultation", "consultation.person_sealed"),
    "whose it is": ("GRANT SELECT (org) ON consultation", "consultation.org"),
    "a whole table": ("GRANT SELECT ON lookup", "lookup.person_mark"),
    "to change a column": ("GRANT UPDATE (state) ON consultation", "change consultation"),
    "to remove rows": ("GRANT DELETE ON consultation", "change consultation"),
}


@contextmanager
def damaged(exchange: Exchange, damage: Damage) -> Iterator[None]:
    """The damage, for as long as the block lasts."""
    for statement in damage.done.split(";"):
        sql(exchange, statement, database=damage.service)
    try:
        yield
    finally:
        for statement in damage.undone.split(";"):
            sql(exchange, statement, database=damage.service)


def status(exchange: Exchange, service: str) -> int:
    return exchange.http.get(f"http://127.0.0.1:{exchange.ports[service]}/health/ready").status_code


def faults(exchange: Exchange, service: str, layout: Layout | None = None, role: str | None = None) -> list[str]:
    async def ask() -> list[str]:
        database = Database(exchange.postgres.url(service, role or f"{service}_runtime"), pool_size=1)
        try:
            async with database.without_tenant() as connection:
                return await isolation_faults(connection, layout or LAYOUTS[service])
        finally:
            await database.close()

    return asyncio.run(ask())


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_the_service_is_not_ready_and_says_why(exchange: Exchange, damage: Damage) -> None:
    with damaged(exchange, damage):
        assert damage.said in faults(exchange, damage.service)
        assert status(exchange, damage.service) == 503
    assert faults(exchange, damage.service) == []
    assert status(exchange, damage.service) == 200


def test_an_organisation_that_is_set_beforehand_is_a_fault_on_every_new_connection(exchange: Exchange) -> None:
    preset = Damage(
        "ALTER ROLE consultation_runtime SET app.org = '0007:2120001124'",
        "ALTER ROLE consultation_runtime RESET app.org",
        "app.org has a value before any organisation is set",
    )
    with damaged(exchange, preset):
        assert faults(exchange, "consultation") == [preset.said]
    assert faults(exchange, "consultation") == []


@pytest.mark.parametrize("damage", READING.values(), ids=READING)
def test_the_service_is_not_ready_when_the_role_for_figures_may_do_more(
    exchange: Exchange, damage: tuple[str, str]
) -> None:
    grant, reached = damage
    back = grant.replace("GRANT", "REVOKE")
    role = "consultation_statistics"

    async def reach() -> list[str]:
        database = Database(exchange.postgres.url("consultation", role), pool_size=1)
        try:
            async with database.without_tenant() as connection:
                return await reach_faults(connection, consultation.STATISTICS_READS)
        finally:
            await database.close()

    assert asyncio.run(reach()) == []
    with damaged(exchange, Damage(f"{grant} TO {role}", f"{back} FROM {role}", "")):
        assert any(fault.endswith(reached) for fault in asyncio.run(reach()))
        assert status(exchange, "consultation") == 503
    assert status(exchange, "consultation") == 200


def test_a_view_that_asks_as_the_one_who_reads_is_no_fault(exchange: Exchange) -> None:
    harmless = Damage(
        "CREATE VIEW everything WITH (security_invoker = true) AS SELECT * FROM lookup", "DROP VIEW everything", ""
    )
    with damaged(exchange, harmless):
        assert faults(exchange, "consultation") == []


def test_a_library_has_a_schema_of_its_own_when_that_is_named(exchange: Exchange) -> None:
    """One line in `tables.py` is enough, and does not cover a table that holds an organisation's rows."""
    named = replace(consultation.LAYOUT, open_tables={**consultation.OPEN_TABLES, "work.*": "a library's own"})
    library = Damage("CREATE SCHEMA work; CREATE TABLE work.job (id bigint)", "DROP SCHEMA work CASCADE", "")
    with damaged(exchange, library):
        assert faults(exchange, "consultation", named) == []
        assert "row-level security is not in force on work.job" in faults(exchange, "consultation")
        sql(exchange, "ALTER TABLE work.job ADD COLUMN org text")
        assert faults(exchange, "consultation", named) != []


def test_a_function_with_its_owners_rights_is_named_and_finds_tables_by_a_path_of_its_own(exchange: Exchange) -> None:
    named = replace(consultation.LAYOUT, definer_functions={**consultation.LAYOUT.definer_functions, "peek": "counts"})
    made = "CREATE FUNCTION peek() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"
    with damaged(exchange, Damage(made, "DROP FUNCTION peek()", "")):
        assert any("by the caller's path" in fault for fault in faults(exchange, "consultation", named))
        sql(exchange, "ALTER FUNCTION peek() SET search_path = public, pg_temp")
        assert faults(exchange, "consultation", named) == []


def test_a_partition_is_reached_through_its_parent_only(exchange: Exchange) -> None:
    parent = _POLICED.format(name="divided", tenant=_TENANT, owner="consultation_owner")
    parent = parent.replace("PRIMARY KEY (org))", "PRIMARY KEY (org)) PARTITION BY LIST (org)")
    made = f"{parent}; CREATE TABLE divided_1 PARTITION OF divided DEFAULT"
    with damaged(exchange, Damage(made, "DROP TABLE divided", "")):
        assert faults(exchange, "consultation") == []
        sql(exchange, "GRANT SELECT ON divided_1 TO consultation_runtime")
        assert "row-level security is not in force on divided_1" in faults(exchange, "consultation")


def test_every_table_that_a_service_names_is_there_and_each_exception_is_of_one_that_is(exchange: Exchange) -> None:
    for service, layout in LAYOUTS.items():
        missing = replace(layout, tenant_tables=("gone", *layout.tenant_tables))
        assert faults(exchange, service, missing) == ["table gone is missing"]
        found = sql(
            exchange,
            "SELECT tablename AS name, NULL AS policy FROM pg_tables WHERE schemaname = 'public' "
            "UNION ALL SELECT tablename, policyname FROM pg_policies",
            database=service,
        )
        tables = {row["name"] for row in found}
        assert tables == {*layout.tenant_tables, *layout.open_tables} - {"jobs.*"}
        assert layout.policies.keys() <= {f"{row['name']}.{row['policy']}" for row in found}
