"""A handler's own draft over HTTP. Saving it is no event and stops no clock, and is not audited; reading it is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request

from services.consultation.clocks.turns import Turn
from services.consultation.consultations.carrying_out import ConsultationId, Worker
from services.consultation.consultations.drafts import repository, wire
from services.consultation.consultations.drafts.repository import Key
from services.consultation.consultations.reading_routes import answered_by
from services.consultation.consultations.repository import Reader, find_answered_by
from services.consultation.context import Context, context_of
from services.consultation.problems import NOT_HELD, PROTECTED_IDENTITY
from shared.audit import record
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.conditions import ExpectedVersion, etag
from shared.problems import NOT_FOUND, VERSION_CHANGED, Problem

router = APIRouter(tags=["consultations"])


@router.put(
    "/consultations/{consultationId}/draft",
    response_model=wire.SavedDraft,
    responses={200: {"content": {"application/json": {"example": wire.SAVED}}}},
    summary="Save one's draft / Spara sitt utkast",
)
async def save_draft(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[wire.DraftBody, Depends(JsonBody(wire.DraftBody, wire.DRAFT))],
) -> Response:
    """The whole form, by the one who has the consultation; `If-Match: "0"` for the first. 412 when another tab was
    faster: read that one, and let the handler choose.

    Hela formuläret, av den som har samrådet; `If-Match: "0"` första gången. 412 när en annan flik hann före: läs den
    versionen och låt handläggaren välja.
    """
    context, now = context_of(request), context_of(request).clock()
    key, expires = Key(caller.organisation, consultation_id, caller.actor or ""), now + context.drafts_kept
    saving = await repository.save(
        context.database.single,
        context.vault,
        Reader.of(caller),
        key,
        body.model_dump_json(by_alias=True).encode(),
        expected=version,
        at=now,
        expires=expires,
    )
    if saving is None:
        raise Problem(NOT_FOUND)
    if saving.protected:
        raise Problem(PROTECTED_IDENTITY)
    if not saving.held:
        raise Problem(NOT_HELD)
    if saving.saved is None:
        async with context.database.begin(Tenancy(caller.organisation)) as connection:
            raise Problem(VERSION_CHANGED, members={"version": await repository.version_of(connection, key)})
    model = wire.SavedDraft(
        consultation_id=consultation_id,
        version=saving.saved,
        saved_at=now,
        expires_at=expires,
        links=_links(context, consultation_id),
    )
    return context.json(model, headers={"ETag": etag(saving.saved)})


@router.get(
    "/consultations/{consultationId}/draft",
    response_model=wire.WholeDraft,
    responses={200: {"content": {"application/json": {"example": wire.WHOLE}}}},
    summary="One's own draft / Det egna utkastet",
)
async def get_draft(request: Request, caller: Worker, consultation_id: ConsultationId) -> Response:
    """What the handler has saved; nobody else finds it. Each reading is audited.

    Det som handläggaren har sparat; ingen annan hittar det. Varje läsning loggas.
    """
    context, now = context_of(request), context_of(request).clock()
    key = Key(caller.organisation, consultation_id, caller.actor or "")
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row, entry = await answered_by(context, connection, caller, consultation_id, "consultation.draft_read")
        mine = row.turn != Turn.NOBODY and row.assigned_to in (None, caller.actor)
        found = await repository.find(connection, context.vault, key, now) if mine else None
        if found is None:
            raise Problem(NOT_FOUND)
        await record(connection, entry)
    model = wire.WholeDraft(
        consultation_id=consultation_id,
        version=found.version,
        saved_at=found.saved_at,
        expires_at=found.expires_at,
        draft=wire.DraftBody.model_validate_json(found.content, by_alias=True, by_name=False),
        links=_links(context, consultation_id),
    )
    return context.json(model, headers={"ETag": etag(found.version)})


@router.delete(
    "/consultations/{consultationId}/draft",
    response_model=wire.RemovedDraft,
    responses={200: {"content": {"application/json": {"example": wire.REMOVED}}}},
    summary="Remove one's draft / Ta bort sitt utkast",
)
async def delete_draft(
    request: Request, caller: Worker, consultation_id: ConsultationId, version: ExpectedVersion
) -> Response:
    """In the version that was read, so that what another tab has saved since is not lost.

    I den version som lästes, så att det en annan flik har sparat sedan dess inte går förlorat.
    """
    context = context_of(request)
    key = Key(caller.organisation, consultation_id, caller.actor or "")
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        if await find_answered_by(connection, Reader.of(caller), consultation_id) is None:
            raise Problem(NOT_FOUND)
        if not await repository.remove(connection, key, version):
            now_in = await repository.version_of(connection, key)
            raise Problem(VERSION_CHANGED, members={"version": now_in}) if now_in else Problem(NOT_FOUND)
    return context.json(wire.RemovedDraft(consultation_id=consultation_id))


def _links(context: Context, consultation_id: ConsultationId) -> dict[str, dict[str, str]]:
    return {"self": {"href": f"{context.base_url}/consultations/{consultation_id}/draft"}}
