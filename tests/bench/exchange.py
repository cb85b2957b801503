"""Everything together: a consultation created with all security on beside a naive stack with none, and a look-up."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.database.provision import provision
from tests.bench import access
from tests.bench.figures import Figure, at_least
from tests.bench.gateway import naive_gateway
from tests.bench.processes import CannotMeasure, Cores, Server, cpu_of_children, running
from tests.bench.product import Product, running_postgres, running_product
from tests.bench.requests import as_client, raw, reads
from tests.bench.rounds import Measured, Variant, side_by_side
from tests.exchange import consultation_body, free_ports, lookup_body

_OPEN = "/consultation/v1/consultations"
_LOOK_UP = "/consultation/v1/lookups"
_TIMES_NAIVE = at_least(4)
_BODY_BYTES = 1024


def measure(load: Executor, cores: Cores, home: Path) -> list[Figure]:
    """Creating in turns, then look-ups by one and by twenty at a time."""
    with ExitStack() as stack:
        start = stack.enter_context
        postgres = start(running_postgres(home, cores))
        product = start(running_product(home, cores, postgres))
        naive = start(_naive_stack(home, cores, postgres))
        http = start(httpx.Client(timeout=30, trust_env=False))
        _check_the_door(product, http)
        before = _rows(postgres, "consultation")
        created = side_by_side(load, [_creating(product, http), _creating_naively(naive)])
        _check_rows(created["create"], _rows(postgres, "consultation") - before)
        _check_rows(created["naive-create"], _rows(postgres, "naive"))
        read = side_by_side(load, [_reading(product, http), _public(product), _reading_naively(naive, http)])
        looked_up = side_by_side(load, [_looking_up(product, http, at_once) for at_once in (1, 20)])
        parts = access.measure(postgres)
    return [*_created(created), *_read(read), *parts, *_looked_up(looked_up)]


@contextmanager
def _naive_stack(home: Path, cores: Cores, postgres: EmbeddedPostgres) -> Iterator[Mapping[str, Server]]:
    asyncio.run(provision(postgres.url("postgres", SUPERUSER), "naive", ("naive",)))
    log = home / "naive.log"
    first = free_ports(2)
    database = postgres.url("naive", "naive")
    service = ("naive_service", "--port", str(first), "--target", database)
    with ExitStack() as stack:
        start = stack.enter_context
        behind = start(running(*service, core=cores.servers, port=first, log=log))
        front = start(naive_gateway(cores, first + 1, f"http://127.0.0.1:{first}", log))
        servers = {"gateway": front, "service": behind}
        yield servers


def _body() -> dict[str, Any]:
    """A new consultation of a kilobyte."""
    body = consultation_body(question="")
    missing = _BODY_BYTES - len(raw("POST", "", 0, {}, body).partition(b"\r\n\r\n")[2])
    return {**body, "question": "q" * missing}


def _creating(product: Product, http: httpx.Client) -> Variant:
    umea = product.client("umea", http)

    def requests(count: int) -> Sequence[bytes]:
        return [as_client(umea, "POST", _OPEN, product.port, _body()) for _ in range(count)]

    names = ("gateway", "consultation", "agreements")
    return Variant("create", product.port, requests, _counted(product.servers, names), expected=201)


def _creating_naively(servers: Mapping[str, Server]) -> Variant:
    port = servers["gateway"].port

    def requests(count: int) -> Sequence[bytes]:
        return [raw("POST", _OPEN, port, {}, _body()) for _ in range(count)]

    return Variant("naive-create", port, requests, _counted(servers, ("gateway", "service")), expected=201)


def _reading(product: Product, http: httpx.Client) -> Variant:
    """The service itself, past the gateway: token remembered, a fresh proof each, row-level security, audit."""
    umea, service = product.client("umea", http), product.servers["consultation"]
    address = f"http://127.0.0.1:{product.port}{_OPEN}"
    opened = umea.request("POST", address, json=_body(), headers={"Samrad-Handler": "hl-1"})
    path = f"{_OPEN}/{opened.json()['consultationId']}"

    def requests(count: int) -> Sequence[bytes]:
        return [as_client(umea, "GET", path, product.port) for _ in range(count)]

    return Variant("read", service.port, requests, _counted(product.servers, ("consultation",)))


def _public(product: Product) -> Variant:
    """What the same service answers without asking who calls: what is left is server, routing and the log."""
    service = product.servers["consultation"]
    requests = reads("/consultation/v1/api-info", service.port, {})
    return Variant("public-read", service.port, requests, _counted(product.servers, ("consultation",)), repeat=True)


def _reading_naively(servers: Mapping[str, Server], http: httpx.Client) -> Variant:
    service = servers["service"]
    opened = http.post(f"http://127.0.0.1:{service.port}{_OPEN}", json=_body())
    requests = reads(f"{_OPEN}/{opened.json()['id']}", service.port, {})
    return Variant("naive-read", service.port, requests, _counted(servers, ("service",)), repeat=True)


def _looking_up(product: Product, http: httpx.Client, at_once: int) -> Variant:
    umea = product.client("umea", http)

    def requests(count: int) -> Sequence[bytes]:
        body = lookup_body("complete", datetime.now(UTC))
        return [as_client(umea, "POST", _LOOK_UP, product.port, body) for _ in range(count)]

    counted = _counted(product.servers, ("gateway", "consultation", "agreements"))
    return Variant(f"look-up.{at_once}-at-once", product.port, requests, counted, connections=at_once)


def _counted(servers: Mapping[str, Server], names: Sequence[str]) -> Mapping[str, Callable[[], float]]:
    return {**{name: servers[name].cpu for name in names}, "postgres": partial(cpu_of_children, "postgres")}


def _check_the_door(product: Product, http: httpx.Client) -> None:
    """What is measured with all security on must refuse what security refuses: a proof that comes twice, and none."""
    umea = product.client("umea", http)
    address = f"http://127.0.0.1:{product.port}{_OPEN}"
    answer = umea.request("POST", address, json=_body(), headers={"Samrad-Handler": "hl-1"})
    again = http.post(address, headers={"Authorization": answer.request.headers["Authorization"]}, json=_body())
    replayed = http.send(answer.request)
    if (answer.status_code, again.status_code, replayed.status_code) != (201, 401, 401):
        told = f"{answer.status_code}, {again.status_code} without proof, {replayed.status_code} with a used one"
        raise CannotMeasure(f"the door is not as it should be: {told}")


def _rows(postgres: EmbeddedPostgres, database: str) -> int:
    async def count() -> int:
        engine = create_async_engine(postgres.url(database, SUPERUSER))
        try:
            async with engine.connect() as connection:
                return int((await connection.execute(text("SELECT count(*) FROM consultation"))).scalar_one())
        finally:
            await engine.dispose()

    return asyncio.run(count())


def _check_rows(measured: Measured, rows: int) -> None:
    if measured.answered != rows:
        raise CannotMeasure(f"{measured.answered} consultations were said to be created, and {rows} are there")


def _created(measured: Mapping[str, Measured]) -> list[Figure]:
    ours, naive = measured["create"], measured["naive-create"]
    return [
        *(figure for name, each in measured.items() for figure in _of(name, each)),
        Figure("create.times-naive.cpu", naive.whole_cpu / ours.whole_cpu, "times", _TIMES_NAIVE),
        Figure("create.times-naive.rate", ours.rate / naive.rate, "times"),
    ]


def _read(measured: Mapping[str, Measured]) -> list[Figure]:
    ours, naive = measured["read"], measured["naive-read"]
    return [
        *(figure for name, each in measured.items() for figure in _of(name, each)),
        Figure("read.times-naive.cpu", naive.whole_cpu / ours.whole_cpu, "times"),
    ]


def _looked_up(measured: Mapping[str, Measured]) -> list[Figure]:
    return [figure for name, each in measured.items() for figure in _of(name, each)]


def _of(name: str, measured: Measured) -> list[Figure]:
    return [
        Figure(f"{name}.rate", measured.rate, "req/s"),
        Figure(f"{name}.p50", measured.p50, "ms"),
        Figure(f"{name}.p99", measured.p99, "ms"),
        Figure(f"{name}.cpu", measured.whole_cpu, "us"),
        *(Figure(f"{name}.cpu.{part}", used, "us") for part, used in measured.cpu.items()),
    ]
