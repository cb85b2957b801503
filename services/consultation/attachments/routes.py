"""Attachments over HTTP. A content is never shown in a page: it is downloaded, whatever it is."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from starlette.requests import Request
from starlette.responses import StreamingResponse

from services.consultation import scopes
from services.consultation.attachments.fetch import fetch_attachment, find_attachment
from services.consultation.attachments.filing import filing_of
from services.consultation.attachments.give import UNDECLARED, Giving, Upload, give_attachment
from services.consultation.attachments.remove import remove_attachment
from services.consultation.consultations.attachments.domain import Attachment, MediaType
from services.consultation.consultations.attachments.file_names import content_disposition, stated_name
from services.consultation.consultations.attachments.repository import ReadAttachment, as_read
from services.consultation.consultations.attachments.wire import (
    EXAMPLE,
    AttachmentModel,
    RemovedAttachment,
    attachment_model,
)
from services.consultation.consultations.carrying_out import ConsultationId
from services.consultation.consultations.reading_routes import reading
from services.consultation.context import context_of
from shared.audit import record_alone
from shared.blobs.protocol import Digest
from shared.database.engine import Tenancy
from shared.http.bodies import pieces_within
from shared.idempotency import Attempt, attempted
from shared.problems import Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["attachments"])

Side = Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_READ))]
AttachmentId = Annotated[uuid.UUID, Path(alias="attachmentId", description="From the consultation / Ur samrådet")]

_BINARY = {"schema": {"type": "string", "format": "binary"}, "example": "%PDF-1.7 ..."}
_NEVER_INLINE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_ANSWERED: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"example": EXAMPLE}}}}


def _header(name: str, description: str, example: str, *, required: bool) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }


_UPLOADED = {
    "parameters": [
        _header(
            "Content-Disposition",
            "The file's name (RFC 6266) / Filens namn",
            "attachment; filename*=UTF-8''handlingsplan.pdf",
            required=True,
        ),
        _header(
            "Idempotency-Key",
            "Makes a retry safe / Gör omsändning säker",
            "0d5f8b0c-2c3b-4d53-9d67-6b1f2f6b5a11",
            required=False,
        ),
    ],
    "requestBody": {"required": True, "content": {media_type.value: _BINARY for media_type in MediaType}},
}


@router.post(
    "/consultations/{consultationId}/attachments",
    status_code=201,
    response_model=AttachmentModel,
    responses={201: {"content": {"application/json": {"example": EXAMPLE}}}},
    openapi_extra=_UPLOADED,
    summary="Give a file / Lämna en fil",
)
async def give(request: Request, caller: Side, consultation_id: ConsultationId) -> Response:
    """The file is the body, its name stands in Content-Disposition. The other side sees it once a message carries it.

    What it is, is decided by its content. With the answer's `digest` the sender sees that it came whole.

    Filen är kroppen, namnet står i Content-Disposition. Den andra sidan ser den när ett meddelande har den med sig.
    """
    context = context_of(request)
    request.scope["state"]["audit"] = {"objectId": consultation_id}
    filing = filing_of(request)
    upload = _upload(request, filing.limits.file_bytes)

    async def attempt_of(digest: Digest) -> Attempt | None:
        # Of what was sent, its digest stands for the body.
        request.scope["state"]["body"] = b"\0".join((digest.sha256, upload.declared.encode(), upload.name.encode()))
        return await attempted(request)

    def told(attachment: Attachment) -> Response:
        model = attachment_model(_as_given(attachment), attachment.organisation, consultation_id, context.base_url)
        return context.json(model, 201, {"Location": model.links["self"]["href"]})

    needs = Giving(context.database, context.vault, context.ledger, filing)
    try:
        return await give_attachment(
            needs, caller, consultation_id, upload, context.clock(), attempt_of=attempt_of, told=told
        )
    except Problem:
        # The rest is taken in, so that whoever is still sending reads the refusal instead of a broken connection.
        async for _ in upload.pieces:
            pass
        raise


@router.get(
    "/consultations/{consultationId}/attachments/{attachmentId}",
    response_model=AttachmentModel,
    responses=_ANSWERED,
    summary="What is known of a file / Vad som är känt om en fil",
)
async def get_attachment(
    request: Request, caller: Side, consultation_id: ConsultationId, attachment_id: AttachmentId
) -> Response:
    """Whether it has been scanned, and whether it has been told to the other side. Each reading is audited.

    Om den har granskats, och om den har lämnats till den andra sidan. Varje läsning loggas.
    """
    context = context_of(request)
    row, file = await find_attachment(context.database, caller, consultation_id, attachment_id)
    await record_alone(context.database.single, reading(context, caller, row, "consultation.read", ["attachments"]))
    return context.json(attachment_model(as_read(context.vault, file), row.org, row.id, context.base_url))


@router.get(
    "/consultations/{consultationId}/attachments/{attachmentId}/content",
    response_class=Response,
    responses={
        200: {
            "description": "The file, to be saved / Filen, att spara",
            "content": {media_type.value: _BINARY for media_type in MediaType},
        }
    },
    summary="Download a file / Hämta en fil",
)
async def get_attachment_content(
    request: Request, caller: Side, consultation_id: ConsultationId, attachment_id: AttachmentId
) -> Response:
    """The whole file, once a scanner has let it through. Each download is audited, with the file's digest.

    Hela filen, när den har granskats. Varje hämtning loggas med filens kontrollsumma.
    """
    context = context_of(request)
    fetched = await fetch_attachment(
        context.database, context.vault, filing_of(request), caller, consultation_id, attachment_id, context.clock()
    )
    headers = {
        **_NEVER_INLINE,
        "Content-Disposition": content_disposition(fetched.file.name),
        "Content-Length": str(fetched.file.size),
    }
    return StreamingResponse(fetched.content, headers=headers, media_type=fetched.file.media_type.value)


@router.delete(
    "/consultations/{consultationId}/attachments/{attachmentId}",
    response_model=RemovedAttachment,
    responses={200: {"content": {"application/json": {"example": {"attachmentId": EXAMPLE["attachmentId"]}}}}},
    summary="Remove a file that has not been told / Ta bort en fil som inte har lämnats",
)
async def remove(
    request: Request, caller: Side, consultation_id: ConsultationId, attachment_id: AttachmentId
) -> Response:
    """Take back a file of one's own side. What has been told to the other side stays.

    Ta tillbaka en fil från den egna sidan. Det som har lämnats till den andra sidan står kvar.
    """
    context = context_of(request)
    request.scope["state"]["audit"] = {"objectId": consultation_id}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        key = await remove_attachment(connection, caller, consultation_id, attachment_id, context.clock())
    if key is not None:
        await filing_of(request).discard(key)
    return context.json(RemovedAttachment(attachment_id=attachment_id))


def _upload(request: Request, limit: int) -> Upload:
    """What the headers say of a file. Raises Problem 422."""
    length = request.headers.get("content-length")
    return Upload(
        name=stated_name(request.headers.get("content-disposition")),
        declared=_declared(request.headers.get("content-type", "")),
        size=int(length) if length else None,
        keyed="idempotency-key" in request.headers,
        pieces=pieces_within(request, limit),
    )


def _declared(content_type: str) -> str:
    """The type that is stated, or that nothing is known of it. Text is in UTF-8, whether that is said or not."""
    media_type, _, parameters = content_type.lower().partition(";")
    said = parameters.replace(" ", "").replace('"', "")
    return (media_type.strip() or UNDECLARED) if said in ("", "charset=utf-8") else content_type


def _as_given(attachment: Attachment) -> ReadAttachment:
    return ReadAttachment(
        id=attachment.id,
        given_by=attachment.given_by,
        given_at=attachment.given_at,
        name=attachment.name,
        media_type=attachment.media_type,
        size=attachment.size,
        sha256=attachment.sha256,
        scan=attachment.scan,
        sequence=None,
        information_set=None,
    )
