"""Assign: who leads the work gives a consultation to a handler, or takes it back to the queue."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Actor, Consultation, Event
from services.consultation.consultations.repository import find_answered_by


async def assign_consultation(connection: AsyncConnection, change: Change, to: str | None) -> Consultation:
    """`to` is a handler, or None for the queue. Raises Problem 404, 409 when it is over, 412 when it has changed."""

    def assigned(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        return before.unassign(by) if to is None else before.assign(by, to)

    return await apply(connection, change, find_answered_by, assigned)
