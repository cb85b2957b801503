"""Attachments in the database: who gave what, when, and where its content is kept; the content is elsewhere.

A row of the other side's is there once it has been told: the statements say so, and row-level security says it again.
"""

import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.attachments.domain import Attachment, Given, MediaType, Scan, place_of
from services.consultation.consultations.attachments.file_names import open_name, seal_name
from services.consultation.consultations.domain import Consultation
from shared.tokens.caller import Caller
from shared.vault import Vault

A_DAY = timedelta(days=1)

TOLD_ATTACHMENTS = """
    (SELECT json_agg(json_build_object(
        'id', a.id, 'given_by', a.given_by, 'given_at', a.given_at, 'name_sealed', encode(a.name_sealed, 'base64'),
        'media_type', a.media_type, 'bytes', a.bytes, 'sha256', encode(a.sha256, 'base64'), 'scan', a.scan,
        'sequence', a.sequence, 'information_set', a.information_set) ORDER BY a.given_at, a.id)
     FROM attachment a
     WHERE a.org = consultation.org AND a.consultation_id = consultation.id
       AND (a.given_by = :org OR a.sequence IS NOT NULL))
"""
"""For a statement that reads a consultation as `:org`: its files, as JSON or NULL. See `read_attachments`."""

# Two files that an organisation gives at once are counted after each other, whichever consultations they are for.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('attachment ' || :org, 20))")
# Locked, so that it is neither answered nor given to another while a file is added to it.
_LOCK = text("SELECT FROM consultation WHERE org = :owner AND id = :id FOR NO KEY UPDATE")
_GIVEN = text(
    """
    SELECT count(*) AS files, coalesce(sum(bytes), 0) AS consultation_bytes,
           (SELECT coalesce(sum(bytes), 0) FROM attachment WHERE given_by = :org AND given_at > :since) AS day_bytes
    FROM attachment WHERE org = :owner AND consultation_id = :id
    """
)
_ADD = text(
    """
    INSERT INTO attachment (org, consultation_id, id, answering_org, given_by, client_id, actor, given_at, name_sealed,
                            media_type, bytes, sha256, blob, scan, scan_due_at)
    VALUES (:owner, :consultation_id, :id, :answering_org, :given_by, :client_id, :actor, :given_at, :name_sealed,
            :media_type, :bytes, :sha256, :blob, :scan, :scan_due_at)
    """
)
_FIND = text(
    """
    SELECT id, given_by, given_at, name_sealed, media_type, bytes, sha256, blob, scan, sequence, information_set
    FROM attachment
    WHERE org = :owner AND consultation_id = :consultation_id AND id = :id
      AND (given_by = :org OR sequence IS NOT NULL)
    """
)
_TELL = text(
    """
    UPDATE attachment SET sequence = :sequence, information_set = named.code
    FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[])) AS named (id, code)
    WHERE attachment.org = :owner AND attachment.consultation_id = :consultation_id AND attachment.id = named.id
      AND attachment.given_by = :org AND attachment.sequence IS NULL AND attachment.scan <> 'infected'
    RETURNING attachment.id
    """
)
_REMOVE = text(
    """
    DELETE FROM attachment
    WHERE org = :owner AND consultation_id = :consultation_id AND id = :id AND given_by = :org AND sequence IS NULL
    RETURNING blob
    """
)


@dataclass(frozen=True, slots=True)
class ReadAttachment:
    """A file as a reader sees it. `sequence` is the event that told it, None before; `information_set` is its set."""

    id: uuid.UUID
    given_by: str
    given_at: datetime
    name: str
    media_type: MediaType
    size: int
    sha256: bytes
    scan: Scan
    sequence: int | None
    information_set: str | None


async def lock(connection: AsyncConnection, attachment: Attachment) -> None:
    """Nobody else changes its consultation, nor adds a file for the same side, until the transaction is over."""
    await connection.execute(_ONE_AT_A_TIME, {"org": attachment.given_by})
    await connection.execute(_LOCK, {"owner": attachment.organisation, "id": attachment.consultation_id})


async def given(connection: AsyncConnection, caller: Caller, row: Row[Any], now: datetime) -> Given:
    """What has been given already, as far as the caller's side sees it: not what the other one prepares."""
    values = {"owner": row.org, "id": row.id, "org": caller.organisation, "since": now - A_DAY}
    found = (await connection.execute(_GIVEN, values)).one()
    return Given(found.files, int(found.consultation_bytes), int(found.day_bytes))


async def add(
    connection: AsyncConnection, vault: Vault, caller: Caller, attachment: Attachment, key: uuid.UUID
) -> None:
    """Write it; its content is kept under `key` already."""
    values = {
        "owner": attachment.organisation,
        "consultation_id": attachment.consultation_id,
        "id": attachment.id,
        "answering_org": attachment.answering,
        "given_by": attachment.given_by,
        "client_id": caller.client_id,
        "actor": caller.actor,
        "given_at": attachment.given_at,
        "name_sealed": seal_name(vault, attachment.id, attachment.name),
        "media_type": attachment.media_type.value,
        "bytes": attachment.size,
        "sha256": attachment.sha256,
        "blob": key,
        "scan": attachment.scan.value,
        "scan_due_at": attachment.given_at if attachment.scan is Scan.PENDING else None,
    }
    await connection.execute(_ADD, values)


async def find(connection: AsyncConnection, caller: Caller, row: Row[Any], attachment_id: uuid.UUID) -> Row[Any] | None:
    """A file of a consultation, as far as the caller's side sees it."""
    return (await connection.execute(_FIND, _key(caller, row, attachment_id))).one_or_none()


async def tell(
    connection: AsyncConnection, caller: Caller, after: Consultation, named: Mapping[uuid.UUID, str | None]
) -> frozenset[uuid.UUID]:
    """Tell files with the latest event of the consultation, each with its set if any; answers those that could be."""
    values = {
        "owner": after.organisation,
        "consultation_id": after.id,
        "org": caller.organisation,
        "sequence": after.version,
        "ids": list(named),
        "codes": list(named.values()),
    }
    return frozenset((await connection.execute(_TELL, values)).scalars())


async def remove(
    connection: AsyncConnection, caller: Caller, row: Row[Any], attachment_id: uuid.UUID
) -> tuple[bool, uuid.UUID | None]:
    """Whether it is removed, which it is when it is the caller's side's and not told; and where its content is kept."""
    removed = (await connection.execute(_REMOVE, _key(caller, row, attachment_id))).one_or_none()
    return (False, None) if removed is None else (True, removed.blob)


def as_read(vault: Vault, row: Row[Any]) -> ReadAttachment:
    """From a row of `find`. Raises CannotOpen."""
    return ReadAttachment(
        id=row.id,
        given_by=row.given_by,
        given_at=row.given_at,
        name=open_name(vault, row.id, row.name_sealed),
        media_type=MediaType(row.media_type),
        size=row.bytes,
        sha256=row.sha256,
        scan=Scan(row.scan),
        sequence=row.sequence,
        information_set=row.information_set,
    )


def read_attachments(vault: Vault, told: str | None) -> Sequence[ReadAttachment]:
    """From `TOLD_ATTACHMENTS`. Raises CannotOpen."""
    return [_from_json(vault, each) for each in json.loads(told or "[]")]


def place_in(row: Row[Any], attachment_id: uuid.UUID) -> str:
    """What the content of a consultation's file is bound to."""
    return place_of(row.org, row.id, attachment_id)


def _from_json(vault: Vault, told: Mapping[str, Any]) -> ReadAttachment:
    attachment_id = uuid.UUID(told["id"])
    return ReadAttachment(
        id=attachment_id,
        given_by=told["given_by"],
        given_at=datetime.fromisoformat(told["given_at"]),
        name=open_name(vault, attachment_id, base64.b64decode(told["name_sealed"])),
        media_type=MediaType(told["media_type"]),
        size=told["bytes"],
        sha256=base64.b64decode(told["sha256"]),
        scan=Scan(told["scan"]),
        sequence=told["sequence"],
        information_set=told["information_set"],
    )


def _key(caller: Caller, row: Row[Any], attachment_id: uuid.UUID) -> dict[str, Any]:
    return {"owner": row.org, "consultation_id": row.id, "id": attachment_id, "org": caller.organisation}
