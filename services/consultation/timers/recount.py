"""Recount: a calendar or a target has been set, and the due dates of what is open follow, a batch at a time."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.unit_clocks import read_clockwork
from services.consultation.consultations.timekeeping import measured, read_history
from services.consultation.timers import repository
from shared.jobs.enqueue import enqueue
from shared.jobs.job import Run

RECOUNT = "timers.recount"
AT_ONCE = 200
"""Consultations in one run, about a second's worth: they are locked until it is over."""

_FIRST = uuid.UUID(int=0)


async def ask_for_recount(connection: AsyncConnection, version: uuid.UUID, after: uuid.UUID = _FIRST) -> None:
    """Enqueue it with the transaction that records the version."""
    await enqueue(connection, RECOUNT, {"version": version, "after": after})


@dataclass(frozen=True, slots=True)
class Recounting:
    """By which targets time is counted where none is set, and whose units they are.

    No event tells of it: nothing has happened to the consultation, and its clock tells when the rule was set.
    """

    defaults: Mapping[str, int]
    answering: str

    async def __call__(self, run: Run) -> None:
        """One batch; what is left has its turn in a run of its own."""
        await repository.act_as(run.connection, self.answering)
        scope = await repository.scope_of(run.connection, self.answering, run.ids["version"])
        if scope is None:
            return
        clockwork = await read_clockwork(run.connection, self.answering, self.defaults)
        rows = await repository.open_ones(run.connection, self.answering, scope, run.ids["after"], AT_ONCE)
        for row in rows:
            history = await read_history(run.connection, row.org, row.id)
            await repository.store(run.connection, row, measured(history, clockwork.rules(row.type, run.now)))
        if len(rows) == AT_ONCE:
            await ask_for_recount(run.connection, run.ids["version"], rows[-1].id)
