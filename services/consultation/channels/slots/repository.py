"""Slots in the database. That one is booked once is a unique index on meetings, and no check of ours.

A meeting that is cancelled leaves its slot: what a meeting refers to is taken.
"""

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

_LONGEST = 480  # minutes, by the table: what begins earlier than that before another can't reach into it
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('meeting_slot ' || :org || ' ' || :unit, 24))")
# A unit takes as many meetings at a time as it has places: what would overlap with a slot at its place is left out.
_OFFER = text(
    f"""
    INSERT INTO meeting_slot (org, id, unit, starts_at, minutes, place, offered_at, client_id, handler)
    SELECT :org, gen_random_uuid(), :unit, begins, CAST(:minutes AS int), wished.place, :at, :client_id, :handler
    FROM unnest(CAST(:starts AS timestamptz[])) AS begins CROSS JOIN generate_series(1, :capacity) AS wished (place)
    WHERE NOT EXISTS (
        SELECT FROM meeting_slot other
        WHERE other.org = :org AND other.unit = :unit AND other.place = wished.place
          AND other.starts_at > begins - make_interval(mins => {_LONGEST})
          AND other.starts_at < begins + make_interval(mins => CAST(:minutes AS int))
          AND other.starts_at + make_interval(mins => other.minutes) > begins)
    RETURNING id, unit, starts_at, minutes
    """
)
_FREE = text(
    """
    SELECT id, unit, starts_at, minutes FROM meeting_slot s
    WHERE org = :org AND starts_at >= :first AND starts_at < :beyond AND (CAST(:unit AS text) IS NULL OR unit = :unit)
      AND NOT EXISTS (SELECT FROM meeting m WHERE m.answering_org = s.org AND m.slot_id = s.id)
    ORDER BY starts_at, unit, place LIMIT :rows
    """
)
_FIND = text("SELECT unit, starts_at, minutes FROM meeting_slot WHERE org = :org AND id = :id")
_WITHDRAW = text("DELETE FROM meeting_slot WHERE org = :org AND id = :id RETURNING unit, starts_at")
_IS_BOOKED = text("SELECT EXISTS (SELECT FROM meeting WHERE answering_org = :org AND slot_id = :id)")


@dataclass(frozen=True, slots=True)
class Offer:
    """Slots of one length, so many at each of the times, in a unit."""

    unit: str
    starts: Sequence[datetime]
    minutes: int
    capacity: int


async def add(connection: AsyncConnection, caller: Caller, offer: Offer, at: datetime) -> Sequence[Row[Any]]:
    """The slots that were not there already, and overlap with none that were at the same place."""
    await connection.execute(_ONE_AT_A_TIME, {"org": caller.organisation, "unit": offer.unit})
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


async def is_booked(connection: AsyncConnection, organisation: str, slot_id: uuid.UUID) -> bool:
    """Whether a meeting has it; one that is cancelled has left it."""
    return bool(await connection.scalar(_IS_BOOKED, {"org": organisation, "id": slot_id}))


async def remove(connection: AsyncConnection, organisation: str, slot_id: uuid.UUID) -> Row[Any] | None:
    """The slot that is gone; None when there was none. The database refuses when a meeting has it."""
    return (await connection.execute(_WITHDRAW, {"org": organisation, "id": slot_id})).one_or_none()
