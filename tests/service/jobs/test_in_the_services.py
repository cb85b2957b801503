"""The jobs that the services have, and the workers beside them."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements import tables as agreements
from services.agreements.jobs import CHORES as CHORES_OF_AGREEMENTS
from services.agreements.readiness import readiness
from services.assembly.background import work_beside
from services.consultation import tables as consultation
from services.consultation.jobs import CHORES as CHORES_OF_CONSULTATION
from shared.clock import Clock, system_clock
from shared.database.embedded import SUPERUSER
from shared.database.engine import Database
from shared.jobs.enqueue import read_ids
from shared.jobs.job import Job, Run
from shared.jobs.worker import Worker
from shared.sealing.watch import SealingWatch
from tests.exchange import Exchange, consultation_body

BASE = "/consultation/v1/consultations"


def in_role(exchange: Exchange, database: str, role: str, work: Callable[[AsyncConnection], Awaitable[Any]]) -> Any:
    """What the work answers, in a transaction as the role."""

    async def run() -> Any:
        held = Database(exchange.postgres.url(database, role), pool_size=1)
        try:
            async with held.without_tenant() as connection:
                return await work(connection)
        finally:
            await held.close()

    return asyncio.run(run())


def sql(exchange: Exchange, database: str, role: str, statement: str, **values: Any) -> list[Any]:
    """The rows of one statement."""

    async def ask(connection: AsyncConnection) -> list[Any]:
        answer = await connection.execute(text(statement), values)
        return [tuple(row) for row in answer] if answer.returns_rows else []

    rows: list[Any] = in_role(exchange, database, role, ask)
    return rows


def carry_out(exchange: Exchange, database: str, role: str, job: Job) -> None:
    """One run of a job, by hand."""
    in_role(exchange, database, role, lambda connection: job.work(Run(connection, exchange.clock(), {})))


def job(name: str, of: Sequence[Job]) -> Job:
    """By its name."""
    [found] = [each for each in of if each.name == name]
    return found


def test_kept_answers_are_forgotten_when_their_hour_is_over_whoever_they_belong_to(exchange: Exchange) -> None:
    for name in ("umea", "malmo"):
        exchange.send(name, "POST", BASE, consultation_body(), key=str(uuid.uuid4()))
    exchange.clock.move_to(datetime.now(UTC) + timedelta(hours=2))
    exchange.forget_tokens()
    body, key = consultation_body(), str(uuid.uuid4())
    kept = exchange.send("umea", "POST", BASE, body, key=key)

    carry_out(exchange, "consultation", consultation.WORKER_ROLE, job("idempotency.forget", CHORES_OF_CONSULTATION))

    expired = "SELECT count(*) FROM idempotency_record WHERE expires_at <= :now"
    assert sql(exchange, "consultation", SUPERUSER, expired, now=exchange.clock()) == [(0,)]
    assert exchange.send("umea", "POST", BASE, body, key=key).json() == kept.json()
    exchange.clock.back_to_now()
    exchange.forget_tokens()


def test_agreements_forgets_its_kept_answers_too(exchange: Exchange) -> None:
    sql(
        exchange,
        "agreements",
        SUPERUSER,
        """
        INSERT INTO idempotency_record (org, client_id, key_hash, request_hash, started_at, expires_at)
        VALUES ('0007:2021002114', 'someone', 'key', 'request', :then, :then)
        """,
        then=exchange.clock() - timedelta(seconds=1),
    )
    carry_out(exchange, "agreements", agreements.WORKER_ROLE, job("idempotency.forget", CHORES_OF_AGREEMENTS))

    assert sql(exchange, "agreements", SUPERUSER, "SELECT 1 FROM idempotency_record WHERE client_id = 'someone'") == []


@pytest.mark.parametrize(
    ("database", "role", "statement"),
    [
        ("consultation", consultation.RUNTIME_ROLE, "DELETE FROM idempotency_record"),
        ("consultation", consultation.RUNTIME_ROLE, "SELECT payload FROM jobs.pgqueuer"),
        ("consultation", consultation.STATISTICS_ROLE, "SELECT id FROM jobs.pgqueuer"),
        ("consultation", consultation.WORKER_ROLE, "SELECT body FROM idempotency_record"),
        ("consultation", consultation.WORKER_ROLE, "SELECT person_sealed FROM consultation"),
        ("consultation", consultation.WORKER_ROLE, "SELECT person_sealed FROM lookup"),
        ("agreements", agreements.RUNTIME_ROLE, "DELETE FROM idempotency_record"),
        ("agreements", agreements.WORKER_ROLE, "SELECT body FROM idempotency_record"),
    ],
)
def test_roles_keep_out_of_each_others_business(exchange: Exchange, database: str, role: str, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        sql(exchange, database, role, statement)


@pytest.mark.parametrize("database", ["consultation", "agreements"])
def test_a_worker_is_at_work_beside_each_service_and_its_queue_holds_ids_only(
    exchange: Exchange, database: str
) -> None:
    at_work = "SELECT usename FROM pg_stat_activity WHERE application_name = :name"
    assert sql(exchange, database, SUPERUSER, at_work, name=f"worker {database}") == [(f"{database}_worker",)]
    rows = sql(exchange, database, SUPERUSER, "SELECT entrypoint, payload, headers, dedupe_key FROM jobs.pgqueuer")
    assert {"idempotency.forget", "jobs.tidy"} <= {entrypoint for entrypoint, *_ in rows}
    for entrypoint, payload, headers, key in rows:
        assert headers in (None, {"kept": "recurring"})
        assert key in (None, entrypoint, f"{entrypoint} {(payload or b'').decode()}")
        assert read_ids(payload) is not None, "a UUID for each name"


def test_no_worker_is_beside_a_service_when_they_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    async def make(_: AsyncExitStack, __: Clock) -> Worker:
        raise AssertionError("a worker was made")

    async def story() -> Sequence[str]:
        async with AsyncExitStack() as stack:
            faults = await work_beside(stack, system_clock, make)
            return faults()

    monkeypatch.setenv("SAMRAD_WORKER", "apart")
    assert asyncio.run(story()) == ()
    monkeypatch.setenv("SAMRAD_WORKER", "inside")
    with pytest.raises(AssertionError, match="a worker was made"):
        asyncio.run(story())


def test_a_service_is_not_ready_when_its_worker_is_silent(exchange: Exchange) -> None:
    async def faults() -> Sequence[str]:
        database = Database(exchange.postgres.url("agreements", agreements.RUNTIME_ROLE), pool_size=1)
        try:
            watch = SealingWatch(database, "agreements")
            return await readiness(database, watch, lambda: ["the background worker has been silent"])()
        finally:
            await database.close()

    assert asyncio.run(faults()) == ["the background worker has been silent"]
