"""Close: the municipality has read the answer and is done."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.repository import find_own


async def close_consultation(connection: AsyncConnection, change: Change) -> Consultation:
    """Raises Problem 404, 409 before there is an answer, 412."""
    return await apply(connection, change, find_own, Consultation.close)
