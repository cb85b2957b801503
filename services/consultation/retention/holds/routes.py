"""Holds over HTTP: for who answers for records in an organisation, by a scope of its own."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from pydantic import Field
from sqlalchemy import Row
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.consultations.carrying_out import ConsultationId
from services.consultation.consultations.repository import Reader, find_visible
from services.consultation.context import context_of
from services.consultation.retention.holds.domain import HoldReason
from services.consultation.retention.holds.hold import hold_consultation, lift_hold
from services.consultation.retention.holds.repository import holds_of
from services.consultation.wire import Instant
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody, WireModel
from shared.idempotency import OnceOnly
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["retention"])

Archivist = Annotated[Caller, Depends(Requires(scopes.RETENTION_HOLD))]
HoldId = Annotated[uuid.UUID, Path(alias="holdId", description="From the list / Ur listan")]
Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]

_ID = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
_HOLD = "5a1f0c3e-2b7d-4c7f-8f7e-1c7a2f1f9a10"
_BASE = f"https://samrad.example/consultation/v1/consultations/{_ID}/retention-holds"
_REQUEST = {"reason": "appeal"}
_PLACED: dict[str, Any] = {
    "holdId": _HOLD,
    "consultationId": _ID,
    "reason": "appeal",
    "placedAt": "2026-11-20T09:12:00Z",
    "placedBy": "arkiv-2",
    "liftedAt": None,
    "liftedBy": None,
    "_links": {"self": {"href": _BASE}},
}
_LIFTED = {**_PLACED, "liftedAt": "2027-02-01T08:00:00Z", "liftedBy": "arkiv-2"}
_LIST: dict[str, Any] = {"holds": [_PLACED], "_links": {"self": {"href": _BASE}}}


class HoldRequest(WireModel):
    """Why it must not be erased (code list `holdReasons`)."""

    reason: HoldReason


class Hold(WireModel):
    """A hold of the caller's organisation; in force until it is lifted."""

    hold_id: uuid.UUID
    consultation_id: uuid.UUID
    reason: HoldReason
    placed_at: Instant
    placed_by: str | None
    lifted_at: Instant | None
    lifted_by: str | None
    links: Links


class HoldList(WireModel):
    """The newest first, at most a hundred, those that have been lifted among them."""

    holds: list[Hold]
    links: Links


@router.post(
    "/consultations/{consultationId}/retention-holds",
    status_code=201,
    response_model=Hold,
    responses={
        200: {
            "description": "It is held for that reason already / Stoppet fanns redan",
            "model": Hold,
            "content": {"application/json": {"example": _PLACED}},
        },
        201: {"content": {"application/json": {"example": _PLACED}}},
    },
    summary="Keep it from being erased / Stoppa gallring",
)
async def place_hold(
    request: Request,
    caller: Archivist,
    consultation_id: ConsultationId,
    body: Annotated[HoldRequest, Depends(JsonBody(HoldRequest, _REQUEST))],
    attempt: OnceOnly,
) -> Response:
    """The consultation, and the rounds before and after it, stay until the hold is lifted. The other side is not told.

    Samrådet och dess omgångar finns kvar tills stoppet hävs. Motparten får inte veta det.
    """
    context = context_of(request)
    now = context.clock()
    request.scope["state"]["audit"] = {"objectId": consultation_id}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            hold, new = await hold_consultation(connection, caller, consultation_id, body.reason, now)
            address = _address(context.base_url, consultation_id)
            return context.json(_told(hold, address), 201 if new else 200, {"Location": address} if new else None)

        return await context.ledger.once(connection, caller, attempt, now, effect)


@router.get(
    "/consultations/{consultationId}/retention-holds",
    response_model=HoldList,
    responses={200: {"content": {"application/json": {"example": _LIST}}}},
    summary="Holds on it / Gallringsstopp",
)
async def list_holds(request: Request, caller: Archivist, consultation_id: ConsultationId) -> Response:
    """Those that the own organisation has placed.

    De som den egna organisationen har lagt.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row = await find_visible(connection, Reader.of(caller), consultation_id)
        if row is None:
            raise Problem(NOT_FOUND)
        holds = await holds_of(connection, row, caller.organisation)
    address = _address(context.base_url, consultation_id)
    return context.json(HoldList(holds=[_told(each, address) for each in holds], links={"self": {"href": address}}))


@router.post(
    "/consultations/{consultationId}/retention-holds/{holdId}/removals",
    response_model=Hold,
    responses={200: {"content": {"application/json": {"example": _LIFTED}}}},
    summary="Lift a hold / Häv ett gallringsstopp",
)
async def remove_hold(
    request: Request, caller: Archivist, consultation_id: ConsultationId, hold_id: HoldId, attempt: OnceOnly
) -> Response:
    """What is past its time is erased within the hour, unless another hold is in force.

    Det vars tid har gått ut gallras inom en timme, om inget annat stopp gäller.
    """
    context = context_of(request)
    now = context.clock()
    request.scope["state"]["audit"] = {"objectId": consultation_id}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            hold = await lift_hold(connection, caller, consultation_id, hold_id, now)
            return context.json(_told(hold, _address(context.base_url, consultation_id)))

        return await context.ledger.once(connection, caller, attempt, now, effect)


def _address(base_url: str, consultation_id: uuid.UUID) -> str:
    return f"{base_url}/consultations/{consultation_id}/retention-holds"


def _told(hold: Row[Any], address: str) -> Hold:
    return Hold(
        hold_id=hold.id,
        consultation_id=hold.consultation_id,
        reason=hold.reason,
        placed_at=hold.placed_at,
        placed_by=hold.placed_by,
        lifted_at=hold.lifted_at,
        lifted_by=hold.lifted_by,
        links={"self": {"href": address}},
    )
