"""A proposal as a handler works on it: hers to see, and nobody else's to change until the transaction ends."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.faq import proposals
from services.consultation.faq.sources import require_source
from shared.audit import AuditEntry
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller


async def hold_proposal(
    connection: AsyncConnection, caller: Caller, proposal_id: uuid.UUID
) -> tuple[Row[Any], Row[Any] | None]:
    """The proposal, held, and the consultation it is made from. Raises Problem 404, and as `require_source`."""
    row = await proposals.hold(connection, caller.organisation, proposal_id)
    return await with_source(connection, caller, row)


async def with_source(
    connection: AsyncConnection, caller: Caller, row: Row[Any] | None
) -> tuple[Row[Any], Row[Any] | None]:
    """The same of a proposal that has been found, or not."""
    if row is None:
        raise Problem(NOT_FOUND)
    if row.consultation_id is None:
        return row, None
    return row, await require_source(connection, caller, row.consultation_id)


def told_of(
    event: str, now: datetime, caller: Caller, row: Row[Any], source: Row[Any] | None, edition: int
) -> AuditEntry:
    """What the trail tells of a proposal: as something of the consultation it is made from, and hidden with that.

    A correction belongs to none, and is told of by itself.
    """
    return AuditEntry(
        event=event,
        at=now,
        caller=caller,
        object_type="faq_proposal" if source is None else "consultation",
        object_id=row.id if source is None else source.id,
        subject=None if source is None else source.person_mark,
        detail={"proposal": str(row.id), "edition": edition},
    )
