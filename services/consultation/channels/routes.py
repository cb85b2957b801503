"""What is done by phone, by post and in meetings, over HTTP."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Path, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.channels import wire
from services.consultation.channels.call_back import CallBack, call_back
from services.consultation.channels.letters import proposed_address, record_dispatch, send_by_post
from services.consultation.channels.meeting_requests.repository import requests_of
from services.consultation.channels.meeting_requests.wire import requested
from services.consultation.channels.meetings import (
    Meeting,
    MeetingOutcome,
    Participant,
    Time,
    book_meeting,
    end_meeting,
    meetings_of,
)
from services.consultation.channels.register import (
    AtOnce,
    RegisterDependencies,
    Registered,
    Registration,
    decide_registration,
    register,
)
from services.consultation.clocks.turns import Turn
from services.consultation.clocks.zone import SWEDEN
from services.consultation.consultations.carrying_out import (
    CHANGED,
    ConsultationId,
    Manager,
    Worker,
    carry_out,
    changed,
)
from services.consultation.consultations.changes import Change
from services.consultation.consultations.disclosures.wire import read_disclosures
from services.consultation.consultations.domain import Channel, Consultation, State
from services.consultation.consultations.forms.models import require_form
from services.consultation.consultations.models import AnswerRequest, ChangedConsultation
from services.consultation.consultations.purposes import fit_to_ask_about
from services.consultation.consultations.reading_routes import is_withheld, reading, visible
from services.consultation.consultations.repository import find_own
from services.consultation.context import Context, context_of
from services.consultation.lookups.domain import disclosure_marks
from services.consultation.lookups.references import checked_reference
from services.consultation.persons.vault import mark_person
from services.consultation.wire import read_person
from shared.audit import record
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.conditions import ExpectedVersion, etag
from shared.idempotency import OnceOnly
from shared.problems import MALFORMED, Problem
from shared.tokens.caller import Caller, Requires
from shared.tokens.jose import InvalidToken
from shared.tokens.verifier import canonical_organisation

router = APIRouter(tags=["channels"])
Reader = Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_READ))]
MeetingId = Annotated[UUID, Path(alias="meetingId", description="From the booking / Från bokningen")]
_REGISTRABLE = frozenset((Channel.PHONE, Channel.POST, Channel.LOCAL_OFFICE))


@router.post(
    "/registrations",
    status_code=201,
    response_model=wire.RegisteredConsultation,
    responses={201: {"content": {"application/json": {"example": wire.REGISTERED_EXAMPLE}}}},
    summary="Register a call, a letter or a visit / Registrera ett samtal, ett brev eller ett besök",
)
async def register_contact(
    request: Request,
    caller: Worker,
    body: Annotated[wire.RegistrationRequest, Depends(JsonBody(wire.RegistrationRequest, wire.REGISTRATION_EXAMPLE))],
    attempt: OnceOnly,
) -> Response:
    """The whole of it in one request: who asked about whom, what, when it came, and the answer if it had one at once.

    The consultation is the asking organisation's, and the handler who registers it has it. `details` and `answer` are
    held to the same as when it is opened and answered apart. About a person with protected identity nothing is
    registered.

    Allt i en begäran: vem som frågade om vem, vad, när det kom, och svaret om det gavs direkt. `details` och
    `answer` prövas som när samrådet öppnas och besvaras för sig. Om en person med skyddade personuppgifter registreras
    ingenting.
    """
    context = context_of(request)
    now = context.clock()
    registration = _read_registration(context, body)
    request.scope["state"]["audit"] = {
        "subject": mark_person(context.vault, registration.person),
        "detail": {"purpose": registration.purpose, "caseReference": registration.case_reference},
    }
    needs = RegisterDependencies(
        context.answering, context.database, context.vault, context.grounds, context.clocks, context.limits
    )
    if attempt is not None:
        async with context.database.begin(Tenancy(caller.organisation)) as connection:
            if (kept := await context.ledger.waiting(connection, caller, attempt, now)) is not None:
                return kept
    decision = await decide_registration(needs, caller, registration, now)
    clockwork = await context.clocks.current(now)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def told() -> Response:
            made = await register(connection, needs, caller, registration, decision, clockwork, now)
            return _receipt(context, caller, made)

        return await context.ledger.once(connection, caller, attempt, now, told)


@router.post(
    "/consultations/{consultationId}/call-backs",
    response_model=wire.CallBackAnswer,
    responses={200: {"content": {"application/json": {"example": wire.CALL_BACK_ANSWER_EXAMPLE}}}},
    summary="Register a call-back / Registrera en motringning",
)
async def register_call_back(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[wire.CallBackRequest, Depends(JsonBody(wire.CallBackRequest, wire.CALL_BACK_EXAMPLE))],
    attempt: OnceOnly,
) -> Response:
    """One attempt to reach the asker through its switchboard. After two that failed the answer goes by post.

    Ett försök att nå den som frågat genom växeln. Efter två misslyckade går svaret per post.
    """
    happened_at = wire.happened(body.happened_at, context_of(request).clock())
    failed, letter_to = 0, None

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        nonlocal failed, letter_to
        made = CallBack(body.switchboard, body.outcome, body.minutes)
        after, failed = await call_back(connection, change, made)
        letter_to = await _letter_to(connection, after)
        return after

    def told(context: Context, caller: Caller, after: Consultation) -> ChangedConsultation:
        stands = dict(changed(context, caller, after))
        return wire.CallBackAnswer(**stands, failed_attempts=failed, letter_to=letter_to)

    return await carry_out(
        request, caller, consultation_id, version, attempt, effect, happened_at=happened_at, told=told
    )


@router.post(
    "/consultations/{consultationId}/letters",
    response_model=wire.LetterAnswer,
    responses={200: {"content": {"application/json": {"example": wire.LETTER_ANSWER_EXAMPLE}}}},
    summary="Answer by letter / Svara per brev",
)
async def choose_letter(
    request: Request, caller: Worker, consultation_id: ConsultationId, version: ExpectedVersion, attempt: OnceOnly
) -> Response:
    """The answer goes by post. Lead time runs on until the dispatch is recorded.

    Svaret går per post. Ledtiden löper tills brevet är skickat.
    """
    letter_to: wire.PostalAddress | None = None

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        nonlocal letter_to
        after = await send_by_post(connection, change)
        letter_to = await _letter_to(connection, after)
        return after

    def told(context: Context, caller: Caller, after: Consultation) -> ChangedConsultation:
        return wire.LetterAnswer(**dict(changed(context, caller, after)), letter_to=letter_to)

    return await carry_out(request, caller, consultation_id, version, attempt, effect, channel=Channel.POST, told=told)


@router.post(
    "/consultations/{consultationId}/dispatches",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Record that the letter has left / Registrera att brevet har skickats",
)
async def dispatch_letter(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[wire.DispatchRequest, Depends(JsonBody(wire.DispatchRequest, wire.DISPATCH_EXAMPLE))],
    attempt: OnceOnly,
) -> Response:
    """The letter has left: its words are kept as the answer, and lead time ends.

    Brevet har skickats: dess ord sparas som svaret, och ledtiden slutar.
    """
    context = context_of(request)
    decided = read_disclosures(body.disclosures)

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await record_dispatch(connection, change, body.text, decided, body.closing_code)

    happened_at = wire.happened(body.happened_at, context.clock())
    return await carry_out(
        request,
        caller,
        consultation_id,
        version,
        attempt,
        effect,
        channel=Channel.POST,
        happened_at=happened_at,
    )


@router.post(
    "/consultations/{consultationId}/meetings",
    response_model=wire.MeetingBooked,
    responses={200: {"content": {"application/json": {"example": wire.MEETING_BOOKED_EXAMPLE}}}},
    summary="Book a meeting / Boka ett möte",
)
async def book(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[wire.MeetingRequest, Depends(JsonBody(wire.MeetingRequest, wire.MEETING_EXAMPLE))],
    attempt: OnceOnly,
) -> Response:
    """The question needs a talk: from here on the consultation waits for the meeting, and lead time says so.

    In a slot that its unit offers, or at a time that has been agreed upon. A slot is booked once.

    Frågan behöver ett samtal: härifrån väntar samrådet på mötet, och ledtiden visar det. På en tid som enheten
    erbjuder, eller en som man kommit överens om. En erbjuden tid bokas en gång.
    """
    if len(set(body.participants)) < len(body.participants):
        raise Problem(MALFORMED, members={"errors": [{"field": "participants", "reason": "repeated"}]})
    meeting = Meeting(uuid4(), body.kind, tuple(body.participants), _agreed_time(body), body.slot_id)

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        # Here and not before: a booking that is sent again answers the same, also when the meeting has begun.
        if meeting.time is not None:
            wire.ahead(meeting.time.starts_at, change.at)
        return await book_meeting(connection, change, meeting)

    def told(context: Context, caller: Caller, after: Consultation) -> ChangedConsultation:
        return wire.MeetingBooked(**dict(changed(context, caller, after)), meeting_id=meeting.id)

    return await carry_out(request, caller, consultation_id, version, attempt, effect, told=told)


@router.post(
    "/consultations/{consultationId}/meetings/{meetingId}/outcomes",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Register what became of a meeting / Registrera hur ett möte gick",
)
async def register_outcome(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    meeting_id: MeetingId,
    version: ExpectedVersion,
    body: Annotated[
        wire.MeetingOutcomeRequest, Depends(JsonBody(wire.MeetingOutcomeRequest, wire.MEETING_OUTCOME_EXAMPLE))
    ],
    attempt: OnceOnly,
) -> Response:
    """Held, missed or cancelled; the work goes on from there.

    Hållet, uteblivet eller avbokat; arbetet fortsätter därifrån.
    """
    if (body.missed_by is not None) != (body.outcome is MeetingOutcome.MISSED):
        raise Problem(MALFORMED, members={"errors": [{"field": "missedBy", "reason": "contradicts_outcome"}]})
    happened_at = wire.happened(body.happened_at, context_of(request).clock())

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await end_meeting(connection, change, meeting_id, body.outcome, body.missed_by)

    return await carry_out(request, caller, consultation_id, version, attempt, effect, happened_at=happened_at)


@router.post(
    "/consultations/{consultationId}/meetings/{meetingId}/cancellations",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Cancel a meeting as the one who asked / Avboka ett möte som den som frågat",
)
async def cancel_meeting(
    request: Request,
    caller: Manager,
    consultation_id: ConsultationId,
    meeting_id: MeetingId,
    version: ExpectedVersion,
    attempt: OnceOnly,
) -> Response:
    """The asking side cancels; the consultation goes back to work at the answering side.

    Den som frågat avbokar; samrådet går tillbaka till den svarande myndigheten.
    """

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await end_meeting(connection, change, meeting_id, MeetingOutcome.CANCELLED, None, find_own)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)


@router.get(
    "/consultations/{consultationId}/meetings",
    response_model=wire.MeetingList,
    responses={200: {"content": {"application/json": {"example": wire.MEETINGS_EXAMPLE}}}},
    summary="The meetings of a consultation / Samrådets möten",
)
async def list_meetings(request: Request, caller: Reader, consultation_id: ConsultationId) -> Response:
    """For both sides: when, of what kind, with which roles, and what became of it; and each request for a physical
    meeting. Each reading is audited. When the person has protected identity neither is told.

    För båda sidor: när, vilken sort, vilka roller och hur det gick, och varje begäran om ett fysiskt möte. Varje
    läsning loggas. Om personen har skyddade personuppgifter visas varken möten eller begäranden.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row = await visible(connection, caller, consultation_id)
        withheld = is_withheld(caller, row)
        rows = [] if withheld else await meetings_of(connection, row.org, consultation_id)
        asked = [] if withheld else await requests_of(connection, row.org, consultation_id)
        fields = [] if withheld else ["meetings", "meetingRequests"]
        marks = disclosure_marks(protected=row.protected, withheld=withheld)
        entry = reading(context, caller, row, "consultation.meetings_read", fields, withheld=withheld, marks=marks)
        await record(connection, entry)
    meetings = [
        wire.MeetingModel(
            meeting_id=each.id,
            kind=each.kind,
            booked_at=each.booked_at,
            starts_at=each.starts_at,
            minutes=each.minutes,
            participants=[Participant(role) for role in each.participants],
            outcome=each.outcome,
            missed_by=each.missed_by,
            outcome_at=each.outcome_at,
        )
        for each in rows
    ]
    links = {"self": {"href": f"{context.base_url}/consultations/{consultation_id}/meetings"}}
    told = [requested(each, ended=row.turn == Turn.NOBODY) for each in asked]
    return context.json(wire.MeetingList(withheld=withheld, meetings=meetings, requests=told, links=links))


def _agreed_time(body: wire.MeetingRequest) -> Time | None:
    """When it is, unless a slot tells. Raises Problem for both and for neither."""
    if body.slot_id is None and body.starts_at is not None and body.minutes is not None:
        return Time(body.starts_at, body.minutes)
    if body.slot_id is not None and body.starts_at is None and body.minutes is None:
        return None
    raise Problem(MALFORMED, members={"errors": [{"field": "slotId", "reason": "one_of_slot_and_time"}]})


def _read_registration(context: Context, body: wire.RegistrationRequest) -> Registration:
    if body.channel not in _REGISTRABLE:
        raise Problem(MALFORMED, members={"errors": [{"field": "channel", "reason": "not_registered_by_hand"}]})
    now = context.clock()
    require_form(body.type, body.details, now.astimezone(SWEDEN).date())
    return Registration(
        organisation=_organisation(body.asking_organisation),
        asked_by=body.asked_by or "",
        channel=body.channel,
        type=body.type,
        purpose=fit_to_ask_about(body.purpose),
        case_reference=checked_reference(body.case_reference),
        person=read_person(body.person),
        question=body.question,
        category=body.category,
        cooperation=body.cooperation,
        form=body.details,
        happened_at=wire.happened(body.happened_at, now) or now,
        minutes=body.minutes,
        answer=_at_once(body.answer) if body.answer else None,
    )


def _at_once(answer: AnswerRequest) -> AtOnce:
    return AtOnce(answer.text, read_disclosures(answer.disclosures), answer.closing_code, answer.attachments)


def _organisation(number: str) -> str:
    try:
        return canonical_organisation(number)
    except (InvalidToken, ValueError):
        raise Problem(MALFORMED, members={"errors": [{"field": "askingOrganisation", "reason": "unknown"}]}) from None


def _receipt(context: Context, caller: Caller, made: Registered) -> Response:
    stands = dict(changed(context, caller, made.consultation))
    model = wire.RegisteredConsultation(**stands, number=made.number, opened_at=made.opened_at, due_at=made.due_at)
    headers = {"Location": model.links["self"]["href"], "ETag": etag(made.consultation.version)}
    return context.json(model, 201, headers)


async def _letter_to(connection: AsyncConnection, after: Consultation) -> wire.PostalAddress | None:
    if after.state is not State.SENT_BY_POST:
        return None
    address = await proposed_address(connection, after.organisation)
    return None if address is None else wire.PostalAddress.model_validate(address)
