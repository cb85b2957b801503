"""Eight workers claim deliveries of webhooks from a queue of a million, by the product's own statement.

As the role of background jobs; one transaction for each claim, with the attempts that are begun. Nothing is sent. The
product has one worker at this at a time: eight are what the goal was set for, and what a moment of two would be like.
"""

import asyncio
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from operator import itemgetter
from statistics import median
from typing import Any

import asyncpg
import uvloop
from sqlalchemy.engine import make_url

from services.consultation.tables import WORKER_ROLE
from services.consultation.webhooks.deliver import WELL_AT_ONCE, WELL_EACH
from services.consultation.webhooks.queue import CLAIM, LEASE, Room, claim_values
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.database.single import SESSION
from tests.bench.at_size.claiming import CLAIMS_THAT_PLAN
from tests.bench.at_size.filling import drop_indexes
from tests.bench.figures import Figure, at_least, at_most
from tests.bench.load import percentile
from tests.bench.processes import cpu_of_children
from tests.bench.rounds import ROUNDS, SECONDS

_DATABASE = "consultation"
_WORKERS = 8
_RECEIVERS = 290
_BATCHES = {"10": Room(failing=False, most=10, each=WELL_EACH), "64": Room(False, WELL_AT_ONCE, WELL_EACH)}
"""The goal's batch, and what the product takes when nothing is under way."""
_MOST_READ = 10
"""Rows of `webhook_delivery` that may be fetched for each that is claimed: to choose, to change, to refer to."""
_LEASES_HOLD = LEASE.total_seconds() / 2

# One in fifty is paused and one in twenty fails; three in ten deliveries are the first receiver's.
_SUBSCRIBE = f"""
    INSERT INTO webhook_subscription (org, id, version, url, event_types, contact_function, contact_email, state,
                                      created_at, client_id, tells_from, validated_at, failing_since)
    SELECT 'bench:' || place, CAST(md5('receiver ' || place) AS uuid), 1, 'https://hook.kommun.example/' || place,
           '{{*}}', 'Drift', 'drift@kommun.example', CASE WHEN place % 50 = 9 THEN 'paused' ELSE 'active' END,
           now(), 'bench', now(), now(), CASE WHEN place % 20 = 3 THEN now() END
    FROM generate_series(0, {_RECEIVERS - 1}) AS place
"""
_SECRETS = """
    INSERT INTO webhook_secret (org, subscription_id, number, sealed, made_at)
    SELECT org, id, 1, decode(repeat('00', 90), 'hex'), now() FROM webhook_subscription WHERE client_id = 'bench'
"""
_FILL = f"""
    INSERT INTO webhook_delivery (org, id, subscription_id, event_id, event_type, event_at, consultation_id, sequence,
                                  state, status, created_at, run_at, give_up_at)
    SELECT 'bench:' || receiver, gen_random_uuid(), CAST(md5('receiver ' || receiver) AS uuid), gen_random_uuid(),
           'consultation.opened', at, id, 1, 'received', 'waiting', at, at, now() + interval '72 hours'
    FROM (
        SELECT c.id, CASE WHEN place % 10 < 3 THEN 0 ELSE (hashint8(place) & 65535) % {_RECEIVERS} END AS receiver,
               now() - interval '1 hour' + place * interval '1 millisecond' AS at
        FROM generate_series(1, $1::bigint) AS place
        JOIN (SELECT id, row_number() OVER () AS number FROM consultation) AS c ON c.number = 1 + place % $2::bigint
    ) AS drawn
"""
# What one writes first: sort what waits, lock the first, wait for whoever holds them.
_PLAIN = """
    WITH first AS (
        SELECT org, id FROM webhook_delivery WHERE status = 'waiting' AND run_at <= $1
        ORDER BY run_at, id LIMIT $2 FOR UPDATE
    )
    UPDATE webhook_delivery d SET run_at = $3, attempts = attempts + 1
    FROM first WHERE d.org = first.org AND d.id = first.id RETURNING d.id
"""
_COUNTERS = """
    SELECT seq_scan, coalesce(idx_tup_fetch, 0) + seq_tup_read AS fetched FROM pg_stat_user_tables
    WHERE relname = 'webhook_delivery'
"""


Taken = tuple[uuid.UUID, datetime]
"""A delivery, and when it was claimed."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What came of it: what was got, and of it by the first few claims of each connection, of which no time was taken;
    how long each of the others took in seconds, and all of those.
    """

    taken: Sequence[Taken]
    at_first: int
    each: Sequence[float]
    seconds: float

    @property
    def rate(self) -> float:
        """Deliveries a second."""
        return (len(self.taken) - self.at_first) / self.seconds


async def fill(connection: asyncpg.Connection, waiting: int) -> None:
    """Receivers and what waits for them, each of a consultation that there is. As the superuser."""
    await connection.execute(_SUBSCRIBE)
    await connection.execute(_SECRETS)
    definitions = await drop_indexes(connection, ["webhook_delivery"])
    held = await connection.fetchval("SELECT count(*) FROM consultation")
    await connection.execute(_FILL, waiting, held, timeout=900)
    for definition in definitions:
        await connection.execute(definition, timeout=900)
    await connection.execute("VACUUM ANALYZE webhook_subscription, webhook_secret, webhook_delivery", timeout=900)


def measure(load: Executor, postgres: EmbeddedPostgres, waiting: int) -> Iterator[Figure]:
    """Claims of both sizes in turns; of ten again when a fifth is gone; and the plain way."""
    asyncio.run(_filled(postgres, waiting))
    address = postgres.url(_DATABASE, WORKER_ROLE)
    before, used = asyncio.run(_counters(postgres)), dict.fromkeys(_BATCHES, 0.0)
    rounds: dict[str, list[Claims]] = {name: [] for name in _BATCHES}
    for _ in range(ROUNDS):
        for name, room in _BATCHES.items():
            used[name] -= cpu_of_children("postgres")
            rounds[name].append(load.submit(run, address, room, SECONDS).result())
            used[name] += cpu_of_children("postgres")
    for name, claims in rounds.items():
        yield from _figures(name, claims, used[name])
    gone = sum(len(claims.taken) for each in rounds.values() for claims in each)
    between = load.submit(run, address, _BATCHES["64"], _LEASES_HOLD, max(waiting // 5 - gone, 0)).result()
    later = [load.submit(run, address, _BATCHES["10"], SECONDS).result() for _ in range(ROUNDS)]
    decay = 1 - median(each.rate for each in later) / median(each.rate for each in rounds["10"])
    yield Figure("size.delivery.claim.decay", 100 * decay, "%", at_most(25))
    taken = [one for claims in (*rounds["10"], *rounds["64"], between, *later) for one in claims.taken]
    after = asyncio.run(_counters(postgres))
    yield Figure("size.delivery.claim.collisions", _collisions(taken), "deliveries", at_most(0))
    yield Figure("size.delivery.claim.scans", after["seq_scan"] - before["seq_scan"], "scans", at_most(0))
    read = (after["fetched"] - before["fetched"]) / len(taken)
    yield Figure("size.delivery.claim.rows-read", read, "rows", at_most(_MOST_READ))
    plain = load.submit(run, postgres.url(_DATABASE, SUPERUSER), None, SECONDS).result()
    yield Figure("size.delivery.plain.rate", plain.rate, "deliveries/s")


def _figures(name: str, claims: Sequence[Claims], used: float) -> Iterator[Figure]:
    """Of claims of ten with the goal, which was set for them."""
    ten = name == "10"
    figure = "size.delivery.claim" if ten else f"size.delivery.claim.{name}"
    times = sorted(each for one in claims for each in one.each)
    number = sum(len(one.taken) for one in claims)
    yield Figure(f"{figure}.rate", median(one.rate for one in claims), "deliveries/s", at_least(4000) if ten else None)
    yield Figure(f"{figure}.p50", percentile(times, 0.50), "ms")
    yield Figure(f"{figure}.p99", percentile(times, 0.99), "ms", at_most(20) if ten else None)
    yield Figure(f"{figure}.cpu", used / number * 1e6, "us")


def _collisions(taken: Sequence[Taken]) -> int:
    """How often one was claimed while somebody's lease of it held."""
    held: dict[uuid.UUID, datetime] = {}
    collisions = 0
    for delivery, at in sorted(taken, key=itemgetter(1)):
        collisions += delivery in held and at < held[delivery] + LEASE
        held[delivery] = at
    return collisions


def run(address: str, room: Room | None, seconds: float, most: float = inf) -> Claims:
    """Claim for so long, and about so many at most; without room plainly. In the process of the load."""
    return uvloop.run(_run(address, room, seconds, most))


async def _run(address: str, room: Room | None, seconds: float, most: float) -> Claims:
    url = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    # Who waits in line for the plain way waits for longer than any request may.
    session = SESSION if room else {**SESSION, "statement_timeout": "0", "lock_timeout": "0"}
    connections = [await asyncpg.connect(url, server_settings=session) for _ in range(_WORKERS)]
    taken: list[Taken] = []
    times: list[float] = []
    text, names = _compiled()
    statements = [await each.prepare(text if room else _PLAIN) for each in connections]

    async def take(statement: Any) -> None:
        now = datetime.now(UTC)
        if room:
            values = claim_values(uuid.uuid4(), now, room, {})
            found = await statement.fetch(*(values[each] for each in names))
        else:
            found = await statement.fetch(now, _BATCHES["10"].most, now + LEASE)
        taken.extend((row["id"], now) for row in found)

    async def worker(statement: Any) -> None:
        while (began := time.perf_counter()) < until and len(taken) < most:
            await take(statement)
            times.append(time.perf_counter() - began)

    for statement in statements if room else ():
        for _ in range(CLAIMS_THAT_PLAN):
            await take(statement)
    at_first = len(taken)
    began = time.perf_counter()
    until = began + seconds
    await asyncio.gather(*(worker(each) for each in statements))
    taken_seconds = time.perf_counter() - began
    for connection in connections:
        await connection.close()
    return Claims(taken, at_first, times, taken_seconds)


def _compiled() -> tuple[str, Sequence[str]]:
    """The product's statement as asyncpg takes it, and the names of its parameters in order."""
    compiled = CLAIM.compile(dialect=make_url("postgresql+asyncpg://").get_dialect()())
    return compiled.string, list(getattr(compiled, "positiontup", None) or ())


async def _filled(postgres: EmbeddedPostgres, waiting: int) -> None:
    connection = await _connected(postgres)
    try:
        await fill(connection, waiting)
    finally:
        await connection.close()


async def _counters(postgres: EmbeddedPostgres) -> asyncpg.Record:
    connection = await _connected(postgres)
    try:
        # Backends tell of what they have done when they have been idle for a second.
        await asyncio.sleep(2)
        return await connection.fetchrow(_COUNTERS)
    finally:
        await connection.close()


async def _connected(postgres: EmbeddedPostgres) -> asyncpg.Connection:
    return await asyncpg.connect(database=_DATABASE, user=SUPERUSER, host=str(postgres.socket_directory))
