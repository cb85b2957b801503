"""The audit trail: every disclosure and refusal, written before anything leaves.

A row holds the exact bytes of the entry, so that what is sealed later is what was written, and the few
columns it is found by. The runtime role may insert and read, never change or remove. Every event stands in a
catalogue with its words (`docs/audit-events.md` is made from it).
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database.single import SingleStatements
from shared.problems import Words
from shared.tokens.caller import Caller

OPERATOR = "operator"
"""Stands as the organisation of what the one who runs the system does with the trail itself. No token has it."""

COLUMNS = "id, at, org, owner_org, event, outcome, object_type, object_id, subject, entry"

PARAMETERS = """
    :audit_id, :audit_at, :audit_org, :audit_owner_org, :audit_event, :audit_outcome, :audit_object_type,
    :audit_object_id, :audit_subject, :audit_entry
"""
"""Their values, by the names of `AuditEntry.parameters`: for a statement that writes an entry beside something else."""

_INSERT = text(f"INSERT INTO audit_entry ({COLUMNS}) VALUES ({PARAMETERS})")


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """A kind of entry. `words` say it to the person concerned; `when` says it to who reads the trail, in English.

    `details` are the members that `detail` may have, each with what it holds. `seen_by` says which organisations
    read the entry over the API.
    """

    name: str
    words: Words
    when: str
    details: Mapping[str, str] = field(default_factory=dict)
    outcomes: tuple[str, ...] = ("permitted",)
    seen_by: str = "the actor's organisation"

    catalogue: ClassVar[dict[str, "AuditEvent"]] = {}

    def __post_init__(self) -> None:
        known = self.catalogue.setdefault(self.name, self)
        if known != self:
            raise ValueError(f"two audit events share the name {self.name}")


REFUSED = AuditEvent(
    "request.refused",
    Words("Ett anrop nekades", "A request was refused"),
    "a known caller is refused: 403, 404, 409, and any other refusal that the trail should know of",
    {
        "reason": "the code of the refusal",
        "purpose": "when the request told it",
        "caseReference": "when the request told it",
    },
    outcomes=("refused",),
)
ERASED = AuditEvent(
    "audit.erased",
    Words("Texter i loggen gallrades", "Texts in the trail were erased"),
    "the texts of entries whose time is over are erased, a batch at a time; itself never erased",
    {
        "rule": "why they were erased",
        "before": "only entries from before this time",
        "number": "how many",
        "first": "the lowest position in the chain",
        "last": "the highest",
    },
    seen_by="nobody over the API",
)


# The organisation is set in a CTE that the insert reads from, so that row-level security has someone to ask about.
_INSERT_ALONE = text(
    f"""
    WITH tenant AS MATERIALIZED (SELECT set_config('app.org', :audit_org, true) AS org)
    INSERT INTO audit_entry ({COLUMNS})
    SELECT :audit_id, :audit_at, tenant.org, :audit_owner_org, :audit_event, :audit_outcome, :audit_object_type,
           :audit_object_id, :audit_subject, :audit_entry
    FROM tenant
    """
)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One disclosure or refusal.

    `owner` is the organisation whose record it concerns; it may read the entry too. `subject` is the mark of
    the person (never the number). `detail` tells ground, purpose, case reference and fields disclosed.
    """

    event: str
    at: datetime
    caller: Caller
    object_type: str
    object_id: uuid.UUID | None = None
    owner: str | None = None
    subject: bytes | None = None
    outcome: str = "permitted"
    detail: Mapping[str, Any] = field(default_factory=dict)
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    def __post_init__(self) -> None:
        if self.event not in AuditEvent.catalogue:
            raise ValueError(f"{self.event} is not in the catalogue of audit events")

    def parameters(self) -> dict[str, Any]:
        """Values for the insert, named `audit_*` so that they fit beside others in one statement."""
        return {
            "audit_id": self.id,
            "audit_at": self.at,
            "audit_org": self.caller.organisation,
            "audit_owner_org": self.owner or self.caller.organisation,
            "audit_event": self.event,
            "audit_outcome": self.outcome,
            "audit_object_type": self.object_type,
            "audit_object_id": self.object_id,
            "audit_subject": self.subject,
            "audit_entry": self._entry(),
        }

    def _acting(self) -> dict[str, Any]:
        """Who acted for the actor's organisation, when somebody did."""
        if (acting := self.caller.acting) is None:
            return {}
        return {"acting": {"organisation": acting.organisation, "delegation": str(acting.delegation)}}

    def _entry(self) -> str:
        return json.dumps(
            {
                "id": str(self.id),
                "time": self.at.isoformat(),
                "event": self.event,
                "outcome": self.outcome,
                "actor": {
                    "organisation": self.caller.organisation,
                    "client": self.caller.client_id,
                    "stated": self.caller.actor,
                    **self._acting(),
                    **({"channel": self.caller.channel} if self.caller.channel else {}),
                },
                "object": {
                    "type": self.object_type,
                    "id": str(self.object_id) if self.object_id else None,
                    "owner": self.owner or self.caller.organisation,
                },
                "subject": self.subject.hex() if self.subject else None,
                "token": self.caller.token_id,
                "request": self.caller.request_id,
                **({"detail": dict(self.detail)} if self.detail else {}),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )


async def record(connection: AsyncConnection, entry: AuditEntry) -> None:
    """Write the entry in the caller's transaction, whose tenancy must be the actor's organisation."""
    await connection.execute(_INSERT, entry.parameters())


async def record_alone(single: SingleStatements, entry: AuditEntry) -> None:
    """Write the entry as a transaction of its own, in one round trip: for a reading that has nothing else to write.

    It is there before what has been read leaves. Raises asyncpg's errors.
    """
    await single.value(_INSERT_ALONE, entry.parameters())


def operator(actor: str, request_id: str) -> Caller:
    """The one who runs the system, as the actor of an entry. `actor` is an id without personal data."""
    return Caller(
        organisation=OPERATOR,
        client_id="samrad",
        scopes=frozenset(),
        token_id="",
        actor=actor,
        request_id=request_id,
        traceparent="",
    )
