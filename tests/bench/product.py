"""The product as its own processes, with the settings of the sandbox and limits out of the way."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx

from services import sandbox
from services.assembly.commands.serving import prepare_databases
from services.assembly.demo_clients import demo_client
from services.gateway.tokens.demo import write_demo_clients
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.tokens.client import MachineClient
from tests.bench.processes import Cores, Server, on_core, running
from tests.exchange import free_ports

_NO_LIMIT = str(10**9)


@dataclass(frozen=True, slots=True)
class Product:
    """What runs, by name, and who may call it."""

    port: int
    home: Path
    servers: Mapping[str, Server]

    def client(self, name: str, http: httpx.Client) -> MachineClient:
        """A demo client."""
        return demo_client(name, self.home, f"http://127.0.0.1:{self.port}", http)


@contextmanager
def running_gateway(home: Path, cores: Cores, upstream: str) -> Iterator[Product]:
    """The gateway alone, with `upstream` as both of its services."""
    port = free_ports(1)
    environment = _environment(home, port)
    environment |= {"SAMRAD_GATEWAY_CONSULTATION_URL": upstream, "SAMRAD_GATEWAY_AGREEMENTS_URL": upstream}
    environment |= {"SAMRAD_GATEWAY_REPLAYS": "memory"}
    log = home / "gateway.log"
    with running("samrad", "run", "gateway", core=cores.servers, port=port, log=log, environment=environment) as server:
        yield Product(port, home, {"gateway": server})


@contextmanager
def running_product(
    home: Path, cores: Cores, postgres: EmbeddedPostgres, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Product]:
    """Each service in a process of its own, and the simulated sources where the load runs.

    `settings` go before those of the sandbox.
    """
    port = free_ports(5)
    environment = {**prepared(home, port, postgres), **settings}
    simulator = ("samrad", "simulate", "ssbtek", "--port", str(port + sandbox.SIMULATOR))
    places = {"simulator": sandbox.SIMULATOR, "agreements": sandbox.AGREEMENTS, "consultation": sandbox.CONSULTATION}
    servers = {}
    with ExitStack() as stack:
        for name, offset in {**places, "gateway": 0}.items():
            outside = name == "simulator"
            arguments = simulator if outside else ("samrad", "run", name)
            core = cores.load if outside else cores.servers
            log = home / f"{name}.log"
            server = running(*arguments, core=core, port=port + offset, log=log, environment=environment)
            servers[name] = stack.enter_context(server)
        yield Product(port, home, servers)


@contextmanager
def running_postgres(home: Path, cores: Cores) -> Iterator[EmbeddedPostgres]:
    """The embedded database where the servers run."""
    with on_core(cores.servers):
        postgres = EmbeddedPostgres(home / "postgres")
        postgres.start()
    try:
        yield postgres
    finally:
        postgres.stop()


def prepared(home: Path, port: int, postgres: EmbeddedPostgres) -> dict[str, str]:
    """The settings of a product on the port, whose databases are ready to be served from."""
    return {**_environment(home, port), **asyncio.run(prepare_databases(postgres.url, SUPERUSER))}


def _environment(home: Path, port: int) -> dict[str, str]:
    write_demo_clients(home / "clients")
    return {
        **os.environ,
        **sandbox.environment(home, "127.0.0.1", port, f"http://127.0.0.1:{port}"),
        "PORT": str(port),
        "SAMRAD_HOME": str(home),
        "SAMRAD_GATEWAY_CLIENT_REQUESTS": _NO_LIMIT,
        "SAMRAD_GATEWAY_ADDRESS_REQUESTS": _NO_LIMIT,
        "SAMRAD_GATEWAY_TOKEN_REQUESTS": _NO_LIMIT,
        "SAMRAD_GATEWAY_ORGANISATION_REQUESTS": _NO_LIMIT,
        "SAMRAD_GATEWAY_CLIENT_TOKEN_REQUESTS": _NO_LIMIT,
        "SAMRAD_CONSULTATION_PERSONS_PER_HANDLER_AND_HOUR": _NO_LIMIT,
        "SAMRAD_CONSULTATION_PERSONS_PER_CASE_AND_DAY": _NO_LIMIT,
    }
