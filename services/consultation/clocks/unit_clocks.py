"""What the calendars and targets of the answering authority are: read from the database, and remembered for a while."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks import repository
from services.consultation.clocks.counting import Clockwork
from services.consultation.clocks.domain import OFFICE_WEEK
from services.consultation.clocks.opening_rules import OpeningRules
from services.consultation.clocks.opening_wire import as_rules, read_stored
from services.consultation.clocks.swedish import is_holiday
from services.consultation.clocks.targets import Targets, TargetVersion
from services.consultation.clocks.unit_calendars import CalendarVersion, UnitCalendars
from shared.database.engine import Database, Tenancy

REMEMBERED = timedelta(seconds=5)
"""A version begins on a later day, so nothing that has been counted can change meanwhile."""

Versions = tuple[tuple[CalendarVersion, ...], tuple[TargetVersion, ...]]

NATIONAL = OpeningRules(OFFICE_WEEK, is_holiday)


class UnitClocks:
    """The clockwork of the units, one for a process. `defaults` holds the working seconds of every type."""

    def __init__(self, database: Database, answering: str, defaults: Mapping[str, int]) -> None:
        self._database, self._answering, self.defaults = database, answering, defaults
        self._reading = asyncio.Lock()
        self._read_at: datetime | None = None
        self._versions: Versions = ((), ())
        self._clockwork = _clockwork(self._versions, defaults)

    async def current(self, now: datetime) -> Clockwork:
        """As it is known now."""
        async with self._reading:
            if self._read_at is None or abs(now - self._read_at) >= REMEMBERED:
                await self._read()
                self._read_at = now
        return self._clockwork

    def forget(self) -> None:
        """Read again at the next question: a version has been recorded."""
        self._read_at = None

    async def _read(self) -> None:
        # Read as the answering authority itself: they are its own, whoever's question is counted by them.
        async with self._database.begin(Tenancy(self._answering)) as connection:
            versions = await _read_versions(connection, self._answering)
        if versions != self._versions:
            # Only then, so that the years which the calendars have laid out are kept.
            self._versions = versions
            self._clockwork = _clockwork(versions, self.defaults)


async def read_clockwork(connection: AsyncConnection, answering: str, defaults: Mapping[str, int]) -> Clockwork:
    """The same for a background job, whose transaction reads as the answering authority."""
    return _clockwork(await _read_versions(connection, answering), defaults)


async def _read_versions(connection: AsyncConnection, answering: str) -> Versions:
    calendars = await repository.calendars(connection, answering)
    targets = await repository.targets(connection, answering)
    return (
        tuple(
            CalendarVersion(
                row.unit,
                row.valid_from,
                row.recorded_at,
                None if row.rules is None else as_rules(read_stored(row.rules), is_holiday),
            )
            for row in calendars
        ),
        tuple(TargetVersion(row.unit, row.type, row.valid_from, row.recorded_at, row.seconds) for row in targets),
    )


def _clockwork(versions: Versions, defaults: Mapping[str, int]) -> Clockwork:
    return Clockwork(UnitCalendars(NATIONAL, versions[0]), Targets(defaults, versions[1]))
