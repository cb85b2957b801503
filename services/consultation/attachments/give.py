"""Give: a side uploads a file, which the other side sees once a message carries it.

The content is refused on its way in as soon as it is too long, and kept before there is a row that leads to it: what
breaks off leaves a content that nothing leads to, which `sweep` removes.
"""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.consultation.attachments.contents.domain import Unfit, Unfitness, require_extension
from services.consultation.attachments.filing import Filing, unavailable
from services.consultation.attachments.trail import attachment_entry
from services.consultation.consultations.attachments import repository
from services.consultation.consultations.attachments.domain import (
    Attachment,
    MediaType,
    place_of,
    require_may_give,
    require_room,
)
from services.consultation.consultations.attachments.problems import ATTACHMENT_UNFIT
from services.consultation.consultations.repository import Reader, as_domain
from services.consultation.consultations.worked_on import worked_on_by
from shared.audit import record
from shared.blobs.protocol import BlobsUnavailable, Digest
from shared.database.engine import Database, Tenancy
from shared.idempotency import Attempt, Ledger
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault

UNDECLARED = "application/octet-stream"
"""Says of a file that nothing is known of its type."""


@dataclass(frozen=True, slots=True)
class Giving:
    """What giving needs of the world."""

    database: Database
    vault: Vault
    ledger: Ledger
    filing: Filing


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it is stated. `keyed` when it may have been given before, under the same key; `size` if it is known."""

    name: str
    declared: str
    size: int | None
    keyed: bool
    pieces: AsyncIterator[bytes]


async def give_attachment(
    needs: Giving,
    caller: Caller,
    consultation_id: uuid.UUID,
    upload: Upload,
    now: datetime,
    *,
    attempt_of: Callable[[Digest], Awaitable[Attempt | None]],
    told: Callable[[Attachment], Response],
) -> Response:
    """The answer rendered by `told`, or the kept one when the same file has been given under the same key.

    Raises Problem 403, 404, 408, 409, 413, 422, and 503 when the store is not there.
    """
    async with needs.database.begin(Tenancy(caller.organisation)) as connection:
        row = await _found(connection, caller, consultation_id)
        if not upload.keyed:
            # Known before anything is sent; whether it still holds is asked again when it has been.
            await _require_allowed(needs, connection, caller, row, upload.size or 1, now)
    attachment_id, key = uuid.uuid4(), uuid.uuid4()
    try:
        digest, media_type = await _keep(needs.filing, upload, key, place_of(row.org, row.id, attachment_id), now)
    except BlobsUnavailable as fault:
        raise unavailable(fault) from None
    attachment = Attachment(
        id=attachment_id,
        organisation=row.org,
        consultation_id=row.id,
        answering=row.answering_org,
        given_by=caller.organisation,
        given_at=now,
        name=upload.name,
        media_type=media_type,
        size=digest.size,
        sha256=digest.sha256,
        scan=needs.filing.first_scan,
    )
    return await _write(needs, caller, attachment, key, attempt_of, told)


async def _keep(filing: Filing, upload: Upload, key: uuid.UUID, place: str, now: datetime) -> tuple[Digest, MediaType]:
    async with filing.blobs.draft(key, place, now) as draft:
        async for piece in upload.pieces:
            await draft.write(piece)
        digest = await draft.whole()
        media_type: MediaType | None = None
        try:
            media_type = await filing.examine(draft)
            if upload.declared not in (media_type, UNDECLARED):
                raise Unfit(Unfitness.DECLARED_OTHERWISE)
            require_extension(upload.name, media_type)
        except Unfit as fault:
            found = {"foundMediaType": media_type.value} if media_type else {}
            raise Problem(ATTACHMENT_UNFIT, members={"reason": fault.why.value, **found}) from None
        await draft.keep()
    return digest, media_type


async def _write(
    needs: Giving,
    caller: Caller,
    attachment: Attachment,
    key: uuid.UUID,
    attempt_of: Callable[[Digest], Awaitable[Attempt | None]],
    told: Callable[[Attachment], Response],
) -> Response:
    now, written = attachment.given_at, False

    async def effect() -> Response:
        nonlocal written
        await repository.lock(connection, attachment)
        row = await _found(connection, caller, attachment.consultation_id)
        await _require_allowed(needs, connection, caller, row, attachment.size, now)
        await repository.add(connection, needs.vault, caller, attachment, key)
        file = await repository.find(connection, caller, row, attachment.id)
        await record(connection, attachment_entry(caller, row, "consultation.attachment_given", now, file))
        written = True
        return told(attachment)

    try:
        attempt = await attempt_of(Digest(attachment.size, attachment.sha256))
        async with needs.database.begin(Tenancy(caller.organisation)) as connection:
            response = await needs.ledger.once(connection, caller, attempt, now, effect)
    except Problem:
        # Surely rolled back. After any other fault it may have been committed, and the content is left to the sweep.
        await needs.filing.discard(key)
        raise
    if not written:
        await needs.filing.discard(key)
    return response


async def _found(connection: AsyncConnection, caller: Caller, consultation_id: uuid.UUID) -> Row[Any]:
    row = await worked_on_by(caller)(connection, Reader.of(caller), consultation_id)
    if row is None:
        raise Problem(NOT_FOUND)
    return row


async def _require_allowed(
    needs: Giving, connection: AsyncConnection, caller: Caller, row: Row[Any], size: int, now: datetime
) -> None:
    require_may_give(as_domain(row), caller.organisation, caller.actor or "")
    require_room(needs.filing.limits, await repository.given(connection, caller, row, now), size)
