"""Answer: the handler answers, and lead time ends here."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.repository import find_answered_by


async def answer_consultation(connection: AsyncConnection, change: Change, answer: str) -> Consultation:
    """Raises Problem 404, 409 when another handler has it, 412."""
    return await apply(connection, change, find_answered_by, Consultation.answer, message=answer)
