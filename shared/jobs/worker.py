"""A worker: carries out the jobs of one database, and begins anew whenever it has lost it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.types import JobId
from sqlalchemy.engine import make_url

from shared.clock import Clock
from shared.database.engine import Database
from shared.database.single import SESSION
from shared.jobs.carry_out import Hands, carry_out
from shared.jobs.enqueue import enqueue_recurring
from shared.jobs.job import AnyJob, Pace
from shared.jobs.metrics import LAST_ASKED, RESTARTS
from shared.jobs.queue import Queue
from shared.jobs.tables import CHANNEL
from shared.jobs.tidy import tidying

_log = logging.getLogger("jobs")

Faults = Callable[[], Sequence[str]]
"""What is wrong with the background work, in words for operations; empty when nothing is."""


class Worker:
    """Carries out `jobs` in the database of `url`, which names the role of background work.

    Any number of workers, in as many processes, share the jobs of a database. Each takes those that it knows, so that
    an older version beside a newer one leaves the newer its jobs.
    """

    def __init__(self, name: str, url: str, jobs: Sequence[AnyJob], clock: Clock, pace: Pace | None = None) -> None:
        self.name, self._url, self._clock, self._pace = name, url, clock, pace or Pace()
        self._jobs = (*jobs, tidying(name))
        if len({job.name for job in self._jobs}) != len(self._jobs):
            raise ValueError(f"two jobs of {name} have one name")
        self._recurring = [job for job in self._jobs if job.recurring]
        self._enqueued = [job for job in self._jobs if not job.recurring]
        # A connection for everything that can be under way, so that no run waits for another's.
        self._database = Database(url, pool_size=2 * len(self._recurring) + self._pace.at_once)
        self._last_asked = 0.0
        self._at_work = asyncio.Event()

    def faults(self) -> Sequence[str]:
        """That it has not asked the database for work for a while, which it does while it lives."""
        if not self._last_asked:
            return ()
        silent = asyncio.get_running_loop().time() - self._last_asked
        if silent <= self._pace.silent:
            return ()
        return (f"the background worker of {self.name} has been silent for {int(silent)} seconds",)

    async def at_work(self) -> None:
        """Returns when it has asked for work for the first time."""
        await self._at_work.wait()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, and finish what is in hand then."""
        loop = asyncio.get_running_loop()
        self._last_asked = loop.time()
        wait = self._pace.restart_first
        try:
            while not stop.is_set():
                begun = loop.time()
                try:
                    await self._session(stop)
                except Exception as fault:
                    if loop.time() - begun > self._pace.restart_last:
                        wait = self._pace.restart_first
                    RESTARTS.labels(self.name).inc()
                    told = {"worker": self.name, "wait_seconds": wait}
                    _log.warning("a worker was interrupted and begins anew", exc_info=fault, extra=told)
                    await _within(wait, stop.wait())
                    wait = min(2 * wait, self._pace.restart_last)
        finally:
            await self._database.close()

    async def _session(self, stop: asyncio.Event) -> None:
        """Work on one connection for as long as it lasts. Raises whatever ends it, unless it is `stop`."""
        broken = asyncio.Event()
        connection = await self._connect()
        connection.add_termination_listener(lambda _: broken.set())
        try:
            # Connections of the run before may have died with it.
            await self._database.engine.dispose()
            async with self._database.without_tenant() as transaction:
                await enqueue_recurring(transaction, self._recurring)
            queue = Queue(AsyncpgDriver(connection), asked=self._asked, broken=broken)
            await self._work(queue, stop, broken)
        finally:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                await connection.close(timeout=2)

    async def _connect(self) -> Any:
        # Of its own and not of a pool: notices arrive on it, and when it dies everything that depends on it must too.
        return await asyncpg.connect(
            make_url(self._url).set(drivername="postgresql").render_as_string(hide_password=False),
            timeout=5,
            # Longer than any statement may take, for an answer that never comes.
            command_timeout=15,
            server_settings={**SESSION, "application_name": f"worker {self.name}"},
        )

    async def _work(self, queue: Queue, stop: asyncio.Event, broken: asyncio.Event) -> None:
        # Two managers, so that enqueued jobs that are slow can't keep recurring ones waiting.
        managers = [self._manager(queue, jobs) for jobs in (self._recurring, self._enqueued)]
        tasks = [
            asyncio.create_task(self._manage(manager, at_once))
            for manager, at_once in zip(managers, (None, self._pace.at_once), strict=True)
            if manager.entrypoint_registry
        ]
        signals = [asyncio.create_task(stop.wait()), asyncio.create_task(broken.wait())]
        try:
            await asyncio.wait([*tasks, *signals], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for manager in managers:
                manager.shutdown.set()
            for signal in signals:
                signal.cancel()
            await self._finish(tasks)
        if not broken.is_set():
            await queue.hand_back([manager.queue_manager_id for manager in managers])
        for task in tasks:
            if not task.cancelled() and (fault := task.exception()) is not None and not stop.is_set():
                raise fault
        if not stop.is_set():
            raise ConnectionError("the connection for background work was lost")

    async def _finish(self, tasks: Sequence["asyncio.Task[None]"]) -> None:
        _, left = await asyncio.wait(tasks, timeout=self._pace.stop)
        if left:
            _log.warning("jobs under way were broken off, and will be carried out again", extra={"worker": self.name})
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _manager(self, queue: Queue, jobs: Sequence[AnyJob]) -> QueueManager:
        manager = QueueManager(queue, CHANNEL)
        let_go = partial(_let_go, manager)
        stopping = manager.shutdown.is_set
        hands = Hands(self.name, self._database, self._clock, manager.queue_manager_id, let_go, stopping)
        for job in jobs:
            # "hold": by default a job that has failed for good is deleted.
            register = manager.entrypoint(job.name, on_failure="hold", accepts_context=False)
            register(partial(carry_out, job, hands))
        return manager

    async def _manage(self, manager: QueueManager, at_once: int | None) -> None:
        await manager.run(
            dequeue_timeout=timedelta(seconds=self._pace.poll),
            batch_size=self._pace.at_once // 2,
            max_concurrent_tasks=at_once,
            shutdown_on_listener_failure=True,
            heartbeat_timeout=timedelta(seconds=self._pace.heartbeat),
            # Its statistics would only grow; what there is to tell is in our metrics.
            log_aggregation_interval=timedelta(0),
        )

    def _asked(self) -> None:
        self._last_asked = asyncio.get_running_loop().time()
        LAST_ASKED.labels(self.name).set_to_current_time()
        self._at_work.set()


def _let_go(manager: QueueManager, job: JobId) -> None:
    manager.job_context.pop(job, None)


async def _within(seconds: float, event: Any) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event, seconds)


@asynccontextmanager
async def working(*workers: Worker) -> AsyncIterator[None]:
    """All of them at work inside the block, and stopped together after it, with what they have in hand finished."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(worker.run(stop)) for worker in workers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks, return_exceptions=True)
