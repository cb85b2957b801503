"""Look-ups in the database: what was asked and how each source answered. Content is in `kept`, or nowhere."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.grounds.domain import Decision
from services.consultation.lookups.domain import Lookup, LookupQuestion
from services.consultation.lookups.kept.repository import Keeping
from services.consultation.persons.vault import mark_person, seal_person
from services.consultation.tenants.domain import Statement
from shared.audit import COLUMNS as AUDIT_COLUMNS
from shared.audit import PARAMETERS as AUDIT_VALUES
from shared.audit import AuditEntry
from shared.database.single import SingleStatements
from shared.vault import Vault

# One round trip, also when it is a transaction of its own: the organisation is set in a CTE that the inserts read from.
_ASKED = text(
    f"""
    WITH tenant AS MATERIALIZED (SELECT set_config('app.org', :org, true) AS org),
    asked AS (
        INSERT INTO lookup (org, id, asked_at, client_id, handler, case_reference, person_mark, person_sealed, purpose,
                            purpose_text, legal_text, period, decision_id, decision_version, sources)
        SELECT org, :id, :asked_at, :client_id, :handler, :case_reference, :person_mark, :person_sealed, :purpose,
               :purpose_text, :legal_text, daterange(CAST(:first AS date), CAST(:last AS date), '[]'),
               :decision_id, :decision_version, :sources
        FROM tenant
    )
    INSERT INTO audit_entry ({AUDIT_COLUMNS}) SELECT {AUDIT_VALUES} FROM tenant
    """
)
# In a transaction with the organisation set: an UPDATE may look for its row before a CTE has set it.
_ANSWERED = text(
    f"""
    WITH answered AS (
        UPDATE lookup SET answered_at = :answered_at, outcomes = CAST(:outcomes AS jsonb), complete = :complete,
                          protected_identity = :protected_identity, af_items = :af_items
        WHERE org = :org AND id = :id
        RETURNING org, id
    ),
    kept AS (
        INSERT INTO kept_lookup (org, lookup_id, sealed, expires_at)
        SELECT org, id, :sealed, :expires_at FROM answered WHERE CAST(:sealed AS bytea) IS NOT NULL
    )
    INSERT INTO audit_entry ({AUDIT_COLUMNS}) SELECT {AUDIT_VALUES} FROM answered
    """
)
_READ = text(
    """
    SELECT id, asked_at, answered_at, handler, case_reference, person_mark, person_sealed, purpose, legal_text,
           lower(period) AS first, upper(period) - 1 AS last, sources, outcomes, complete, protected_identity, af_items,
           decision_id, decision_version
    FROM lookup WHERE org = :org AND id = :id
    """
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that is about to leave, what it rests on, and its entry in the trail."""

    lookup_id: uuid.UUID
    question: LookupQuestion
    statement: Statement
    decision: Decision
    asked_at: datetime
    entry: AuditEntry


async def add_asked(connection: AsyncConnection, vault: Vault, asked: Asked) -> None:
    """Store and record that the question is about to leave."""
    await connection.execute(_ASKED, _asked_values(vault, asked))


async def add_asked_alone(single: SingleStatements, vault: Vault, asked: Asked) -> None:
    """The same as a transaction of its own, for who has nothing else to write. Raises asyncpg's errors."""
    await single.value(_ASKED, _asked_values(vault, asked))


def _asked_values(vault: Vault, asked: Asked) -> dict[str, Any]:
    caller, question = asked.entry.caller, asked.question
    return {
        **asked.entry.parameters(),
        "org": caller.organisation,
        "id": asked.lookup_id,
        "asked_at": asked.asked_at,
        "client_id": caller.client_id,
        "handler": caller.actor,
        "case_reference": question.case_reference,
        "person_mark": mark_person(vault, question.person),
        "person_sealed": seal_person(vault, question.person),
        "purpose": question.purpose,
        "purpose_text": asked.statement.purpose_text,
        "legal_text": asked.statement.legal_text,
        "first": question.period.first,
        "last": question.period.last,
        "decision_id": asked.decision.id,
        "decision_version": asked.decision.version,
        "sources": [source.value for source in question.sources],
    }


async def set_answered(
    connection: AsyncConnection, lookup: Lookup, entry: AuditEntry, keeping: Keeping | None = None
) -> None:
    """Store and record how the sources answered, as it leaves; with `keeping`, what is kept of it for completion."""
    await connection.execute(
        _ANSWERED,
        {
            **entry.parameters(),
            "org": entry.caller.organisation,
            "id": lookup.id,
            "answered_at": lookup.answered_at,
            "outcomes": json.dumps(lookup.outcomes()),
            "complete": lookup.complete,
            "protected_identity": lookup.protected_identity,
            "af_items": lookup.af_items,
            "sealed": None if keeping is None else keeping.sealed,
            "expires_at": None if keeping is None else keeping.expires_at,
        },
    )


async def find(connection: AsyncConnection, organisation: str, lookup_id: uuid.UUID) -> Row[Any] | None:
    """The stored look-up, or None when the organisation has no such."""
    return (await connection.execute(_READ, {"org": organisation, "id": lookup_id})).one_or_none()
