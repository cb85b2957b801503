"""The background jobs of this service: add one here, and every worker carries it out."""

from shared.idempotency import forget_expired
from shared.jobs.job import Job, Run
from shared.sealing import keeping
from shared.sealing.keeping import Keeper
from shared.tokens.replay_postgres import FORGET_SECONDS, forget_used


def jobs(keeper: Keeper) -> tuple[Job, ...]:
    """What the worker of this service's database does."""
    return (
        *keeping.jobs(keeper),
        Job("idempotency.forget", forget_kept_answers, every_seconds=300),
        Job("tokens.forget", forget_used_tokens, every_seconds=FORGET_SECONDS),
    )


async def forget_kept_answers(run: Run) -> None:
    """Answers are kept for an hour, for requests that are sent again."""
    await forget_expired(run.connection, run.now)


async def forget_used_tokens(run: Run) -> None:
    """Proofs are remembered for as long as they could be used again."""
    await forget_used(run.connection, run.now)
