"""Propose: a handler has rewritten a question and its answer without the person. Nobody else reads it yet."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.staying import keep_from_going
from services.consultation.faq import proposals
from services.consultation.faq.domain import EntryText
from services.consultation.faq.proposals import NewProposal
from services.consultation.faq.sources import require_nobody_in, require_source
from shared.audit import AuditEntry, record
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault


async def propose_entry(
    connection: AsyncConnection,
    vault: Vault,
    caller: Caller,
    consultation_id: uuid.UUID,
    proposal_id: uuid.UUID,
    written: EntryText,
    now: datetime,
) -> None:
    """From an answered interpretation of a decision, one at a time.

    Raises Problem 404, 409 when there is one or nothing is made of such a consultation, 422 when the text may lead to
    somebody.
    """
    source = await require_source(connection, caller, consultation_id)
    if not await keep_from_going(connection, source):
        raise Problem(NOT_FOUND)
    await require_nobody_in(connection, written, source)
    new = NewProposal(
        proposal_id, caller.organisation, caller.actor or "", now, written, consultation=(source.org, source.id)
    )
    await proposals.add(connection, vault, new)
    entry = AuditEntry(
        event="consultation.faq_proposed",
        at=now,
        caller=caller,
        object_type="consultation",
        object_id=source.id,
        subject=source.person_mark,
        detail={"proposal": str(proposal_id)},
    )
    await record(connection, entry)
