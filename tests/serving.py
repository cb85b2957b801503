"""Applications served from a thread of their own, so that tests meet them over real HTTP."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager

import uvloop

from shared.serving import Served, serving

Build = Callable[[AsyncExitStack], Awaitable[Sequence[Served]]]
"""Makes what is to be served, in the thread's event loop. What it puts on the stack ends after the serving."""

_STARTS_WITHIN = 60
_ENDS_WITHIN = 30


@contextmanager
def serving_in_thread(build: Build) -> Iterator[asyncio.AbstractEventLoop]:
    """What `build` makes, served for as long as the block lasts; yields the thread's event loop.

    What fails in the thread is raised here.
    """
    started, stop = threading.Event(), asyncio.Event()
    faults: list[BaseException] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with AsyncExitStack() as stack, serving(await build(stack)):
            started.set()
            await stop.wait()

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(serve())
        except BaseException as fault:
            faults.append(fault)
        finally:
            started.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert started.wait(_STARTS_WITHIN), "what is served has not started"
        if faults:
            raise faults[0]
        yield loops[0]
    finally:
        if loops and not faults:
            loops[0].call_soon_threadsafe(stop.set)
        thread.join(_ENDS_WITHIN)
    if faults:
        raise faults[0]
