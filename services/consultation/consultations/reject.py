"""Reject: nothing will be answered, and the asking side is told why, by a code and in words."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Actor, Consultation, Event
from services.consultation.consultations.reasons import REJECTED_AS, Rejection, RejectionClosing
from services.consultation.consultations.repository import find_answered_by
from services.consultation.problems import PROTECTED_IDENTITY
from shared.problems import Problem


async def reject_consultation(
    connection: AsyncConnection,
    change: Change,
    reason: Rejection,
    words: str | None,
    closing: RejectionClosing | None = None,
) -> Consultation:
    """Raises Problem 404, 409 when another handler has it, it waits, or words were to be written of a protected
    person, 412."""

    def reject(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        if before.protected and words is not None:
            raise Problem(PROTECTED_IDENTITY)
        return before.reject(by, closing or REJECTED_AS[reason], reason=reason.value)

    return await apply(connection, change, find_answered_by, reject, message=words)
