"""Fetch: a side downloads a file, which is read to its end once before anything of it is told."""

import logging
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from services.consultation.attachments.filing import Filing, unavailable
from services.consultation.attachments.trail import attachment_entry
from services.consultation.consultations.attachments import repository
from services.consultation.consultations.attachments.domain import Scan
from services.consultation.consultations.attachments.problems import ATTACHMENT_DAMAGED, ATTACHMENT_NOT_AVAILABLE
from services.consultation.consultations.attachments.repository import ReadAttachment, as_read, place_in
from services.consultation.consultations.reading_routes import is_withheld, visible
from services.consultation.problems import PROTECTED_IDENTITY
from shared.audit import record_alone
from shared.blobs.protocol import BlobDamaged, BlobsUnavailable, Digest
from shared.database.engine import Database, Tenancy
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault

_log = logging.getLogger("attachments")
_SCAN_SECONDS = "10"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file, and its content on its way."""

    file: ReadAttachment
    content: AsyncIterator[bytes]


async def find_attachment(
    database: Database, caller: Caller, consultation_id: uuid.UUID, attachment_id: uuid.UUID
) -> tuple[Row[Any], Row[Any]]:
    """The consultation and the file, as far as the caller's side sees them.

    Raises Problem 403, 404, and 409 when the person has protected identity and the caller lacks the scope for her.
    """
    async with database.begin(Tenancy(caller.organisation)) as connection:
        row = await visible(connection, caller, consultation_id)
        file = await repository.find(connection, caller, row, attachment_id)
    if file is None:
        raise Problem(NOT_FOUND)
    if is_withheld(caller, row):
        raise Problem(PROTECTED_IDENTITY, for_audit={"subject": row.person_mark})
    return row, file


async def fetch_attachment(
    database: Database,
    vault: Vault,
    filing: Filing,
    caller: Caller,
    consultation_id: uuid.UUID,
    attachment_id: uuid.UUID,
    now: datetime,
) -> Fetched:
    """Raises Problem 403, 404, 409 when it waits to be scanned, was infected, or is not what was given, and 503 when
    the store is not there.
    """
    row, file = await find_attachment(database, caller, consultation_id, attachment_id)
    if file.scan not in (Scan.CLEAN, Scan.NOT_SCANNED) or file.blob is None:
        headers = {"Retry-After": _SCAN_SECONDS} if file.scan == Scan.PENDING else {}
        raise Problem(ATTACHMENT_NOT_AVAILABLE, headers=headers, members={"scan": file.scan})
    place = place_in(row, file.id)
    try:
        if await filing.blobs.digest(file.blob, place) != Digest(file.bytes, file.sha256):
            raise BlobDamaged("another content")
    except BlobsUnavailable as fault:
        raise unavailable(fault) from None
    except BlobDamaged as fault:
        _log.error("a file is not what was given", extra={"attachment": str(file.id), "why": str(fault)})
        raise Problem(ATTACHMENT_DAMAGED) from None
    await record_alone(database.single, attachment_entry(caller, row, "consultation.attachment_fetched", now, file))
    return Fetched(as_read(vault, file), filing.blobs.stream(file.blob, place))
