"""More processes of a service beside the product that runs: other memories, the same databases and settings."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from unittest import mock

from services.assembly import agreements, consultation, gateway
from shared.clock import Clock
from shared.http.guard import App
from shared.serving import Served, serving
from tests.exchange import free_ports

_BUILDERS: dict[str, Callable[[AsyncExitStack, Clock], Awaitable[App]]] = {
    "consultation": consultation.build,
    "agreements": agreements.build,
    "gateway": partial(gateway.build, host="127.0.0.1"),
}


@contextmanager
def workers(
    names: Sequence[str], clock: Clock, more: Mapping[str, str] | None = None, without: Sequence[str] = ()
) -> Iterator[list[str]]:
    """The services, built from the environment with `more` in it and served; answers where each is dialled.

    A name may occur twice: those are two workers of one service.
    """
    port = free_ports(len(names))
    started, stop = threading.Event(), asyncio.Event()
    failures: list[BaseException] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with AsyncExitStack() as stack:
            with mock.patch.dict(os.environ, more or {}):
                for name in without:
                    os.environ.pop(name, None)
                served = [
                    Served(name, await _BUILDERS[name](stack, clock), "127.0.0.1", port + place)
                    for place, name in enumerate(names)
                ]
            async with serving(served):
                started.set()
                await stop.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as fault:
            failures.append(fault)
            started.set()

    thread = threading.Thread(target=run)
    thread.start()
    started.wait(60)
    try:
        if failures:
            raise failures[0]
        yield [f"http://127.0.0.1:{port + place}" for place in range(len(names))]
    finally:
        if loops and not failures:
            loops[0].call_soon_threadsafe(stop.set)
        thread.join(30)
    if failures:
        raise failures[0]
