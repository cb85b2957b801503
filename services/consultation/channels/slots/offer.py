"""Offer and withdraw slots: by who leads the work at the answering authority."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.channels.problems import SLOT_TAKEN, SLOTS_NOT_POSSIBLE
from services.consultation.channels.slots import repository
from services.consultation.channels.slots.domain import slots_on
from services.consultation.channels.slots.repository import Offer
from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.problems import NOT_ANSWERING
from shared.audit import AuditEntry, record
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller


@dataclass(frozen=True, slots=True)
class Wish:
    """So many meetings at a time, each of so many minutes, all of a Swedish day."""

    unit: str
    day: date
    minutes: int
    capacity: int


async def offer_slots(
    connection: AsyncConnection, caller: Caller, answering: str, wish: Wish, calendar: BusinessCalendar, now: datetime
) -> Sequence[Row[Any]]:
    """The slots that are new. Those that were there already, of this length or another, are left as they are.

    Nothing is offered at times that have passed, nor where it would overlap with a slot at the same place.

    Raises Problem 403 for anybody but the answering authority, and 422 when the unit is closed that day.
    """
    if caller.organisation != answering:
        raise Problem(NOT_ANSWERING)
    starts = [at for at in slots_on(wish.day, wish.minutes, calendar) if at > now]
    if not starts:
        raise Problem(SLOTS_NOT_POSSIBLE, members={"unit": wish.unit, "day": wish.day.isoformat()})
    made = await repository.add(connection, caller, Offer(wish.unit, starts, wish.minutes, wish.capacity), now)
    if made:
        await record(connection, _entry("meeting_slots.offered", caller, made[0].id, wish.unit, len(made), now))
    return made


async def withdraw_slot(connection: AsyncConnection, caller: Caller, slot_id: uuid.UUID, now: datetime) -> None:
    """The slot is offered no more. Raises Problem 404, and 409 when it has been booked."""
    if await repository.is_booked(connection, caller.organisation, slot_id):
        raise Problem(SLOT_TAKEN)
    try:
        gone = await repository.remove(connection, caller.organisation, slot_id)
    except IntegrityError:
        # Booked since it was looked at.
        raise Problem(SLOT_TAKEN) from None
    if gone is None:
        raise Problem(NOT_FOUND)
    await record(connection, _entry("meeting_slot.withdrawn", caller, slot_id, gone.unit, 1, now))


def _entry(event: str, caller: Caller, slot_id: uuid.UUID, unit: str, number: int, now: datetime) -> AuditEntry:
    detail = {"unit": unit, "slots": number}
    return AuditEntry(event=event, at=now, caller=caller, object_type="meeting_slot", object_id=slot_id, detail=detail)
