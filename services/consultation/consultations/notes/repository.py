"""Notes in the database: sealed to their place, added to and never changed. `org` is the side whose own they are."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.problems import NOTE_SUPERSEDED
from shared.database.constraints import broken_by
from shared.problems import MALFORMED, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault

_ONE_CORRECTION = "consultation_note_org_supersedes_key"
"""The unique key by which a note is corrected once."""

_ADD = text(
    """
    INSERT INTO consultation_note (org, id, consultation_org, consultation_id, written_at, author, client_id,
                                   supersedes, sealed)
    VALUES (:org, :id, :consultation_org, :consultation_id, :at, :author, :client_id, :supersedes, :sealed)
    """
)
_IS_THERE = text("SELECT 1 FROM consultation_note WHERE org = :org AND id = :id AND consultation_id = :consultation_id")
_COLUMNS = """
    n.id, n.consultation_id, n.written_at, n.author, n.supersedes, n.sealed,
    (SELECT later.id FROM consultation_note later WHERE later.org = n.org AND later.supersedes = n.id) AS superseded_by
"""
_PAGE = text(
    f"""
    SELECT {_COLUMNS} FROM consultation_note n
    WHERE n.org = :org AND n.consultation_id = :consultation_id
      AND (n.written_at, n.id) < (CAST(:at AS timestamptz), CAST(:after AS uuid))
    ORDER BY n.written_at DESC, n.id DESC LIMIT :rows
    """
)
_ONE = text(
    f"SELECT {_COLUMNS} FROM consultation_note n WHERE n.org = :org AND n.id = :id AND n.consultation_id = "
    ":consultation_id"
)
_NEWEST = (datetime.max.replace(tzinfo=UTC), uuid.UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True)
class NewNote:
    """A note as it is written; `supersedes` is the earlier one that it stands in the place of."""

    id: uuid.UUID
    text: str
    supersedes: uuid.UUID | None
    at: datetime


async def add(connection: AsyncConnection, vault: Vault, caller: Caller, row: Row[Any], note: NewNote) -> None:
    """Write a note of the caller's side. `row` is the consultation.

    Raises Problem 422 when it supersedes one that is not there, 409 when another has superseded that one.
    """
    values = {
        "org": caller.organisation,
        "id": note.id,
        "consultation_org": row.org,
        "consultation_id": row.id,
        "at": note.at,
        "author": caller.actor,
        "client_id": caller.client_id,
        "supersedes": note.supersedes,
        "sealed": vault.seal(note.text.encode(), _purpose(row.id, note.id)),
    }
    if note.supersedes is not None and not await _is_there(connection, caller, row.id, note.supersedes):
        raise Problem(MALFORMED, members={"errors": [{"field": "supersedes", "reason": "unknown"}]})
    try:
        await connection.execute(_ADD, values)
    except IntegrityError as fault:
        if broken_by(fault) != _ONE_CORRECTION:
            raise
        # Of two who correct the same note at once, the second one is told.
        raise Problem(NOTE_SUPERSEDED) from None


async def page(
    connection: AsyncConnection,
    organisation: str,
    consultation_id: uuid.UUID,
    place: tuple[datetime, uuid.UUID] | None,
    rows: int,
) -> Sequence[Row[Any]]:
    """The organisation's own, newest first, after the place."""
    at, after = place or _NEWEST
    values = {"org": organisation, "consultation_id": consultation_id, "at": at, "after": after, "rows": rows}
    return (await connection.execute(_PAGE, values)).all()


async def find(
    connection: AsyncConnection, organisation: str, consultation_id: uuid.UUID, note_id: uuid.UUID
) -> Row[Any] | None:
    """One of the organisation's own."""
    values = {"org": organisation, "id": note_id, "consultation_id": consultation_id}
    return (await connection.execute(_ONE, values)).one_or_none()


def opened(vault: Vault, row: Row[Any]) -> str:
    """The words of a note. Raises CannotOpen."""
    return vault.open(row.sealed, _purpose(row.consultation_id, row.id)).decode()


async def _is_there(
    connection: AsyncConnection, caller: Caller, consultation_id: uuid.UUID, note_id: uuid.UUID
) -> bool:
    values = {"org": caller.organisation, "id": note_id, "consultation_id": consultation_id}
    return (await connection.execute(_IS_THERE, values)).one_or_none() is not None


def _purpose(consultation_id: uuid.UUID, note_id: uuid.UUID) -> str:
    return f"note:{consultation_id}:{note_id}"
