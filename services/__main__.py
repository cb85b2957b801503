"""The one door behind `./samrad`. This module alone may import several services; it wires and starts them."""

import argparse
import asyncio
import base64
import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from services import sandbox
from shared.clock import Clock, system_clock
from shared.http.guard import App
from shared.tokens.caller import Gatekeeper
from shared.tokens.client import ClientIdentity, MachineClient
from shared.tokens.keys import RemoteKeys
from shared.tokens.replay import InProcessReplayStore
from shared.tokens.verifier import TokenVerifier, TrustedIssuer

if TYPE_CHECKING:
    from services.consultation.settings import Settings as ConsultationSettings

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("consultation", "agreements", "gateway")


class CannotStart(Exception):
    """Why the program does not start, and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit code."""
    chosen = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = chosen.command
    try:
        return command(chosen)
    except CannotStart as fault:
        print(f"samrad: {fault}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="samrad", description="Look up, consult, agree.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="serve; all services in one process unless some are named")
    run.add_argument("services", nargs="*", metavar="SERVICE", help=", ".join(SERVICES))
    run.set_defaults(command=run_command)
    simulate = commands.add_parser("simulate", help="a simulator of a source's contract")
    simulate.add_argument("contract", choices=["ssbtek"])
    simulate.add_argument("--port", type=int, default=8003)
    simulate.add_argument("--with-parent", type=int, metavar="PID", help=argparse.SUPPRESS)
    simulate.set_defaults(command=simulate_command)
    migrate = commands.add_parser("migrate", help="bring the databases of the environment to the newest version")
    migrate.set_defaults(command=migrate_command)
    tenants = commands.add_parser("tenants", help="replace tenant profiles from a file")
    tenants.add_argument("file", type=Path)
    tenants.set_defaults(command=tenants_command)
    call = commands.add_parser("call", help="one request as a client, with token and proof")
    call.add_argument("--as", dest="client", required=True, metavar="CLIENT", help="umea, malmo, af-workbench ...")
    call.add_argument("--handler", help="who is asking, an opaque id (default: demo-CLIENT)")
    call.add_argument("-H", "--header", action="append", default=[], metavar="NAME: VALUE")
    call.add_argument("-d", "--data", metavar="JSON|@FILE")
    call.add_argument("method", choices=["GET", "POST"])
    call.add_argument("path")
    call.set_defaults(command=call_command)
    demo = commands.add_parser("demo", help="the main story, end to end, on an instance of its own")
    demo.set_defaults(command=demo_command)
    openapi = commands.add_parser("openapi", help="write the OpenAPI files from the code")
    openapi.add_argument("--check", action="store_true", help="only tell whether they differ")
    openapi.set_defaults(command=openapi_command)
    return parser


class Place:
    """Where this instance lives and listens, from PORT, SAMRAD_HOST, SAMRAD_HOME and SAMRAD_PUBLIC_URL."""

    def __init__(self) -> None:
        self.host = os.environ.get("SAMRAD_HOST", "127.0.0.1")
        try:
            self.port = int(os.environ.get("PORT", "8000"))
        except ValueError:
            raise CannotStart("PORT must be a number") from None
        self.home = Path(os.environ.get("SAMRAD_HOME", str(ROOT / "var"))).resolve()
        self.public_url = os.environ.get("SAMRAD_PUBLIC_URL", f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def local(self) -> bool:
        """Whether nobody outside this machine can reach it."""
        return self.host in sandbox.LOOPBACK and (urlsplit(self.public_url).hostname or "") in sandbox.LOOPBACK


# --- run ---------------------------------------------------------------------------------------------------------


def run_command(chosen: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    from shared.logs import configure_logs

    unknown = set(chosen.services) - set(SERVICES)
    if unknown:
        raise CannotStart(f"no such service: {', '.join(sorted(unknown))}; there are {', '.join(SERVICES)}")
    wanted = [name for name in SERVICES if name in chosen.services or not chosen.services]
    place = Place()
    # A person who tries it wants to see the one line that says it is ready.
    configure_logs(os.environ.get("SAMRAD_LOG_LEVEL", "WARNING" if place.local else "INFO"))
    with ExitStack() as stack:
        if place.local:
            _furnish_sandbox(place, wanted, stack)
        else:
            _refuse_example_secrets()
        _run_event_loop(_serve(place, wanted))
    return 0


def _run_event_loop(main: Coroutine[Any, Any, None]) -> None:
    import uvloop

    from shared.serving import CannotListen

    try:
        uvloop.run(main)
    except CannotListen as fault:
        raise CannotStart(str(fault)) from None


def _furnish_sandbox(place: Place, wanted: Sequence[str], stack: ExitStack) -> None:
    """Everything that a loopback instance needs and has not been given."""
    from services.gateway.tokens.demo import write_demo_clients

    place.home.mkdir(parents=True, exist_ok=True)
    if not os.environ.get("SAMRAD_GATEWAY_CLIENTS_FILE"):
        write_demo_clients(place.home / "clients")
    simulator = None
    if "consultation" in wanted and "SAMRAD_CONSULTATION_SSBTEK_URL" not in os.environ:
        simulator = stack.enter_context(sandbox.simulator(ROOT, place.host, place.port))
    for name, value in sandbox.environment(place.home, place.host, place.port, place.public_url).items():
        os.environ.setdefault(name, value)
    if any(f"SAMRAD_{name.upper()}_DATABASE_URL" not in os.environ for name in wanted if name != "gateway"):
        _start_postgres(place, stack)
    if simulator is not None and not simulator.listens():
        raise CannotStart("the simulator of the sources does not start")


def _start_postgres(place: Place, stack: ExitStack) -> None:
    from shared.database.embedded import SUPERUSER, EmbeddedPostgres, PostgresUnavailable

    postgres = EmbeddedPostgres(place.home / "postgres")
    try:
        stack.enter_context(postgres)
    except PostgresUnavailable as fault:
        raise CannotStart(str(fault)) from None
    for name, value in asyncio.run(prepare_databases(postgres.url, SUPERUSER)).items():
        os.environ.setdefault(name, value)


async def prepare_databases(url: Callable[[str, str], str], superuser: str) -> dict[str, str]:
    """Provision, migrate and fill the databases of the sandbox; answers the settings that name them."""
    from services.agreements import load as agreements_load
    from services.agreements import tables as agreements
    from services.consultation import main as consultation_main
    from services.consultation import tables as consultation
    from services.consultation.tenants.load import SANDBOX, load_tenants, read_tenants
    from shared.database.migrate import upgrade
    from shared.database.provision import provision

    admin = url("postgres", superuser)
    consultation_roles = (consultation.OWNER_ROLE, consultation.RUNTIME_ROLE, consultation.STATISTICS_ROLE)
    await provision(admin, "consultation", consultation_roles)
    await provision(admin, "agreements", (agreements.OWNER_ROLE, agreements.RUNTIME_ROLE))
    consultation_owner = url("consultation", consultation.OWNER_ROLE)
    agreements_owner = url("agreements", agreements.OWNER_ROLE)
    await upgrade(consultation_owner, consultation_main.MIGRATIONS)
    await upgrade(agreements_owner, agreements.MIGRATIONS)
    await load_tenants(consultation_owner, read_tenants(SANDBOX))
    await agreements_load.load_register(agreements_owner)
    await agreements_load.load_sandbox(agreements_owner)
    return {
        "SAMRAD_CONSULTATION_DATABASE_URL": url("consultation", consultation.RUNTIME_ROLE),
        "SAMRAD_CONSULTATION_STATISTICS_DATABASE_URL": url("consultation", consultation.STATISTICS_ROLE),
        "SAMRAD_AGREEMENTS_DATABASE_URL": url("agreements", agreements.RUNTIME_ROLE),
    }


async def _serve(place: Place, wanted: Sequence[str]) -> None:
    from shared.serving import Served, asked_to_stop, serving

    builders: dict[str, Callable[[AsyncExitStack, Clock], Awaitable[App]]] = {
        "consultation": build_consultation,
        "agreements": build_agreements,
        "gateway": partial(build_gateway, host=place.host),
    }
    offsets = {"consultation": sandbox.CONSULTATION, "agreements": sandbox.AGREEMENTS, "gateway": 0}
    async with AsyncExitStack() as stack:
        served = [
            Served(name, await builders[name](stack, system_clock), place.host, place.port + offsets[name])
            for name in wanted
        ]
        stop = asyncio.ensure_future(asked_to_stop())
        async with serving(served):
            await _until_ready([f"http://{each.host}:{each.port}" for each in served], place, stop)
            await stop


async def _until_ready(addresses: Sequence[str], place: Place, stop: "asyncio.Future[None]") -> None:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        for address in addresses:
            while not stop.done():
                answer = await client.get(f"{address}/health/ready")
                if answer.status_code == 200:
                    break
                await asyncio.sleep(0.25)
    if not stop.done():
        print(f"ready {place.public_url}", flush=True)


# Shorter than the servers keep a connection, so that no request meets a closing one.
_LIMITS = httpx.Limits(keepalive_expiry=4)
Settings = TypeVar("Settings")
Result = TypeVar("Result")


def _read(kind: Callable[[], Settings]) -> Settings:
    """Settings from the environment. Raises CannotStart naming what is missing or unfit, never a value."""
    from pydantic import ValidationError

    try:
        return kind()
    except ValidationError as fault:
        prefix = getattr(kind, "model_config", {}).get("env_prefix", "")
        faults = [f"{prefix}{str(error['loc'][0]).upper()}: {error['msg']}" for error in fault.errors()]
        raise CannotStart("settings are missing or unfit (see deploy/env):\n  " + "\n  ".join(faults)) from None


def _refuse_example_secrets() -> None:
    examples = [name for name, value in os.environ.items() if sandbox.EXAMPLE_SECRET in value]
    if examples:
        raise CannotStart(f"{', '.join(sorted(examples))} still has the example value; make a secret of your own")


def _key(secret: str, name: str) -> bytes:
    try:
        key = base64.b64decode(secret, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise CannotStart(f"{name} must be 32 bytes in base64: openssl rand -base64 32")
    return key


def _gatekeeper(
    audience: str, issuer: str, jwks_url: str, public_url: str, http: httpx.AsyncClient, clock: Clock
) -> Gatekeeper:
    async def fetch() -> dict[str, object]:
        try:
            answer = await http.get(jwks_url)
            answer.raise_for_status()
        except httpx.HTTPError as fault:
            raise OSError("the issuer's keys cannot be fetched") from fault
        keys: dict[str, object] = answer.json()
        return keys

    verifier = TokenVerifier({issuer: TrustedIssuer(issuer, RemoteKeys(fetch))}, frozenset((audience,)))
    return Gatekeeper(verifier, InProcessReplayStore(), clock, public_url=public_url, actor_header="Samrad-Handler")


async def build_consultation(stack: AsyncExitStack, clock: Clock) -> App:
    """The consultation service from the environment."""
    from services.consultation.grounds.agreements import AgreementsGrounds
    from services.consultation.lookups.sources.domain import SourceCode
    from services.consultation.lookups.sources.ssbtek.client import SsbtekSource
    from services.consultation.lookups.sources.ssbtek.v10 import V10
    from services.consultation.main import World, create_app
    from services.consultation.settings import Settings as ConsultationSettings
    from shared.database.engine import Database
    from shared.tokens.client import ServiceTokens
    from shared.transport.pyreqwest_transport import PyreqwestTransport
    from shared.vault import Vault

    settings = _read(ConsultationSettings)
    http = await stack.enter_async_context(httpx.AsyncClient(timeout=10, limits=_LIMITS, trust_env=False))
    transport = PyreqwestTransport(read_seconds=settings.ssbtek_budget_seconds)
    stack.push_async_callback(transport.close)
    source = SsbtekSource(
        transport,
        settings.ssbtek_url,
        V10,
        clock,
        timeout_seconds=settings.ssbtek_budget_seconds,
        max_answer_bytes=4 * 1024 * 1024,
    )
    tokens = ServiceTokens(
        _service_identity(settings),
        http,
        clock,
        resource=f"{settings.issuer}/agreements",
        scopes=("samrad:decisions.make",),
    )
    world = World(
        database=Database(settings.database_url.get_secret_value(), pool_size=settings.pool_size),
        statistics=Database(settings.statistics_database_url.get_secret_value(), pool_size=2),
        gatekeeper=_gatekeeper(
            f"{settings.issuer}/consultation", settings.issuer, settings.jwks_url, settings.public_url, http, clock
        ),
        vault=Vault(
            _key(settings.sealing_key.get_secret_value(), "SAMRAD_CONSULTATION_SEALING_KEY"),
            _key(settings.marking_key.get_secret_value(), "SAMRAD_CONSULTATION_MARKING_KEY"),
        ),
        grounds=AgreementsGrounds(http, tokens, clock, url=settings.agreements_url, public_url=settings.public_url),
        sources=dict.fromkeys(SourceCode, source),
        clock=clock,
    )
    return create_app(settings, world)


def _service_identity(settings: "ConsultationSettings") -> ClientIdentity:
    try:
        key = import_key(json.loads(settings.client_key_file.read_text("utf-8")))
    except (OSError, ValueError, JoseError):
        raise CannotStart(f"{settings.client_key_file} cannot be read as a private key (JWK)") from None
    return ClientIdentity(
        client_id=settings.client_id,
        key=key,
        issuer=settings.issuer,
        token_url=settings.token_url,
        public_token_url=f"{settings.issuer}/oauth/token",
    )


async def build_agreements(stack: AsyncExitStack, clock: Clock) -> App:
    """The agreements service from the environment."""
    from services.agreements.main import create_app
    from services.agreements.settings import Deployment
    from shared.database.engine import Database
    from shared.vault import Vault

    settings = _read(Deployment)
    http = await stack.enter_async_context(httpx.AsyncClient(timeout=10, limits=_LIMITS, trust_env=False))
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.pool_size)
    stack.push_async_callback(database.close)
    return create_app(
        settings,
        database=database,
        gatekeeper=_gatekeeper(
            f"{settings.issuer}/agreements", settings.issuer, settings.jwks_url, settings.public_url, http, clock
        ),
        vault=Vault(
            _key(settings.sealing_key.get_secret_value(), "SAMRAD_AGREEMENTS_SEALING_KEY"),
            _key(settings.marking_key.get_secret_value(), "SAMRAD_AGREEMENTS_MARKING_KEY"),
        ),
        clock=clock,
    )


async def build_gateway(_: AsyncExitStack, clock: Clock, *, host: str) -> App:
    """The gateway from the environment."""
    from services.gateway.main import create_app
    from services.gateway.settings import Settings as GatewaySettings
    from services.gateway.startup import startup_faults

    settings = _read(GatewaySettings)
    if faults := startup_faults(settings, host):
        raise CannotStart("the gateway must not start:\n  " + "\n  ".join(faults))
    return create_app(settings, clock=clock, replays=InProcessReplayStore())


# --- the other commands ------------------------------------------------------------------------------------------


def simulate_command(chosen: argparse.Namespace) -> int:
    """Serve the simulator of the SSBTEK contract."""
    from services.consultation.lookups.simulator.app import create_app
    from shared.logs import configure_logs
    from shared.processes import end_with_parent
    from shared.serving import Served, asked_to_stop, serving

    if chosen.with_parent is not None:
        end_with_parent(chosen.with_parent)
    configure_logs("WARNING")

    async def serve() -> None:
        stop = asyncio.ensure_future(asked_to_stop())
        async with serving([Served("simulator", create_app(), "127.0.0.1", chosen.port)]):
            await stop

    _run_event_loop(serve())
    return 0


def migrate_command(_: argparse.Namespace) -> int:
    """Migrate the databases that the environment names."""
    from services.agreements.load import load_register
    from services.agreements.tables import MIGRATIONS as AGREEMENTS_MIGRATIONS
    from services.consultation.main import MIGRATIONS as CONSULTATION_MIGRATIONS
    from shared.database.migrate import upgrade

    consultation = _required("SAMRAD_CONSULTATION_MIGRATION_DATABASE_URL")
    agreements = _required("SAMRAD_AGREEMENTS_MIGRATION_DATABASE_URL")

    async def migrate() -> None:
        await upgrade(consultation, CONSULTATION_MIGRATIONS)
        await upgrade(agreements, AGREEMENTS_MIGRATIONS)
        await load_register(agreements)

    _on_database(migrate())
    print("migrated consultation and agreements")
    return 0


def tenants_command(chosen: argparse.Namespace) -> int:
    """Load tenant profiles."""
    from services.consultation.tenants.load import load_tenants, read_tenants

    url = _required("SAMRAD_CONSULTATION_MIGRATION_DATABASE_URL")
    try:
        tenants = read_tenants(chosen.file)
    except (OSError, ValueError, KeyError):
        raise CannotStart(f"{chosen.file} is not a file of tenant profiles; see docs/operations.md") from None
    print(f"loaded {_on_database(load_tenants(url, tenants))} tenants")
    return 0


def _on_database(work: Coroutine[Any, Any, Result]) -> Result:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return asyncio.run(work)
    except (SQLAlchemyError, OSError) as fault:
        raise CannotStart(f"the database cannot be reached or refuses the work ({type(fault).__name__})") from None


def _required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise CannotStart(f"{name} is not set; see deploy/env. An instance without settings migrates at start")
    return value


def call_command(chosen: argparse.Namespace) -> int:
    """One request as a demo client."""
    from services.command.call import CallRequest, call

    place = Place()
    headers = {"Samrad-Handler": chosen.handler or f"demo-{chosen.client}"}
    for line in chosen.header:
        name, colon, value = line.partition(":")
        if not colon:
            raise CannotStart("a header is written NAME: VALUE")
        headers[name.strip()] = value.strip()
    with httpx.Client(timeout=60, trust_env=False) as http:
        client = demo_client(chosen.client, place.home, place.public_url, http)
        return call(client, place.public_url, CallRequest(chosen.method, chosen.path, chosen.data, headers))


def demo_client(name: str, home: Path, public_url: str, http: httpx.Client) -> MachineClient:
    """A client whose key lies under `home`, asking for all scopes that it is registered for."""
    from services.gateway.scopes import CATALOGUE
    from services.gateway.tokens.demo import DEMO_CLIENTS, demo_identity

    if name not in DEMO_CLIENTS:
        raise CannotStart(f"no such client: {name}; there are {', '.join(DEMO_CLIENTS)}")
    try:
        identity = demo_identity(home / "clients", name, public_url=public_url)
    except OSError:
        raise CannotStart(f"{home} holds no key for {name}; start the sandbox first: make run") from None
    held = [scope for scopes in CATALOGUE.values() for scope in scopes if scope.name in DEMO_CLIENTS[name].scopes]
    return MachineClient(
        identity,
        http,
        system_clock,
        resources={f"/{service}/": f"{public_url}/{service}" for service in CATALOGUE},
        scopes={
            f"{public_url}/{service}": [scope.name for scope in scopes if scope in held]
            for service, scopes in CATALOGUE.items()
        },
        bound=not all(scope.bearer_allowed for scope in held),
    )


def demo_command(_: argparse.Namespace) -> int:
    """The main story on an instance of its own."""
    from services.command.demo import Stage, tell
    from services.consultation.lookups.simulator.persons import PERSONS

    def client(name: str, home: Path, public_url: str, http: httpx.Client) -> MachineClient:
        return demo_client(name, home, public_url, http)

    return tell(Stage(root=ROOT, client=client, person=PERSONS["late_and_failed"].number))


def openapi_command(chosen: argparse.Namespace) -> int:
    """Write, or compare, the committed OpenAPI files."""
    # FastAPI tells that it would check e-mail addresses if it could; the documents hold none to check.
    logging.getLogger("fastapi").setLevel("ERROR")
    from services.agreements.main import openapi_document as agreements_openapi
    from services.consultation.main import openapi_document as consultation_openapi

    differing = []
    for name, make in (("consultation", consultation_openapi), ("agreements", agreements_openapi)):
        file = ROOT / "services" / name / "openapi.json"
        text = json.dumps(make(), ensure_ascii=False, indent=2) + "\n"
        if chosen.check and (not file.exists() or file.read_text("utf-8") != text):
            differing.append(str(file.relative_to(ROOT)))
        elif not chosen.check:
            file.write_text(text, "utf-8")
    if differing:
        print(f"differ from the code: {', '.join(differing)}. Run: make openapi", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
