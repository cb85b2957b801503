"""The background jobs of this service: add one here, and every worker carries it out."""

from functools import cache

from services.consultation.attachments import jobs as attachments
from services.consultation.attachments.jobs import Caretaking
from services.consultation.brake.count import forget_counted
from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.clocks.swedish import swedish_calendar
from services.consultation.consultations.drafts.repository import forget_expired as forget_expired_drafts
from services.consultation.expected.refresh import EVERY_SECONDS, REFRESH, Refreshing
from services.consultation.faq.proposals import forget_expired as forget_expired_corrections
from services.consultation.leadtimes import metrics
from services.consultation.leadtimes.folding import fold_pending, forget_days
from services.consultation.leadtimes.observing import observe
from services.consultation.lookups.kept.repository import forget_expired as forget_kept_lookups
from services.consultation.queue.repository import fold_changes
from services.consultation.retention.classes import RETENTION_JOB
from services.consultation.retention.run import Erasing
from services.consultation.timers.close_answered import ClosingAnswered
from services.consultation.timers.recount import RECOUNT, Recounting
from services.consultation.timers.ring import Ringing
from services.consultation.webhooks import jobs as webhooks
from services.consultation.webhooks.jobs import Sending
from shared.idempotency import forget_expired
from shared.jobs.job import AnyJob, Errand, Job, Run
from shared.sealing import keeping
from shared.sealing.keeping import Keeper
from shared.tokens.replay_postgres import FORGET_SECONDS, forget_used


async def forget_kept_answers(run: Run) -> None:
    """Answers are kept for an hour, for requests that are sent again."""
    await forget_expired(run.connection, run.now)


async def forget_answers_of_sources(run: Run) -> None:
    """What sources said is kept for a short while, so that what failed can be asked again alone."""
    await forget_kept_lookups(run.connection, run.now)


async def forget_drafts(run: Run) -> None:
    """What handlers have begun to write and not come back to, and corrections of FAQ entries that nobody confirms."""
    await forget_expired_drafts(run.connection, run.now)
    await forget_expired_corrections(run.connection, run.now)


async def forget_used_tokens(run: Run) -> None:
    """Proofs are remembered for as long as they could be used again."""
    await forget_used(run.connection, run.now)


async def forget_counted_persons(run: Run) -> None:
    """The enumeration brake counts within a day at most."""
    await forget_counted(run.connection, run.now)


FOLD_SECONDS = 2.0
"""How often what waits is folded: up to 100 changes a second, and figures that are seconds old."""


@cache
def _calendar() -> BusinessCalendar:
    return swedish_calendar()


async def fold_lead_times(run: Run) -> None:
    """What has happened to consultations is added to the figures, a batch at a time."""
    metrics.FOLDED.inc(await fold_pending(run.connection, run.now))


async def forget_days_of_lead_times(run: Run) -> None:
    """Figures of single days are kept for 400 days, those of months for ever."""
    await forget_days(run.connection, run.now)


async def observe_consultations(run: Run) -> None:
    """The gauges of what is open, and of how late folding is."""
    await observe(run.connection, run.now, _calendar())


async def fold_queue_counts(run: Run) -> None:
    """What has been counted goes into the counters, so that reading them stays as short as they are."""
    await fold_changes(run.connection, most=20_000)


CHORES = (
    Job("idempotency.forget", forget_kept_answers, every_seconds=300),
    Job("lookups.forget_answers", forget_answers_of_sources, every_seconds=60),
    Job("drafts.forget", forget_drafts, every_seconds=3600),
    Job("brake.forget", forget_counted_persons, every_seconds=300),
    Job("queue.fold", fold_queue_counts, every_seconds=10),
    Job("tokens.forget", forget_used_tokens, every_seconds=FORGET_SECONDS),
    Job("lead_times.fold", fold_lead_times, every_seconds=FOLD_SECONDS),
    Job("lead_times.forget_days", forget_days_of_lead_times, every_seconds=3600),
    Job("lead_times.observe", observe_consultations, every_seconds=15),
)


def jobs(
    keeper: Keeper,
    ringing: Ringing,
    recounting: Recounting,
    closing: ClosingAnswered,
    sending: Sending,
    refreshing: Refreshing,
    erasing: Erasing | None,
    caretaking: Caretaking,
) -> tuple[AnyJob, ...]:
    """What the worker does: keep the trail, due dates and files, close, send, erase, and chores."""
    timers = (
        Job("timers.ring", ringing, every_seconds=10),
        Job("timers.close_answered", closing, every_seconds=60),
        Job(RECOUNT, recounting),
    )
    expected = Job(REFRESH, refreshing, every_seconds=EVERY_SECONDS)
    # Its transactions are short. What an hour is not enough for, the next one goes on with.
    erase = () if erasing is None else (Errand(RETENTION_JOB, erasing, every_seconds=3600, limit_seconds=3600),)
    files = attachments.jobs(caretaking)
    return (*keeping.jobs(keeper), *timers, *webhooks.jobs(sending), expected, *files, *erase, *CHORES)
