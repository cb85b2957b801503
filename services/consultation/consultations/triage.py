"""Triage: the answering side has looked at a consultation and says which queue it belongs in."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Actor, Consultation, Event, Queue
from services.consultation.consultations.repository import find_answered_by
from shared.problems import MALFORMED, Problem


async def triage_consultation(connection: AsyncConnection, change: Change, queue: Queue | None) -> Consultation:
    """`queue` is where it goes, None where it is.

    Raises Problem 404, 409 when it is past triage, 412, and 422 when it would go to the queue of corrections or
    leave it: who asks decides that, and what is there is hidden from most.
    """

    def triage(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        if queue not in (None, before.queue) and Queue.CORRECTIONS in (queue, before.queue):
            raise Problem(MALFORMED, members={"errors": [{"field": "queue", "reason": "not_by_hand"}]})
        return before.triage(by, queue)

    return await apply(connection, change, find_answered_by, triage)
