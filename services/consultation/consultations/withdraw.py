"""Withdraw: the municipality no longer needs an answer. A meeting that was waited for is cancelled with it."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.repository import find_own

# Before the consultation, as by whoever ends a meeting: two who do never wait in a circle.
_LOCK = text("SELECT FROM meeting WHERE org = :org AND consultation_id = :id AND outcome IS NULL FOR UPDATE")
# Otherwise it would be waited for ever after, and keep its slot from others.
_CANCEL = text(
    """
    UPDATE meeting SET outcome = 'cancelled', outcome_sequence = :sequence, outcome_at = :at, slot_id = NULL
    WHERE org = :org AND consultation_id = :id AND outcome IS NULL
    """
)


async def withdraw_consultation(connection: AsyncConnection, change: Change) -> Consultation:
    """Raises Problem 404, 409 when it has been answered, 412."""
    meeting = {"org": change.caller.organisation, "id": change.consultation_id}
    await connection.execute(_LOCK, meeting)
    after = await apply(connection, change, find_own, Consultation.withdraw)
    await connection.execute(_CANCEL, {**meeting, "sequence": after.version, "at": change.at})
    return after
