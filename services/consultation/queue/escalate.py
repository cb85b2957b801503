"""Escalate: those who lead the work are told that something stands still, and why."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Actor, Consultation, Event
from services.consultation.consultations.reasons import DelayReason
from services.consultation.consultations.repository import find_answered_by


async def escalate_consultation(connection: AsyncConnection, change: Change, reason: DelayReason) -> Consultation:
    """It stays where it is, and is escalated until somebody acts. Raises Problem 404, 409 when it is over, 412."""

    def escalated(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        return before.escalate(by, reason=reason.value)

    return await apply(connection, change, find_answered_by, escalated)
