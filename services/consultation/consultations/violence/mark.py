"""Mark for violence, and remove the mark: by either side, in the same transaction as the event that tells of it."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, Method, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.worked_on import worked_on_by

# What has been told of it is hidden alike, by a trigger.
_HIDE = text("UPDATE consultation SET restricted = :restricted WHERE org = :org AND id = :id")


async def mark_for_violence(connection: AsyncConnection, change: Change) -> Consultation:
    """Raises Problem 403 without the scope of the caller's side, 404, 409 when it is hidden already, 412."""
    return await _hidden_as(connection, change, Consultation.mark_violence)


async def remove_violence_mark(connection: AsyncConnection, change: Change) -> Consultation:
    """Raises Problem 403 without the scope of the caller's side, 404, 409 when it has no mark, 412."""
    return await _hidden_as(connection, change, Consultation.remove_violence_mark)


async def _hidden_as(connection: AsyncConnection, change: Change, method: Method) -> Consultation:
    after = await apply(connection, change, worked_on_by(change.caller), method)
    values = {"org": after.organisation, "id": after.id, "restricted": after.restricted}
    await connection.execute(_HIDE, values)
    return after
