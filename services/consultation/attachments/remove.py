"""Remove: a side takes back a file of its own that it has not told yet."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.attachments.trail import attachment_entry
from services.consultation.consultations.attachments import repository
from services.consultation.consultations.attachments.problems import ATTACHMENT_TOLD
from services.consultation.consultations.repository import Reader
from services.consultation.consultations.worked_on import worked_on_by
from shared.audit import record
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller


async def remove_attachment(
    connection: AsyncConnection, caller: Caller, consultation_id: uuid.UUID, attachment_id: uuid.UUID, at: datetime
) -> uuid.UUID | None:
    """Where its content is kept, to be erased once this is committed; None when there is none any more.

    Raises Problem 403, 404, and 409 when it has been told.
    """
    row = await worked_on_by(caller)(connection, Reader.of(caller), consultation_id)
    file = None if row is None else await repository.find(connection, caller, row, attachment_id)
    if row is None or file is None:
        raise Problem(NOT_FOUND)
    removed, key = await repository.remove(connection, caller, row, attachment_id)
    if not removed:
        raise Problem(ATTACHMENT_TOLD)
    await record(connection, attachment_entry(caller, row, "consultation.attachment_removed", at, file))
    return key
