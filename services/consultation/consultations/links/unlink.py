"""Unlink: a link that was wrong is removed by the side that made it."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.links import repository
from services.consultation.consultations.links.domain import LinkKind
from services.consultation.consultations.links.entries import entry_of
from services.consultation.consultations.repository import Reader
from services.consultation.consultations.worked_on import worked_on_by
from shared.audit import record
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller


async def unlink_consultations(
    connection: AsyncConnection, caller: Caller, one: uuid.UUID, other: uuid.UUID, kind: LinkKind, at: datetime
) -> None:
    """Remove the link from `one` to `other`. Raises Problem 404, 403 without the scope of the caller's side.

    One that the other side made is as little there to be removed as one that does not exist, and so is one of which
    the caller sees one end alone.
    """
    find, reader = worked_on_by(caller), Reader.of(caller)
    row = await find(connection, reader, one)
    linked = None if row is None else await find(connection, reader, other)
    if row is None or linked is None or not await repository.remove(connection, caller, row, linked, kind):
        raise Problem(NOT_FOUND)
    await record(connection, entry_of("consultation.unlinked", caller, row, linked, kind, at))
