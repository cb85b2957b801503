"""Each worker's own chore: PgQueuer keeps a row for everything that happens in its queue, and removes none."""

from collections.abc import Awaitable, Callable

from sqlalchemy import text

from shared.jobs.job import Job, Run
from shared.jobs.metrics import HELD, LATEST, WAITING

# What went well is of interest for an hour. What failed is told by type and place, and kept for a month.
_FORGET = text(
    """
    DELETE FROM jobs.pgqueuer_log
    WHERE created < now() - interval '1 hour' AND (traceback IS NULL OR created < now() - interval '30 days')
    """
)
_STATE = text(
    """
    SELECT count(*) FILTER (WHERE status = 'queued' AND execute_after <= now()) AS waiting,
           count(*) FILTER (WHERE status = 'failed') AS held,
           coalesce(extract(epoch FROM now() - min(execute_after) FILTER (WHERE status = 'queued')), 0) AS late
    FROM jobs.pgqueuer
    """
)


def tidying(worker: str, *, every_seconds: float = 60.0) -> Job:
    """Forgets old entries, and tells how the queue stands."""
    return Job("jobs.tidy", _tidier(worker), every_seconds=every_seconds)


def _tidier(worker: str) -> Callable[[Run], Awaitable[None]]:
    async def tidy(run: Run) -> None:
        await run.connection.execute(_FORGET)
        state = (await run.connection.execute(_STATE)).one()
        WAITING.labels(worker).set(state.waiting)
        HELD.labels(worker).set(state.held)
        LATEST.labels(worker).set(max(0.0, float(state.late)))

    return tidy
