"""Release: the handler gives a consultation back to the queue."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.repository import find_answered_by


async def release_consultation(connection: AsyncConnection, change: Change) -> Consultation:
    """Raises Problem 404, 409 when another handler has it, 412."""
    return await apply(connection, change, find_answered_by, Consultation.release)
