"""One run: erase all that is due, class by class and a batch at a time, each batch a transaction with its own entry.

It can be broken off anywhere: what is committed is gone whole and told in the trail, the rest is found by the next run.
One that the database refuses to let go keeps no other: it is passed over, and the run fails when all else is done.
"""

import logging
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import DBAPIError
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

_log = logging.getLogger("retention")

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
        """Erase until nothing is due, or it is to stop.

        Raises DBAPIError at the end when something was passed over, and at once when the database can't be asked.
        """
        erased: Counter[str] = Counter()
        refused: DBAPIError | None = None
        for data in ERASED_BY_THE_JOB:
            place: Place | None = None
            rows, alone = self.batch, 0
            while True:
                if stopping():
                    return Ran(erased, finished=False)
                try:
                    async with begin() as connection:
                        done = await self._batch(connection, data, place, rows, clock())
                except DBAPIError as fault:
                    if rows > 1:
                        # One by one, until what stands in the way has been found and left behind.
                        rows, alone = 1, self.batch
                        continue
                    refused = fault
                    async with begin() as connection:
                        done = await self._passed_over(connection, data, place, clock())
                if done is None:
                    return Ran(erased, finished=False)
                erased[data.code] += done.number
                place = done.place
                if done.looked_at < rows:
                    break
                alone -= 1
                rows = 1 if alone > 0 else self.batch
        files = await erase_files(begin, self.erase_file, clock, stopping)
        if refused is not None:
            raise refused
        return Ran(erased, files)

    async def _batch(
        self, connection: AsyncConnection, data: DataClass, after: Place | None, rows: int, now: datetime
    ) -> Erased | None:
        moment = await repository.enter(connection, now)
        if moment is None:
            return None
        before = self.rules.period_of(data).before(moment)
        if data is CONSULTATION:
            done = await repository.erase_consultations(connection, before, after, moment, rows)
        else:
            done = await repository.erase_rows(connection, data.code, before, after, rows)
        if done.number:
            await record(connection, self._entry(data, done, before, moment, now))
        return done

    async def _passed_over(
        self, connection: AsyncConnection, data: DataClass, after: Place | None, now: datetime
    ) -> Erased | None:
        moment = await repository.enter(connection, now)
        if moment is None:
            return None
        done = await repository.pass_over(connection, data.code, self.rules.period_of(data).before(moment), after)
        told = {"dataClass": data.code, "id": str(done.place.id) if done.place else None}
        _log.error("something that is due could not be erased, and is passed over", extra=told)
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
