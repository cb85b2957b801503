"""Drafts in the database, one of a handler and consultation: sealed, each version with a number of its own.

Saving is one statement and one round trip, since it is done every few seconds.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.repository import IN_SIGHT, Reader
from shared.database.single import SingleStatements
from shared.vault import Vault

# One round trip. The inner selects lean on the tenant's row, so they are carried out after the organisation is set; if
# they ever were not, row-level security would show nothing. Nobody waits for a lock but another tab of the handler's.
_SAVE = text(
    f"""
    WITH tenant AS MATERIALIZED (SELECT set_config('app.org', :org, true) AS reader),
    found AS MATERIALIZED (
        SELECT each.* FROM tenant CROSS JOIN LATERAL (
            SELECT org, id, answering_org, turn <> 'nobody' AND coalesce(assigned_to = :handler, false) AS held,
                   is_protected(person_mark) AS protected
            FROM consultation WHERE id = :id AND answering_org = tenant.reader AND {IN_SIGHT} OFFSET 0
        ) AS each
    ),
    kept AS MATERIALIZED (
        SELECT FROM found CROSS JOIN LATERAL (
            SELECT FROM answer_draft d
            WHERE d.org = found.answering_org AND d.consultation_id = found.id AND d.handler = :handler OFFSET 0
        ) AS each
    ),
    saved AS (
        INSERT INTO answer_draft AS d (org, consultation_id, handler, consultation_org, version, saved_at, expires_at,
                                       sealed)
        SELECT answering_org, id, :handler, org, nextval('answer_draft_version'), :at, :expires, :sealed FROM found
        WHERE held AND NOT protected AND (:expected = 0 OR EXISTS (SELECT FROM kept))
        ON CONFLICT (org, consultation_id, handler) DO UPDATE
           SET version = excluded.version, saved_at = excluded.saved_at, expires_at = excluded.expires_at,
               sealed = excluded.sealed
         WHERE d.version = :expected
        RETURNING version
    )
    SELECT held, protected, (SELECT version FROM saved) AS saved FROM found
    """
)
# What is left of a draft that was saved in the moment its consultation was answered is told to nobody, and expires.
_FIND = text(
    """
    SELECT version, saved_at, expires_at, sealed FROM answer_draft
    WHERE org = :org AND consultation_id = :id AND handler = :handler AND expires_at > :now
    """
)
_VERSION = text("SELECT version FROM answer_draft WHERE org = :org AND consultation_id = :id AND handler = :handler")
_REMOVE = text(
    """
    DELETE FROM answer_draft WHERE org = :org AND consultation_id = :id AND handler = :handler AND version = :expected
    RETURNING 1
    """
)
_FORGET = text("DELETE FROM answer_draft WHERE expires_at <= :now")


@dataclass(frozen=True, slots=True)
class Key:
    """Whose draft, of which consultation."""

    organisation: str
    consultation_id: uuid.UUID
    handler: str

    def values(self) -> dict[str, Any]:
        """For the statements."""
        return {"org": self.organisation, "id": self.consultation_id, "handler": self.handler}


@dataclass(frozen=True, slots=True)
class Saving:
    """What came of saving. `saved` is the new version, None when nothing was saved."""

    held: bool
    protected: bool
    saved: int | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it was saved; `content` is JSON."""

    version: int
    saved_at: datetime
    expires_at: datetime
    content: bytes


async def save(
    single: SingleStatements,
    vault: Vault,
    reader: Reader,
    key: Key,
    content: bytes,
    *,
    expected: int,
    at: datetime,
    expires: datetime,
) -> Saving | None:
    """Save when the draft is in the expected version, 0 for none yet. None when there is no such consultation."""
    values = {
        **reader.values(),
        **key.values(),
        "expected": expected,
        "at": at,
        "expires": expires,
        "sealed": vault.seal(content, _purpose(key)),
    }
    rows = await single.rows(_SAVE, values)
    return Saving(rows[0].held, rows[0].protected, rows[0].saved) if rows else None


async def find(connection: AsyncConnection, vault: Vault, key: Key, now: datetime) -> Draft | None:
    """The handler's own, unless its time is over. Raises CannotOpen."""
    row = (await connection.execute(_FIND, {**key.values(), "now": now})).one_or_none()
    if row is None:
        return None
    return Draft(row.version, row.saved_at, row.expires_at, vault.open(row.sealed, _purpose(key)))


async def version_of(connection: AsyncConnection, key: Key) -> int:
    """The version that is saved now; 0 for none."""
    return (await connection.execute(_VERSION, key.values())).scalar_one_or_none() or 0


async def remove(connection: AsyncConnection, key: Key, expected: int) -> bool:
    """Whether it was there in the expected version, and is gone."""
    return (await connection.execute(_REMOVE, {**key.values(), "expected": expected})).scalar_one_or_none() is not None


async def forget_expired(connection: AsyncConnection, now: datetime) -> int:
    """Remove every draft whose time is over, of every organisation; answers how many. For background jobs."""
    return (await connection.execute(_FORGET, {"now": now})).rowcount


def _purpose(key: Key) -> str:
    return f"draft:{key.consultation_id}:{key.organisation}:{key.handler}"
