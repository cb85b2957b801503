"""Triage: the answering side has looked at a consultation and says which queue it belongs in."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Actor, Consultation, Event, Queue
from services.consultation.consultations.repository import find_answered_by


async def triage_consultation(connection: AsyncConnection, change: Change, queue: Queue | None) -> Consultation:
    """`queue` is where it goes, None where it is. Raises Problem 404, 409 when it is past triage, 412."""

    def triage(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        return before.triage(by, queue)

    return await apply(connection, change, find_answered_by, triage)
