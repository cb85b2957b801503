"""The background jobs of this service: add one here, and every worker carries it out."""

from services.consultation.brake.count import forget_counted
from services.consultation.expected.refresh import EVERY_SECONDS, REFRESH, Refreshing
from services.consultation.lookups.kept.repository import forget_expired as forget_kept_lookups
from services.consultation.timers.recount import RECOUNT, Recounting
from services.consultation.timers.ring import Ringing
from shared.idempotency import forget_expired
from shared.jobs.job import Job, Run
from shared.sealing import keeping
from shared.sealing.keeping import Keeper
from shared.tokens.replay_postgres import FORGET_SECONDS, forget_used


async def forget_kept_answers(run: Run) -> None:
    """Answers are kept for an hour, for requests that are sent again."""
    await forget_expired(run.connection, run.now)


async def forget_answers_of_sources(run: Run) -> None:
    """What sources said is kept for a short while, so that what failed can be asked again alone."""
    await forget_kept_lookups(run.connection, run.now)


async def forget_used_tokens(run: Run) -> None:
    """Proofs are remembered for as long as they could be used again."""
    await forget_used(run.connection, run.now)


async def forget_counted_persons(run: Run) -> None:
    """The enumeration brake counts within a day at most."""
    await forget_counted(run.connection, run.now)


CHORES = (
    Job("idempotency.forget", forget_kept_answers, every_seconds=300),
    Job("lookups.forget_answers", forget_answers_of_sources, every_seconds=60),
    Job("brake.forget", forget_counted_persons, every_seconds=300),
    Job("tokens.forget", forget_used_tokens, every_seconds=FORGET_SECONDS),
)


def jobs(keeper: Keeper, ringing: Ringing, recounting: Recounting, refreshing: Refreshing) -> tuple[Job, ...]:
    """What the worker of this service's database does: keep the trail, due dates and expectations, and the chores."""
    timers = (Job("timers.ring", ringing, every_seconds=10), Job(RECOUNT, recounting))
    expected = Job(REFRESH, refreshing, every_seconds=EVERY_SECONDS)
    return (*keeping.jobs(keeper), *timers, expected, *CHORES)
