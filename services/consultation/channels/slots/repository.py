"""Slots in the database. That one is booked once is a unique index on meetings, and no check of ours."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.tokens.caller import Caller

TAKEN = "meeting_slot_taken"
"""The unique index that a second booking of a slot breaks."""
OFFERED = "meeting_answering_org_slot_id_fkey"
"""The foreign key that a booking of a slot that is offered no more breaks."""

_IS_TAKEN = """
    EXISTS (SELECT FROM meeting m
            WHERE m.answering_org = s.org AND m.slot_id = s.id AND m.outcome IS DISTINCT FROM 'cancelled')
"""
_OFFER = text(
    """
    INSERT INTO meeting_slot (org, id, unit, starts_at, minutes, place, offered_at, client_id, handler)
    SELECT :org, gen_random_uuid(), :unit, begins, :minutes, place, :at, :client_id, :handler
    FROM unnest(CAST(:starts AS timestamptz[])) AS begins CROSS JOIN generate_series(1, :capacity) AS place
    ON CONFLICT (org, unit, starts_at, place) DO NOTHING
    RETURNING id, unit, starts_at, minutes
    """
)
_FREE = text(
    f"""
    SELECT id, unit, starts_at, minutes FROM meeting_slot s
    WHERE org = :org AND starts_at >= :first AND starts_at < :beyond AND (CAST(:unit AS text) IS NULL OR unit = :unit)
      AND NOT {_IS_TAKEN}
    ORDER BY starts_at, unit, place LIMIT :rows
    """
)
_FIND = text("SELECT unit, starts_at, minutes FROM meeting_slot WHERE org = :org AND id = :id")
_WITHDRAW = text("DELETE FROM meeting_slot WHERE org = :org AND id = :id RETURNING unit, starts_at")
_WAS_BOOKED = text("SELECT EXISTS (SELECT FROM meeting WHERE answering_org = :org AND slot_id = :id)")


@dataclass(frozen=True, slots=True)
class Offer:
    """Slots of one length, so many at each of the times, in a unit."""

    unit: str
    starts: Sequence[datetime]
    minutes: int
    capacity: int


async def add(connection: AsyncConnection, caller: Caller, offer: Offer, at: datetime) -> Sequence[Row[Any]]:
    """The slots that were not there already."""
    values = {
        "org": caller.organisation,
        "unit": offer.unit,
        "starts": list(offer.starts),
        "minutes": offer.minutes,
        "capacity": offer.capacity,
        "at": at,
        "client_id": caller.client_id,
        "handler": caller.actor,
    }
    made = (await connection.execute(_OFFER, values)).all()
    return sorted(made, key=lambda row: (row.starts_at, row.id))


async def free(
    connection: AsyncConnection, organisation: str, unit: str | None, first: datetime, beyond: datetime, rows: int
) -> Sequence[Row[Any]]:
    """Slots of the unit, or of all, that nobody has booked, the first ones first."""
    values = {"org": organisation, "unit": unit, "first": first, "beyond": beyond, "rows": rows}
    return (await connection.execute(_FREE, values)).all()


async def find(connection: AsyncConnection, organisation: str, slot_id: uuid.UUID) -> Row[Any] | None:
    """A slot of the organisation's, booked or not."""
    return (await connection.execute(_FIND, {"org": organisation, "id": slot_id})).one_or_none()


async def was_booked(connection: AsyncConnection, organisation: str, slot_id: uuid.UUID) -> bool:
    """Whether a meeting has it or has had it."""
    return bool(await connection.scalar(_WAS_BOOKED, {"org": organisation, "id": slot_id}))


async def remove(connection: AsyncConnection, organisation: str, slot_id: uuid.UUID) -> Row[Any] | None:
    """The slot that is gone; None when there was none. The database refuses when a meeting has, or has had, it."""
    return (await connection.execute(_WITHDRAW, {"org": organisation, "id": slot_id})).one_or_none()
