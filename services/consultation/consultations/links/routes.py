"""Links between consultations over HTTP."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.consultations.carrying_out import ConsultationId
from services.consultation.consultations.domain import State
from services.consultation.consultations.links.domain import LinkKind, Relation
from services.consultation.consultations.links.link import link_consultations
from services.consultation.consultations.links.repository import links_of
from services.consultation.consultations.links.unlink import unlink_consultations
from services.consultation.consultations.models import self_link
from services.consultation.consultations.reading_routes import visible
from services.consultation.consultations.repository import Reader
from services.consultation.context import context_of
from services.consultation.wire import Instant
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody, WireModel
from shared.idempotency import OnceOnly
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["consultations"])

Side = Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_READ))]
Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]

_ID = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
_OTHER = "7c0f3f0e-5f3b-4d5e-9a51-0f6f3f0f2f11"
_BASE = "https://samrad.example/consultation/v1/consultations"
_REQUEST = {"to": _OTHER, "kind": "duplicate_of"}
_LINKED: dict[str, Any] = {"consultationId": _ID, **_REQUEST, "_links": {"self": {"href": f"{_BASE}/{_ID}/links"}}}
_LIST: dict[str, Any] = {
    "consultations": [
        {
            "consultationId": _OTHER,
            "number": "S26-7K3M-9QXD",
            "state": "answered",
            "relation": "duplicate_of",
            "madeAt": "2026-11-20T09:12:00Z",
            "_links": {"self": {"href": f"{_BASE}/{_OTHER}"}},
        }
    ],
    "_links": {"self": {"href": f"{_BASE}/{_ID}/links"}},
}


class LinkRequest(WireModel):
    """The other consultation, and how this one stands to it (code list `linkKinds`)."""

    to: uuid.UUID
    kind: LinkKind


class Linked(LinkRequest):
    """A link from a consultation to another."""

    consultation_id: uuid.UUID
    links: Links


class LinkedConsultation(WireModel):
    """The other end, and how the one that was read stands to it (code list `linkRelations`)."""

    consultation_id: uuid.UUID
    number: str
    state: State
    relation: Relation
    made_at: Instant
    links: Links


class LinkList(WireModel):
    """The newest first, at most a hundred; those whose other end the reader may not see are left out."""

    consultations: list[LinkedConsultation]
    links: Links


@router.post(
    "/consultations/{consultationId}/links",
    status_code=201,
    response_model=Linked,
    responses={
        200: {
            "description": "It was there already / Den fanns redan",
            "model": Linked,
            "content": {"application/json": {"example": _LINKED}},
        },
        201: {"content": {"application/json": {"example": _LINKED}}},
    },
    summary="Link to another consultation / Koppla till ett annat samråd",
)
async def link(
    request: Request,
    caller: Side,
    consultation_id: ConsultationId,
    body: Annotated[LinkRequest, Depends(JsonBody(LinkRequest, _REQUEST))],
    attempt: OnceOnly,
) -> Response:
    """Say how this one stands to another that one's own side sees as well. Nothing in either of them is changed.

    Ange hur samrådet förhåller sig till ett annat som den egna sidan också ser. Inget av dem ändras.
    """
    context = context_of(request)
    now = context.clock()
    request.scope["state"]["audit"] = {"objectId": consultation_id}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            new = await link_consultations(connection, caller, consultation_id, body.to, body.kind, now)
            links = {"self": {"href": f"{context.base_url}/consultations/{consultation_id}/links"}}
            model = Linked(consultation_id=consultation_id, to=body.to, kind=body.kind, links=links)
            return context.json(model, 201 if new else 200, {"Location": links["self"]["href"]} if new else None)

        return await context.ledger.once(connection, caller, attempt, now, effect)


@router.post(
    "/consultations/{consultationId}/links/removals",
    response_model=Linked,
    responses={200: {"content": {"application/json": {"example": _LINKED}}}},
    summary="Remove a link / Ta bort en koppling",
)
async def unlink(
    request: Request,
    caller: Side,
    consultation_id: ConsultationId,
    body: Annotated[LinkRequest, Depends(JsonBody(LinkRequest, _REQUEST))],
    attempt: OnceOnly,
) -> Response:
    """Take back a link that one's own side has made, from the end that it was made from. The trail keeps both acts.

    Ta tillbaka en koppling som den egna sidan har gjort, från det samråd den gjordes. Loggen behåller båda.
    """
    context = context_of(request)
    now = context.clock()
    request.scope["state"]["audit"] = {"objectId": consultation_id}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            await unlink_consultations(connection, caller, consultation_id, body.to, body.kind, now)
            links = {"self": {"href": f"{context.base_url}/consultations/{consultation_id}/links"}}
            return context.json(Linked(consultation_id=consultation_id, to=body.to, kind=body.kind, links=links))

        return await context.ledger.once(connection, caller, attempt, now, effect)


@router.get(
    "/consultations/{consultationId}/links",
    response_model=LinkList,
    responses={200: {"content": {"application/json": {"example": _LIST}}}},
    summary="Linked consultations / Kopplade samråd",
)
async def list_links(request: Request, caller: Side, consultation_id: ConsultationId) -> Response:
    """Consultations that it is linked to, and its earlier and later rounds.

    Samråd som det är kopplat till, och dess tidigare och senare omgångar.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row = await visible(connection, caller, consultation_id)
        found = await links_of(connection, Reader.of(caller), row)
    linked = [
        LinkedConsultation(
            consultation_id=each.id,
            number=each.number,
            state=each.state,
            relation=each.relation,
            made_at=each.made_at,
            links=self_link(context.base_url, each.id),
        )
        for each in found
    ]
    links = {"self": {"href": f"{context.base_url}/consultations/{consultation_id}/links"}}
    return context.json(LinkList(consultations=linked, links=links))
