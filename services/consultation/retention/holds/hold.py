"""Place a hold on a consultation, and lift it: by either side, each its own, with the entry that tells of it."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.repository import Reader, find_visible
from services.consultation.consultations.staying import keep_from_going
from services.consultation.retention.holds import repository
from services.consultation.retention.holds.domain import HoldReason
from shared.audit import AuditEntry, record
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller


async def hold_consultation(
    connection: AsyncConnection, caller: Caller, consultation_id: uuid.UUID, reason: HoldReason, at: datetime
) -> tuple[Row[Any], bool]:
    """The hold, and whether it is new. Raises Problem 404 for what the caller does not see, or is being erased."""
    row = await find_visible(connection, Reader.of(caller), consultation_id)
    if row is None or not await keep_from_going(connection, row):
        raise Problem(NOT_FOUND)
    hold, new = await repository.place(connection, row, reason, _who(caller, at))
    if new:
        await record(connection, _entry("retention.held", caller, row, hold.reason, at))
    return hold, new


async def lift_hold(
    connection: AsyncConnection, caller: Caller, consultation_id: uuid.UUID, hold_id: uuid.UUID, at: datetime
) -> Row[Any]:
    """The hold, lifted; one that was lifted before stays as it was. Raises Problem 404."""
    row = await find_visible(connection, Reader.of(caller), consultation_id)
    if row is None:
        raise Problem(NOT_FOUND)
    hold, lifted = await repository.lift(connection, row, hold_id, _who(caller, at))
    if hold is None:
        raise Problem(NOT_FOUND)
    if lifted:
        await record(connection, _entry("retention.hold_lifted", caller, row, hold.reason, at))
    return hold


def _who(caller: Caller, at: datetime) -> dict[str, Any]:
    return {"placed_by_org": caller.organisation, "client_id": caller.client_id, "actor": caller.actor, "at": at}


def _entry(event: str, caller: Caller, row: Row[Any], reason: str, at: datetime) -> AuditEntry:
    return AuditEntry(
        event=event,
        at=at,
        caller=caller,
        object_type="consultation",
        object_id=row.id,
        owner=caller.organisation,
        subject=row.person_mark,
        detail={"reason": reason},
    )
