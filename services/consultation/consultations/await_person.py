"""Await the person: the handler needs something from the one it is about, and the clock turns to her."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Actor, Consultation, Event
from services.consultation.consultations.reasons import PersonWait
from services.consultation.consultations.repository import find_answered_by


async def await_person(connection: AsyncConnection, change: Change, reason: PersonWait) -> Consultation:
    """Raises Problem 404, 409 when another handler has it or it waits already, 412."""

    def wait(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        return before.await_person(by, reason=reason.value)

    return await apply(connection, change, find_answered_by, wait)
