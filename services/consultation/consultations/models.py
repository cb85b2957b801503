"""Wire models of consultations."""

import uuid
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Row

from services.consultation.clocks.turns import Turn, minutes
from services.consultation.consultations.attachments.repository import read_attachments
from services.consultation.consultations.attachments.wire import AttachmentIds, AttachmentModel, attachment_model
from services.consultation.consultations.cooperation import Cooperation
from services.consultation.consultations.disclosures.repository import read_told
from services.consultation.consultations.disclosures.wire import Disclosures, ToldSet, told_set
from services.consultation.consultations.domain import Action, Channel, ConsultationType, Restricted, State
from services.consultation.consultations.forms.keeping import open_form
from services.consultation.consultations.forms.models import Details
from services.consultation.consultations.message_text import MessageText
from services.consultation.consultations.reasons import AnswerClosing, ClosingCode, DelayReason
from services.consultation.consultations.side import Side
from services.consultation.consultations.violence_matters import ViolenceMatter
from services.consultation.expected.wire import ExpectedAnswer
from services.consultation.lookups.outcomes import SourceOutcomeModel
from services.consultation.persons.vault import open_person
from services.consultation.question_categories import QuestionCategory
from services.consultation.wire import CaseReference, Instant, PersonText
from shared.http.bodies import Flag, WireModel
from shared.vault import Vault

Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]


class ConsultationRequest(WireModel):
    """What the registers don't say. Either `lookupId` or `person` tells who it is about.

    `category` tells what kind of question it is (code list `questionCategories`). `details` is the form of the type and
    `cooperation` whether it is part of a cooperation: `GET /consultation-types` describes both. With `violence` it is
    hidden from everybody without the scope `samrad:violence.read`, which it takes; it then leaves `question` and
    `category` out and states `matter` instead (code list `violenceMatters`), so that nothing stands in free text.
    """

    type: ConsultationType
    purpose: str
    case_reference: CaseReference
    question: MessageText | None = None
    person: PersonText | None = None
    lookup_id: uuid.UUID | None = None
    category: QuestionCategory | None = None
    cooperation: Cooperation | None = None
    details: Details | None = None
    violence: Flag = False
    matter: ViolenceMatter | None = None


class MessageRequest(WireModel):
    """Words to the other side, and the files that go with them."""

    text: MessageText
    attachments: AttachmentIds = Field(default_factory=list)


class QuestionBackRequest(MessageRequest):
    """Words to the municipality, and why they are needed (code list `delayReasons`)."""

    reason: DelayReason | None = None


class AnswerRequest(MessageRequest):
    """The answer in words, and the decision on each set that was asked for by name.

    `closingCode` says what the consultation came to (code list `closingCodes`).
    """

    disclosures: Disclosures = Field(default_factory=list)
    closing_code: AnswerClosing = ClosingCode.ANSWERED


class OpenedConsultation(WireModel):
    """The receipt of the asker."""

    consultation_id: uuid.UUID
    number: str
    state: State
    turn: Turn
    version: int
    opened_at: Instant
    due_at: Instant
    expected_answer: ExpectedAnswer
    links: Links


class ConsultationSummary(WireModel):
    """A row of a list: nothing about the person. `caseReference` is shown to the asking side only."""

    consultation_id: uuid.UUID
    number: str
    type: ConsultationType
    category: QuestionCategory | None
    state: State
    turn: Turn
    version: int
    assigned_to: str | None
    case_reference: str | None
    asked_by: str
    municipality_code: str | None
    opened_at: Instant
    due_at: Instant
    answered_at: Instant | None
    links: Links


class ConsultationPage(WireModel):
    """A page of a list."""

    consultations: list[ConsultationSummary]
    links: Links


class Message(WireModel):
    """What one side wrote to the other."""

    at: Instant
    side: Side
    kind: Action
    text: str


class LeadTime(WireModel):
    """Working minutes from opening to answer, and by whose turn it was."""

    total_minutes: int
    answering_authority_minutes: int
    municipality_minutes: int


class WholeConsultation(ConsultationSummary):
    """A consultation as its two sides read it. `round` is 2 when it follows `previousConsultationId`, and so on.

    `withheld` when the person has protected identity: then neither the person, nor what has been written, nor what
    the look-up brought along is told. Such questions go by phone.

    `notes` is how many internal notes the reading side has. `awaitingApproval` when an answer waits for a second
    handler; the side that asked is not told. `meetingRequestedAt` while a request for a physical meeting waits.
    """

    protected_identity: bool
    withheld: bool
    round: int
    previous_consultation_id: uuid.UUID | None
    person: str | None
    purpose: str
    cooperation: Cooperation | None
    details: Details | None
    violence: bool
    matter: ViolenceMatter | None
    closing_code: ClosingCode | None
    lookup_id: uuid.UUID | None
    lookup_sources: list[SourceOutcomeModel]
    af_items: list[str]
    information_sets: list[ToldSet]
    messages: list[Message]
    attachments: list[AttachmentModel]
    notes: int
    awaiting_approval: bool
    meeting_requested_at: Instant | None
    lead_time: LeadTime | None


class ChangedConsultation(WireModel):
    """What a change led to."""

    consultation_id: uuid.UUID
    state: State
    turn: Turn
    version: int
    assigned_to: str | None
    links: Links


class TimelineEvent(WireModel):
    """One event. `at` is when it was written down, `happenedAt` when it happened if that was earlier.

    `unit` has the consultation from here on. `detail` holds codes, ids and numbers, such as `reason`. `actor` is told
    only to the actor's own side.
    """

    event_id: uuid.UUID
    sequence: int
    at: Instant
    happened_at: Instant | None
    kind: Action
    state: State
    turn: Turn
    side: Side
    actor: str | None
    channel: Channel
    unit: str
    detail: dict[str, str | int | bool | None]


class Timeline(WireModel):
    """The events that the reading side may see, oldest first."""

    events: list[TimelineEvent]
    links: Links


def summary_values(row: Row[Any], reader: str, owner: str, base_url: str) -> dict[str, Any]:
    """The fields of a summary: a handler's id stays on its own side, a list shows the case reference to the asker."""
    asking = reader == owner
    return {
        "consultation_id": row.id,
        "number": row.number,
        "type": row.type,
        "category": row.question_category,
        "state": row.state,
        "turn": row.turn,
        "version": row.version,
        "assigned_to": None if asking else row.assigned_to,
        "case_reference": row.case_reference if asking else None,
        "asked_by": row.asker_name,
        "municipality_code": row.municipality_code,
        "opened_at": row.opened_at,
        "due_at": row.due_at,
        "answered_at": row.answered_at,
        "links": self_link(base_url, row.id),
    }


def whole(row: Row[Any], written: list[Message], reader: str, vault: Vault, base_url: str) -> WholeConsultation:
    """The consultation with the person revealed to the two sides."""
    values = summary_values(row, reader, row.org, base_url)
    return WholeConsultation(
        **{**values, "case_reference": row.case_reference},
        protected_identity=row.protected,
        withheld=False,
        round=row.round,
        previous_consultation_id=row.previous_id,
        details=open_form(vault, row.id, row.details_sealed) if row.details_sealed else None,
        person=open_person(vault, row.person_sealed).reveal(),
        purpose=row.purpose,
        cooperation=row.cooperation,
        violence=row.restricted == Restricted.VIOLENCE,
        matter=row.matter,
        closing_code=row.closing_code,
        lookup_id=row.lookup_id,
        lookup_sources=[SourceOutcomeModel(**outcome) for outcome in row.lookup_outcomes or []],
        af_items=list(row.af_items),
        information_sets=[told_set(each) for each in read_told(vault, row.id, row.told_sets)],
        messages=written,
        attachments=[
            attachment_model(each, row.org, row.id, base_url) for each in read_attachments(vault, row.told_attachments)
        ],
        notes=row.notes,
        awaiting_approval=_awaits_approval(row, reader),
        meeting_requested_at=row.meeting_requested_at,
        lead_time=_lead_time(row),
    )


def without_content(row: Row[Any], reader: str, base_url: str) -> WholeConsultation:
    """The consultation about a person with protected identity: where it stands, and nothing of what it says."""
    return WholeConsultation(
        **{**summary_values(row, reader, row.org, base_url), "category": None},
        protected_identity=True,
        withheld=True,
        round=row.round,
        previous_consultation_id=row.previous_id,
        details=None,
        person=None,
        purpose=row.purpose,
        cooperation=None,
        violence=row.restricted == Restricted.VIOLENCE,
        matter=None,
        closing_code=row.closing_code,
        lookup_id=None,
        lookup_sources=[],
        af_items=[],
        information_sets=[],
        messages=[],
        attachments=[],
        notes=row.notes,
        awaiting_approval=_awaits_approval(row, reader),
        meeting_requested_at=None,
        lead_time=_lead_time(row),
    )


def _awaits_approval(row: Row[Any], reader: str) -> bool:
    return reader == row.answering_org and row.proposed_by is not None


def _lead_time(row: Row[Any]) -> LeadTime | None:
    if row.total_seconds is None:
        return None
    return LeadTime(
        total_minutes=minutes(row.total_seconds),
        answering_authority_minutes=minutes(row.answering_seconds),
        municipality_minutes=minutes(row.asking_seconds),
    )


def self_link(base_url: str, consultation_id: uuid.UUID) -> dict[str, dict[str, str]]:
    """The link of a consultation to itself."""
    return {"self": {"href": f"{base_url}/consultations/{consultation_id}"}}
