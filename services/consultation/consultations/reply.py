"""Reply: the municipality gives what was asked back for, and the clock turns again."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.repository import find_own


async def reply_to_question(connection: AsyncConnection, change: Change, reply: str) -> Consultation:
    """Raises Problem 404, 409 when no question waits, 412."""
    return await apply(connection, change, find_own, Consultation.reply, message=reply)
