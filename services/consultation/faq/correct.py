"""Correct: a new version of a published entry is proposed. Until it is confirmed the old one is told."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.faq import entries, proposals
from services.consultation.faq.domain import EntryText
from services.consultation.faq.proposals import NewProposal
from services.consultation.faq.sources import require_nobody_in
from shared.audit import AuditEntry, record
from shared.problems import NOT_FOUND, VERSION_CHANGED, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault


async def propose_correction(
    connection: AsyncConnection,
    vault: Vault,
    caller: Caller,
    entry: tuple[uuid.UUID, int],
    proposal_id: uuid.UUID,
    written: EntryText,
    now: datetime,
    kept: timedelta,
) -> None:
    """Of the entry in the version that was read; forgotten when nobody has confirmed it in the time it is kept.

    Raises Problem 404 for what the organisation has not published, 409 when a correction waits, 412, 422.
    """
    entry_id, version = entry
    await entries.one_at_a_time(connection, entry_id)
    await _require_version(connection, caller, entry_id, version)
    await require_nobody_in(connection, written, None)
    new = NewProposal(
        proposal_id, caller.organisation, caller.actor or "", now, written, entry=entry, expires_at=now + kept
    )
    await proposals.add(connection, vault, new)
    # Once more after it is kept: a confirmation that is under way is waited for there, and seen here.
    await _require_version(connection, caller, entry_id, version)
    proposed = AuditEntry(
        event="faq_entry.correction_proposed",
        at=now,
        caller=caller,
        object_type="faq_entry",
        object_id=entry_id,
        detail={"proposal": str(proposal_id), "version": version},
    )
    await record(connection, proposed)


async def _require_version(connection: AsyncConnection, caller: Caller, entry_id: uuid.UUID, version: int) -> None:
    published = await entries.find_own(connection, caller.organisation, entry_id)
    if published is None:
        raise Problem(NOT_FOUND)
    if published.version != version:
        raise Problem(VERSION_CHANGED, members={"version": published.version})
