"""Withdraw: an entry is no longer told, and its text is gone at once, since it may have named somebody."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.faq import entries, proposals
from services.consultation.faq.domain import WithdrawalReason
from shared.audit import AuditEntry, record
from shared.problems import NOT_FOUND, VERSION_CHANGED, Problem
from shared.tokens.caller import Caller


async def withdraw_entry(
    connection: AsyncConnection,
    caller: Caller,
    entry_id: uuid.UUID,
    version: int,
    reason: WithdrawalReason,
    now: datetime,
) -> None:
    """With a correction of it that waits. Raises Problem 404 for what the organisation has not published, 412."""
    await entries.one_at_a_time(connection, entry_id)
    published = await entries.find_own(connection, caller.organisation, entry_id)
    if published is None:
        raise Problem(NOT_FOUND)
    # In the order in which a confirmation takes them, so that neither waits for the other for ever.
    await proposals.remove_of_entry(connection, caller.organisation, entry_id)
    if published.version != version or not await entries.withdraw(connection, entry_id, version):
        raise Problem(VERSION_CHANGED)
    entry = AuditEntry(
        event="faq_entry.withdrawn",
        at=now,
        caller=caller,
        object_type="faq_entry",
        object_id=entry_id,
        detail={"version": version, "reason": reason.value},
    )
    await record(connection, entry)
