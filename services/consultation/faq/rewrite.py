"""Rewrite: any handler puts another text in a proposal's place. What was read before can then not be confirmed."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.faq import proposals
from services.consultation.faq.domain import EntryText
from services.consultation.faq.held import hold_proposal, told_of
from services.consultation.faq.sources import require_nobody_in
from shared.audit import record
from shared.problems import VERSION_CHANGED, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault


async def rewrite_proposal(
    connection: AsyncConnection,
    vault: Vault,
    caller: Caller,
    proposal_id: uuid.UUID,
    expected: int,
    written: EntryText,
    now: datetime,
) -> int:
    """The new edition. Who rewrites has written it too, and is no second person of it.

    Raises Problem 404, 409, 412, 422.
    """
    row, source = await hold_proposal(connection, caller, proposal_id)
    if row.edition != expected:
        raise Problem(VERSION_CHANGED, members={"version": row.edition})
    await require_nobody_in(connection, written, source)
    await proposals.rewrite(connection, vault, caller.organisation, row, caller.actor or "", written)
    edition: int = row.edition + 1
    await record(connection, told_of("faq_proposal.rewritten", now, caller, row, source, edition))
    return edition
