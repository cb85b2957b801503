"""Attempts in the database. The first stands in the look-up's own row until there is a second."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.grounds.domain import Decision
from services.consultation.lookups.attempts import LookupAttempt, Outcome
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.tenants.domain import Statement
from shared.tokens.caller import Caller

ABANDONED = timedelta(seconds=60)
"""Longer than any attempt lives: the settings let none take more than 55 seconds."""

_HISTORY = text(
    """
    SELECT number, asked_at, answered_at, handler, outcomes FROM lookup_attempt
    WHERE org = :org AND lookup_id = :lookup_id ORDER BY number
    """
)
_FIRST = text(
    """
    INSERT INTO lookup_attempt (org, lookup_id, number, asked_at, answered_at, client_id, handler, purpose_text,
                                legal_text, decision_id, decision_version, sources, outcomes)
    SELECT org, id, 1, asked_at, answered_at, client_id, handler, purpose_text, legal_text, decision_id,
           decision_version, sources,
           (SELECT jsonb_agg(each ORDER BY place) FROM jsonb_array_elements(outcomes) WITH ORDINALITY AS o (each, place)
            WHERE each ->> 'source' = ANY(sources))
    FROM lookup WHERE org = :org AND id = :lookup_id FOR NO KEY UPDATE
    ON CONFLICT (org, lookup_id, number) DO NOTHING
    """
)
# Begin and end wait for each other on the look-up's own row: what one of them has seen of the other then holds.
_LOCK = text("SELECT FROM lookup WHERE org = :org AND id = :lookup_id FOR NO KEY UPDATE")
# Two who begin at once count to the same number, and the key lets one of them have it. So is one refused that read the
# look-up before the latest attempt ended: it would put what was known before that in its place.
_BEGIN = text(
    """
    INSERT INTO lookup_attempt (org, lookup_id, number, asked_at, client_id, handler, purpose_text, legal_text,
                                decision_id, decision_version, sources)
    SELECT :org, :lookup_id, :number, :asked_at, :client_id, :handler, :purpose_text, :legal_text, :decision_id,
           :decision_version, :sources
    WHERE NOT EXISTS (SELECT FROM lookup_attempt a WHERE a.org = :org AND a.lookup_id = :lookup_id
                      AND a.answered_at IS NULL AND a.asked_at > :abandoned)
      AND EXISTS (SELECT FROM lookup_attempt a WHERE a.org = :org AND a.lookup_id = :lookup_id
                  AND a.number = CAST(:number AS smallint) - 1 AND a.answered_at IS NOT DISTINCT FROM :latest_ended)
    ON CONFLICT (org, lookup_id, number) DO NOTHING
    RETURNING 1
    """
)
# One that was given up as abandoned has nothing more to say.
_END = text(
    """
    UPDATE lookup_attempt SET answered_at = :answered_at, outcomes = CAST(:outcomes AS jsonb)
    WHERE org = :org AND lookup_id = :lookup_id AND number = :number
      AND NOT EXISTS (SELECT FROM lookup_attempt a
                      WHERE a.org = :org AND a.lookup_id = :lookup_id AND a.number > :number)
    RETURNING 1
    """
)


@dataclass(frozen=True, slots=True)
class Beginning:
    """An attempt that is about to leave, and what it rests on. `after` is the latest one before it, as it was read."""

    lookup_id: uuid.UUID
    after: LookupAttempt
    asked_at: datetime
    sources: Sequence[SourceCode]
    statement: Statement
    decision: Decision

    @property
    def number(self) -> int:
        """Of this attempt."""
        return self.after.number + 1


async def history(connection: AsyncConnection, organisation: str, row: Row[Any]) -> tuple[LookupAttempt, ...]:
    """Every attempt at the look-up whose stored row it is, the first first."""
    values = {"org": organisation, "lookup_id": row.id}
    attempts = (await connection.execute(_HISTORY, values)).all()
    if not attempts:
        asked = [each for each in row.outcomes or () if each["source"] in row.sources]
        return (LookupAttempt(1, row.asked_at, row.answered_at, row.handler, tuple(asked)),)
    return tuple(
        LookupAttempt(each.number, each.asked_at, each.answered_at, each.handler, tuple(each.outcomes or ()))
        for each in attempts
    )


async def begin(connection: AsyncConnection, caller: Caller, beginning: Beginning) -> bool:
    """Take the next number; False when another attempt is under way, or has ended since the look-up was read.

    Then nothing is written of this one.
    """
    place = {"org": caller.organisation, "lookup_id": beginning.lookup_id}
    await connection.execute(_FIRST, place)
    values = {
        **place,
        "number": beginning.number,
        "latest_ended": beginning.after.answered_at,
        "asked_at": beginning.asked_at,
        "abandoned": beginning.asked_at - ABANDONED,
        "client_id": caller.client_id,
        "handler": caller.actor,
        "purpose_text": beginning.statement.purpose_text,
        "legal_text": beginning.statement.legal_text,
        "decision_id": beginning.decision.id,
        "decision_version": beginning.decision.version,
        "sources": [source.value for source in beginning.sources],
    }
    return (await connection.execute(_BEGIN, values)).scalar() is not None


async def end(
    connection: AsyncConnection,
    organisation: str,
    lookup_id: uuid.UUID,
    number: int,
    answered_at: datetime,
    outcomes: Sequence[Outcome],
) -> bool:
    """Store how the asked sources answered; False when a later attempt has taken over."""
    values = {
        "org": organisation,
        "lookup_id": lookup_id,
        "number": number,
        "answered_at": answered_at,
        "outcomes": json.dumps([dict(each) for each in outcomes]),
    }
    await connection.execute(_LOCK, {"org": organisation, "lookup_id": lookup_id})
    return (await connection.execute(_END, values)).scalar() is not None
