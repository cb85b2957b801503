"""What may be used once is used once, whichever process of a service is asked; and refused when nobody can tell."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.assembly import gateway
from services.gateway import tables as gateway_tables
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.database.engine import Database
from shared.tokens.client import authorization, token_request
from shared.tokens.proofs import AHEAD
from shared.tokens.replay import ReplaysUnavailable
from shared.tokens.replay_postgres import PostgresReplayStore, forget_used, remember_from_now
from tests.exchange import Exchange
from tests.service.workers import workers
from tests.sizes import sample_or_full
from tests.unit.shared import given as g

pytestmark = pytest.mark.attack

LIFE = timedelta(seconds=70)


@pytest.fixture(scope="module")
def two_of_each(running: Exchange) -> Iterator[list[str]]:
    """Two more processes of the consultation service, and two of the gateway, on the databases of the product."""
    running.clock.back_to_now()
    with workers(("consultation", "consultation", "gateway", "gateway"), running.clock) as addresses:
        yield addresses


def send(exchange: Exchange, address: str, headers: dict[str, str]) -> httpx.Response:
    return exchange.http.get(f"{address}/consultation/v1/consultations", headers=headers)


def proved(exchange: Exchange) -> dict[str, str]:
    """Headers of one request: a token, and a proof that has not been used."""
    client = exchange.client("umea")
    token = client.token_for("/consultation/v1/consultations")
    public = f"{exchange.base_url}/consultation/v1/consultations"
    stated = {"Samrad-Handler": "hl-1"}
    return {**authorization(client.identity, token, "GET", public, exchange.clock()), **stated}


def test_a_proof_used_at_one_worker_is_refused_at_another(exchange: Exchange, two_of_each: list[str]) -> None:
    headers = proved(exchange)

    answers = [send(exchange, address, headers).status_code for address in (*two_of_each[:2], exchange.base_url)]

    assert answers == [200, 401, 401]


def test_a_proof_sent_to_all_workers_at_the_same_time_is_let_in_by_one(
    exchange: Exchange, two_of_each: list[str]
) -> None:
    async def at_once(headers: dict[str, str]) -> list[int]:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            path = "/consultation/v1/consultations"
            sent = [http.get(address + path, headers=headers) for address in two_of_each[:2] * 4]
            return sorted(answer.status_code for answer in await asyncio.gather(*sent))

    for _ in range(3):
        assert asyncio.run(at_once(proved(exchange))) == [200] + [401] * 7


def test_an_assertion_used_at_one_gateway_is_refused_at_another(exchange: Exchange, two_of_each: list[str]) -> None:
    identity, now = exchange.client("umea").identity, exchange.clock()
    resource, scopes = f"{exchange.base_url}/consultation", ["samrad:consultations.read"]
    form, headers = token_request(identity, resource, scopes, now, bound=True)
    _, other_proof = token_request(identity, resource, scopes, now, bound=True)

    first = exchange.http.post(f"{two_of_each[2]}/oauth/token", data=form, headers=headers)
    second = exchange.http.post(f"{two_of_each[3]}/oauth/token", data=form, headers=other_proof)

    assert first.status_code == 200
    assert (second.status_code, second.json()["error"]) == (401, "invalid_client")


def test_a_proof_used_at_one_gateways_token_endpoint_is_refused_at_another(
    exchange: Exchange, two_of_each: list[str]
) -> None:
    identity, now = exchange.client("umea").identity, exchange.clock()
    resource, scopes = f"{exchange.base_url}/consultation", ["samrad:consultations.read"]
    form, headers = token_request(identity, resource, scopes, now, bound=True)
    other_form, _ = token_request(identity, resource, scopes, now, bound=True)

    first = exchange.http.post(f"{two_of_each[2]}/oauth/token", data=form, headers=headers)
    second = exchange.http.post(f"{two_of_each[3]}/oauth/token", data=other_form, headers=headers)

    assert first.status_code == 200
    assert (second.status_code, second.json()["error"]) == (400, "invalid_dpop_proof")


# --- the store itself ----------------------------------------------------------------------------------------------

Work = Callable[[list[PostgresReplayStore], Database], Awaitable[None]]


def with_stores(exchange: Exchange, work: Work, role: str = gateway_tables.RUNTIME_ROLE) -> None:
    """Two stores, as two processes have them, on an empty table."""

    async def run() -> None:
        owner = Database(exchange.postgres.url("gateway", gateway_tables.OWNER_ROLE), pool_size=1)
        database = Database(exchange.postgres.url("gateway", role), pool_size=4)
        try:
            async with owner.without_tenant() as connection:
                await connection.execute(text("DELETE FROM used_token"))
            await work([PostgresReplayStore(database) for _ in range(2)], owner)
        finally:
            await owner.close()
            await database.close()

    asyncio.run(run())


async def used(store: PostgresReplayStore, token_id: str, seconds: float = 0, life: float = 70) -> bool:
    now = g.NOW + timedelta(seconds=seconds)
    return await store.first_use("one", token_id, issued=now, until=now + timedelta(seconds=life), now=now)


_USES = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from("abc"), st.floats(0, 50), st.integers(1, 120)), max_size=12
)


@given(_USES)
@settings(max_examples=sample_or_full(15, 500), deadline=None)
def test_two_processes_together_agree_with_one_memory_that_forgets_nothing(
    running: Exchange, uses: list[tuple[int, str, float, int]]
) -> None:
    async def work(stores: list[PostgresReplayStore], _: Database) -> None:
        known, seconds = dict[str, float](), 0.0
        for which, token_id, step, life in uses:
            # Whole milliseconds, so that the database's microseconds round nothing.
            seconds = round(seconds + step, 3)
            expected = known.get(token_id, -1.0) < seconds
            assert await used(stores[which], token_id, seconds, life) == expected
            if expected:
                known[token_id] = seconds + life

    with_stores(running, work)


def test_what_has_run_out_is_removed_and_nothing_else(exchange: Exchange) -> None:
    async def work(stores: list[PostgresReplayStore], owner: Database) -> None:
        for number in range(5):
            assert await used(stores[0], str(number), life=10 if number < 3 else 100)
        async with owner.without_tenant() as connection:
            assert await forget_used(connection, g.NOW + timedelta(seconds=50)) == 3
        assert not await used(stores[1], "4", 50)

    with_stores(exchange, work)


def test_the_table_holds_hashes_and_never_an_id(exchange: Exchange) -> None:
    async def work(stores: list[PostgresReplayStore], owner: Database) -> None:
        assert await used(stores[0], "0123456789abcdef")
        async with owner.without_tenant() as connection:
            (row,) = (await connection.execute(text("SELECT key FROM used_token"))).all()
        assert len(row.key) == 32
        assert b"0123456789abcdef" not in row.key

    with_stores(exchange, work)


def test_after_a_crash_has_emptied_the_table_what_was_made_before_is_refused(exchange: Exchange) -> None:
    async def work(stores: list[PostgresReplayStore], owner: Database) -> None:
        assert await used(stores[0], "before")
        async with owner.without_tenant() as connection:
            await connection.execute(text("TRUNCATE used_token, used_token_memory"))
        try:
            for token_id, seconds in (("before", 1.0), ("new", 2.0), ("new too", AHEAD.total_seconds())):
                with pytest.raises(ReplaysUnavailable):
                    await used(stores[1], token_id, seconds)
            later = AHEAD.total_seconds() + 2
            assert await used(stores[0], "later", later)
            assert not await used(stores[1], "later", later)
        finally:
            async with owner.without_tenant() as connection:
                await connection.execute(text("UPDATE used_token_memory SET whole_since = '-infinity'"))

    with_stores(exchange, work)


def test_a_crash_empties_both_tables_although_the_server_says_it_never_stopped(tmp_path: Path) -> None:
    """Why the server's start time is not what we ask: a killed backend resets unlogged tables and leaves it alone."""
    tmp_path.chmod(0o755)
    with EmbeddedPostgres(tmp_path / "pg") as postgres:
        asyncio.run(gateway.prepare(postgres.url, SUPERUSER))

        async def crash() -> None:
            address = {"database": "gateway", "user": SUPERUSER, "host": str(postgres.socket_directory)}
            connection = await asyncpg.connect(**address)
            started = await connection.fetchval("SELECT pg_postmaster_start_time()")
            assert await connection.fetchval("SELECT count(*) FROM used_token_memory") == 1
            os.kill(await connection.fetchval("SELECT pg_backend_pid()"), signal.SIGKILL)
            connection.terminate()
            started_then = None
            while started_then is None:
                try:
                    # One that is made before the server has noticed is ended with the others.
                    connection = await asyncpg.connect(**address)
                    started_then = await connection.fetchval("SELECT pg_postmaster_start_time()")
                except (OSError, asyncpg.PostgresError):
                    await asyncio.sleep(0.05)
            assert started_then == started
            assert await connection.fetchval("SELECT count(*) FROM used_token_memory") == 0
            await connection.close()

        asyncio.run(crash())


def test_the_sandbox_begins_a_memory_that_is_missing_and_leaves_one_that_is_there(exchange: Exchange) -> None:
    url = exchange.postgres.url("gateway", gateway_tables.OWNER_ROLE)
    asyncio.run(remember_from_now(url))
    (row,) = sql(exchange, "SELECT whole_since = '-infinity' AS always FROM used_token_memory")
    assert row["always"]


def test_what_is_made_right_after_the_sandbox_has_begun_anew_is_accepted(exchange: Exchange) -> None:
    """Within the same second too: the time of a proof is told in whole seconds."""
    sql(exchange, "TRUNCATE used_token_memory")
    try:
        asyncio.run(remember_from_now(exchange.postgres.url("gateway", gateway_tables.OWNER_ROLE)))
        (begun,) = sql(exchange, "SELECT whole_since FROM used_token_memory")
        issued = begun["whole_since"].replace(microsecond=0)
        now = issued + timedelta(milliseconds=999)

        async def work(stores: list[PostgresReplayStore], _: Database) -> None:
            assert await stores[0].first_use("one", "x", issued=issued, until=now + LIFE, now=now)

        with_stores(exchange, work)
    finally:
        sql(exchange, "UPDATE used_token_memory SET whole_since = '-infinity'")


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE used_token",
        "DELETE FROM used_token_memory",
        "UPDATE used_token_memory SET whole_since = '-infinity'",
        "UPDATE used_token SET key = '\\x00'",
        "DROP TABLE used_token",
    ],
)
@pytest.mark.parametrize("database", ["gateway", "consultation", "agreements"])
def test_the_role_that_serves_can_do_no_more_than_it_needs(exchange: Exchange, database: str, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        sql(exchange, statement, database=database, role=f"{database}_runtime")


def test_without_the_database_nothing_is_let_in_and_the_answer_is_503(exchange: Exchange) -> None:
    unreachable = {"SAMRAD_GATEWAY_DATABASE_URL": "postgresql+asyncpg://gateway_runtime@127.0.0.1:1/gateway"}
    with workers(("gateway",), exchange.clock, unreachable) as (address,):
        identity, now = exchange.client("umea").identity, exchange.clock()
        resource = f"{exchange.base_url}/consultation"
        form, headers = token_request(identity, resource, ["samrad:consultations.read"], now, bound=True)
        answer = exchange.http.post(f"{address}/oauth/token", data=form, headers=headers)
        ready = exchange.http.get(f"{address}/health/ready")

    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert ready.status_code == 503


def test_a_service_that_cannot_tell_whether_a_proof_was_used_answers_503(exchange: Exchange) -> None:
    revoke = "REVOKE INSERT ON used_token FROM consultation_runtime"
    sql(exchange, revoke, database="consultation")
    try:
        answer = exchange.send("umea", "GET", "/consultation/v1/consultations")
    finally:
        sql(exchange, "GRANT INSERT ON used_token TO consultation_runtime", database="consultation")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"]
    assert exchange.send("umea", "GET", "/consultation/v1/consultations").status_code == 200


def sql(exchange: Exchange, statement: str, *, database: str = "gateway", role: str = "postgres") -> list[Any]:
    async def run() -> list[Any]:
        connection = await asyncpg.connect(database=database, user=role, host=str(exchange.postgres.socket_directory))
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    return asyncio.run(run())
