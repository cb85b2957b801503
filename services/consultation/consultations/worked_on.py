"""What either side may do: found by both, and worked on by whoever holds the scope of the caller's own side."""

import uuid
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation import scopes
from services.consultation.consultations.changes import Find
from services.consultation.consultations.repository import Reader, find_visible
from shared.problems import SCOPE_MISSING, Problem
from shared.tokens.caller import Caller


def worked_on_by(caller: Caller) -> Find:
    """Finds what the caller's side asks or answers. Raises Problem 403 without the scope to work on it there."""

    async def find(connection: AsyncConnection, reader: Reader, consultation_id: uuid.UUID) -> Row[Any] | None:
        row = await find_visible(connection, reader, consultation_id)
        if row is not None:
            needed = scopes.CONSULTATIONS_MANAGE if row.org == caller.organisation else scopes.QUEUE_WORK
            if needed.name not in caller.scopes:
                raise Problem(SCOPE_MISSING, members={"requiredScope": needed.name})
        return row

    return find
