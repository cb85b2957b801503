"""Serves one or several applications in one process, each on its own port, until asked to stop."""

import asyncio
import contextlib
import resource
import signal
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn

from shared.connections import ConnectionLimits, protocol_of
from shared.handshakes import secured_protocol_of
from shared.http.guard import App
from shared.http.service import PROBLEM_TYPE_BASE
from shared.logs import watch_loop


@dataclass(frozen=True, slots=True)
class Served:
    """An application and where it listens: over TLS with `tls`, else in the clear."""

    name: str
    app: App
    host: str
    port: int
    limits: ConnectionLimits = field(default_factory=ConnectionLimits)
    tls: ssl.SSLContext | None = None


class CannotListen(Exception):
    """A port is taken or not allowed. The text says which and what to do."""


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever started it."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


def configuration(served: Served) -> uvicorn.Config:
    """How every service is run."""
    return uvicorn.Config(
        served.app,
        host=served.host,
        port=served.port,
        # On httptools, which refuses what request smuggling needs: CL with TE, folded headers, bare line feeds.
        http=_protocol(served),
        # No upgrades: a WebSocket library that happens to be installed must not open another way in.
        ws="none",
        loop="none",
        # A caller on the same host could otherwise forge its address with X-Forwarded-For.
        proxy_headers=False,
        server_header=False,
        date_header=True,
        access_log=False,
        log_config=None,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
        backlog=2048,
    )


def _protocol(served: Served) -> type[asyncio.Protocol]:
    if served.tls is None:
        return protocol_of(served.name, served.limits, PROBLEM_TYPE_BASE)
    return secured_protocol_of(served.name, served.limits, PROBLEM_TYPE_BASE, served.tls)


@asynccontextmanager
async def serving(all_served: Sequence[Served]) -> AsyncIterator[None]:
    """All of them listening inside the block, and stopped gracefully after it. Raises CannotListen."""
    watch_loop(asyncio.get_running_loop())
    _allow_descriptors(sum(served.limits.connections for served in all_served))
    servers = [_Server(configuration(served)) for served in all_served]
    tasks = []
    try:
        for served, server in zip(all_served, servers, strict=True):
            tasks.append(asyncio.create_task(_run(served, server)))
            await _started(server, tasks[-1])
        yield
    finally:
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks, return_exceptions=True)


def _allow_descriptors(connections: int) -> None:
    """Raise the process's own limit as far as it may, so that connections are refused by us and not by the system."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * connections + 256
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


async def _run(served: Served, server: _Server) -> None:
    try:
        await server.serve()
    except SystemExit:
        raise CannotListen(
            f"{served.name} cannot listen on {served.host}:{served.port}: is it taken? Set PORT to another."
        ) from None


async def _started(server: _Server, task: asyncio.Task[None]) -> None:
    while not server.started:
        if task.done():
            await task
            raise CannotListen("a service stopped while starting")
        await asyncio.sleep(0.005)


async def asked_to_stop() -> None:
    """Returns at SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
