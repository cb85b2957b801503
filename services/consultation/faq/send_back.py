"""Send back: a second person does not confirm what is proposed, and says why to those who have written it."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.faq import proposals
from services.consultation.faq.domain import is_second_person
from services.consultation.faq.held import hold_proposal, told_of
from services.consultation.faq.problems import FAQ_SENT_BACK, FAQ_WRITTEN_BY_CONFIRMER
from shared.audit import record
from shared.problems import VERSION_CHANGED, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault


async def send_back_proposal(
    connection: AsyncConnection,
    vault: Vault,
    caller: Caller,
    proposal_id: uuid.UUID,
    expected: int,
    reason: str,
    now: datetime,
) -> int:
    """The new edition. Raises Problem 404, 409 for who has written any of it or when it has been sent back, 412."""
    row, source = await hold_proposal(connection, caller, proposal_id)
    if not is_second_person(caller.actor or "", row.written_by):
        raise Problem(FAQ_WRITTEN_BY_CONFIRMER)
    if row.edition != expected:
        raise Problem(VERSION_CHANGED, members={"version": row.edition})
    if row.sent_back_at is not None:
        raise Problem(FAQ_SENT_BACK)
    await proposals.send_back(connection, vault, caller.organisation, row, caller.actor or "", now, reason)
    edition: int = row.edition + 1
    await record(connection, told_of("faq_proposal.sent_back", now, caller, row, source, edition))
    return edition
