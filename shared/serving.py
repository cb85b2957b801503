"""Serves one or several applications in one process, each on its own port, until asked to stop."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn

from shared.http.guard import App


@dataclass(frozen=True, slots=True)
class Served:
    """An application and where it listens."""

    name: str
    app: App
    host: str
    port: int


class CannotListen(Exception):
    """A port is taken or not allowed. The text says which and what to do."""


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever started it."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


def _server(served: Served) -> _Server:
    config = uvicorn.Config(
        served.app,
        host=served.host,
        port=served.port,
        # httptools refuses what request smuggling needs: CL with TE, folded headers, bare line feeds.
        http="httptools",
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
    return _Server(config)


@asynccontextmanager
async def serving(all_served: Sequence[Served]) -> AsyncIterator[None]:
    """All of them listening inside the block, and stopped gracefully after it. Raises CannotListen."""
    servers = [_server(served) for served in all_served]
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
