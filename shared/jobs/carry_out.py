"""One run of a job: a transaction that holds its effects and its place in the queue together. An errand has none."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from uuid import UUID

from pgqueuer.domain import models
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.types import JobId
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import Clock
from shared.database.engine import Database
from shared.jobs.enqueue import RECURRING, read_ids
from shared.jobs.job import AnyJob, Errand, Job, Outing, Run
from shared.jobs.metrics import LAST_DONE, RUNS
from shared.jobs.tables import CHANNEL

_log = logging.getLogger("jobs")

_LOCKS = 727_476  # of all the advisory locks of a database, those of recurring jobs; others: sealer.py, migrate.py
_BUSY_SECONDS = 1.0
_LONGEST_WAIT = timedelta(minutes=5)


class JobFailed(Exception):
    """The job has failed for good. The text says where and by what type of exception, not in which words."""


class _Busy(Exception):
    """Another run of the same recurring job holds its lock."""


class _TakenOver(Exception):
    """The place in the queue belongs to another worker by now: nothing of this run may be committed."""


@dataclass(frozen=True, slots=True)
class Hands:
    """Who carries out: the worker's name and database, and the id under which its jobs are picked.

    `let_go` makes PgQueuer forget that it has a job in hand. Without it a job that is put back and due again before
    PgQueuer has noticed would be picked, taken for the one in hand, and left lying until its heartbeat is missed.
    `stopping` tells that the worker is to stop.
    """

    worker: str
    database: Database
    clock: Clock
    manager: UUID
    let_go: Callable[[JobId], object]
    stopping: Callable[[], bool]


async def carry_out(job: AnyJob, hands: Hands, row: models.Job) -> None:
    """Run the job, and take its place in the queue away or, when it recurs, put it back for the next time.

    Raises RetryRequested when PgQueuer is to try again later, JobFailed when it is to hold the job.
    """
    try:
        if isinstance(job, Errand):
            await _once_outside(job, hands, row)
        else:
            await _once(job, hands, row)
    except _Busy:
        raise RetryRequested(timedelta(seconds=_BUSY_SECONDS), "the run before is still under way") from None
    except _TakenOver:
        RUNS.labels(hands.worker, job.name, "taken_over").inc()
        _log.warning("a job was taken over by another worker", extra={"worker": hands.worker, "job": job.name})
    except Exception as fault:
        await _failed(job, hands, row, fault)
    else:
        RUNS.labels(hands.worker, job.name, "done").inc()
        LAST_DONE.labels(hands.worker, job.name).set_to_current_time()


async def _once(job: Job, hands: Hands, row: models.Job) -> None:
    async with asyncio.timeout(job.limit_seconds), hands.database.without_tenant() as connection:
        await _enter(connection, job)
        await job.work(Run(connection, hands.clock(), read_ids(row.payload)))
        await _leave(connection, job, hands, row)


async def _once_outside(errand: Errand, hands: Hands, row: models.Job) -> None:
    outing = Outing(hands.database.without_tenant, hands.clock, hands.stopping, read_ids(row.payload))
    async with asyncio.timeout(errand.limit_seconds):
        await errand.work(outing)
    async with hands.database.without_tenant() as connection:
        await _leave(connection, errand, hands, row)


# The job's own limit in place of that of requests. And a process that is stopped in the middle of a run would otherwise
# hold its locks for as long as it is stopped.
_LIMITS = """
    SELECT set_config('statement_timeout', :limit, true) IS NOT NULL
       AND set_config('idle_in_transaction_session_timeout', :limit, true) IS NOT NULL
"""
_ENTER = text(_LIMITS)
_ENTER_ALONE = text(f"{_LIMITS} AND pg_try_advisory_xact_lock(:locks, hashtext(:job))")


async def _enter(connection: AsyncConnection, job: Job) -> None:
    limit = {"limit": f"{int(job.limit_seconds * 1000) + 1000}ms"}
    if not job.recurring:
        await connection.execute(_ENTER, limit)
    elif not (await connection.execute(_ENTER_ALONE, {**limit, "locks": _LOCKS, "job": job.name})).scalar_one():
        raise _Busy


# Both only while the place is still ours. A worker whose heartbeats were late has been taken over, may not know it,
# and must not commit: that the place is taken away or put back in the transaction of the effects makes them one.
_DONE = text(
    """
    DELETE FROM jobs.pgqueuer WHERE id = :id AND status = 'picked' AND queue_manager_id = :manager
    """
)
# The notice is in PgQueuer's form; an UPDATE alone wakes nobody, and the next run would wait for the next poll.
_AGAIN = text(
    """
    WITH put_back AS (
        UPDATE jobs.pgqueuer
           SET status = 'queued', execute_after = now() + :every, attempts = 0, queue_manager_id = NULL, updated = now()
         WHERE id = :id AND status = 'picked' AND queue_manager_id = :manager
        RETURNING id
    )
    SELECT pg_notify(:channel, json_build_object('channel', CAST(:channel AS text), 'operation', 'update',
        'sent_at', now(), 'table', 'pgqueuer', 'type', 'table_changed_event')::text)
    FROM put_back
    """
)


async def _leave(connection: AsyncConnection, job: AnyJob, hands: Hands, row: models.Job) -> None:
    place = {"id": row.id, "manager": hands.manager}
    if job.every_seconds is not None and row.headers == RECURRING:
        hands.let_go(row.id)
        every = timedelta(seconds=job.every_seconds)
        left = (await connection.execute(_AGAIN, {**place, "every": every, "channel": CHANNEL})).first() is not None
    else:
        left = (await connection.execute(_DONE, place)).rowcount == 1
    if not left:
        raise _TakenOver


async def _failed(job: AnyJob, hands: Hands, row: models.Job, fault: Exception) -> None:
    told = {"worker": hands.worker, "job": job.name, "attempt": row.attempts + 1}
    if job.recurring and row.headers == RECURRING:
        RUNS.labels(hands.worker, job.name, "failed").inc()
        _log.warning("a job failed and runs again in its turn", exc_info=fault, extra=told)
        await _turn_over(job, hands, row)
        return
    if row.attempts + 1 >= job.attempts:
        RUNS.labels(hands.worker, job.name, "held").inc()
        _log.error("a job failed for good and is held", exc_info=fault, extra=told)
        raise JobFailed(_place(fault)) from None
    RUNS.labels(hands.worker, job.name, "failed").inc()
    _log.warning("a job failed and is tried again", exc_info=fault, extra=told)
    wait = min(timedelta(seconds=2 ** (row.attempts + 1)), _LONGEST_WAIT)
    raise RetryRequested(wait, _place(fault)) from None


async def _turn_over(job: AnyJob, hands: Hands, row: models.Job) -> None:
    """The next run in its turn. When not even that can be written, the missed heartbeat brings it back."""
    try:
        async with hands.database.without_tenant() as connection:
            await _leave(connection, job, hands, row)
    except _TakenOver:
        return
    except Exception as fault:
        _log.warning("a job could not be put back yet", exc_info=fault, extra={"job": job.name})


def _place(fault: Exception) -> str:
    """`ValueError at seal.py:41`: where our own code was, last."""
    trace, place = fault.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "site-packages" not in code.co_filename:
            place = f" at {PurePath(code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return type(fault).__name__ + place
