"""The workers of background jobs: beside a service in its process, or in a process of their own."""

import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

from starlette.applications import Starlette

from services.assembly.environment import CannotStart, worker_setting, works_inside
from shared.clock import Clock
from shared.http.guard import App
from shared.http.service import health_routes
from shared.jobs.worker import Faults, Worker, working
from shared.metrics import metrics_routes

MakeWorker = Callable[[AsyncExitStack, Clock], Awaitable[Worker]]


def worker_database(name: str) -> str:
    """The address of a service's database as the role of background jobs. Raises CannotStart."""
    url = os.environ.get(worker_setting(name))
    if not url:
        raise CannotStart(
            f"{worker_setting(name)} is not set; see deploy/env. Or let background jobs run in a process of their own: "
            "set SAMRAD_WORKER=apart and run ./samrad run worker"
        )
    return url


async def work_beside(stack: AsyncExitStack, clock: Clock, make: MakeWorker) -> Faults:
    """A worker in this process for as long as the stack lasts, unless they are apart; answers how to ask after it."""
    if not works_inside():
        return _nothing
    worker = await make(stack, clock)
    await stack.enter_async_context(working(worker))
    return worker.faults


def _nothing() -> Sequence[str]:
    return ()


def health_app(workers: Sequence[Worker]) -> App:
    """Health and metrics of a process that only works."""

    async def readiness() -> Sequence[str]:
        return [fault for worker in workers for fault in worker.faults()]

    return Starlette(routes=[*health_routes(readiness), *metrics_routes()])
