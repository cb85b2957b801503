"""Withdraw a move before its first day: the unit before it keeps what it has."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.days import swedish_day
from services.agreements.units import moves_repository
from services.agreements.units.domain import Move
from shared.audit import AuditEntry, record
from shared.problems import NOT_FOUND, VERSION_CHANGED, Problem
from shared.tokens.caller import Caller


async def withdraw_move(
    connection: AsyncConnection, caller: Caller, move_id: uuid.UUID, version: int, now: datetime
) -> Move:
    """The move as withdrawn, with its audit entry in the same transaction. It never comes back.

    One that the caller has read as withdrawn stays as it is. Raises Problem: 404 when the caller's organisation has
    made no such move, 412 when it is not the version that the caller has read, 409 when the move has begun.
    """
    found = await moves_repository.find(connection, caller.organisation, move_id)
    if found is None:
        raise Problem(NOT_FOUND)
    if found.version != version:
        raise Problem(VERSION_CHANGED)
    if found.withdrawn_at is not None:
        return found
    found.check_withdrawal(swedish_day(now))
    if not await moves_repository.set_withdrawn(connection, caller.organisation, found, caller.actor or "", now):
        raise Problem(VERSION_CHANGED)
    await record(connection, _entry(caller, found, now))
    withdrawn = await moves_repository.find(connection, caller.organisation, move_id)
    if withdrawn is None:
        raise LookupError("a withdrawn move cannot be read back")
    return withdrawn


def _entry(caller: Caller, move: Move, now: datetime) -> AuditEntry:
    return AuditEntry(
        event="unit_move.withdrawn",
        at=now,
        caller=caller,
        object_type="unit_move",
        object_id=move.id,
        detail={
            "municipality": move.municipality_code,
            "competence": move.competence.value,
            "to": move.unit,
            "validFrom": move.valid_from.isoformat(),
        },
    )
