"""Link two consultations, by either side: both ends must be visible to the one who links."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.links import repository
from services.consultation.consultations.links.domain import LinkKind
from services.consultation.consultations.links.entries import entry_of
from services.consultation.consultations.repository import Reader
from services.consultation.consultations.staying import keep_from_going
from services.consultation.consultations.worked_on import worked_on_by
from shared.audit import record
from shared.problems import MALFORMED, NOT_FOUND, Problem
from shared.tokens.caller import Caller


async def link_consultations(
    connection: AsyncConnection, caller: Caller, one: uuid.UUID, other: uuid.UUID, kind: LinkKind, at: datetime
) -> bool:
    """Whether the link is new. Raises Problem 404, 403 without the scope of the caller's side, 422 for the other end.

    One that is another organisation's is refused as one that does not exist.
    """
    find, reader = worked_on_by(caller), Reader.of(caller)
    row = await find(connection, reader, one)
    if row is None or not await keep_from_going(connection, row):
        raise Problem(NOT_FOUND)
    if one == other:
        raise Problem(MALFORMED, members={"errors": [{"field": "to", "reason": "itself"}]})
    linked = await find(connection, reader, other)
    if linked is None or linked.answering_org != row.answering_org or not await keep_from_going(connection, linked):
        # Somebody may be trying which consultations there are.
        errors = [{"field": "to", "reason": "unknown"}]
        raise Problem(MALFORMED, members={"errors": errors}, for_audit={"objectId": other})
    new = await repository.keep(connection, caller, row, linked, kind, at)
    if new:
        await record(connection, entry_of("consultation.linked", caller, row, linked, kind, at))
    return new
