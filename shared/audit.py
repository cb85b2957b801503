"""The audit trail: every disclosure and refusal, written before anything leaves.

A row holds the exact bytes of the entry, so that what is sealed later is what was written, and the few
columns it is found by. The runtime role may insert and read, never change or remove.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.tokens.caller import Caller

COLUMNS = "id, at, org, owner_org, event, outcome, object_type, object_id, subject, entry"

_INSERT = text(
    f"""
    INSERT INTO audit_entry ({COLUMNS})
    VALUES (:audit_id, :audit_at, :audit_org, :audit_owner_org, :audit_event, :audit_outcome,
            :audit_object_type, :audit_object_id, :audit_subject, :audit_entry)
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
