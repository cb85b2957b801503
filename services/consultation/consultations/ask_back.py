"""Ask back: the handler needs more from the municipality, and the clock turns to it."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.attachments.tell import tell_attachments
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Actor, Consultation, Event
from services.consultation.consultations.reasons import DelayReason
from services.consultation.consultations.repository import find_answered_by


async def ask_consultation_back(
    connection: AsyncConnection,
    change: Change,
    question: str,
    reason: DelayReason | None = None,
    attachments: Sequence[uuid.UUID] = (),
) -> Consultation:
    """Raises Problem 404, 409 when another handler has it or it waits already, 412, 422 when an attachment can't go."""

    def ask_back(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        return before.ask_back(by, **({"reason": reason.value} if reason else {}))

    after = await apply(connection, change, find_answered_by, ask_back, message=question)
    await tell_attachments(connection, change.caller, after, [(each, None) for each in attachments])
    return after
