"""Organisations are kept apart by the database itself, and the service refuses to serve when they are not."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from services.agreements.load import EditionReused, load_register, load_sandbox
from services.agreements.loading import statements
from services.agreements.main import create_app
from services.agreements.settings import Settings
from services.agreements.tables import OPEN_TABLES, TENANT_TABLES
from shared.database.ddl import SEALING_TABLES
from shared.database.engine import Database
from shared.vault import Vault
from tests.service.agreements.database import Urls, run_sql
from tests.service.agreements.door import AF, MALMO, UMEA, WRITE, Door, Issuer, TestClock, no_worker

DRAFT = {
    "kind": "project",
    "title": "Utkast",
    "status": "draft",
    "validFrom": "2026-03-01",
    "parties": [{"organisationNumber": AF}, {"municipalityCode": "2480"}],
}
INSERT = """
    INSERT INTO agreement (org, id, version, kind, title, status, valid_from, party_orgs, legal_bases, published,
                           created_at)
    VALUES (:org, :id, 1, 'project', 'Främmande', 'draft', '2026-01-01', '{}', '{}', false, now())
"""


@pytest.fixture
def draft(door: Door) -> str:
    created = door.post("/agreements", DRAFT, organisation=UMEA, scopes=[WRITE], actor="hl-1")
    agreement_id: str = created.json()["agreementId"]
    return agreement_id


def test_the_two_lists_of_tables_are_all_there_are(loaded: Urls) -> None:
    found = run_sql(loaded.superuser, "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")

    assert {row["name"] for row in found} == {*TENANT_TABLES, *SEALING_TABLES, *OPEN_TABLES} - {"jobs.*"}
    assert set(TENANT_TABLES).isdisjoint(OPEN_TABLES)


@pytest.mark.parametrize("table", [table for table in TENANT_TABLES if not table.startswith("agreement")])
@pytest.mark.parametrize("role", ["owner", "runtime"])
def test_without_an_organisation_nothing_is_seen(loaded: Urls, draft: str, table: str, role: str) -> None:
    assert run_sql(getattr(loaded, role), f"SELECT 1 FROM {table}") == []


@pytest.mark.parametrize("role", ["owner", "runtime"])
def test_a_draft_is_seen_by_its_parties_only(loaded: Urls, draft: str, role: str) -> None:
    url, values = getattr(loaded, role), {"id": draft}
    agreement, party = (
        "SELECT 1 FROM agreement WHERE id = :id",
        "SELECT 1 FROM agreement_party WHERE agreement_id = :id",
    )

    for tenant in (None, f"0007:{MALMO}"):
        assert run_sql(url, agreement, values, tenant=tenant) == []
        assert run_sql(url, party, values, tenant=tenant) == []
    for tenant in (f"0007:{UMEA}", f"0007:{AF}"):
        assert len(run_sql(url, agreement, values, tenant=tenant)) == 1
        assert len(run_sql(url, party, values, tenant=tenant)) == 2


@pytest.mark.parametrize("tenant", [None, f"0007:{MALMO}"])
@pytest.mark.parametrize("role", ["owner", "runtime"])
def test_nothing_is_inserted_for_another_organisation(loaded: Urls, tenant: str | None, role: str) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        run_sql(getattr(loaded, role), INSERT, {"org": f"0007:{UMEA}", "id": str(uuid4())}, tenant=tenant)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE agreement SET title = 'x'",
        "DELETE FROM agreement_party",
        "UPDATE decision SET permitted = true",
        "DELETE FROM audit_entry",
        "INSERT INTO ground (id) VALUES ('x')",
        "DELETE FROM grounds_edition",
    ],
)
def test_the_serving_role_cannot_change_what_it_has_no_need_to(loaded: Urls, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        run_sql(loaded.runtime, statement, tenant=f"0007:{UMEA}")


def test_a_second_load_changes_nothing(loaded: Urls) -> None:
    count = "SELECT (SELECT count(*) FROM organisation), (SELECT count(*) FROM ground), count(*) FROM agreement"
    before = run_sql(loaded.owner, count, tenant=f"0007:{AF}")

    asyncio.run(load_register(loaded.owner))
    asyncio.run(load_sandbox(loaded.owner))

    assert run_sql(loaded.owner, count, tenant=f"0007:{AF}") == before


def test_grounds_that_changed_under_the_same_edition_are_not_loaded(loaded: Urls) -> None:
    held = run_sql(loaded.owner, str(statements.EDITIONS.text))
    run_sql(loaded.owner, "UPDATE grounds_edition SET content_hash = 'other'::bytea")
    try:
        with pytest.raises(EditionReused):
            asyncio.run(load_register(loaded.owner))
    finally:
        run_sql(
            loaded.owner, "UPDATE grounds_edition SET content_hash = :content_hash WHERE edition = :edition", held[0]
        )


def test_two_grounds_cannot_be_in_force_for_the_same_question(loaded: Urls) -> None:
    overlapping = """
        INSERT INTO ground (id, information_set, purpose, asking_kind, legal_basis, valid_from)
        VALUES ('x', 'lookup.af', 'financial_aid_application', 'municipality', 'to-be-stated', '2025-06-30')
    """
    with pytest.raises(DBAPIError, match="exclusion constraint"):
        run_sql(loaded.owner, overlapping)


def test_the_service_is_ready_as_its_own_role(door: Door) -> None:
    assert door.http.get("/health/ready").status_code == 200
    assert door.http.get("/health/live").status_code == 200


def test_the_service_is_not_ready_as_the_owner_or_a_superuser(
    loaded: Urls, issuer: Issuer, vault: Vault, clock: TestClock
) -> None:
    assert _ready(loaded.owner, issuer, vault, clock) == 503
    assert _ready(loaded.superuser, issuer, vault, clock) == 503


@pytest.mark.parametrize("way", ["NO FORCE", "DISABLE"])
def test_the_service_is_not_ready_with_row_level_security_off(door: Door, loaded: Urls, way: str) -> None:
    run_sql(loaded.owner, f"ALTER TABLE decision {way} ROW LEVEL SECURITY")
    try:
        assert door.http.get("/health/ready").status_code == 503
    finally:
        back = {"NO FORCE": "FORCE", "DISABLE": "ENABLE"}[way]
        run_sql(loaded.owner, f"ALTER TABLE decision {back} ROW LEVEL SECURITY")
    assert door.http.get("/health/ready").status_code == 200


def test_the_service_is_not_ready_at_another_version_or_without_a_database(
    door: Door, loaded: Urls, issuer: Issuer, vault: Vault, clock: TestClock
) -> None:
    before = run_sql(loaded.owner, "SELECT version_num FROM alembic_version")
    run_sql(loaded.owner, "UPDATE alembic_version SET version_num = '0000'")
    try:
        assert door.http.get("/health/ready").status_code == 503
    finally:
        run_sql(loaded.owner, f"UPDATE alembic_version SET version_num = '{before[0]['version_num']}'")
    nowhere = loaded.runtime.partition("?")[0] + "?host=/nowhere"
    assert _ready(nowhere, issuer, vault, clock) == 503


def _ready(url: str, issuer: Issuer, vault: Vault, clock: TestClock) -> int:
    async def ask() -> int:
        database = Database(url, pool_size=1)
        app = create_app(
            Settings(),
            database=database,
            gatekeeper=issuer.gatekeeper(),
            vault=vault,
            clock=clock,
            background=no_worker,
        )
        try:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as http:
                return (await http.get("/health/ready")).status_code
        finally:
            await database.close()

    return asyncio.run(ask())
