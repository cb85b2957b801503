"""The product measured through its gateway on what `filling` has made: one at a time, and sixteen at once.

Tokens, proofs, row-level security and the trail are on, and background jobs work beside the service. What is asked for
is drawn anew for each request: units, tabs, depths, consultations, persons.
"""

import asyncio
import base64
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import asyncpg
import httpx

from services.consultation.clocks.zone import SWEDEN
from services.consultation.consultations.repository import Reader
from services.consultation.jobs import FOLD_SECONDS
from services.consultation.queue.domain import Filters, Tab, Today
from services.consultation.queue.repository import page
from services.consultation.tables import RUNTIME_ROLE
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.database.engine import Database, Tenancy
from shared.http.paging import encode_cursor
from shared.tokens.client import MachineClient
from shared.vault import Vault
from tests.bench.at_size import claiming, delivering, filling
from tests.bench.at_size.claiming import AF
from tests.bench.at_size.filling import Filled, Known
from tests.bench.figures import Figure, Goal, at_least, at_most
from tests.bench.processes import CannotMeasure, Cores, cpu_of_children, load_process
from tests.bench.product import Product, prepared, running_postgres, running_product
from tests.bench.requests import as_client
from tests.bench.rounds import CONNECTIONS, SECONDS, Measured, Variant, side_by_side
from tests.exchange import consultation_body, free_ports

BASE = "/consultation/v1"
HANDLERS = 8
"""Who claim at the same time."""

_DASHBOARD_SECONDS = min(SECONDS, 1.0)
_DASHBOARD = at_most(100)
_DATABASE = "consultation"
# Copies of consultations that are late, or answered long ago, wait for jobs that in a year would have done them one by
# one. Today they would all be done at once.
_SETTINGS = {
    "SAMRAD_CONSULTATION_CLOCK_NOTICES": "false",
    "SAMRAD_CONSULTATION_CLOSE_ANSWERED_AFTER_DAYS": "0",
}


@dataclass(frozen=True, slots=True)
class _Request:
    """What is sent: by which client, and for which handler."""

    client: MachineClient
    method: str
    path: str
    body: Any = None
    handler: str = "hl-1"


Draw = Callable[[random.Random], _Request]


def measure(load: Executor, cores: Cores, home: Path, size: int, waiting: int) -> Iterator[Figure]:
    """With `size` consultations, and the claims with `waiting` more in the queue."""
    with running_postgres(home, cores) as postgres:
        vault = _vault(settings := prepared(home, free_ports(5), postgres))
        with load_process(cores.servers) as beside:
            beside.submit(_play, settings, _today()).result()
        filled = asyncio.run(_fill(postgres, vault, size))
        yield from _made(filled)
        yield from asyncio.run(_plainly(postgres))
        with running_product(home, cores, postgres, _SETTINGS) as product, _http() as http:
            asked = _Asked(product, http, filled.known)
            yield from _work(load, product, asked)
            with _folding(postgres):
                yield from _dashboards(load, product, asked)
        began = time.monotonic()
        asyncio.run(_deepen(postgres, waiting))
        yield Figure("size.deepened", time.monotonic() - began, "s")
        with running_product(home, cores, postgres, _SETTINGS) as product, _http() as http:
            yield from _claimed(load, product, http, postgres)
        yield from claiming.measure(load, postgres, HANDLERS)
        # Last: the product would begin to send.
        yield from delivering.measure(load, postgres, waiting)


def _play(settings: Mapping[str, str], today: date) -> None:
    """In a process of its own, with the settings in its environment."""
    os.environ.update(settings)
    asyncio.run(filling.play_year(settings["SAMRAD_CONSULTATION_WORKER_DATABASE_URL"], today))


def _vault(settings: Mapping[str, str]) -> Vault:
    sealing, marking = (
        base64.b64decode(settings[f"SAMRAD_CONSULTATION_{name}_KEY"]) for name in ("SEALING", "MARKING")
    )
    return Vault(sealing, marking)


async def _fill(postgres: EmbeddedPostgres, vault: Vault, size: int) -> Filled:
    began = time.monotonic()
    connection = await connected(postgres)
    try:
        number = await filling.multiply(connection, vault, size)
        known = await filling.know(connection, vault)
        is_open = await connection.fetchval("SELECT count(*) FROM consultation WHERE turn <> 'nobody'")
        held = await connection.fetchval("SELECT pg_database_size(current_database())")
        return Filled(number, int(is_open), time.monotonic() - began, held / 1e9, known)
    finally:
        await connection.close()


async def _deepen(postgres: EmbeddedPostgres, waiting: int) -> None:
    connection = await connected(postgres)
    try:
        await filling.deepen(connection, waiting)
    finally:
        await connection.close()


async def connected(postgres: EmbeddedPostgres) -> asyncpg.Connection:
    """Past every policy."""
    return await asyncpg.connect(database=_DATABASE, user=SUPERUSER, host=str(postgres.socket_directory))


def _http() -> httpx.Client:
    return httpx.Client(timeout=30, trust_env=False)


def _today() -> date:
    return datetime.now(UTC).astimezone(SWEDEN).date()


def _made(filled: Filled) -> Iterator[Figure]:
    yield Figure("size.consultations", filled.consultations, "rows")
    yield Figure("size.open", filled.open, "rows")
    yield Figure("size.made", filled.seconds, "s")
    yield Figure("size.database", filled.gigabytes, "GB")


# --- through the gateway ---------------------------------------------------------------------------------------------


def _work(load: Executor, product: Product, asked: "_Asked") -> Iterator[Figure]:
    told: Sequence[tuple[str, Draw, Goal]] = (
        ("queue.page", asked.queue_page, at_most(200)),
        ("queue.counts", asked.queue_counts, at_most(200)),
        ("search.few", asked.search_few, at_most(400)),
        ("search.many", asked.search_many, at_most(400)),
        ("read", asked.read, at_most(80)),
        ("read.long", asked.read_long, at_most(80)),
        ("create", asked.create, at_most(150)),
    )
    for name, draw, goal in told:
        expected = 201 if name == "create" else 200
        yield from _by_concurrency(load, product, name, draw, goal, SECONDS, expected)


def _dashboards(load: Executor, product: Product, asked: "_Asked") -> Iterator[Figure]:
    for name, path in _figures(_today()).items():
        figure = f"dashboard.{name}"
        yield from _by_concurrency(load, product, figure, asked.dashboard(path), _DASHBOARD, _DASHBOARD_SECONDS)


@contextmanager
def _folding(postgres: EmbeddedPostgres) -> Iterator[None]:
    """As on a working day something is folded at every turn of the worker: no answer is kept for longer."""
    over = threading.Event()

    async def fold() -> None:
        connection = await connected(postgres)
        try:
            while not over.is_set():
                await connection.execute("UPDATE lead_time_version SET version = version + 1")
                await asyncio.sleep(FOLD_SECONDS)
        finally:
            await connection.close()

    folding = threading.Thread(target=lambda: asyncio.run(fold()))
    folding.start()
    try:
        yield
    finally:
        over.set()
        folding.join()


def _by_concurrency(
    load: Executor, product: Product, name: str, draw: Draw, goal: Goal, seconds: float, expected: int = 200
) -> Iterator[Figure]:
    variants = [_variant(product, f"size.{name}.{at_once}", draw, at_once, expected) for at_once in (1, CONNECTIONS)]
    for each, measured in side_by_side(load, variants, seconds).items():
        yield from _times(each, measured, goal if each.endswith(f".{CONNECTIONS}") else None)


def _variant(product: Product, name: str, draw: Draw, at_once: int, expected: int = 200) -> Variant:
    drawn = random.Random(name)  # noqa: S311 - what is asked for

    def requests(count: int) -> Sequence[bytes]:
        made = (draw(drawn) for _ in range(count))
        return [as_client(each.client, each.method, each.path, product.port, each.body, each.handler) for each in made]

    ours = {each: server.cpu for each, server in product.servers.items() if each != "simulator"}
    counted: dict[str, Callable[[], float]] = {**ours, "postgres": partial(cpu_of_children, "postgres")}
    return Variant(name, product.port, requests, counted, expected=expected, connections=at_once)


def _times(name: str, measured: Measured, goal: Goal | None) -> Iterator[Figure]:
    yield Figure(f"{name}.p50", measured.p50, "ms")
    yield Figure(f"{name}.p95", measured.p95, "ms", goal)
    yield Figure(f"{name}.p99", measured.p99, "ms")
    yield Figure(f"{name}.cpu", measured.whole_cpu, "us")


class _Asked:
    """The requests, each drawn from what is there."""

    def __init__(self, product: Product, http: httpx.Client, known: Known) -> None:
        self._known = known
        self._workbench, self._asker = product.client("af-workbench", http), product.client("umea", http)
        self._statistics = product.client("dashboard", http)

    def queue_page(self, drawn: random.Random) -> _Request:
        """Any tab and filter; every other from somewhere along the queue."""
        parameters = dict(drawn.choice(_queue_shapes()))
        if parameters.get("unit") == "":
            parameters["unit"] = drawn.choice(self._known.units)
        if drawn.random() < 0.5 and parameters.get("sort") is None:
            parameters["cursor"] = encode_cursor(*drawn.choice(self._known.open_places))
        return self._work(drawn, "GET", f"/queue?{urlencode(parameters)}")

    def queue_counts(self, drawn: random.Random) -> _Request:
        """Of everything, or of a unit."""
        unit = f"?unit={drawn.choice(self._known.units)}" if drawn.random() < 0.5 else ""
        return self._work(drawn, "GET", f"/queue/counts{unit}")

    def search_few(self, drawn: random.Random) -> _Request:
        """What finds one or some: a whole number, a person."""
        by_number = {"number": drawn.choice(self._known.numbers)}
        by_person = {"person": drawn.choice(self._known.persons), "purpose": "case_handling"}
        return self._work(drawn, "POST", "/consultation-searches", drawn.choice((by_number, by_person)))

    def search_many(self, drawn: random.Random) -> _Request:
        """What finds more than is told: the beginning of a number, a handler, a person who is asked about often."""
        criteria = (
            {"number": drawn.choice(self._known.numbers)[:6]},
            {"handler": drawn.choice(self._known.handlers)},
            {"person": drawn.choice(self._known.frequent_persons), "purpose": "case_handling"},
        )
        return self._work(drawn, "POST", "/consultation-searches", {**drawn.choice(criteria), "limit": 100})

    def read(self, drawn: random.Random) -> _Request:
        """Any consultation."""
        return self._work(drawn, "GET", f"/consultations/{drawn.choice(self._known.ids)}")

    def read_long(self, drawn: random.Random) -> _Request:
        """The timeline of one with a long history."""
        return self._work(drawn, "GET", f"/consultations/{drawn.choice(self._known.long_ids)}/events")

    def create(self, drawn: random.Random) -> _Request:
        """A question of a municipality about a person who may be known."""
        body = consultation_body(person=drawn.choice(self._known.persons))
        return _Request(self._asker, "POST", f"{BASE}/consultations", body)

    def dashboard(self, path: str) -> Draw:
        """Always the same: a dashboard does not vary much."""
        return lambda _: _Request(self._statistics, "GET", BASE + path)

    def _work(self, drawn: random.Random, method: str, path: str, body: Any = None) -> _Request:
        return _Request(self._workbench, method, BASE + path, body, drawn.choice(self._known.handlers))


def _queue_shapes() -> Sequence[Mapping[str, str]]:
    """Each kind of page; an empty unit stands for any."""
    tabs: list[dict[str, str]] = [{}, *({"tab": tab.value} for tab in Tab)]
    return (
        *tabs,
        *({"unit": "", **tab} for tab in tabs),
        {"queue": "general"},
        {"type": "consultation"},
        {"unit": "", "queue": "general", "type": "information_request"},
        {"assigned": "nobody"},
        {"unit": "", "assigned": "nobody"},
        {"assigned": "me"},
        {"escalated": "true"},
        {"unit": "", "turn": "municipality"},
        {"unit": "", "sort": "oldest"},
        {"limit": "100"},
    )


def _figures(today: date) -> Mapping[str, str]:
    """Every figure, and lead times by every cut."""
    quarter = f"from={today - timedelta(days=90)}&to={today}"
    cuts = ("month", "county", "municipality", "area", "unit", "type", "kind", "channel", "organisation")
    return {
        "whole": "/lead-times",
        **{f"by-{cut}": f"/lead-times?groupBy={cut}" for cut in cuts},
        "by-day": f"/lead-times?groupBy=day&{quarter}",
        "by-week": f"/lead-times?groupBy=week&{quarter}",
        "one-municipality": "/lead-times?groupBy=type&municipalityCode=0180",
        "throughput": "/throughput?groupBy=month",
        "work-in-progress": "/work-in-progress",
        "ageing": "/ageing?groupBy=unit",
        "cumulative-flow": f"/cumulative-flow?{quarter}",
        "delay-reasons": "/delay-reasons",
        "manual-work": "/manual-work",
        "demand": "/demand",
        "interventions": "/interventions",
    }


# --- the next one, a million deep ------------------------------------------------------------------------------------

_CLAIMED = """
    SELECT count(*) AS number, count(DISTINCT consultation_id) AS different FROM consultation_event
    WHERE action = 'claimed' AND client_id = 'af-workbench'
"""


def _claimed(load: Executor, product: Product, http: httpx.Client, postgres: EmbeddedPostgres) -> Iterator[Figure]:
    workbench = product.client("af-workbench", http)

    def draw(drawn: random.Random) -> _Request:
        return _Request(workbench, "POST", f"{BASE}/queue/claims", {}, f"claimer-{drawn.randrange(HANDLERS)}")

    variant = _variant(product, "size.claim.gateway", draw, HANDLERS)
    measured = side_by_side(load, [variant])[variant.name]
    number, different = asyncio.run(_counted(postgres))
    if number != measured.answered:
        raise CannotMeasure(f"{measured.answered} consultations were said to be claimed, and {number} were")
    yield Figure(f"{variant.name}.rate", measured.rate, "claims/s")
    yield from _times(variant.name, measured, None)
    yield Figure(f"{variant.name}.collisions", number - different, "claims", at_most(0))


async def _counted(postgres: EmbeddedPostgres) -> tuple[int, int]:
    connection = await connected(postgres)
    try:
        row = await connection.fetchrow(_CLAIMED)
        return int(row["number"]), int(row["different"])
    finally:
        await connection.close()


# --- by SQL alone, beside what one would write first -----------------------------------------------------------------

_COUNT = "SELECT count(*) FROM consultation WHERE answering_org = $1 AND turn <> 'nobody'"
_OFFSET = """
    SELECT id, number, due_at FROM consultation
    WHERE answering_org = $1 AND turn <> 'nobody' ORDER BY due_at, id OFFSET $2 LIMIT 21
"""


async def _plainly(postgres: EmbeddedPostgres) -> list[Figure]:
    """The page in the middle of the queue: as the product reads it, and by OFFSET with a count of all; medians."""
    database = Database(postgres.url(_DATABASE, RUNTIME_ROLE), pool_size=1)
    plain = await connected(postgres)
    try:
        middle = int(await plain.fetchval(_COUNT, AF)) // 2
        row = (await plain.fetch(_OFFSET, AF, middle))[0]
        today = Today.at(datetime.now(UTC))

        async def offset() -> None:
            await plain.fetch(_OFFSET, AF, middle)
            await plain.fetchval(_COUNT, AF)

        async with database.begin(Tenancy(AF)) as connection:

            async def keyset() -> None:
                place = (row["due_at"], row["id"])
                await page(connection, Reader(AF), Filters(), handler=None, today=today, place=place, rows=21)

            ours = await _median(keyset)
        theirs = await _median(offset)
    finally:
        await plain.close()
        await database.close()
    return [
        Figure("size.sql.keyset-page", ours, "ms"),
        Figure("size.sql.offset-page", theirs, "ms"),
        Figure("size.sql.times-as-fast", theirs / ours, "x", at_least(5)),
    ]


async def _median(step: Callable[[], Any], times: int = 15) -> float:
    taken = []
    for _ in range(3 + times):
        began = time.perf_counter()
        await step()
        taken.append(time.perf_counter() - began)
    return sorted(taken[3:])[times // 2] * 1000
