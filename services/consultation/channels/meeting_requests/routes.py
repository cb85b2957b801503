"""Requests for a physical meeting over HTTP. They are read with the meetings."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation.channels.meeting_requests import wire
from services.consultation.channels.meeting_requests.ask import ask_for_meeting
from services.consultation.channels.meeting_requests.refuse import refuse_meeting
from services.consultation.consultations.carrying_out import CHANGED, ConsultationId, Manager, Worker, carry_out
from services.consultation.consultations.changes import Change
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.models import ChangedConsultation
from shared.http.bodies import JsonBody
from shared.http.conditions import ExpectedVersion
from shared.idempotency import OnceOnly

router = APIRouter(tags=["channels"])


@router.post(
    "/consultations/{consultationId}/meeting-requests",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Ask for a physical meeting / Begär ett fysiskt möte",
)
async def ask(
    request: Request,
    caller: Manager,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[
        wire.PhysicalMeetingRequest,
        Depends(JsonBody(wire.PhysicalMeetingRequest, wire.REQUEST_EXAMPLE, required=False)),
    ],
    attempt: OnceOnly,
) -> Response:
    """For a person who needs one. One request waits at a time; a booking grants it. The question goes on meanwhile.

    För den som behöver ett. En begäran i taget väntar; en bokning beviljar den. Frågan handläggs under tiden.
    """

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await ask_for_meeting(connection, change, body.distance_km)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)


@router.post(
    "/consultations/{consultationId}/meeting-requests/refusals",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Refuse a physical meeting / Avslå ett fysiskt möte",
)
async def refuse(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[wire.MeetingRefusalRequest, Depends(JsonBody(wire.MeetingRefusalRequest, wire.REFUSAL_EXAMPLE))],
    attempt: OnceOnly,
) -> Response:
    """Refuse the request that waits, and say why. It is granted by booking a physical meeting instead.

    Avslå den begäran som väntar, och ange varför. Den beviljas genom att ett fysiskt möte bokas.
    """

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await refuse_meeting(connection, change, body.reason)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)
