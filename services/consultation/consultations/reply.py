"""Reply: the municipality gives what was asked back for, and the clock turns again."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.attachments.tell import tell_attachments
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.repository import find_own


async def reply_to_question(
    connection: AsyncConnection, change: Change, reply: str, attachments: Sequence[uuid.UUID] = ()
) -> Consultation:
    """Raises Problem 404, 409 when no question waits, 412, 422 when one of the attachments can't go with it."""
    after = await apply(connection, change, find_own, Consultation.reply, message=reply)
    await tell_attachments(connection, change.caller, after, [(each, None) for each in attachments])
    return after
