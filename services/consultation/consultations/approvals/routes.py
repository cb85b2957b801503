"""Answers that a second handler sees before they are told, over HTTP. Only the answering side comes near any of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.consultations import examples
from services.consultation.consultations.approvals import repository, wire
from services.consultation.consultations.approvals.approve import approve_answer
from services.consultation.consultations.approvals.propose import propose_answer
from services.consultation.consultations.approvals.send_back import send_back_answer
from services.consultation.consultations.carrying_out import CHANGED, ConsultationId, Worker, carry_out
from services.consultation.consultations.changes import Change
from services.consultation.consultations.disclosures.wire import read_disclosures
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.models import AnswerRequest, ChangedConsultation
from services.consultation.consultations.reading_routes import answered_by
from services.consultation.context import context_of
from shared.audit import record
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.conditions import ExpectedVersion, etag
from shared.idempotency import OnceOnly
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["consultations"])

Approver = Annotated[Caller, Depends(Requires(scopes.ANSWERS_APPROVE))]


@router.post(
    "/consultations/{consultationId}/answer-proposals",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Propose an answer / Föreslå ett svar",
)
async def propose(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[AnswerRequest, Depends(JsonBody(AnswerRequest, examples.ANSWER))],
    attempt: OnceOnly,
) -> Response:
    """Let a second handler see the answer before it is told. The one who asked sees nothing of it, and time runs on.

    Whatever else happens to the consultation voids it: a release, a hand-over, a question back. Propose it anew.

    Låt en andra handläggare se svaret innan det skickas. Den frågande ser inget av det, och tiden går. Händer något
    annat med samrådet faller förslaget: föreslå på nytt.
    """
    decided = read_disclosures(body.disclosures)

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await propose_answer(connection, change, body.text, decided, body.closing_code, body.attachments)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)


@router.get(
    "/consultations/{consultationId}/answer-proposals",
    response_model=wire.AnswerProposal,
    responses={200: {"content": {"application/json": {"example": wire.PROPOSAL}}}},
    summary="The proposed answer / Det föreslagna svaret",
)
async def get_proposal(request: Request, caller: Worker, consultation_id: ConsultationId) -> Response:
    """What waits to be approved, or was sent back. Each reading is audited. 404 when there is neither.

    Det som väntar på godkännande, eller lämnats åter. Varje läsning loggas. 404 när inget finns.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row, entry = await answered_by(context, connection, caller, consultation_id, "consultation.proposal_read")
        kept = await repository.find(connection, context.vault, caller.organisation, consultation_id)
        if kept is None:
            raise Problem(NOT_FOUND)
        await record(connection, entry)
    model = wire.proposal_model(row.id, row.version, kept, context.base_url)
    return context.json(model, headers={"ETag": etag(row.version)})


@router.post(
    "/consultations/{consultationId}/answer-approvals",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Approve the proposed answer / Godkänn det föreslagna svaret",
)
async def approve(
    request: Request, caller: Approver, consultation_id: ConsultationId, version: ExpectedVersion, attempt: OnceOnly
) -> Response:
    """Approve exactly what was read, and it is told at once. Not for the one who wrote it, or has the consultation.

    Godkänn precis det som lästes; det skickas genast. Inte för den som skrev det eller har samrådet.
    """
    return await carry_out(request, caller, consultation_id, version, attempt, approve_answer)


@router.post(
    "/consultations/{consultationId}/answer-returns",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Send the proposed answer back / Lämna det föreslagna svaret åter",
)
async def send_back(
    request: Request,
    caller: Approver,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[wire.SendBackRequest, Depends(JsonBody(wire.SendBackRequest, wire.SEND_BACK))],
    attempt: OnceOnly,
) -> Response:
    """Do not approve it, and say why. Its author keeps the text and proposes it anew.

    Godkänn inte, och ange varför. Den som skrev svaret har kvar texten och föreslår på nytt.
    """

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await send_back_answer(connection, change, body.reason)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)
