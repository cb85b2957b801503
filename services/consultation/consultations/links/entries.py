"""What the trail tells of links."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from services.consultation.consultations.basis import basis_of
from services.consultation.consultations.links.domain import LinkKind
from shared.audit import AuditEntry
from shared.tokens.caller import Caller


def entry_of(event: str, caller: Caller, one: Row[Any], other: Row[Any], kind: LinkKind, at: datetime) -> AuditEntry:
    """That a link was made or removed, of the consultation that it goes from."""
    return AuditEntry(
        event=event,
        at=at,
        caller=caller,
        object_type="consultation",
        object_id=one.id,
        # A link to another organisation's is the answering side's own.
        owner=one.org if one.org == other.org else one.answering_org,
        subject=one.person_mark,
        # Not to which: who sees this entry may not be let to see that one.
        detail={
            **basis_of(one),
            "kind": kind.value,
        },
    )
