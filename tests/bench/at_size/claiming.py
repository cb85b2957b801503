"""Eight connections take the next consultation from a queue of a million, by the product's own statement.

As the role that serves, so that row-level security holds; one transaction for each claim, with everything that is
written beside it: event, outbox row, entry of the trail, counter of the queue. No HTTP, no token.
"""

import asyncio
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

import asyncpg
import uvloop
from sqlalchemy.engine import make_url

import services.consultation.audit_events  # noqa: F401 - makes the events known that entries of the trail name
from services.consultation.clocks.counting import Clockwork
from services.consultation.clocks.domain import OFFICE_WEEK
from services.consultation.clocks.opening_rules import OpeningRules
from services.consultation.clocks.swedish import is_holiday
from services.consultation.clocks.targets import Targets
from services.consultation.clocks.unit_calendars import UnitCalendars
from services.consultation.consultations.changes import Change
from services.consultation.consultations.repository import Reader
from services.consultation.queue.claim_next import DEPTHS, claim_statement, claim_values
from services.consultation.queue.domain import Part
from services.consultation.tables import RUNTIME_ROLE
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.database.single import SESSION
from shared.tokens.caller import Caller
from shared.vault import Vault
from tests.bench.figures import Figure, at_least, at_most
from tests.bench.load import percentile
from tests.bench.processes import cpu_of_children
from tests.bench.rounds import ROUNDS, SECONDS

_DATABASE = "consultation"
AF = "0007:2021002114"
"""Who answers, and whose handlers see everything that is open."""
_MOST_READ = 200
"""Rows of `consultation` that one claim may fetch, whatever its luck: a page of candidates, itself, and dead ones."""

CLAIMS_THAT_PLAN = 6
"""PostgreSQL plans a statement five times on a connection before it keeps a plan; the product's stay open."""

# What one writes first: sort what waits, lock the first, wait for whoever holds it.
_PLAIN = """
    WITH first AS (
        SELECT org, id FROM consultation
        WHERE answering_org = $1 AND state = 'received' AND assigned_to IS NULL
        ORDER BY due_at, id LIMIT 1 FOR UPDATE
    )
    UPDATE consultation c SET state = 'in_progress', version = version + 1, assigned_to = $2
    FROM first WHERE c.org = first.org AND c.id = first.id RETURNING c.id
"""
_COUNTERS = """
    SELECT seq_scan, coalesce(idx_tup_fetch, 0) + seq_tup_read AS fetched, n_dead_tup FROM pg_stat_user_tables
    WHERE relname = 'consultation'
"""


@dataclass(frozen=True, slots=True)
class Claims:
    """What came of it: the ids in the order they were got, how long each took in milliseconds but for the first few of
    each connection, and how long all of those took.
    """

    taken: Sequence[uuid.UUID]
    milliseconds: Sequence[float]
    seconds: float

    @property
    def rate(self) -> float:
        """Claims a second."""
        return len(self.milliseconds) / self.seconds


def measure(load: Executor, postgres: EmbeddedPostgres, handlers: int) -> Iterator[Figure]:
    """Ours and the plain way, in rounds; where nobody waits for anybody, and where everybody does."""
    before, used = asyncio.run(_counters(postgres)), cpu_of_children("postgres")
    ours = [_sent(load, postgres, handlers, plainly=False) for _ in range(ROUNDS)]
    after, used = asyncio.run(_counters(postgres)), cpu_of_children("postgres") - used
    taken = [each for claims in ours for each in claims.taken]
    times = sorted(each / 1000 for claims in ours for each in claims.milliseconds)
    rate = median(claims.rate for claims in ours)
    yield Figure("size.claim.sql.rate", rate, "claims/s", at_least(4000))
    yield Figure("size.claim.sql.p50", percentile(times, 0.50), "ms")
    yield Figure("size.claim.sql.p99", percentile(times, 0.99), "ms", at_most(20))
    yield Figure("size.claim.sql.cpu", used / len(taken) * 1e6, "us")
    yield Figure("size.claim.sql.collisions", len(taken) - len(set(taken)), "claims", at_most(0))
    yield Figure("size.claim.sql.scans", after["seq_scan"] - before["seq_scan"], "scans", at_most(0))
    read = (after["fetched"] - before["fetched"]) / len(taken)
    yield Figure("size.claim.sql.rows-read", read, "rows", at_most(_MOST_READ))
    plain = _sent(load, postgres, handlers, plainly=True)
    yield Figure("size.claim.plain.rate", plain.rate, "claims/s")
    yield Figure("size.claim.times-plain", rate / max(plain.rate, 0.001), "x")


def _sent(load: Executor, postgres: EmbeddedPostgres, handlers: int, *, plainly: bool) -> Claims:
    address = postgres.url(_DATABASE, SUPERUSER if plainly else RUNTIME_ROLE)
    claims: Claims = load.submit(run, address, handlers, SECONDS, plainly).result()
    return claims


def run(address: str, handlers: int, seconds: float, plainly: bool) -> Claims:
    """Claim with so many connections for so long. In the process of the load."""
    return uvloop.run(_run(address, handlers, seconds, plainly))


async def _run(address: str, handlers: int, seconds: float, plainly: bool) -> Claims:
    url = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    # Who waits in line for the plain way waits for longer than any request may.
    session = {**SESSION, "statement_timeout": "0"} if plainly else SESSION
    connections = [await asyncpg.connect(url, server_settings=session) for _ in range(handlers)]
    taken: list[uuid.UUID] = []
    times: list[float] = []
    text, names = _compiled()
    statements = []
    for connection in connections:
        await connection.execute("SELECT set_config('app.org', $1, false)", AF)
        statements.append(await connection.prepare(_PLAIN if plainly else text))

    async def take(statement: Any, name: str) -> bool:
        if plainly:
            found = await statement.fetchval(AF, name)
        else:
            values = _values(name)
            found = (await statement.fetchrow(*(values[each] for each in names)))["id"]
        if found is not None:
            taken.append(found)
        return found is not None

    async def handler(statement: Any, name: str) -> None:
        while (began := time.perf_counter()) < until and await take(statement, name):
            times.append((time.perf_counter() - began) * 1000)

    for place, statement in enumerate(() if plainly else statements):
        for _ in range(CLAIMS_THAT_PLAN):
            await take(statement, f"sql-{place}")
    began = time.perf_counter()
    until = began + seconds
    await asyncio.gather(*(handler(each, f"sql-{place}") for place, each in enumerate(statements)))
    taken_seconds = time.perf_counter() - began
    for connection in connections:
        await connection.close()
    return Claims(taken, times, taken_seconds)


def _compiled() -> tuple[str, Sequence[str]]:
    """The product's statement as asyncpg takes it, and the names of its parameters in order."""
    compiled = claim_statement(Part(), Reader(AF)).compile(dialect=make_url("postgresql+asyncpg://").get_dialect()())
    return compiled.string, list(getattr(compiled, "positiontup", None) or ())


def _values(handler: str) -> dict[str, Any]:
    caller = Caller(AF, "bench", frozenset(), "", handler, "r", "")
    clockwork = Clockwork(UnitCalendars(OpeningRules(OFFICE_WEEK, is_holiday)), Targets({}))
    change = Change(caller, uuid.UUID(int=0), 0, datetime.now(UTC), _VAULT, clockwork=clockwork)
    return {**claim_values(change, Part()), "rows": DEPTHS[0]}


_VAULT = Vault(os.urandom(32), os.urandom(32))


async def _counters(postgres: EmbeddedPostgres) -> asyncpg.Record:
    connection = await asyncpg.connect(database=_DATABASE, user=SUPERUSER, host=str(postgres.socket_directory))
    try:
        # Backends tell of what they have done when they have been idle for a second.
        await asyncio.sleep(2)
        return await connection.fetchrow(_COUNTERS)
    finally:
        await connection.close()
