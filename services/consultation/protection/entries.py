"""What the audit trail is told when a mark begins or ends."""

import uuid
from typing import Any

from services.consultation.protection.repository import Marking
from shared.audit import AuditEntry

_MARKED, _ENDED = "person.protection_marked", "person.protection_ended"


def marked(marking: Marking, mark_id: uuid.UUID, source: str) -> AuditEntry:
    """A mark that begins."""
    return _entry(_MARKED, marking, mark_id, source)


def ended(marking: Marking, mark_id: uuid.UUID, source: str) -> AuditEntry:
    """A mark that ends."""
    return _entry(_ENDED, marking, mark_id, source)


def _entry(event: str, marking: Marking, mark_id: uuid.UUID, source: str) -> AuditEntry:
    detail: dict[str, Any] = {"origin": marking.origin}
    if marking.lookup_id is not None:
        detail |= {"source": source, "lookup": str(marking.lookup_id)}
    return AuditEntry(
        event=event,
        at=marking.at,
        caller=marking.caller,
        object_type="protected_person",
        object_id=mark_id,
        subject=marking.person_mark,
        detail=detail,
    )
