"""Close answered consultations that nobody has closed: the system does so, when there has been time to read them.

Whoever needs more opens another round, before as well as after.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.consultation.clocks.unit_clocks import read_clockwork
from services.consultation.consultations.domain import Actor, Consultation, Event
from services.consultation.timers import repository
from services.consultation.timers.metrics import NOT_CLOSED
from services.consultation.timers.ring import make_of_itself
from shared.jobs.job import Run

AT_ONCE = 200
"""Consultations in one run, locked until it is over. The next run takes more."""

AGAIN = timedelta(hours=1)
"""When one that could not be closed is tried again. Until then it stands in the way of none."""

REASON = "not_closed"
_log = logging.getLogger("timers")


@dataclass(frozen=True, slots=True)
class ClosingAnswered:
    """Closes what was answered more than `after_days` days of 24 hours ago; 0 closes nothing."""

    defaults: Mapping[str, int]
    answering: str
    after_days: int

    async def __call__(self, run: Run) -> None:
        """One run of the job."""
        if self.after_days == 0:
            return
        await repository.act_as(run.connection, self.answering)
        before = run.now - timedelta(days=self.after_days)
        found = await repository.answered_before(run.connection, self.answering, before, run.now, AT_ONCE)
        if not found:
            return
        clockwork = await read_clockwork(run.connection, self.answering, self.defaults)
        for row in found:
            try:
                async with run.connection.begin_nested():
                    await make_of_itself(run.connection, row, _closed, clockwork, run.now)
            except Exception:
                # One that can't be closed must not keep all others open, now or in the next run.
                _log.exception("an answered consultation could not be closed")
                NOT_CLOSED.inc()
                await repository.put_off_closing(run.connection, row, run.now + AGAIN)


def _closed(consultation: Consultation, by: Actor) -> tuple[Consultation, Event]:
    return consultation.close(by, reason=REASON)
