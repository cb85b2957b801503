"""Entries of the audit trail about files."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from services.consultation.consultations.basis import basis_of
from shared.audit import AuditEntry
from shared.tokens.caller import Caller


def attachment_entry(
    caller: Caller, row: Row[Any], event: str, at: datetime, file: Row[Any] | None = None, **detail: Any
) -> AuditEntry:
    """The entry that tells what was done with a file of the consultation `row`: never its name.

    What the other side has not been told of is its own side's alone.
    """
    told = file is not None and file.sequence is not None
    return AuditEntry(
        event=event,
        at=at,
        caller=caller,
        object_type="consultation",
        object_id=row.id,
        owner=row.org if told else caller.organisation,
        subject=row.person_mark,
        detail={
            **basis_of(row),
            **(_of(file.id, file.sha256, file.bytes, file.media_type) if file is not None else {}),
            **detail,
        },
    )


def _of(attachment_id: uuid.UUID, sha256: bytes, size: int, media_type: str) -> dict[str, Any]:
    return {"attachment": str(attachment_id), "sha256": sha256.hex(), "bytes": size, "mediaType": media_type}
