"""The steps of the working process over HTTP: triage, secrecy test, waits, rejection, another round, corrections."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.clocks.zone import SWEDEN
from services.consultation.consultations import examples
from services.consultation.consultations.await_person import await_person
from services.consultation.consultations.carrying_out import CHANGED, ConsultationId, Worker, carry_out
from services.consultation.consultations.changes import Change
from services.consultation.consultations.correct import Corrected, correct_event
from services.consultation.consultations.domain import Channel, Consultation, Queue
from services.consultation.consultations.forms.models import Details
from services.consultation.consultations.message_text import MessageText
from services.consultation.consultations.models import ChangedConsultation, OpenedConsultation
from services.consultation.consultations.opening import dependencies, receipt
from services.consultation.consultations.reasons import (
    CorrectionReason,
    PersonWait,
    Rejection,
    RejectionClosing,
    Resumption,
)
from services.consultation.consultations.reject import reject_consultation
from services.consultation.consultations.reopen import NextRound, reopen_consultation
from services.consultation.consultations.resume import resume_consultation
from services.consultation.consultations.secrecy_test import begin_secrecy_test, end_secrecy_test
from services.consultation.consultations.triage import triage_consultation
from services.consultation.consultations.violence_matters import ViolenceMatter
from services.consultation.context import context_of
from shared.http.bodies import JsonBody, WireModel
from shared.http.conditions import ExpectedVersion
from shared.http.times import WRITTEN_INSTANT
from shared.idempotency import OnceOnly
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["consultations"])


class TriageRequest(WireModel):
    """Where it belongs; left out, it stays in the queue where it is (code list `queues`)."""

    queue: Queue | None = None


class WaitRequest(WireModel):
    """What is waited for from the person (code list `personWaits`)."""

    reason: PersonWait


class ResumptionRequest(WireModel):
    """How the wait ended (code list `resumptions`)."""

    outcome: Resumption


class RejectionRequest(WireModel):
    """Why nothing will be answered (code list `rejections`), and words to the asker.

    `closingCode` says what the consultation came to (code list `closingCodes`); left out, it follows from the reason.
    """

    reason: Rejection
    text: MessageText | None = None
    closing_code: RejectionClosing | None = None


class RoundRequest(WireModel):
    """What is asked in the next round. Left out, `details` are those of the round before.

    A round of what is marked for violence leaves `question` out, and states `matter` instead.
    """

    question: MessageText | None = None
    matter: ViolenceMatter | None = None
    details: Details | None = None


class CorrectionRequest(WireModel):
    """What is right of the event `sequence`: when it happened, by which channel, or both.

    `reason` is in the code list `correctionReasons`.
    """

    sequence: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    reason: CorrectionReason
    happened_at: (
        Annotated[AwareDatetime, WRITTEN_INSTANT, Field(json_schema_extra={"example": "2026-11-20T09:12:00Z"})] | None
    ) = None
    channel: Channel | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "CorrectionRequest":
        if self.happened_at is None and self.channel is None:
            raise PydanticCustomError("nothing_corrected", "neither a time nor a channel")
        return self


@router.post(
    "/consultations/{consultationId}/triages",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Triage / Fördela ett samråd",
)
async def triage(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[TriageRequest, Depends(JsonBody(TriageRequest, {"queue": "studies"}, required=False))],
    attempt: OnceOnly,
) -> Response:
    """Say that it has been looked at, and which queue it belongs in. The asking side does not see it.

    Ange att samrådet har bedömts och vilken kö det hör till. Den frågande ser det inte.
    """

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await triage_consultation(connection, change, body.queue)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)


@router.post(
    "/consultations/{consultationId}/secrecy-tests",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Begin a secrecy test / Påbörja sekretessprövning",
)
async def begin_test(
    request: Request, caller: Worker, consultation_id: ConsultationId, version: ExpectedVersion, attempt: OnceOnly
) -> Response:
    """Begin to test whether secrecy lets the answer be told. What nobody has becomes the handler's.

    Börja pröva om sekretess hindrar ett utlämnande. Ett samråd som ingen har blir handläggarens.
    """
    return await carry_out(request, caller, consultation_id, version, attempt, begin_secrecy_test)


@router.post(
    "/consultations/{consultationId}/secrecy-tests/completions",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="End the secrecy test / Avsluta sekretessprövning",
)
async def end_test(
    request: Request, caller: Worker, consultation_id: ConsultationId, version: ExpectedVersion, attempt: OnceOnly
) -> Response:
    """Say that the test has been made. What it led to is said in the answer.

    Ange att prövningen är gjord. Vad den ledde till framgår av svaret.
    """
    return await carry_out(request, caller, consultation_id, version, attempt, end_secrecy_test)


@router.post(
    "/consultations/{consultationId}/waits",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Wait for the person / Invänta den enskilde",
)
async def wait(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[WaitRequest, Depends(JsonBody(WaitRequest, {"reason": "consent"}))],
    attempt: OnceOnly,
) -> Response:
    """Wait for the person it is about; the clock towards the target stands still.

    Invänta den enskilde; klockan mot målvärdet står still.
    """

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await await_person(connection, change, body.reason)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)


@router.post(
    "/consultations/{consultationId}/resumptions",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Resume / Återuppta",
)
async def resume(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[ResumptionRequest, Depends(JsonBody(ResumptionRequest, {"outcome": "received_otherwise"}))],
    attempt: OnceOnly,
) -> Response:
    """End the wait for the municipality or the person, whether what was waited for came or not.

    Avsluta väntan på kommunen eller den enskilde, vare sig det inväntade kom eller inte.
    """

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await resume_consultation(connection, change, body.outcome)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)


@router.post(
    "/consultations/{consultationId}/rejections",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Reject / Avvisa",
)
async def reject(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[
        RejectionRequest,
        Depends(
            JsonBody(RejectionRequest, {"reason": "not_for_this_authority", "text": "Frågan hör till Skatteverket."})
        ),
    ],
    attempt: OnceOnly,
) -> Response:
    """Say that nothing will be answered, and why. Of a person with protected identity nothing is written: leave `text`
    out.

    Ange att frågan inte besvaras, och varför. Om personen har skyddade personuppgifter skrivs ingenting: utelämna
    `text`.
    """

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await reject_consultation(connection, change, body.reason, body.text, body.closing_code)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)


@router.post(
    "/consultations/{consultationId}/rounds",
    status_code=201,
    response_model=OpenedConsultation,
    responses={201: {"content": {"application/json": {"example": examples.OPENED}}}},
    summary="Reopen in a new round / Öppna en ny omgång",
)
async def reopen(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_CREATE))],
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[RoundRequest, Depends(JsonBody(RoundRequest, examples.NEXT_ROUND))],
    attempt: OnceOnly,
) -> Response:
    """Ask again about the same person in the same case. The next round is a consultation with a number of its own.

    Fråga igen om samma person i samma ärende. Nästa omgång är ett samråd med eget nummer.
    """
    context = context_of(request)
    now = context.clock()
    request.scope["state"]["audit"] = {"objectId": consultation_id}
    return await reopen_consultation(
        dependencies(context),
        Change(caller, consultation_id, version, now, context.vault, clockwork=await context.clocks.current(now)),
        NextRound(body.question, body.details, now.astimezone(SWEDEN).date(), body.matter),
        attempt=attempt,
        told=lambda opened: receipt(context, opened),
    )


@router.post(
    "/consultations/{consultationId}/corrections",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Correct an event / Rätta en händelse",
)
async def correct(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[CorrectionRequest, Depends(JsonBody(CorrectionRequest, examples.CORRECTION))],
    attempt: OnceOnly,
) -> Response:
    """Say when an earlier event really happened, or by which channel. What was written down stays; times are counted
    anew.

    Ange när en tidigare händelse egentligen skedde, eller genom vilken kanal. Det registrerade står kvar; tiderna
    räknas om.
    """
    corrected = Corrected(body.sequence, body.reason, body.happened_at, body.channel)

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await correct_event(connection, change, corrected)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)
