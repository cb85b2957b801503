"""Supplement: the municipality adds to its question what nobody has asked it for, such as the decision it is about."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.attachments.tell import tell_attachments
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.repository import find_own


async def supplement_question(
    connection: AsyncConnection, change: Change, text: str, attachments: Sequence[uuid.UUID] = ()
) -> Consultation:
    """Raises Problem 404, 409 when it is ended or a question waits, 412, 422 when an attachment can't go with it."""
    after = await apply(connection, change, find_own, Consultation.supplement, message=text)
    await tell_attachments(connection, change.caller, after, [(each, None) for each in attachments])
    return after
