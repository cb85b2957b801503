"""`run`: the services, or the worker of their background jobs, until SIGINT or SIGTERM."""

import argparse
import asyncio
import os
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, ExitStack, suppress
from typing import TYPE_CHECKING, Any

import httpx

from services import sandbox
from services.assembly.commands.place import ROOT, Place, number_of
from services.assembly.environment import CannotStart, refuse_example_secrets, worker_setting, works_inside
from shared import garbage
from shared.clock import system_clock

if TYPE_CHECKING:
    from shared.serving import Served

SERVICES = ("consultation", "agreements", "gateway")
WORKER = "worker"
WORKERS = ("consultation", "agreements")
"""The services that have background jobs."""


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
            furnish_sandbox(place, wanted, stack)
        else:
            refuse_example_secrets()
        run_event_loop(_serve(place, wanted))
    return 0


def run_event_loop(main: Coroutine[Any, Any, None]) -> None:
    """Until it ends. Raises CannotStart when a port is taken."""
    import uvloop

    from shared.serving import CannotListen

    try:
        uvloop.run(main)
    except CannotListen as fault:
        raise CannotStart(str(fault)) from None


def furnish_sandbox(place: Place, wanted: Sequence[str], stack: ExitStack) -> None:
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
        start_postgres(place, stack)
    if simulator is not None and not simulator.listens():
        raise CannotStart("the simulator of the sources does not start")


def _has_database(service: str) -> bool:
    if service != "gateway":
        return True
    from services.assembly.gateway import needs_database

    return needs_database()


def start_postgres(place: Place, stack: ExitStack) -> None:
    """The sandbox's own database, named in the environment. Raises CannotStart."""
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
    watched = number_of(port, "SAMRAD_WORKER_PORT") if port else None
    named = [name for name in WORKERS if os.environ.get(worker_setting(name))]
    if not named:
        raise CannotStart(f"no database is named: set {' or '.join(worker_setting(name) for name in WORKERS)}")
    run_event_loop(_work(place, named, watched))
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
