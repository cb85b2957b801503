"""Confirm: a second person has read just this text and says that it holds no personal data; then it is published."""

import hmac
import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.faq import entries, proposals
from services.consultation.faq.domain import is_second_person
from services.consultation.faq.entries import Confirmation
from services.consultation.faq.held import hold_proposal
from services.consultation.faq.problems import FAQ_SENT_BACK, FAQ_WRITTEN_BY_CONFIRMER
from services.consultation.faq.sources import require_nobody_in
from shared.audit import AuditEntry, record
from shared.problems import VERSION_CHANGED, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault


async def confirm_proposal(
    connection: AsyncConnection,
    vault: Vault,
    caller: Caller,
    proposal_id: uuid.UUID,
    read: bytes,
    new_entry: uuid.UUID,
    now: datetime,
) -> tuple[uuid.UUID, int]:
    """The entry and its version. `read` is the digest of what the caller has read; `new_entry` the id of a first one.

    The machine looks once more, since what is known of the consultation may have grown. Raises Problem 404, 409 for who
    has written any of it or when it was sent back, 412 when another text stands there, 422 when it may lead to anybody.
    """
    row, source = await hold_proposal(connection, caller, proposal_id)
    if not is_second_person(caller.actor or "", row.written_by):
        raise Problem(FAQ_WRITTEN_BY_CONFIRMER)
    if row.sent_back_at is not None:
        raise Problem(FAQ_SENT_BACK)
    written = proposals.opened(vault, row)
    if not hmac.compare_digest(written.digest, read):
        raise Problem(VERSION_CHANGED, members={"version": row.edition})
    await require_nobody_in(connection, written, source)
    confirmation = Confirmation(
        organisation=caller.organisation,
        entry_id=row.entry_id or new_entry,
        version=(row.entry_version or 0) + 1,
        written_by=row.written_by,
        confirmed_by=caller.actor or "",
        client_id=caller.client_id,
        at=now,
    )
    await proposals.remove(connection, caller.organisation, row.id)
    if not await entries.publish(connection, confirmation, written):
        # Withdrawn in the same moment: what was to correct it is of no use, and goes with its time.
        raise Problem(VERSION_CHANGED)
    entry = AuditEntry(
        event="faq_entry.confirmed",
        at=now,
        caller=caller,
        object_type="faq_entry",
        object_id=confirmation.entry_id,
        detail={"version": confirmation.version, "proposal": str(row.id), "digest": written.digest.hex()},
    )
    await record(connection, entry)
    return confirmation.entry_id, confirmation.version
