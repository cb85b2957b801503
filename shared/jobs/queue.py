"""PgQueuer's statements as a worker uses them, with what it must not do left out."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain import models, types
from pgqueuer.ports.driver import Driver
from pgqueuer.ports.repository import EntrypointExecutionParameter

from shared.jobs.enqueue import RECURRING
from shared.jobs.tables import ENVIRONMENT, QUEUE, SCHEDULES

# Its names are asked of exceptions by PgQueuer; the words of these two are ours.
OUR_FAULTS = frozenset(("JobFailed", "RetryRequested"))

Finished = tuple[models.Job, types.JOB_STATUS, models.TracebackRecord | None]


class Queue(Queries):
    """The queue of one connection.

    `asked` is called whenever work has been asked for, and `broken` set when that fails: PgQueuer itself would
    first wait for everything under way.
    """

    def __init__(self, driver: Driver, *, asked: Callable[[], None], broken: asyncio.Event) -> None:
        super().__init__(driver, qbe=ENVIRONMENT, qbq=QUEUE, qbs=SCHEDULES)
        self._asked, self._broken = asked, broken

    async def dequeue(
        self,
        batch_size: int,
        entrypoints: dict[types.QueueEntrypoint, EntrypointExecutionParameter],
        queue_manager_id: types.QueueManagerId,
        global_concurrency_limit: int | None,
        heartbeat_timeout: timedelta,
    ) -> list[models.Job]:
        """As PgQueuer does it, seen from outside."""
        try:
            found = await super().dequeue(
                batch_size, entrypoints, queue_manager_id, global_concurrency_limit, heartbeat_timeout
            )
        except Exception:
            self._broken.set()
            raise
        self._asked()
        return found

    async def log_jobs(self, job_status: list[Finished]) -> None:
        """Hold what has failed for good. Nothing else: PgQueuer would remove the rest by id, whoever owns it by now.

        A job that is done has removed itself, with its effects. One that was broken off by a stop stays in the queue
        and is carried out by another; PgQueuer counts it as cancelled and would forget it.
        """
        held: list[Finished] = [
            (job, status, _without_words(record))
            for job, status, record in job_status
            if status == "failed" and job.headers != RECURRING
        ]
        if held:
            await super().log_jobs(held)

    async def retry_job(
        self, job: models.Job, delay: timedelta, traceback_record: models.TracebackRecord | None
    ) -> None:
        """As PgQueuer does it, without the words of an exception."""
        await super().retry_job(job, delay, _without_words(traceback_record))

    async def hand_back(self, managers: Sequence[UUID]) -> None:
        """Let others have at once what these have not finished, instead of when their heartbeat is missed."""
        await self.driver.execute(
            """
            UPDATE jobs.pgqueuer SET status = 'queued', queue_manager_id = NULL, updated = now()
            WHERE queue_manager_id = ANY($1::uuid[]) AND status = 'picked'
            """,
            list(managers),
        )


def _without_words(record: models.TracebackRecord | None) -> models.TracebackRecord | None:
    """An exception's text may hold anything that its statement or message held, and this goes into a table."""
    if record is None:
        return None
    words = record.exception_message if record.exception_type in OUR_FAULTS else ""
    return record.model_copy(update={"exception_message": words, "traceback": ""})
