"""Wire models of the channels."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from services.consultation.channels.call_back import CallBackOutcome
from services.consultation.channels.meeting_requests.wire import REQUESTED_EXAMPLE, RequestedMeeting
from services.consultation.channels.meetings import MeetingKind, MeetingOutcome, Participant
from services.consultation.channels.problems import TIME_NOT_USABLE
from services.consultation.consultations.cooperation import Cooperation
from services.consultation.consultations.disclosures.wire import Disclosures
from services.consultation.consultations.domain import Channel, ConsultationType
from services.consultation.consultations.forms.models import Details
from services.consultation.consultations.message_text import MessageText
from services.consultation.consultations.models import AnswerRequest, ChangedConsultation
from services.consultation.consultations.reasons import AnswerClosing, ClosingCode
from services.consultation.question_categories import QuestionCategory
from services.consultation.wire import CaseReference, Instant, PersonText
from shared.http.bodies import WireModel
from shared.problems import Problem
from shared.tokens.caller import is_fit_as_actor

LATEST_REGISTRATION = timedelta(days=31)
LONGEST_AHEAD = timedelta(days=366)


def _handler(stated: str) -> str:
    """As in the header: in the clear, so without anything that could be an identity number."""
    if not is_fit_as_actor(stated):
        raise PydanticCustomError("handler_unfit", "no handler's id")
    return stated


Minutes = Annotated[int, Field(strict=True, ge=0, le=600, description="The handler's time / Handläggarens tid")]
Switchboard = Annotated[
    str,
    Field(
        # With its prefix, 0 or +: an identity number with its century has neither.
        pattern=r"^(\+[1-9]|0[1-9])[0-9 -]{4,18}$",
        description="The organisation's switchboard, never a person's number / Växelns nummer, aldrig en persons",
    ),
]
HandlerId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$"), AfterValidator(_handler)]
OrganisationNumber = Annotated[str, Field(pattern=r"^[0-9]{10}$")]
Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]


class RegistrationRequest(WireModel):
    """What came by phone, by post or at an office, in one request. `details` is the form of the type.

    `happenedAt` is when it came: lead time runs from there. `askedBy` is the asker's handler id at its own side.
    `answer` when it was answered at once: the same as of `POST .../answers`, with a decision on each set that
    `details` asks for.
    """

    channel: Annotated[Channel, Field(description="phone, post or local_office")] = Channel.PHONE
    asking_organisation: OrganisationNumber
    asked_by: HandlerId | None = None
    type: ConsultationType
    purpose: str
    case_reference: CaseReference
    person: PersonText
    question: MessageText
    category: QuestionCategory | None = None
    cooperation: Cooperation | None = None
    details: Details | None = None
    happened_at: Instant
    minutes: Minutes
    answer: AnswerRequest | None = None


class RegisteredConsultation(ChangedConsultation):
    """The receipt of the handler who registered it."""

    number: str
    opened_at: Instant
    due_at: Instant


class CallBackRequest(WireModel):
    """One attempt to call the asker back through its switchboard."""

    switchboard: Switchboard
    outcome: CallBackOutcome
    minutes: Minutes
    happened_at: Instant | None = None


class PostalAddress(WireModel):
    """Where the asking organisation wants its letters, as its profile says."""

    recipient: str
    street: str | None
    postal_code: str
    city: str


class CallBackAnswer(ChangedConsultation):
    """`letterTo` is proposed once the consultation goes by post; null when the asker has stated no address."""

    failed_attempts: int
    letter_to: PostalAddress | None


class LetterAnswer(ChangedConsultation):
    """`letterTo` is null when the asker has stated no address."""

    letter_to: PostalAddress | None


class DispatchRequest(WireModel):
    """The words of the letter, kept as the answer, and when it left; without a time it is now.

    As in any answer, each set that was asked for by name has its own decision, and `closingCode` says what the
    consultation came to.
    """

    text: MessageText
    disclosures: Disclosures = Field(default_factory=list)
    closing_code: AnswerClosing = ClosingCode.ANSWERED
    happened_at: Instant | None = None


class MeetingRequest(WireModel):
    """A meeting to book. Participants are roles, never names.

    Either `slotId`, from `GET /meeting-slots` of the consultation's unit, or `startsAt` with `minutes`.
    """

    kind: MeetingKind
    slot_id: UUID | None = None
    starts_at: Instant | None = None
    minutes: Annotated[int, Field(strict=True, ge=5, le=480)] | None = None
    participants: Annotated[list[Participant], Field(min_length=2, max_length=5)]


class MeetingBooked(ChangedConsultation):
    """The meeting has an id of its own."""

    meeting_id: UUID


class MeetingOutcomeRequest(WireModel):
    """What became of it. `missedBy` belongs to a meeting that was missed."""

    outcome: MeetingOutcome
    missed_by: Participant | None = None
    happened_at: Instant | None = None


class MeetingModel(WireModel):
    """A meeting. `outcome` is null while it is awaited."""

    meeting_id: UUID
    kind: MeetingKind
    booked_at: Instant
    starts_at: Instant
    minutes: int
    participants: list[Participant]
    outcome: MeetingOutcome | None
    missed_by: Participant | None
    outcome_at: Instant | None


class MeetingList(WireModel):
    """All meetings of one consultation, in the order booked, and the requests for physical ones, in the order made.

    `withheld` when the person has protected identity: when and where she can be met, and how far away she lives, is
    then told to nobody without the scope for it, and no meeting and no request is.
    """

    withheld: bool
    meetings: list[MeetingModel]
    requests: list[RequestedMeeting]
    links: Links


def happened(stated: datetime | None, now: datetime) -> datetime | None:
    """When something happened, as stated. Raises Problem for a time to come, without a zone, or long ago."""
    if stated is None:
        return None
    if stated.tzinfo is None or not now - LATEST_REGISTRATION <= stated <= now:
        raise Problem(TIME_NOT_USABLE, members={"errors": [{"field": "happenedAt", "reason": "out_of_range"}]})
    return stated


def ahead(stated: datetime, now: datetime) -> datetime:
    """When something is to be. Raises Problem for a time that has passed, without a zone, or far away."""
    if stated.tzinfo is None or not now < stated <= now + LONGEST_AHEAD:
        raise Problem(TIME_NOT_USABLE, members={"errors": [{"field": "startsAt", "reason": "out_of_range"}]})
    return stated


_LINKS = {"self": {"href": "https://samrad.example/consultation/v1/consultations/1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"}}
_STANDS: dict[str, Any] = {
    "consultationId": "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
    "state": "in_progress",
    "turn": "answering_authority",
    "version": 3,
    "assignedTo": "af-12",
    "_links": _LINKS,
}
_ADDRESS = {
    "recipient": "Umeå kommun, Individ- och familjenämnden",
    "street": "Sandlådegatan 1",
    "postalCode": "900 00",
    "city": "Umeå",
}
REGISTRATION_EXAMPLE: dict[str, Any] = {
    "channel": "phone",
    "askingOrganisation": "2120002627",
    "askedBy": "hl-7",
    "type": "consultation",
    "purpose": "financial_aid_application",
    "caseReference": "EB-2026-000123",
    "person": "189001019802",
    "question": "Vilka insatser är planerade de närmaste tre månaderna?",
    "happenedAt": "2026-11-20T09:12:00Z",
    "minutes": 6,
}
REGISTERED_EXAMPLE: dict[str, Any] = {
    **_STANDS,
    "version": 2,
    "number": "S26-7K3M-9QXD",
    "openedAt": "2026-11-20T09:12:00Z",
    "dueAt": "2026-11-25T09:12:00Z",
}
CALL_BACK_EXAMPLE: dict[str, Any] = {"switchboard": "090-16 10 00", "outcome": "not_reached", "minutes": 4}
CALL_BACK_ANSWER_EXAMPLE: dict[str, Any] = {
    **_STANDS,
    "state": "sent_by_post",
    "turn": "post",
    "version": 5,
    "failedAttempts": 2,
    "letterTo": _ADDRESS,
}
LETTER_ANSWER_EXAMPLE: dict[str, Any] = {**_STANDS, "state": "sent_by_post", "turn": "post", "letterTo": _ADDRESS}
DISPATCH_EXAMPLE: dict[str, Any] = {"text": "Planeringen är tre månaders praktik från den 1 december."}
MEETING_EXAMPLE: dict[str, Any] = {
    "kind": "remote",
    "startsAt": "2026-11-24T12:00:00Z",
    "minutes": 30,
    "participants": ["municipality", "answering_authority"],
}
MEETING_BOOKED_EXAMPLE: dict[str, Any] = {
    **_STANDS,
    "state": "waiting_for_meeting",
    "turn": "meeting",
    "meetingId": "0f7f2f0a-7f53-4a39-bb9d-5a2c4e6a9a11",
}
MEETING_OUTCOME_EXAMPLE: dict[str, Any] = {"outcome": "held"}
MEETINGS_EXAMPLE: dict[str, Any] = {
    "withheld": False,
    "meetings": [
        {
            **MEETING_EXAMPLE,
            "meetingId": "0f7f2f0a-7f53-4a39-bb9d-5a2c4e6a9a11",
            "bookedAt": "2026-11-20T09:30:00Z",
            "outcome": None,
            "missedBy": None,
            "outcomeAt": None,
        }
    ],
    "requests": [REQUESTED_EXAMPLE],
    "_links": _LINKS,
}
