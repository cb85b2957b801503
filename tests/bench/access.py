"""What full access control costs a service on one read, part by part, in CPU of the process that serves.

Each part is carried out on its own, some thousand times, as a request does it: the token and the ground remembered,
the proof fresh, the database on its socket. Waiting costs nothing here; what PostgreSQL itself uses stands in
`read.cpu.postgres`.
"""

import secrets
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime

import httpx
import uvloop
from joserfc.jwk import ECKey
from sqlalchemy import text

from services.consultation.grounds.agreements import AgreementsGrounds
from services.consultation.grounds.domain import Decision
from services.consultation.tables import RUNTIME_ROLE
from shared.audit import AuditEntry, record_alone
from shared.clock import system_clock
from shared.database.embedded import EmbeddedPostgres
from shared.database.engine import Database
from shared.sealing.watch import SealingWatch
from shared.tokens.caller import Caller
from shared.tokens.client import ClientIdentity, ServiceTokens
from shared.tokens.proofs import check_proof, make_proof
from shared.tokens.replay import InProcessReplayStore
from shared.tokens.replay_postgres import PostgresReplayStore
from tests.bench.figures import Figure, at_most
from tests.unit.shared import given

_TIMES = 2000
_ADDRESS = "http://127.0.0.1/one"
_UMEA = "0007:2120002627"
_PURPOSE, _SETS = "financial_aid_application", ("lookup.af",)
_WITH_TENANT = text(
    "WITH tenant AS MATERIALIZED (SELECT set_config('app.org', :org, true) AS org) SELECT org FROM tenant"
)
_WITHOUT_TENANT = text("SELECT CAST(:org AS text)")

Step = Callable[[], Awaitable[object]]


def measure(postgres: EmbeddedPostgres) -> list[Figure]:
    """`postgres` holds the database of consultation, migrated."""
    return uvloop.run(_measured(postgres.url("consultation", RUNTIME_ROLE)))


async def _measured(url: str) -> list[Figure]:
    database = Database(url, pool_size=2)
    try:
        parts = {name: await _cpu(step) for name, step in _steps(database)}
        statement = await _cpu(lambda: database.single.value(_WITHOUT_TENANT, {"org": _UMEA}))
    finally:
        await database.close()
    parts["tenant"] = max(0.0, parts["tenant"] - statement)
    figures = [Figure(f"access.{name}", used, "us") for name, used in parts.items()]
    return [*figures, Figure("access.all", sum(parts.values()), "us", at_most(600))]


def _steps(database: Database) -> Iterator[tuple[str, Step]]:
    yield "token-remembered", _token()
    yield "proof", _proof()
    yield "proof-used-once", _used_once(database)
    yield "ground-remembered", _ground()
    watch = SealingWatch(database, "bench")
    yield "trail-watched", watch.require
    yield "tenant", lambda: database.single.value(_WITH_TENANT, {"org": _UMEA})
    yield "trail-written", lambda: record_alone(database.single, _entry())


def _token() -> Step:
    verifier, value = given.verifier(given.ISSUER_KEY), given.token()
    return lambda: verifier.verify(value, given.NOW)


def _proof() -> Step:
    key, replays = ECKey.generate_key("P-256", private=True), InProcessReplayStore()
    now, bound_to = system_clock(), key.thumbprint()
    proofs = iter([make_proof(key, "GET", _ADDRESS, now, "a-token") for _ in range(_TIMES + 1)])

    async def step() -> None:
        await check_proof(
            next(proofs),
            method="GET",
            address=_ADDRESS,
            now=now,
            replays=replays,
            access_token="a-token",
            bound_to=bound_to,
        )

    return step


def _used_once(database: Database) -> Step:
    store, now = PostgresReplayStore(database), system_clock()
    until = datetime.fromtimestamp(now.timestamp() + 70, now.tzinfo)

    async def step() -> None:
        assert await store.first_use("bench", secrets.token_urlsafe(16), issued=now, until=until, now=now)

    return step


def _ground() -> Step:
    http = httpx.AsyncClient(trust_env=False)
    identity = ClientIdentity("bench", given.ISSUER_KEY, "https://issuer", "https://issuer", "https://issuer")
    tokens = ServiceTokens(identity, http, system_clock, resource="https://agreements", scopes=())
    grounds = AgreementsGrounds(http, tokens, lambda: given.NOW, url="https://agreements", public_url="https://a")
    decision = Decision(id=uuid.uuid4(), version=1, organisation=None, items=(), warnings=())
    # As the first question of a few seconds leaves it.
    grounds._kept[_UMEA, _PURPOSE, "", "", *_SETS] = (given.NOW, decision)
    return lambda: grounds.decide(_UMEA, _PURPOSE, _SETS)


def _entry() -> AuditEntry:
    caller = Caller(
        organisation=_UMEA,
        client_id="umea",
        scopes=frozenset(),
        token_id=secrets.token_urlsafe(16),
        actor="hl-1",
        request_id=str(uuid.uuid4()),
        traceparent="",
    )
    detail = {"purpose": _PURPOSE, "caseReference": "EB-1", "fields": ["person", "messages", "leadTime"]}
    return AuditEntry("consultation.read", system_clock(), caller, "consultation", uuid.uuid4(), detail=detail)


async def _cpu(step: Step) -> float:
    """Microseconds of CPU that one step costs this process, all threads together."""
    await step()
    started = time.process_time()
    for _ in range(_TIMES):
        await step()
    return (time.process_time() - started) / _TIMES * 1e6
