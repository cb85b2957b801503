"""Resume: the wait for the municipality or the person is over, and the clock turns to the answering side."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Actor, Consultation, Event
from services.consultation.consultations.reasons import Resumption
from services.consultation.consultations.repository import find_answered_by


async def resume_consultation(connection: AsyncConnection, change: Change, outcome: Resumption) -> Consultation:
    """Raises Problem 404, 409 when another handler has it or nothing is waited for, 412."""

    def resume(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        return before.resume(by, outcome=outcome.value)

    return await apply(connection, change, find_answered_by, resume)
