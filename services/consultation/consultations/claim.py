"""Claim: a handler at the answering authority takes a consultation from the queue."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.repository import find_answered_by


async def claim_consultation(connection: AsyncConnection, change: Change) -> Consultation:
    """Raises Problem 404, 409 when someone has it, 412 when it changed since it was read: both tell who has it."""
    return await apply(connection, change, find_answered_by, Consultation.claim)
