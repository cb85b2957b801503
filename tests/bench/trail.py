"""The audit trail: how fast it is sealed and verified, and what the queue costs each request."""

import asyncio
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import asyncpg

from services.consultation.main import MIGRATIONS
from services.consultation.tables import AUDITOR_ROLE, OWNER_ROLE, ROLES, RUNTIME_ROLE, WORKER_ROLE
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.database.engine import Database
from shared.database.migrate import upgrade
from shared.database.provision import provision
from shared.sealing.sealer import seal
from shared.sealing.verify import verify
from tests.bench.figures import Figure, at_least, at_most
from tests.bench.processes import CannotMeasure
from tests.trail import UMEA

_DATABASE = "trail"
_RECORDS = 50_000
_ROUNDS = 8
_WRITES = 300
# Entries as long as those of a look-up.
_FILL = """
    INSERT INTO audit_entry (id, at, org, owner_org, event, outcome, object_type, object_id, subject, entry)
    SELECT made.id, made.at, '{org}', '{org}', 'lookup.disclosed', 'permitted', 'lookup', made.id, sha256('x'),
           json_build_object(
               'id', made.id, 'time', to_char(made.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'),
               'event', 'lookup.disclosed', 'outcome', 'permitted',
               'actor', json_build_object('organisation', '{org}', 'client', 'bench', 'stated', 'hl-1'),
               'object', json_build_object('type', 'lookup', 'id', made.id, 'owner', '{org}'),
               'subject', encode(sha256('x'), 'hex'), 'token', 't', 'request', made.id,
               'detail', json_build_object('purpose', 'financial_aid_application', 'filler', repeat('x', 400)))::text
    FROM (SELECT gen_random_uuid() AS id, now() + place * interval '1 ms' AS at
          FROM generate_series(1, {number}) AS place) AS made
"""
_WRITE = """
    WITH tenant AS MATERIALIZED (SELECT set_config('app.org', $1, true) AS org)
    INSERT INTO audit_entry (id, at, org, owner_org, event, outcome, object_type, object_id, subject, entry)
    SELECT $2, now(), org, org, 'lookup.disclosed', 'permitted', 'lookup', $2, sha256('x'), $3 FROM tenant
"""


def measure(home: Path) -> Iterator[Figure]:
    """Sealing, verifying, and one write with the queue and without it, on a PostgreSQL of its own."""
    with EmbeddedPostgres(home / "postgres") as postgres:
        yield from _measured(postgres)


def _measured(postgres: EmbeddedPostgres) -> Iterator[Figure]:
    asyncio.run(_prepare(postgres))
    sealed, verified = asyncio.run(_sealed_and_verified(postgres))
    yield Figure("audit.seal", sealed, "records/s", at_least(10_000))
    yield Figure("audit.verify", verified, "records/s")
    queued, bare = asyncio.run(_writes(postgres))
    yield Figure("audit.write", queued, "us")
    yield Figure("audit.write.without-queue", bare, "us")
    yield Figure("audit.queue.cost", queued - bare, "us", at_most(100))


async def _prepare(postgres: EmbeddedPostgres) -> None:
    await provision(postgres.url("postgres", SUPERUSER), _DATABASE, ROLES)
    await upgrade(postgres.url(_DATABASE, OWNER_ROLE), MIGRATIONS)
    connection = await _connected(postgres, SUPERUSER)
    try:
        await connection.execute(_FILL.format(org=UMEA, number=_RECORDS))
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def _sealed_and_verified(postgres: EmbeddedPostgres) -> tuple[float, float]:
    database = Database(postgres.url(_DATABASE, WORKER_ROLE), pool_size=1)
    started = time.perf_counter()
    while await seal(database):
        pass
    sealed = _RECORDS / (time.perf_counter() - started)
    await database.close()
    started = time.perf_counter()
    verdict = await verify(postgres.url(_DATABASE, AUDITOR_ROLE))
    verified = _RECORDS / (time.perf_counter() - started)
    if verdict.fault is not None or verdict.records != _RECORDS:
        raise CannotMeasure(f"the trail of the measurement is not whole: {verdict.fault}")
    return sealed, verified


async def _writes(postgres: EmbeddedPostgres) -> tuple[float, float]:
    """Microseconds of one write in a transaction of its own, in turns; without waiting for the disk, which both do."""
    owner, runtime = await _connected(postgres, OWNER_ROLE), await _connected(postgres, RUNTIME_ROLE)
    times: dict[str, list[float]] = {"ENABLE": [], "DISABLE": []}
    try:
        await runtime.execute("SET synchronous_commit = off")
        for _ in range(_ROUNDS):
            for way, taken in times.items():
                await owner.execute(f"ALTER TABLE audit_entry {way} TRIGGER queued_for_sealing")
                taken.append(await _write(runtime))
    finally:
        await owner.close()
        await runtime.close()
    return median(times["ENABLE"]), median(times["DISABLE"])


async def _write(runtime: asyncpg.Connection) -> float:
    entry = json.dumps({"filler": "x" * 800})
    taken = []
    for _ in range(_WRITES):
        started = time.perf_counter()
        await runtime.execute(_WRITE, UMEA, uuid.uuid4(), entry)
        taken.append(time.perf_counter() - started)
    return median(taken) * 1e6


async def _connected(postgres: EmbeddedPostgres, role: str) -> asyncpg.Connection:
    return await asyncpg.connect(database=_DATABASE, user=role, host=str(postgres.socket_directory))
