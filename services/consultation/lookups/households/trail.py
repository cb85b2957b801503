"""What the audit trail is told of a household beside what its look-ups tell."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from services.consultation.lookups.households.domain import MemberResult
from shared.audit import REFUSED, AuditEntry
from shared.tokens.caller import Caller

_TYPE = "household_lookup"


def refused_entry(
    caller: Caller, household_id: uuid.UUID, refused: MemberResult, person_mark: bytes, at: datetime
) -> AuditEntry:
    """One person of whom nothing was told."""
    return AuditEntry(
        event=REFUSED.name,
        at=at,
        caller=caller,
        object_type=_TYPE,
        object_id=household_id,
        subject=person_mark,
        outcome="refused",
        detail={"reason": refused.problem.kind.code if refused.problem else None},
    )


def read_entry(caller: Caller, household: Row[Any], at: datetime) -> AuditEntry:
    """The matrix was read afterwards."""
    return AuditEntry(
        event="household_lookup.read",
        at=at,
        caller=caller,
        object_type=_TYPE,
        object_id=household.id,
        detail={"purpose": household.purpose, "caseReference": household.case_reference},
    )
