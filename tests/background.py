"""A database with a queue of jobs and nothing else, and jobs that leave traces there, for tests of `shared/jobs`.

As a program (`python -m tests.background URL`) it is a worker in a process of its own, to be killed.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from shared.clock import system_clock
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.database.engine import Database
from shared.database.provision import provision
from shared.jobs.job import Job, Pace, Run
from shared.jobs.tables import install
from shared.jobs.worker import Worker, working
from shared.logs import configure_logs

ROOT = Path(__file__).resolve().parent.parent
DATABASE, OWNER, RUNTIME, WORKER = "jobs_test", "jobs_owner", "jobs_runtime", "jobs_worker"
QUICK = Pace(heartbeat=1.0, poll=0.3, stop=2.0, silent=1.0, restart_first=0.1, restart_last=0.4)

_TABLES = (
    "CREATE TABLE wanted (id uuid PRIMARY KEY)",
    # No key: an effect that happens twice is to be seen.
    "CREATE TABLE effect (id uuid, pid integer)",
    "CREATE TABLE begun (name text, pid integer, at timestamptz DEFAULT clock_timestamp())",
    "CREATE TABLE finished (name text, pid integer, began timestamptz, ended timestamptz DEFAULT clock_timestamp())",
    f"GRANT SELECT, INSERT, DELETE ON wanted, effect, begun, finished TO {RUNTIME}, {WORKER}",
)


@dataclass(frozen=True, slots=True)
class Place:
    """The database, by role."""

    postgres: EmbeddedPostgres

    @property
    def worker(self) -> str:
        """As the role of background jobs."""
        return self.postgres.url(DATABASE, WORKER)

    @property
    def runtime(self) -> str:
        """As the role that serves."""
        return self.postgres.url(DATABASE, RUNTIME)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of one statement, as the superuser."""
        return asyncio.run(self.rows(statement, *values))

    async def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The same, inside a loop."""
        async with self._connected() as connection:
            return [tuple(row) for row in await connection.fetch(statement, *values)]

    async def until(self, statement: str, *values: Any, seconds: float = 30) -> None:
        """Return when the statement answers true."""
        async with self._connected() as connection:
            for _ in range(int(seconds / 0.03)):
                if await connection.fetchval(statement, *values):
                    return
                await asyncio.sleep(0.03)
        raise AssertionError(f"never true: {statement}")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        url = make_url(self.postgres.url(DATABASE, SUPERUSER)).set(drivername="postgresql")
        connection = await asyncpg.connect(url.render_as_string(hide_password=False))
        try:
            yield connection
        finally:
            await connection.close()

    def empty(self) -> None:
        """As at first."""
        self.sql("TRUNCATE wanted, effect, begun, finished, jobs.pgqueuer, jobs.pgqueuer_log")


def furnish(postgres: EmbeddedPostgres) -> Place:
    """Make it."""

    async def make() -> None:
        await provision(postgres.url("postgres", SUPERUSER), DATABASE, (OWNER, RUNTIME, WORKER))
        engine = create_async_engine(postgres.url(DATABASE, OWNER))
        async with engine.begin() as connection:
            for statement in _TABLES:
                await connection.execute(text(statement))
            await connection.run_sync(lambda it: install(it, runtime_role=RUNTIME, worker_role=WORKER))
        await engine.dispose()

    asyncio.run(make())
    return Place(postgres)


# --- jobs that leave traces ---------------------------------------------------------------------------------------

_EFFECT = text("INSERT INTO effect (id, pid) VALUES (:id, :pid)")
_BEGUN = text("INSERT INTO begun (name, pid) VALUES (:name, :pid) RETURNING at")
_FINISHED = text("INSERT INTO finished (name, pid, began) VALUES (:name, :pid, :began)")


async def affect(run: Run) -> None:
    """The effect of one enqueued job. One in twenty fails when its work is done."""
    await asyncio.sleep(random.uniform(0, 0.02))  # noqa: S311 - not a secret
    await run.connection.execute(_EFFECT, {"id": run.ids["effect"], "pid": os.getpid()})
    if random.random() < 0.05:  # noqa: S311 - not a secret
        raise ValueError("by chance")


def traced(url: str, name: str, seconds: float) -> Callable[[Run], Any]:
    """Work that takes its time. It writes when it begins, whatever becomes of it, and when it has finished."""
    beside = Database(url, pool_size=1)

    async def work(run: Run) -> None:
        async with beside.without_tenant() as connection:
            began = (await connection.execute(_BEGUN, {"name": name, "pid": os.getpid()})).scalar_one()
        await asyncio.sleep(seconds)
        for id_ in run.ids.values():
            await run.connection.execute(_EFFECT, {"id": id_, "pid": os.getpid()})
        await run.connection.execute(_FINISHED, {"name": name, "pid": os.getpid(), "began": began})

    return work


def jobs_of(url: str) -> Sequence[Job]:
    """What the processes of the fault tests carry out."""
    return (
        Job("test.effect", affect),
        Job("test.tick", traced(url, "test.tick", 0.01), every_seconds=0.05),
        Job("test.slow", traced(url, "test.slow", 0.6)),
        Job("test.long_tick", traced(url, "test.long_tick", 0.6), every_seconds=0.2, limit_seconds=1.0),
    )


async def main(url: str, *names: str) -> None:
    """Work until killed."""
    chosen = [job for job in jobs_of(url) if job.name in names]
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with working(Worker("test", url, chosen, system_clock, QUICK)):
        await stop.wait()


# --- processes ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Process:
    """A worker in a process of its own. `log` is what it has said."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def pid(self) -> int:
        """To be killed, or stopped."""
        return self.process.pid

    def kill(self) -> None:
        """As an out-of-memory killer does."""
        self.process.kill()
        self.process.wait(10)

    def await_word(self, word: str, seconds: float = 20) -> None:
        """Return when the log holds it."""
        until = time.monotonic() + seconds
        while word not in self.log.read_text("utf-8"):
            assert time.monotonic() < until, f"never said: {word}"
            time.sleep(0.05)


@contextmanager
def process(place: Place, folder: Path, *names: str) -> Iterator[Process]:
    """Started, and ended by pid."""
    log = folder / f"worker-{uuid.uuid4().hex[:8]}.log"
    with log.open("wb") as written:
        command = [sys.executable, "-m", "tests.background", place.worker, *names]
        started = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=written)
    try:
        yield Process(started, log)
    finally:
        started.send_signal(signal.SIGCONT)
        started.kill()
        started.wait(10)


if __name__ == "__main__":
    configure_logs()
    asyncio.run(main(*sys.argv[1:]))
