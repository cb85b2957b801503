"""One run: erase all that is due, class by class and a batch at a time, each batch a transaction with its own entry.

It can be broken off anywhere: what is committed is gone whole and told in the trail, the rest is found by the next run.
"""

import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.retention import repository
from services.consultation.retention.classes import CONSULTATION, ERASED_BY_THE_JOB, DataClass
from services.consultation.retention.files import EraseFile, erase_files
from services.consultation.retention.repository import Erased, Place
from services.consultation.retention.rules import Rules
from shared.audit import AuditEntry, operator, record
from shared.clock import Clock
from shared.jobs.job import Outing

BATCH = 100
"""Things looked at in one transaction: with all their rows a part of a second."""

Begin = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
"""A transaction as the role of background jobs."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How many of each class a run erased, and files. Not `finished` when it was to stop, or another run erases."""

    erased: Counter[str] = field(default_factory=Counter)
    files: int = 0
    finished: bool = True


@dataclass(frozen=True, slots=True)
class Erasing:
    """Erases by the rules. `erase_file` removes one file outside the database, and does nothing when it is gone."""

    rules: Rules
    erase_file: EraseFile
    batch: int = BATCH

    async def __call__(self, outing: Outing) -> None:
        """One run of the job."""
        await self.run(outing.begin, outing.clock, outing.stopping)

    async def run(self, begin: Begin, clock: Clock, stopping: Callable[[], bool] = lambda: False) -> Ran:
        """Erase until nothing is due, or it is to stop."""
        erased: Counter[str] = Counter()
        for data in ERASED_BY_THE_JOB:
            place: Place | None = None
            while True:
                if stopping():
                    return Ran(erased, finished=False)
                async with begin() as connection:
                    done = await self._batch(connection, data, place, clock())
                if done is None:
                    return Ran(erased, finished=False)
                erased[data.code] += done.number
                place = done.place
                if done.looked_at < self.batch:
                    break
        return Ran(erased, await erase_files(begin, self.erase_file, clock, stopping))

    async def _batch(
        self, connection: AsyncConnection, data: DataClass, after: Place | None, now: datetime
    ) -> Erased | None:
        moment = await repository.enter(connection, now)
        if moment is None:
            return None
        before = self.rules.period_of(data).before(moment)
        if data is CONSULTATION:
            done = await repository.erase_consultations(connection, before, after, moment, self.batch)
        else:
            done = await repository.erase_rows(connection, data.code, before, after, self.batch)
        if done.number:
            await record(connection, self._entry(data, done, before, moment, now))
        return done

    def _entry(self, data: DataClass, done: Erased, before: datetime, moment: datetime, now: datetime) -> AuditEntry:
        return AuditEntry(
            event="retention.erased",
            at=now,
            caller=operator("retention", str(uuid.uuid4())),
            object_type="data_class",
            detail={
                "class": data.code,
                "edition": self.rules.edition.isoformat(),
                "before": before.isoformat(),
                "day": moment.date().isoformat(),
                "number": done.number,
                "rows": done.rows,
                "figuresLoosened": done.facts,
            },
        )
