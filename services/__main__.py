"""The one door behind `./samrad`. This module and `services.assembly` alone may import several services."""

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx

from services import sandbox
from services.assembly.environment import CannotStart, refuse_example_secrets, required, worker_setting, works_inside
from services.audit.arguments import add_audit_commands
from shared import garbage
from shared.clock import system_clock
from shared.tokens.client import MachineClient

if TYPE_CHECKING:
    from shared.serving import Served

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("consultation", "agreements", "gateway")
WORKER = "worker"
WORKERS = ("consultation", "agreements")
"""The services that have background jobs."""
Result = TypeVar("Result")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit code."""
    chosen = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = chosen.command
    try:
        code = command(chosen)
        # Here and not at exit, where a reader who has left would be told as a fault.
        sys.stdout.flush()
    except CannotStart as fault:
        print(f"samrad: {fault}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read our output has seen enough; the rest of it goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="samrad", description="Look up, consult, agree.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="serve; all services in one process unless some are named")
    run.add_argument("services", nargs="*", metavar="SERVICE", help=f"{', '.join(SERVICES)}; or worker, by itself")
    run.set_defaults(command=run_command)
    _add_simulate_command(commands)
    migrate = commands.add_parser("migrate", help="bring the databases of the environment to the newest version")
    migrate.set_defaults(command=migrate_command)
    keys = commands.add_parser("keys", help="the issuer's keys: rotate, or list without private parts")
    keys.add_argument("action", choices=["rotate", "list"])
    keys.add_argument("--overlap", type=int, metavar="MINUTES", help="how long the new key waits (default: 10)")
    keys.add_argument("--at-once", action="store_true", help="a key has leaked: replace all, and all tokens with them")
    keys.set_defaults(command=keys_command)
    tenants = commands.add_parser("tenants", help="replace tenant profiles from a file")
    tenants.add_argument("file", type=Path)
    tenants.set_defaults(command=tenants_command)
    organisations = commands.add_parser("organisations", help="add suppliers and others to the register from a file")
    organisations.add_argument("file", type=Path)
    organisations.set_defaults(command=organisations_command)
    units = commands.add_parser("units", help="replace an authority's units, and who is handled by which, from a file")
    units.add_argument("file", type=Path)
    units.set_defaults(command=units_command)
    call = commands.add_parser("call", help="one request as a client, with token and proof")
    call.add_argument("--as", dest="client", required=True, metavar="CLIENT", help="umea, malmo, af-workbench ...")
    call.add_argument("--for", dest="consumer", metavar="CLIENT", help="whose rights to use, if delegated: umea ...")
    call.add_argument(
        "--scope", action="append", metavar="SCOPE", help="ask for this right alone; may be repeated (default: all)"
    )
    call.add_argument("--handler", help="who is asking, an opaque id (default: demo-CLIENT)")
    call.add_argument("-H", "--header", action="append", default=[], metavar="NAME: VALUE")
    call.add_argument("-d", "--data", metavar="JSON|@FILE")
    call.add_argument("method", choices=["GET", "POST", "PUT", "DELETE"])
    call.add_argument("path")
    call.set_defaults(command=call_command)
    _add_webhook_commands(commands)
    demo = commands.add_parser("demo", help="the main story, end to end, on an instance of its own")
    demo.set_defaults(command=demo_command)
    add_audit_commands(commands, audit_command)
    lead_times = commands.add_parser("lead-times", help="rebuild the figures, or recount them from events")
    lead_times.add_argument("arguments", nargs=argparse.REMAINDER, help="rebuild; or recount --from DAY --to DAY")
    lead_times.set_defaults(command=lead_times_command)
    retention = commands.add_parser("retention", help="what is kept for how long: plan, run, prove")
    retention.add_argument("arguments", nargs=argparse.REMAINDER, help="plan, run or prove; --json")
    retention.set_defaults(command=retention_command)
    openapi = commands.add_parser("openapi", help="write the OpenAPI files from the code")
    openapi.add_argument("--check", action="store_true", help="only tell whether they differ")
    openapi.set_defaults(command=openapi_command)
    return parser


def _add_simulate_command(commands: Any) -> None:
    simulate = commands.add_parser("simulate", help="a simulator of a source's contract; or a year of consultations")
    simulate.add_argument(
        "contract",
        choices=["ssbtek", "af", "year"],
        help="the composite service, or Arbetsförmedlingen alone as a REST source; year fills an empty sandbox",
    )
    simulate.add_argument("--seed", type=int, default=1, help="of the year: the same gives the same (default: 1)")
    simulate.add_argument(
        "--consultations", type=_positive, default=2000, metavar="N", help="in the year (default: 2000)"
    )
    simulate.add_argument("--speed", type=_positive, metavar="DAYS", help="at most so many simulated days a second")
    simulate.add_argument("--version", choices=["10", "11"], default="10", help="of the contract (default: 10)")
    simulate.add_argument("--host", default="127.0.0.1", help="where it listens (default: this machine alone)")
    simulate.add_argument("--port", type=int, default=8003)
    simulate.add_argument("--with-parent", type=int, metavar="PID", help=argparse.SUPPRESS)
    simulate.set_defaults(command=simulate_command)


def _add_webhook_commands(commands: Any) -> None:
    listen = commands.add_parser("listen", help="receive webhooks on this machine, and print them")
    listen.add_argument("--as", dest="client", required=True, metavar="CLIENT", help="umea, malmo, af-workbench ...")
    listen.add_argument("--event", action="append", metavar="TYPE", help="may be repeated (default: all)")
    listen.add_argument("--port", type=int, default=0, help="where it listens (default: any that is free)")
    listen.set_defaults(command=listen_command)
    trigger = commands.add_parser("trigger", help="send a sample event to a subscription")
    trigger.add_argument("--as", dest="client", required=True, metavar="CLIENT", help="umea, malmo, af-workbench ...")
    trigger.add_argument("--subscription", metavar="ID", help="which (default: the newest that is active)")
    trigger.add_argument("event", metavar="TYPE", help="consultation.answered ...")
    trigger.set_defaults(command=trigger_command)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


class Place:
    """Where this instance lives and listens, from PORT, SAMRAD_HOST, SAMRAD_HOME and SAMRAD_PUBLIC_URL."""

    def __init__(self) -> None:
        self.host = os.environ.get("SAMRAD_HOST", "127.0.0.1")
        self.port = _number(os.environ.get("PORT", "8000"), "PORT")
        self.home = Path(os.environ.get("SAMRAD_HOME", str(ROOT / "var"))).resolve()
        self.public_url = os.environ.get("SAMRAD_PUBLIC_URL", f"http://{self.host}:{self.port}").rstrip("/")
        self.ssbtek_version = os.environ.get("SAMRAD_CONSULTATION_SSBTEK_VERSION", sandbox.SSBTEK_VERSION)

    @property
    def local(self) -> bool:
        """Whether nobody outside this machine can reach it."""
        return self.host in sandbox.LOOPBACK and (urlsplit(self.public_url).hostname or "") in sandbox.LOOPBACK

    def sandbox_settings(self) -> dict[str, str]:
        """Settings for everything that is not set."""
        return sandbox.environment(self.home, self.host, self.port, self.public_url, ssbtek_version=self.ssbtek_version)


def _number(value: str, name: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise CannotStart(f"{name} must be a number") from None


# --- run ---------------------------------------------------------------------------------------------------------


def run_command(chosen: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    from shared.logs import configure_logs

    garbage.put_off()
    if chosen.services == [WORKER]:
        return worker_command()
    unknown = set(chosen.services) - set(SERVICES)
    if unknown:
        raise CannotStart(f"no such service: {', '.join(sorted(unknown))}; there are {', '.join(SERVICES)}")
    wanted = [name for name in SERVICES if name in chosen.services or not chosen.services]
    works_inside()
    place = Place()
    # A person who tries it wants to see the one line that says it is ready.
    configure_logs(os.environ.get("SAMRAD_LOG_LEVEL", "WARNING" if place.local else "INFO"))
    with ExitStack() as stack:
        if place.local:
            _furnish_sandbox(place, wanted, stack)
        else:
            refuse_example_secrets()
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
        simulator = stack.enter_context(sandbox.simulator(ROOT, place.host, place.port, version=place.ssbtek_version))
    for name, value in place.sandbox_settings().items():
        os.environ.setdefault(name, value)
    if any(f"SAMRAD_{name.upper()}_DATABASE_URL" not in os.environ for name in wanted if _has_database(name)):
        _start_postgres(place, stack)
    if simulator is not None and not simulator.listens():
        raise CannotStart("the simulator of the sources does not start")


def _has_database(service: str) -> bool:
    if service != "gateway":
        return True
    from services.assembly.gateway import needs_database

    return needs_database()


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
    """The databases of the sandbox, ready to serve; answers the settings that name them."""
    from services.assembly import agreements, consultation, gateway

    return {
        **await consultation.prepare(url, superuser),
        **await agreements.prepare(url, superuser),
        **await gateway.prepare(url, superuser),
    }


async def _serve(place: Place, wanted: Sequence[str]) -> None:
    from shared.serving import asked_to_stop, serving

    async with AsyncExitStack() as stack:
        served = [await _build(name, place, stack) for name in wanted]
        stop = asyncio.ensure_future(asked_to_stop())
        async with serving([each for built in served for each in built]):
            await _until_ready([f"http://{each.host}:{each.port}" for each, *_ in served], stop)
            garbage.settle()
            if not stop.done():
                print(f"ready {place.public_url}", flush=True)
            await stop


async def _build(name: str, place: Place, stack: AsyncExitStack) -> "list[Served]":
    """A service, and what is served beside it. Only what it is made of is loaded: a process may serve one alone."""
    from shared.connections import ConnectionLimits
    from shared.serving import Served

    if name == "gateway":
        from services.assembly import gateway

        app = await gateway.build(stack, system_clock, host=place.host)
        return [Served(name, app, place.host, place.port, gateway.connection_limits())]
    if name == "agreements":
        from services.assembly import agreements

        app, facade = await agreements.build(stack, system_clock), None
        port = place.port + sandbox.AGREEMENTS
    else:
        from services.assembly import consultation

        app, facade = await consultation.build_with_facade(stack, system_clock, place.host)
        port = place.port + sandbox.CONSULTATION
    own = Served(name, app, place.host, port, ConnectionLimits())
    return [own] if facade is None else [own, facade]


async def _until_ready(addresses: Sequence[str], stop: "asyncio.Future[None]") -> None:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        for address in addresses:
            while not stop.done():
                # On a machine that is busy with other things it takes as long as it takes.
                with suppress(httpx.TimeoutException):
                    answer = await client.get(f"{address}/health/ready")
                    if answer.status_code == 200:
                        break
                await asyncio.sleep(0.25)


def worker_command() -> int:
    """Carry out background jobs, of every database that the environment names, until SIGINT or SIGTERM."""
    from shared.logs import configure_logs

    place = Place()
    configure_logs(os.environ.get("SAMRAD_LOG_LEVEL", "WARNING" if place.local else "INFO"))
    if place.local:
        _furnish_worker(place)
    else:
        refuse_example_secrets()
    port = os.environ.get("SAMRAD_WORKER_PORT", "")
    watched = _number(port, "SAMRAD_WORKER_PORT") if port else None
    named = [name for name in WORKERS if os.environ.get(worker_setting(name))]
    if not named:
        raise CannotStart(f"no database is named: set {' or '.join(worker_setting(name) for name in WORKERS)}")
    _run_event_loop(_work(place, named, watched))
    return 0


_FOR_WORKERS = (
    "SAMRAD_AUDIT_",
    "SAMRAD_CONSULTATION_PUBLIC_URL",
    "SAMRAD_CONSULTATION_SEALING_KEY",
    "SAMRAD_CONSULTATION_MARKING_KEY",
    "SAMRAD_CONSULTATION_ATTACHMENTS_DIRECTORY",
    "SAMRAD_CONSULTATION_WEBHOOK_",
)


def _furnish_worker(place: Place) -> None:
    """What a worker of the sandbox needs and has not been given, but the address of a database."""
    place.home.mkdir(parents=True, exist_ok=True)
    for name, value in place.sandbox_settings().items():
        if name.startswith(_FOR_WORKERS):
            os.environ.setdefault(name, value)


async def _work(place: Place, named: Sequence[str], watched: int | None) -> None:
    from services.assembly import agreements, consultation
    from services.assembly.background import health_app
    from shared.jobs.worker import working
    from shared.serving import Served, asked_to_stop, serving

    makers = {"consultation": consultation.worker, "agreements": agreements.worker}
    async with AsyncExitStack() as stack:
        workers = [await makers[name](stack, system_clock) for name in named]
        stop = asyncio.ensure_future(asked_to_stop())
        await stack.enter_async_context(working(*workers))
        if watched is not None:
            await stack.enter_async_context(serving([Served(WORKER, health_app(workers), place.host, watched)]))
        begun = asyncio.gather(*(worker.at_work() for worker in workers))
        await asyncio.wait((begun, stop), return_when=asyncio.FIRST_COMPLETED)
        garbage.settle()
        if not stop.done():
            print(f"ready {WORKER} of {' and '.join(named)}", flush=True)
        await stop
        begun.cancel()


# --- the other commands ------------------------------------------------------------------------------------------


def simulate_command(chosen: argparse.Namespace) -> int:
    """Serve the simulator of the SSBTEK contract, or of REST sources; or simulate a year."""
    garbage.put_off()
    if chosen.contract == "year":
        return _simulate_year(chosen)
    from services.assembly.simulators import rest_simulator, ssbtek_simulator
    from shared.logs import configure_logs
    from shared.processes import end_with_parent
    from shared.serving import Served, asked_to_stop, serving

    if chosen.with_parent is not None:
        end_with_parent(chosen.with_parent)
    configure_logs("WARNING")
    if chosen.contract == "af":
        app, settings = rest_simulator(Place().home, f"http://127.0.0.1:{chosen.port}", system_clock)
        print(f"SAMRAD_CONSULTATION_REST_SOURCES_FILE={settings}", flush=True)
    else:
        app = ssbtek_simulator(chosen.version)

    async def serve() -> None:
        stop = asyncio.ensure_future(asked_to_stop())
        async with serving([Served("simulator", app, chosen.host, chosen.port)]):
            garbage.settle()
            if chosen.with_parent is None:
                print(f"ready http://{chosen.host}:{chosen.port}", flush=True)
            await stop

    _run_event_loop(serve())
    return 0


def _simulate_year(chosen: argparse.Namespace) -> int:
    from services.assembly.simulated_year import make_year, play, printer

    place = Place()
    if not place.local:
        raise CannotStart("a year is simulated in a sandbox alone: SAMRAD_HOST is to be this machine")
    year = make_year(chosen.seed, chosen.consultations, system_clock().date())
    with ExitStack() as stack:
        _furnish_sandbox(place, (), stack)
        if "SAMRAD_CONSULTATION_DATABASE_URL" not in os.environ:
            _start_postgres(place, stack)
        taken = _on_database(play(year, printer(), days_a_second=chosen.speed))
    print(f"a year of {chosen.consultations} consultations has been played: {taken} steps")
    return 0


def migrate_command(_: argparse.Namespace) -> int:
    """Migrate the databases that the environment names."""
    from services.assembly import agreements, consultation, gateway

    async def migrate() -> bool:
        await consultation.migrate()
        await agreements.migrate()
        return await gateway.migrate()

    own = _on_database(migrate())
    print("migrated consultation, agreements and gateway" if own else "migrated consultation and agreements")
    return 0


def lead_times_command(chosen: argparse.Namespace) -> int:
    """Rebuild the figures, or recount them."""
    from services.assembly.lead_times import add_arguments, carry_out, furnish_sandbox

    # Read here, so that other commands don't wait for what these need to load.
    parser = argparse.ArgumentParser(prog="samrad lead-times")
    add_arguments(parser)
    asked = parser.parse_args(chosen.arguments)
    place = Place()
    with ExitStack() as stack:
        if place.local:
            furnish_sandbox(place.home, stack)
        return _on_database(carry_out(asked, system_clock))


def retention_command(chosen: argparse.Namespace) -> int:
    """Tell what is due, erase it, or prove that it is gone."""
    from services.assembly.retention import add_arguments, carry_out, furnish_sandbox

    parser = argparse.ArgumentParser(prog="samrad retention")
    add_arguments(parser)
    asked = parser.parse_args(chosen.arguments)
    place = Place()
    with ExitStack() as stack:
        if place.local:
            furnish_sandbox(place.home, stack)
            for name, value in place.sandbox_settings().items():
                os.environ.setdefault(name, value)
        return _on_database(carry_out(asked, system_clock))


def keys_command(chosen: argparse.Namespace) -> int:
    """Rotate or list the keys of the issuer."""
    from services.assembly.keys import list_keys, rotate_keys

    place = Place()
    named = os.environ.get("SAMRAD_GATEWAY_KEYS_FILE")
    if not named and not place.local:
        raise CannotStart("SAMRAD_GATEWAY_KEYS_FILE is not set")
    file = Path(named) if named else sandbox.issuer_keys(place.home)
    if chosen.action == "list":
        lines = list_keys(file, system_clock())
    else:
        lines = rotate_keys(file, system_clock(), minutes=chosen.overlap, at_once=chosen.at_once)
    print("\n".join(lines))
    return 0


def tenants_command(chosen: argparse.Namespace) -> int:
    """Load tenant profiles."""
    from services.assembly.legal_texts import out_of_date_law
    from services.consultation.lookups.purposes import PURPOSES
    from services.consultation.tenants.load import load_tenants, read_tenants
    from services.consultation.tenants.profile_file import UnfitProfiles

    url = required("SAMRAD_CONSULTATION_MIGRATION_DATABASE_URL")
    try:
        tenants = read_tenants(chosen.file, PURPOSES)
    except UnfitProfiles as fault:
        raise CannotStart(f"{chosen.file} is not loaded:\n  " + "\n  ".join(fault.faults)) from None
    except (OSError, ValueError):
        raise CannotStart(f"{chosen.file} is not a file of tenant profiles; see docs/operations.md") from None
    print(f"loaded {_on_database(load_tenants(url, tenants))} tenants")
    for words in out_of_date_law(tenants, system_clock().date()):
        print(f"warning: {words.sv} / {words.en}", file=sys.stderr)
    return 0


def organisations_command(chosen: argparse.Namespace) -> int:
    """Add organisations to the register."""
    from services.agreements.load import load_organisations
    from services.agreements.loading.own import OrganisationsUnfit, read_organisations

    url = required("SAMRAD_AGREEMENTS_MIGRATION_DATABASE_URL")
    try:
        print(f"loaded {_on_database(load_organisations(url, read_organisations(chosen.file)))} organisations")
    except OrganisationsUnfit as fault:
        raise CannotStart(f"{fault}; see docs/operations.md") from None
    return 0


def units_command(chosen: argparse.Namespace) -> int:
    """Load an authority's units."""
    from services.agreements.load import load_units
    from services.agreements.loading.units import UnitsUnfit, read_units

    url = required("SAMRAD_AGREEMENTS_MIGRATION_DATABASE_URL")
    try:
        print(f"loaded {_on_database(load_units(url, read_units(chosen.file)))} units")
    except UnitsUnfit as fault:
        raise CannotStart(f"{fault}; see docs/operations.md") from None
    return 0


def _on_database(work: Coroutine[Any, Any, Result]) -> Result:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return asyncio.run(work)
    except BrokenPipeError:
        # Work that prints has met the end of its reader, not of the database.
        raise
    except (SQLAlchemyError, OSError) as fault:
        raise CannotStart(f"the database cannot be reached or refuses the work ({type(fault).__name__})") from None


def call_command(chosen: argparse.Namespace) -> int:
    """One request as a demo client."""
    from services.assembly.demo_clients import demo_client
    from services.command.call import CallRequest, call

    place = Place()
    headers = {"Samrad-Handler": chosen.handler or f"demo-{chosen.client}"}
    for line in chosen.header:
        name, colon, value = line.partition(":")
        if not colon:
            raise CannotStart("a header is written NAME: VALUE")
        headers[name.strip()] = value.strip()
    with httpx.Client(timeout=60, trust_env=False) as http:
        client = demo_client(
            chosen.client, place.home, place.public_url, http, on_behalf_of=chosen.consumer, only=chosen.scope
        )
        return call(client, place.public_url, CallRequest(chosen.method, chosen.path, chosen.data, headers))


def listen_command(chosen: argparse.Namespace) -> int:
    """Receive webhooks as a demo client."""
    from services.assembly.demo_clients import demo_client
    from services.command.listen import ListenRequest, listen

    place = Place()
    with httpx.Client(timeout=60, trust_env=False) as http:
        client = demo_client(chosen.client, place.home, place.public_url, http)
        return listen(client, place.public_url, ListenRequest(chosen.event or ["*"], chosen.port), system_clock)


def trigger_command(chosen: argparse.Namespace) -> int:
    """Send a sample event as a demo client."""
    from services.assembly.demo_clients import demo_client
    from services.command.trigger import TriggerRequest, trigger

    place = Place()
    with httpx.Client(timeout=60, trust_env=False) as http:
        client = demo_client(chosen.client, place.home, place.public_url, http)
        return trigger(client, place.public_url, TriggerRequest(chosen.event, chosen.subscription))


def demo_command(_: argparse.Namespace) -> int:
    """The main story on an instance of its own."""
    from services.assembly.demo_clients import demo_client
    from services.command.demo import Cast, Stage, tell
    from services.consultation.lookups.simulator.persons import PERSONS

    def client(name: str, home: Path, public_url: str, http: httpx.Client) -> MachineClient:
        return demo_client(name, home, public_url, http)

    household = ("applicant", "co_applicant", "child_1", "child_2", "child_3")
    cast = Cast(
        late_and_failed=PERSONS["late_and_failed"].number,
        changing=PERSONS["income_changes"].number,
        household=tuple(PERSONS[f"household_{each}"].number for each in household),
    )
    return tell(Stage(root=ROOT, client=client, persons=cast, simulator=sandbox.SIMULATOR))


def audit_command(chosen: argparse.Namespace) -> int:
    """Verify, extract, review."""
    from services.assembly import auditing

    place = Place()
    with ExitStack() as stack:
        if place.local and chosen.audit != "events":
            auditing.furnish_sandbox(place.home, stack)
            for name, value in place.sandbox_settings().items():
                os.environ.setdefault(name, value)
        return _on_database(auditing.carry_out(chosen, system_clock))


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
