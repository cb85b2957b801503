"""What can be expected of a question now: read from the samples, which are remembered for a while."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.expected.domain import Basis, Expectation, Sample, expect
from services.consultation.expected.repository import OF_TYPE
from shared.database.engine import Database

REMEMBERED = timedelta(seconds=60)


class Expectations:
    """One for a process. There are as many entries as types and units."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read: dict[tuple[str, str], tuple[datetime, Mapping[str, Sample]]] = {}

    async def of(
        self, kind: str, unit: str, calendar: BusinessCalendar, *, opened_at: datetime, due_at: datetime, now: datetime
    ) -> Expectation:
        """When an answer can be expected to a question of the type that the unit has; `calendar` is the unit's."""
        found = await self._samples(kind, unit, now)
        return expect(found, unit, calendar, opened_at=opened_at, due_at=due_at, now=now)

    async def _samples(self, kind: str, unit: str, now: datetime) -> Mapping[str, Sample]:
        read_at, found = self._read.get((kind, unit), (None, {}))
        if read_at is None or abs(now - read_at) >= REMEMBERED:
            rows = await self._database.single.rows(OF_TYPE, {"type": kind, "unit": unit})
            found = {row.unit: Sample(Basis(row.basis), tuple(row.seconds), row.level) for row in rows}
            self._read[kind, unit] = (now, found)
        return found
