"""Withdraw: the municipality no longer needs an answer."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.repository import find_own


async def withdraw_consultation(connection: AsyncConnection, change: Change) -> Consultation:
    """Raises Problem 404, 409 when it has been answered, 412."""
    return await apply(connection, change, find_own, Consultation.withdraw)
