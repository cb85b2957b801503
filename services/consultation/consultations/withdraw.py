"""Withdraw: the municipality no longer needs an answer. A meeting that was waited for is cancelled with it."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.repository import find_own

# Otherwise it would be waited for ever after, and keep its slot from others.
_CANCEL = text(
    """
    UPDATE meeting SET outcome = 'cancelled', outcome_sequence = :sequence, outcome_at = :at
    WHERE org = :org AND consultation_id = :id AND outcome IS NULL
    """
)


async def withdraw_consultation(connection: AsyncConnection, change: Change) -> Consultation:
    """Raises Problem 404, 409 when it has been answered, 412."""
    after = await apply(connection, change, find_own, Consultation.withdraw)
    values = {"org": after.organisation, "id": after.id, "sequence": after.version, "at": change.at}
    await connection.execute(_CANCEL, values)
    return after
