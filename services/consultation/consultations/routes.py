"""Opening and changing consultations over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.clocks.zone import SWEDEN
from services.consultation.consultations import examples
from services.consultation.consultations.answer import answer_consultation
from services.consultation.consultations.ask_back import ask_consultation_back
from services.consultation.consultations.carrying_out import (
    CHANGED,
    ConsultationId,
    Manager,
    Worker,
    carry_out,
)
from services.consultation.consultations.changes import Change
from services.consultation.consultations.claim import claim_consultation
from services.consultation.consultations.close import close_consultation
from services.consultation.consultations.disclosures.wire import read_disclosures
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.forms.models import require_form
from services.consultation.consultations.models import (
    AnswerRequest,
    ChangedConsultation,
    ConsultationRequest,
    MessageRequest,
    OpenedConsultation,
    QuestionBackRequest,
)
from services.consultation.consultations.open import Question, open_consultation
from services.consultation.consultations.opening import dependencies, receipt
from services.consultation.consultations.purposes import fit_to_ask_about
from services.consultation.consultations.release import release_consultation
from services.consultation.consultations.reply import reply_to_question
from services.consultation.consultations.supplement import supplement_question
from services.consultation.consultations.violence_matters import require_words
from services.consultation.consultations.withdraw import withdraw_consultation
from services.consultation.context import context_of
from services.consultation.lookups.references import checked_reference
from services.consultation.persons.vault import mark_person
from services.consultation.wire import read_person
from shared.http.bodies import JsonBody
from shared.http.conditions import ExpectedVersion
from shared.idempotency import OnceOnly
from shared.problems import SCOPE_MISSING, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["consultations"])

_EXAMPLE_TEXT = {"text": "Vi behöver veta vilken period frågan gäller."}
Text = Annotated[MessageRequest, Depends(JsonBody(MessageRequest, _EXAMPLE_TEXT))]


@router.post(
    "/consultations",
    status_code=201,
    response_model=OpenedConsultation,
    responses={201: {"content": {"application/json": {"example": examples.OPENED}}}},
    summary="Open a consultation / Öppna ett samråd",
)
async def create_consultation(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_CREATE))],
    body: Annotated[ConsultationRequest, Depends(JsonBody(ConsultationRequest, examples.QUESTION))],
    attempt: OnceOnly,
) -> Response:
    """Ask what the registers don't say; the answer holds a number and a due date at once.

    With `lookupId` the consultation carries how each source answered and which AF items were received, and
    nothing of another source's content.

    Fråga det som registren inte säger. Svaret bär nummer och förväntat svarsdatum direkt.
    """
    context = context_of(request)
    if body.violence and scopes.VIOLENCE_READ.name not in caller.scopes:
        raise Problem(SCOPE_MISSING, members={"requiredScope": scopes.VIOLENCE_READ.name})
    question = Question(
        type=body.type,
        purpose=fit_to_ask_about(body.purpose),
        case_reference=checked_reference(body.case_reference),
        text=body.question,
        person=read_person(body.person) if body.person else None,
        lookup_id=body.lookup_id,
        category=body.category,
        cooperation=body.cooperation,
        form=body.details,
        matter=body.matter,
    )
    require_words(
        violence=body.violence,
        question=body.question,
        matter=body.matter,
        form=body.details,
        category=body.category,
    )
    require_form(question.type, question.form, context.clock().astimezone(SWEDEN).date())
    request.scope["state"]["audit"] = {
        "subject": mark_person(context.vault, question.person) if question.person else None,
        "detail": {"purpose": question.purpose, "caseReference": question.case_reference},
    }
    return await open_consultation(
        dependencies(context),
        caller,
        question,
        context.clock(),
        attempt=attempt,
        told=lambda opened: receipt(context, opened),
    )


@router.post(
    "/consultations/{consultationId}/claims",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Claim / Ta ett samråd",
)
async def claim(
    request: Request, caller: Worker, consultation_id: ConsultationId, version: ExpectedVersion, attempt: OnceOnly
) -> Response:
    """Take a consultation from the queue. Of two who try, one gets it and the other is told who has it.

    Ta ett samråd ur kön. Av två som försöker får en det, och den andra får veta vem som har det.
    """
    return await carry_out(request, caller, consultation_id, version, attempt, claim_consultation)


@router.post(
    "/consultations/{consultationId}/releases",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Release / Släpp ett samråd",
)
async def release(
    request: Request, caller: Worker, consultation_id: ConsultationId, version: ExpectedVersion, attempt: OnceOnly
) -> Response:
    """Give a consultation back to the queue.

    Lämna tillbaka ett samråd till kön.
    """
    return await carry_out(request, caller, consultation_id, version, attempt, release_consultation)


@router.post(
    "/consultations/{consultationId}/questions",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Ask back / Fråga tillbaka",
)
async def ask_back(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[QuestionBackRequest, Depends(JsonBody(QuestionBackRequest, examples.QUESTION_BACK))],
    attempt: OnceOnly,
) -> Response:
    """Ask the municipality for what is missing; the clock turns to it.

    Fråga kommunen om det som saknas; klockan går över till den.
    """

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await ask_consultation_back(connection, change, body.text, body.reason, body.attachments)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)


@router.post(
    "/consultations/{consultationId}/replies",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Reply to a question back / Svara på en motfråga",
)
async def reply(
    request: Request,
    caller: Manager,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Text,
    attempt: OnceOnly,
) -> Response:
    """Give what was asked back for; the clock turns to the answering authority.

    Lämna det som efterfrågats; klockan går över till den svarande myndigheten.
    """

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await reply_to_question(connection, change, body.text, body.attachments)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)


@router.post(
    "/consultations/{consultationId}/supplements",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Add to one's own question / Komplettera den egna frågan",
)
async def supplement(
    request: Request,
    caller: Manager,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Text,
    attempt: OnceOnly,
) -> Response:
    """Add words and files that nobody has asked for. Whose turn it is, and the clock, stay as they are.

    Lägg till ord och bilagor som ingen har bett om. Turen och klockan ändras inte.
    """

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await supplement_question(connection, change, body.text, body.attachments)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)


@router.post(
    "/consultations/{consultationId}/answers",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Answer / Besvara",
)
async def answer(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[AnswerRequest, Depends(JsonBody(AnswerRequest, examples.ANSWER))],
    attempt: OnceOnly,
) -> Response:
    """Answer the consultation; its lead time ends here. Each set that was asked for by name has its own decision.

    Besvara samrådet; ledtiden slutar här. Varje informationsmängd som begärts får ett eget beslut.
    """
    decided = read_disclosures(body.disclosures)

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await answer_consultation(connection, change, body.text, decided, body.closing_code, body.attachments)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)


@router.post(
    "/consultations/{consultationId}/closures",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Close / Avsluta",
)
async def close(
    request: Request, caller: Manager, consultation_id: ConsultationId, version: ExpectedVersion, attempt: OnceOnly
) -> Response:
    """Close an answered consultation.

    Avsluta ett besvarat samråd.
    """
    return await carry_out(request, caller, consultation_id, version, attempt, close_consultation)


@router.post(
    "/consultations/{consultationId}/withdrawals",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Withdraw / Återta",
)
async def withdraw(
    request: Request, caller: Manager, consultation_id: ConsultationId, version: ExpectedVersion, attempt: OnceOnly
) -> Response:
    """Withdraw a consultation that no longer needs an answer.

    Återta ett samråd som inte längre behöver svar.
    """
    return await carry_out(request, caller, consultation_id, version, attempt, withdraw_consultation)
