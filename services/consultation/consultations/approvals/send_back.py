"""Send back: a second handler does not approve the answer, and says why. Its author keeps what she wrote."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.approvals import repository
from services.consultation.consultations.approvals.repository import SentBack
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.repository import find_answered_by


async def send_back_answer(connection: AsyncConnection, change: Change, reason: str) -> Consultation:
    """Raises Problem 404, 409 when nothing is proposed or the caller proposed it or has it, 412."""
    # Noted first: with the change all is cleared that has not been. When the change is refused, so is the note.
    sent_back = SentBack(change.at, change.actor().person, reason)
    await repository.note_sent_back(
        connection, change.vault, change.caller.organisation, change.consultation_id, sent_back
    )
    return await apply(connection, change, find_answered_by, Consultation.send_back_answer)
