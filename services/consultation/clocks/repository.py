"""Versions of calendars and targets in the database. They are added to and never changed."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

_CALENDARS = text(
    """
    SELECT id, unit, valid_from, recorded_at, recorded_by, rules FROM unit_calendar
    WHERE org = :org AND (CAST(:unit AS text) IS NULL OR unit = :unit)
    ORDER BY unit, valid_from, recorded_at, id
    """
)
_TARGETS = text(
    """
    SELECT id, unit, type, valid_from, recorded_at, recorded_by, seconds FROM unit_target
    WHERE org = :org AND (CAST(:unit AS text) IS NULL OR unit = :unit)
    ORDER BY unit NULLS FIRST, type, valid_from, recorded_at, id
    """
)
_ADD_CALENDAR = text(
    """
    INSERT INTO unit_calendar (org, id, unit, valid_from, recorded_at, recorded_by, client_id, rules)
    VALUES (:org, :id, :unit, :valid_from, :recorded_at, :recorded_by, :client_id, CAST(:rules AS jsonb))
    """
)
_ADD_TARGET = text(
    """
    INSERT INTO unit_target (org, id, unit, type, valid_from, recorded_at, recorded_by, client_id, seconds)
    VALUES (:org, :id, :unit, :type, :valid_from, :recorded_at, :recorded_by, :client_id, :seconds)
    """
)


@dataclass(frozen=True, slots=True)
class Recording:
    """Who records a version for which organisation, and when."""

    id: uuid.UUID
    organisation: str
    client_id: str
    person: str
    at: datetime

    def values(self) -> dict[str, Any]:
        """For the statements."""
        return {
            "id": self.id,
            "org": self.organisation,
            "client_id": self.client_id,
            "recorded_by": self.person,
            "recorded_at": self.at,
        }


async def calendars(connection: AsyncConnection, organisation: str, unit: str | None = None) -> Sequence[Row[Any]]:
    """Every version of one unit or of all: a handful for each, so there are no pages."""
    return (await connection.execute(_CALENDARS, {"org": organisation, "unit": unit})).all()


async def targets(connection: AsyncConnection, organisation: str, unit: str | None = None) -> Sequence[Row[Any]]:
    """Every version of one unit, or of all and of those for all units."""
    return (await connection.execute(_TARGETS, {"org": organisation, "unit": unit})).all()


async def add_calendar(
    connection: AsyncConnection, recording: Recording, unit: str, valid_from: date, rules: dict[str, Any] | None
) -> None:
    """Record a version; `rules` as `wire.py` writes them, None for the national ones."""
    written = None if rules is None else json.dumps(rules)
    values = {**recording.values(), "unit": unit, "valid_from": valid_from, "rules": written}
    await connection.execute(_ADD_CALENDAR, values)


async def add_target(
    connection: AsyncConnection,
    recording: Recording,
    unit: str | None,
    consultation_type: str,
    valid_from: date,
    seconds: int | None,
) -> None:
    """Record a version; without a unit it is for every unit, and without seconds there no longer is one."""
    values = {
        **recording.values(),
        "unit": unit,
        "type": consultation_type,
        "valid_from": valid_from,
        "seconds": seconds,
    }
    await connection.execute(_ADD_TARGET, values)
