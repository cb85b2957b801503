"""Every unit's calendar, for background jobs that count over consultations of all units."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.clocks.opening_wire import as_rules, read_stored
from services.consultation.clocks.swedish import is_holiday
from services.consultation.clocks.unit_calendars import CalendarVersion, UnitCalendars
from services.consultation.clocks.unit_clocks import NATIONAL

CalendarOf = Callable[[str], BusinessCalendar]
"""The calendar of a unit by its code; the national one for a unit that has none of its own."""

# Of all organisations: only the answering authority has units that anything is counted by.
_READ = text("SELECT unit, valid_from, recorded_at, rules FROM unit_calendar ORDER BY recorded_at, id").columns(
    rules=JSONB
)
_LAST = datetime.max.replace(tzinfo=UTC)


async def read_calendars(connection: AsyncConnection) -> CalendarOf:
    """As they are known now; a version begins on a later day, so what has been counted stays as it was.

    For the role of background jobs: to every other they are empty outside the organisation that set them.
    """
    versions = (
        CalendarVersion(
            row.unit,
            row.valid_from,
            row.recorded_at,
            None if row.rules is None else as_rules(read_stored(row.rules), is_holiday),
        )
        for row in await connection.execute(_READ)
    )
    calendars = _calendars(tuple(versions))
    return lambda unit: calendars.of(unit, _LAST)


@lru_cache(maxsize=2)
def _calendars(versions: tuple[CalendarVersion, ...]) -> UnitCalendars:
    # Remembered until something is set anew, with the years that they have laid out.
    return UnitCalendars(NATIONAL, versions)
