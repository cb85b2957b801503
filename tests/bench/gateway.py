"""The gateway beside the upstream alone and beside a gateway written without care. The same kilobyte comes back."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import httpx

from tests.bench.figures import Figure, at_least
from tests.bench.processes import CannotMeasure, Cores, Server, running
from tests.bench.product import Product, running_gateway
from tests.bench.requests import as_client, reads
from tests.bench.rounds import Measured, Variant, side_by_side
from tests.exchange import free_ports

_PATH = "/consultation/v1/lead-times"
_TIMES_NAIVE = at_least(20)
_PROVEN_PER_CORE = at_least(2000)


def measure(load: Executor, cores: Cores, home: Path, proof_microseconds: float) -> list[Figure]:
    """`proof_microseconds` is what verifying a proof costs the service behind, which here is none."""
    with ExitStack() as stack:
        start = stack.enter_context
        direct, behind, naive = (free_ports(1) for _ in range(3))
        log = home / "peers.log"
        # Alone it has the core of the servers; behind a gateway it is the outside world.
        alone = start(running("upstream", "--port", str(direct), core=cores.servers, port=direct, log=log))
        start(running("upstream", "--port", str(behind), core=cores.load, port=behind, log=log))
        target = f"http://127.0.0.1:{behind}"
        peer = start(naive_gateway(cores, naive, target, log))
        product = start(running_gateway(home, cores, target))
        http = start(httpx.Client(timeout=10, trust_env=False))
        _check_the_door(product, http)
        measured = side_by_side(load, _variants(product, http, alone, peer))
    return _figures(measured, proof_microseconds)


def naive_gateway(cores: Cores, port: int, target: str, log: Path) -> AbstractContextManager[Server]:
    """The peer before `target`."""
    arguments = ("naive_gateway", "--port", str(port), "--target", target)
    return running(*arguments, core=cores.servers, port=port, log=log)


def _variants(product: Product, http: httpx.Client, alone: Server, peer: Server) -> Sequence[Variant]:
    bearer = f"Bearer {product.client('dashboard', http).token_for(_PATH).value}"
    umea = product.client("umea", http)

    def proven(count: int) -> Sequence[bytes]:
        return [as_client(umea, "GET", _PATH, product.port) for _ in range(count)]

    def repeated(name: str, server: Server, headers: Mapping[str, str]) -> Variant:
        requests = reads(_PATH, product.port, headers)
        return Variant(name, server.port, requests, _counted(server), repeat=True)

    gateway = product.servers["gateway"]
    return (
        repeated("direct", alone, {"Authorization": bearer}),
        repeated("gateway.bearer", gateway, {"Authorization": bearer}),
        Variant("gateway.dpop", gateway.port, proven, _counted(gateway)),
        repeated("naive-gateway", peer, {"Authorization": bearer}),
    )


def _counted(server: Server) -> Mapping[str, Callable[[], float]]:
    return {"server": server.cpu}


def _check_the_door(product: Product, http: httpx.Client) -> None:
    """A gateway that lets everything through would be fast."""
    address = f"http://127.0.0.1:{product.port}{_PATH}"
    if http.get(address, headers={"Authorization": "Bearer invented"}).status_code != 401:
        raise CannotMeasure("the gateway lets an invented token through")


def _figures(measured: Mapping[str, Measured], proof_microseconds: float) -> list[Figure]:
    figures = [figure for name, each in measured.items() for figure in _of(name, each)]
    ours, proven, naive = measured["gateway.bearer"], measured["gateway.dpop"], measured["naive-gateway"]
    verified = proven.whole_cpu + proof_microseconds
    return [
        *figures,
        Figure("gateway.bearer.times-naive.cpu", naive.whole_cpu / ours.whole_cpu, "times", _TIMES_NAIVE),
        Figure("gateway.bearer.times-naive.rate", ours.rate / naive.rate, "times"),
        Figure("gateway.dpop.per-core", 1e6 / proven.whole_cpu, "req/s", _PROVEN_PER_CORE),
        Figure("gateway.dpop.per-core-verified", 1e6 / verified, "req/s", _PROVEN_PER_CORE),
    ]


def _of(name: str, measured: Measured) -> list[Figure]:
    return [
        Figure(f"{name}.rate", measured.rate, "req/s"),
        Figure(f"{name}.p50", measured.p50, "ms"),
        Figure(f"{name}.p99", measured.p99, "ms"),
        Figure(f"{name}.cpu", measured.whole_cpu, "us"),
    ]
