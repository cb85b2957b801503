"""Read: a handler reads what is proposed, whole. That she has is told in the own side's trail."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.faq import proposals
from services.consultation.faq.held import told_of, with_source
from shared.audit import record
from shared.tokens.caller import Caller


async def read_proposal(connection: AsyncConnection, caller: Caller, proposal_id: uuid.UUID, now: datetime) -> Row[Any]:
    """Raises Problem 404, and 409 when the person behind it has got protected identity since."""
    found = await proposals.find(connection, caller.organisation, proposal_id)
    row, source = await with_source(connection, caller, found)
    await record(connection, told_of("faq_proposal.read", now, caller, row, source, row.edition))
    return row
