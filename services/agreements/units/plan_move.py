"""Move a municipality's questions to another unit from a day to come, as the authority whose units they are."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.days import swedish_day
from services.agreements.problems import MOVE_ALREADY_PLANNED
from services.agreements.units import moves_repository
from services.agreements.units.domain import Move, MoveWish
from shared.audit import AuditEntry, record
from shared.problems import Problem
from shared.tokens.caller import Caller


async def plan_move(connection: AsyncConnection, caller: Caller, wish: MoveWish, now: datetime) -> Move:
    """The move as planned, with its audit entry in the same transaction.

    Raises Problem: see MoveWish.check; 409 when another move of the same begins on that day.
    """
    found = await moves_repository.circumstances(connection, caller.organisation, wish)
    wish.check(found, swedish_day(now))
    move_id = uuid.uuid4()
    if not await moves_repository.add(connection, caller.organisation, move_id, wish, caller.actor or "", now):
        raise Problem(MOVE_ALREADY_PLANNED)
    planned = await moves_repository.find(connection, caller.organisation, move_id)
    if planned is None:
        raise LookupError("a planned move cannot be read back")
    await record(connection, _entry(caller, planned, now))
    return planned


def _entry(caller: Caller, move: Move, now: datetime) -> AuditEntry:
    return AuditEntry(
        event="unit_move.planned",
        at=now,
        caller=caller,
        object_type="unit_move",
        object_id=move.id,
        detail={
            "municipality": move.municipality_code,
            "competence": move.competence.value,
            "from": move.previous_unit,
            "to": move.unit,
            "validFrom": move.valid_from.isoformat(),
        },
    )
