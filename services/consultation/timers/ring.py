"""Ring: what is soon due, overdue, or has waited long is told as an event, in opening hours and once.

Whether it still holds is asked of the whole story at the moment of telling, with the consultation locked: nothing is
told of what has been answered, and what has moved is told at its new time.
"""

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.counting import Clockwork
from services.consultation.clocks.story import tell_story
from services.consultation.clocks.timers import Timer, TimerKind, timers
from services.consultation.clocks.turns import Turn
from services.consultation.clocks.unit_clocks import read_clockwork
from services.consultation.consultations.changes import Method, change_entry
from services.consultation.consultations.domain import Actor, Consultation
from services.consultation.consultations.repository import as_domain, save_change
from services.consultation.consultations.timekeeping import measure, read_history
from services.consultation.timers import repository
from shared.audit import OPERATOR
from shared.jobs.job import Run
from shared.tokens.caller import Caller

AT_ONCE = 200
"""Timers in one run, a second's worth: their consultations are locked until it is over. The next run takes more."""

AGAIN = timedelta(hours=1)
"""When one that could not be rung is tried again."""

CLIENT = "samrad"
"""Stands as the client of what the system does of itself."""

_log = logging.getLogger("timers")
_METHODS: Mapping[TimerKind, Method] = {
    TimerKind.REMINDER: lambda consultation, by: consultation.remind(by),
    TimerKind.OVERDUE: lambda consultation, by: consultation.escalate(by, reason="overdue"),
    TimerKind.PAUSE_LAPSED: lambda consultation, by: consultation.lapse(by),
}


@dataclass(frozen=True, slots=True)
class Ringing:
    """By which targets time is counted where none is set, whose units they are, and whether anything is told."""

    defaults: Mapping[str, int]
    answering: str
    notices: bool

    async def __call__(self, run: Run) -> None:
        """One run of the job."""
        found = await repository.due(run.connection, run.now, AT_ONCE) if self.notices else ()
        if not found:
            return
        await repository.act_as(run.connection, self.answering)
        clockwork = await read_clockwork(run.connection, self.answering, self.defaults)
        for timer in found:
            try:
                async with run.connection.begin_nested():
                    await self._ring(run.connection, timer, clockwork, run.now)
            except Exception:
                # One that can't be told must not keep all others waiting behind it, now or in the next run.
                _log.exception("a timer could not be rung")
                await repository.act_as(run.connection, timer.answering_org)
                await repository.set_timer(run.connection, timer, run.now + AGAIN)

    async def _ring(self, connection: AsyncConnection, timer: Row[Any], clockwork: Clockwork, now: datetime) -> None:
        await repository.act_as(connection, timer.answering_org)
        row = await repository.find(connection, timer)
        if row is None:
            return
        if row.turn == Turn.NOBODY:
            await repository.set_timer(connection, timer, None)
            return
        rules = clockwork.rules(row.type, now)
        history = await read_history(connection, row.org, row.id)
        story = tell_story(history.events, rules)
        wanted = next((each for each in timers(story, rules) if each.kind == timer.kind), None)
        if wanted is None or wanted.about == timer.told_about or _is_late(wanted, now):
            await repository.set_timer(connection, timer, None)
            return
        # It may have moved, or the worker may have been away until the night.
        at = rules.calendar(row.unit).next_open(max(wanted.run_at, now))
        if at > now:
            await repository.set_timer(connection, timer, at, about=wanted.about)
            return
        if await make_of_itself(connection, row, _METHODS[wanted.kind], clockwork, now):
            await repository.set_timer(connection, timer, None, told_about=wanted.about)


def _is_late(timer: Timer, now: datetime) -> bool:
    """A reminder of what is overdue already is none."""
    return timer.kind is TimerKind.REMINDER and now >= timer.about


async def make_of_itself(
    connection: AsyncConnection, row: Row[Any], method: Method, clockwork: Clockwork, now: datetime
) -> bool:
    """A change that nobody makes but the system; False when somebody else changed the consultation first."""
    event_id = uuid.uuid4()
    by = Actor(row.answering_org, CLIENT, "", now, event_id, system=True)
    before: Consultation = as_domain(row)
    after, event = method(before, by)
    entry = change_entry(by_the_system(event_id), row, event)
    return await save_change(
        connection, after, event, entry, message=None, measured=await measure(connection, clockwork, row, event)
    )


def by_the_system(id_: uuid.UUID) -> Caller:
    """Who stands in the trail for what the system does of itself; `id_` is of what it does."""
    return Caller(OPERATOR, CLIENT, frozenset(), "", None, str(id_), "")
