"""Look-ups in the database. Content is never stored here: only what was asked and how each source answered."""

import json
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.grounds.domain import Decision
from services.consultation.lookups.domain import Lookup, LookupQuestion
from services.consultation.persons.vault import mark_person, seal_person
from services.consultation.tenants.domain import Statement
from shared.tokens.caller import Caller
from shared.vault import Vault

_ASKED = text(
    """
    INSERT INTO lookup (org, id, asked_at, client_id, handler, case_reference, person_mark, person_sealed, purpose,
                        purpose_text, legal_text, period, decision_id, decision_version, sources)
    VALUES (:org, :id, :asked_at, :client_id, :handler, :case_reference, :person_mark, :person_sealed, :purpose,
            :purpose_text, :legal_text, daterange(CAST(:first AS date), CAST(:last AS date), '[]'),
            :decision_id, :decision_version, :sources)
    """
)
_ANSWERED = text(
    """
    UPDATE lookup SET answered_at = :answered_at, outcomes = CAST(:outcomes AS jsonb), complete = :complete,
                      protected_identity = :protected_identity, af_items = :af_items
    WHERE org = :org AND id = :id
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


async def add_asked(
    connection: AsyncConnection,
    vault: Vault,
    caller: Caller,
    lookup_id: uuid.UUID,
    question: LookupQuestion,
    statement: Statement,
    decision: Decision,
    asked_at: datetime,
) -> None:
    """Store that the question is about to leave."""
    await connection.execute(
        _ASKED,
        {
            "org": caller.organisation,
            "id": lookup_id,
            "asked_at": asked_at,
            "client_id": caller.client_id,
            "handler": caller.actor,
            "case_reference": question.case_reference,
            "person_mark": mark_person(vault, question.person),
            "person_sealed": seal_person(vault, question.person),
            "purpose": question.purpose,
            "purpose_text": statement.purpose_text,
            "legal_text": statement.legal_text,
            "first": question.period.first,
            "last": question.period.last,
            "decision_id": decision.id,
            "decision_version": decision.version,
            "sources": [source.value for source in question.sources],
        },
    )


async def set_answered(connection: AsyncConnection, organisation: str, lookup: Lookup) -> None:
    """Store how the sources answered, as it leaves."""
    await connection.execute(
        _ANSWERED,
        {
            "org": organisation,
            "id": lookup.id,
            "answered_at": lookup.answered_at,
            "outcomes": json.dumps(lookup.outcomes()),
            "complete": lookup.complete,
            "protected_identity": lookup.protected_identity,
            "af_items": lookup.af_items,
        },
    )


async def find(connection: AsyncConnection, organisation: str, lookup_id: uuid.UUID) -> Row[Any] | None:
    """The stored look-up, or None when the organisation has no such."""
    return (await connection.execute(_READ, {"org": organisation, "id": lookup_id})).one_or_none()
