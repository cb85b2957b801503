"""What the audit trail is told of a look-up: that it is about to be asked, and what was disclosed, by name."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from services.consultation.grounds.domain import Decision
from services.consultation.lookups.domain import Lookup, LookupQuestion, disclosed_fields, disclosure_marks
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.persons.vault import mark_person
from shared.audit import AuditEntry
from shared.tokens.caller import Caller
from shared.vault import Vault


def asked_entry(
    vault: Vault,
    caller: Caller,
    lookup_id: uuid.UUID,
    question: LookupQuestion,
    decision: Decision,
    at: datetime,
    *,
    sources: Sequence[SourceCode],
    attempt: int,
) -> AuditEntry:
    """A question that is about to leave to these sources."""
    return AuditEntry(
        event="lookup.asked",
        at=at,
        caller=caller,
        object_type="lookup",
        object_id=lookup_id,
        subject=mark_person(vault, question.person),
        detail={
            "purpose": question.purpose,
            "caseReference": question.case_reference,
            "attempt": attempt,
            "sources": [source.value for source in sources],
            "decision": {"id": str(decision.id), "version": decision.version, "grounds": decision.grounds},
            **({} if question.board is None else {"board": question.board}),
        },
    )


def disclosed_entry(
    vault: Vault, caller: Caller, lookup: Lookup, *, attempt: int, new: Sequence[SourceCode]
) -> AuditEntry:
    """What leaves: every field that is told, and which sources have told something that was not told before."""
    fields = disclosed_fields(lookup.answers)
    return AuditEntry(
        event="lookup.withheld" if lookup.withheld else "lookup.disclosed",
        at=lookup.answered_at,
        caller=caller,
        object_type="lookup",
        object_id=lookup.id,
        subject=mark_person(vault, lookup.question.person),
        outcome="refused" if lookup.withheld else "permitted",
        detail={
            "purpose": lookup.question.purpose,
            "caseReference": lookup.question.case_reference,
            "attempt": attempt,
            "decision": {"id": str(lookup.decision.id), "version": lookup.decision.version},
            "states": {outcome["source"]: outcome["state"] for outcome in lookup.outcomes()},
            "fields": fields,
            "newSources": [source.value for source in new if source.value in fields],
            **disclosure_marks(protected=lookup.protected_identity, withheld=lookup.withheld),
        },
    )
