"""The background jobs of this service: add one here, and every worker carries it out."""

from shared.idempotency import forget_expired
from shared.jobs.job import Job, Run


def jobs() -> tuple[Job, ...]:
    """What the worker of this service's database does."""
    return (Job("idempotency.forget", forget_kept_answers, every_seconds=300),)


async def forget_kept_answers(run: Run) -> None:
    """Answers are kept for an hour, for requests that are sent again."""
    await forget_expired(run.connection, run.now)
