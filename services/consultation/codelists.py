"""Every code that this API answers with, in words: states, turns, events, sources and purposes (R109)."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request

from services.consultation.answer_templates.domain import FIELD_WORDS
from services.consultation.attachments.contents.domain import UNFITNESS_WORDS
from services.consultation.channels.meeting_requests.domain import MEETING_REFUSAL_WORDS, MEETING_REQUEST_WORDS
from services.consultation.clocks.turns import Turn
from services.consultation.clocks.words import DUE_REASONS, HALF_DAYS, PACES, TARGET_LEVELS
from services.consultation.consultations.approvals.rules import COVERS_WORDS
from services.consultation.consultations.attachments.domain import SCANS, TYPE_NAMES
from services.consultation.consultations.cooperation import COOPERATION_WORDS
from services.consultation.consultations.disclosures.domain import DECISIONS, REFUSAL_REASONS
from services.consultation.consultations.domain import Action, Channel, Queue, State
from services.consultation.consultations.forms.codes import (
    DECISION_TYPE_WORDS,
    PLANNING_NEED_WORDS,
    STUDY_FORM_WORDS,
    TYPE_WORDS,
)
from services.consultation.consultations.information_sets import BASES, SENSITIVITIES
from services.consultation.consultations.information_sets import WORDS as INFORMATION_SETS
from services.consultation.consultations.links.words import LINK_WORDS, RELATION_WORDS
from services.consultation.consultations.reasons import (
    CLOSING_WORDS,
    CORRECTION_WORDS,
    DELAY_WORDS,
    PERSON_WAIT_WORDS,
    REJECTION_WORDS,
    RESUMPTION_WORDS,
)
from services.consultation.consultations.violence_matters import MATTER_WORDS
from services.consultation.context import context_of
from services.consultation.faq.domain import WITHDRAWAL_WORDS
from services.consultation.faq.identifying import LEAD_WORDS
from services.consultation.leadtimes.areas import AREAS
from services.consultation.lookups.payments.domain import Kind, Status
from services.consultation.lookups.purposes import PURPOSES
from services.consultation.lookups.roles import Role
from services.consultation.lookups.signals.domain import Basis, Change
from services.consultation.lookups.signals.texts import REASONS as NOT_CHECKED
from services.consultation.lookups.sources.breaker import CircuitState
from services.consultation.lookups.sources.domain import Origin, SourceCode, SourceState
from services.consultation.lookups.warnings import GROUND_NOT_VERIFIED
from services.consultation.problems import FIELDS, GROUND, SCOPE, TENANCY
from services.consultation.question_categories import WORDS as QUESTION_CATEGORIES
from services.consultation.queue.domain import HandOverReason, Tab
from services.consultation.retention.holds.domain import HOLD_WORDS
from services.consultation.searches.domain import SearchPurpose
from services.consultation.webhooks.domain import DeliveryStatus, Outcome, SubscriptionState
from shared.http.bodies import WireModel
from shared.problems import Words

router = APIRouter(tags=["code-lists"])

STATES = {
    State.RECEIVED: Words("Inkommen", "Received"),
    State.TRIAGED: Words("Fördelad", "Triaged"),
    State.SECRECY_TEST: Words("Sekretessprövning", "Secrecy test"),
    State.IN_PROGRESS: Words("Pågår", "In progress"),
    State.WAITING_FOR_MUNICIPALITY: Words("Väntar på kommunen", "Waiting for the municipality"),
    State.WAITING_FOR_PERSON: Words("Väntar på den enskilde", "Waiting for the person"),
    State.WAITING_FOR_MEETING: Words("Väntar på ett möte", "Waiting for a meeting"),
    State.SENT_BY_POST: Words("Skickas per post", "Goes by post"),
    State.ANSWERED: Words("Besvarad", "Answered"),
    State.CLOSED: Words("Avslutad", "Closed"),
    State.REJECTED: Words("Avvisad", "Rejected"),
    State.WITHDRAWN: Words("Återtagen", "Withdrawn"),
}
TURNS = {
    Turn.ANSWERING: Words("Arbetsförmedlingens tur", "The answering authority's turn"),
    Turn.ASKING: Words("Kommunens tur", "The municipality's turn"),
    Turn.PERSON: Words("Väntar på den enskilde", "The person's turn"),
    Turn.POST: Words("Väntar på att brev skickas", "Waiting for a letter to be sent"),
    Turn.SECRECY_TEST: Words("Sekretessprövning pågår", "A secrecy test is under way"),
    Turn.MEETING: Words("Väntar på ett möte", "Waiting for a meeting"),
    Turn.NOBODY: Words("Ingens tur", "Nobody's turn"),
}
ACTIONS = {
    Action.OPEN: Words("Öppnades", "Opened"),
    Action.CLAIM: Words("Togs av handläggare", "Claimed by a handler"),
    Action.TRIAGE: Words("Fördelades", "Triaged"),
    Action.ASSIGN: Words("Tilldelades en handläggare", "Assigned to a handler"),
    Action.HAND_OVER: Words("Lämnades över till en annan enhet", "Handed over to another unit"),
    Action.ESCALATE: Words("Lyftes till arbetsledningen", "Escalated"),
    Action.BEGIN_SECRECY_TEST: Words("Sekretessprövning började", "Secrecy test begun"),
    Action.END_SECRECY_TEST: Words("Sekretessprövning avslutades", "Secrecy test ended"),
    Action.AWAIT_PERSON: Words("Den enskilde inväntades", "The person was awaited"),
    Action.RESUME: Words("Återupptogs", "Resumed"),
    Action.CALL_BACK: Words("Motringning gjordes", "Called back"),
    Action.REQUEST_MEETING: Words("Fysiskt möte begärdes", "Physical meeting requested"),
    Action.REFUSE_MEETING: Words("Fysiskt möte avslogs", "Physical meeting refused"),
    Action.BOOK_MEETING: Words("Möte bokades", "Meeting booked"),
    Action.HOLD_MEETING: Words("Mötet hölls", "Meeting held"),
    Action.MISS_MEETING: Words("Mötet uteblev", "Meeting missed"),
    Action.CANCEL_MEETING: Words("Mötet avbokades", "Meeting cancelled"),
    Action.SEND_BY_POST: Words("Svar per post förbereddes", "Prepared to go by post"),
    Action.DISPATCH: Words("Brevet skickades", "Letter dispatched"),
    Action.REJECT: Words("Avvisades", "Rejected"),
    Action.REMIND: Words("Påminnelse: snart dags att svara", "Reminder: soon due"),
    Action.LAPSE: Words("Väntan har varat länge", "The wait has lasted long"),
    Action.REOPEN: Words("Öppnades på nytt i en ny omgång", "Reopened in a new round"),
    Action.CORRECT: Words("Rättades", "Corrected"),
    Action.MARK_VIOLENCE: Words("Märktes för våld i nära relation", "Marked for violence in close relationships"),
    Action.REMOVE_VIOLENCE_MARK: Words("Märkningen för våld togs bort", "The mark for violence was removed"),
    Action.RELEASE: Words("Lämnades tillbaka till kön", "Released to the queue"),
    Action.ASK_BACK: Words("Motfråga ställdes", "Asked back"),
    Action.REPLY: Words("Motfrågan besvarades", "Replied"),
    Action.SUPPLEMENT: Words("Kompletterades av kommunen", "Supplemented by the municipality"),
    Action.REFUSE_ATTACHMENT: Words("En bilaga innehöll skadlig kod", "An attachment held malicious code"),
    Action.PROPOSE_ANSWER: Words("Svar föreslogs för godkännande", "Answer proposed for approval"),
    Action.APPROVE_ANSWER: Words("Svaret godkändes av en andra handläggare", "Answer approved by a second handler"),
    Action.SEND_BACK_ANSWER: Words("Svaret lämnades åter till handläggaren", "Answer sent back to its author"),
    Action.ANSWER: Words("Besvarades", "Answered"),
    Action.CLOSE: Words("Avslutades", "Closed"),
    Action.WITHDRAW: Words("Återtogs", "Withdrawn"),
}
CHANNELS = {
    Channel.API: Words("Verksamhetssystem", "Case system"),
    Channel.FORM: Words("Webbformulär", "Web form"),
    Channel.SDK: Words("Säker digital kommunikation", "Secure digital communication"),
    Channel.PHONE: Words("Telefon", "Phone"),
    Channel.REMOTE_MEETING: Words("Personligt distansmöte", "Personal remote meeting"),
    Channel.LOCAL_OFFICE: Words("Lokalt kontor", "Local office"),
    Channel.POST: Words("Post", "Post"),
}
QUEUES = {
    Queue.GENERAL: Words("Allmän kö", "General queue"),
    Queue.EMPLOYER: Words("Arbetsgivarkontakter", "Employer contacts"),
    Queue.STUDIES: Words("Studier", "Studies"),
    Queue.CORRECTIONS: Words("Kriminalvårdens klienter", "Clients of the prison and probation service"),
}
TABS = {
    Tab.IN_TIME: Words("I tid", "In time"),
    Tab.DUE_TODAY: Words("Ska besvaras i dag", "Due today"),
    Tab.LATE: Words("Sena", "Late"),
    Tab.WAITING: Words("Väntar på någon annan", "Waiting for somebody else"),
}
HAND_OVER_REASONS = {
    HandOverReason.WRONG_UNIT: Words("Hör till en annan enhet", "Belongs to another unit"),
    HandOverReason.NEEDS_SPECIALIST: Words("Specialist behövs", "A specialist is needed"),
    HandOverReason.PERSON_MOVED: Words("Personen har flyttat", "The person has moved"),
    HandOverReason.WORKLOAD: Words("Arbetsbelastning", "Workload"),
}
SEARCH_PURPOSES = {
    SearchPurpose.CASE_HANDLING: Words("Handläggning av ett ärende", "Handling of a case"),
    SearchPurpose.REQUEST_BY_PERSON: Words("Begäran från personen själv", "A request by the person"),
    SearchPurpose.SUPERVISION: Words("Uppföljning och tillsyn", "Supervision"),
}
SOURCE_STATES = {
    SourceState.NOT_ASKED: Words("Inte tillfrågad", "Not asked"),
    SourceState.ANSWERED: Words("Svarade", "Answered"),
    SourceState.ANSWERED_EMPTY: Words("Svarade att inget är registrerat", "Answered that nothing is registered"),
    SourceState.PARTIAL: Words("Svarade till en del", "Answered in part"),
    SourceState.ERROR: Words("Tekniskt fel, inget är känt", "Technical error, nothing is known"),
    SourceState.LOGICAL_ERROR: Words("Kunde inte behandla frågan", "Could not handle the question"),
    SourceState.MISSING: Words("Tillfrågad men saknas i svaret", "Asked but absent from the answer"),
    SourceState.UNPARSEABLE: Words("Svaret gick inte att läsa", "The answer could not be read"),
}
ORIGINS = {
    Origin.BT: Words("Källan meddelade felet", "The source reported the error"),
    Origin.SSBT: Words("SSBTEK meddelade felet", "SSBTEK reported the error"),
    Origin.LOCAL: Words("Felet upptäcktes hos oss", "The error was found on our side"),
}
SOURCES = {
    SourceCode.AF: Words("Arbetsförmedlingen", "The public employment service"),
    SourceCode.CSN: Words("Centrala studiestödsnämnden", "The board of student finance"),
    SourceCode.FK: Words("Försäkringskassan och Pensionsmyndigheten", "The social insurance and pensions agencies"),
    SourceCode.SKV: Words("Skatteverket", "The tax agency"),
    SourceCode.SO: Words("A-kassorna", "The unemployment insurance funds (a-kassor)"),
    SourceCode.TNS: Words("Transportstyrelsen", "The transport agency"),
    SourceCode.MIV: Words("Migrationsverket", "The migration agency"),
}
ROLES = {
    Role.APPLICANT: Words("Sökande", "Applicant"),
    Role.CO_APPLICANT: Words("Medsökande", "Co-applicant"),
    Role.CHILD: Words("Barn", "Child"),
}
CIRCUIT_STATES = {
    CircuitState.CLOSED: Words("Sluten: frågor skickas", "Closed: questions are sent"),
    CircuitState.OPEN: Words("Öppen: inget skickas utom prov", "Open: nothing is sent but probes"),
    CircuitState.HALF_OPEN: Words("Öppen, och ett prov pågår", "Open, and a probe is under way"),
}
CHECK_WORDS = {
    SCOPE: Words("Behörigheten i token", "The scope in the token"),
    GROUND: Words("Rättsligt stöd i kraft", "A legal ground in force"),
    TENANCY: Words("Att uppgiften är den egna organisationens", "That the record is one's own organisation's"),
    FIELDS: Words("Det som ändamålet öppnar", "What the purpose opens"),
}
REASONS = {
    "organisation_unknown": Words("Organisationen finns inte i registret", "The organisation is not in the register"),
    "unknown_information_set": Words("Informationsmängden är okänd", "The information set is unknown"),
    "kind_not_permitted": Words("Inte för den här sortens organisation", "Not for this kind of organisation"),
    "purpose_not_permitted": Words("Inte för det här ändamålet", "Not for this purpose"),
    "no_ground_in_force": Words("Inget stöd är i kraft i dag", "No ground is in force today"),
}
LAW_WARNINGS = {
    GROUND_NOT_VERIFIED: Words("Stödet är inte verifierat i författning", "The ground is not verified in a statute"),
    "no_longer_in_force": Words("Lagtexten anger en upphävd bestämmelse", "The legal text states a repealed rule"),
    "not_yet_in_force": Words("Lagtexten anger en kommande bestämmelse", "The legal text states a rule to come"),
}
PAYMENT_KINDS = {
    Kind.PAYMENT: Words("Utbetalning", "Payment"),
    Kind.GRANT: Words("Bidrag", "Grant"),
    Kind.LOAN: Words("Lån", "Loan"),
    Kind.UNCLASSIFIED: Words("Beloppstypen är okänd", "The type of amount is unknown"),
    Kind.PART: Words("Del av en utbetalning", "Part of a payment"),
    Kind.DEDUCTION: Words("Avdrag i en utbetalning", "Deduction in a payment"),
}
PAYMENT_STATUSES = {
    Status.PAID: Words("Utbetald", "Paid"),
    Status.PRELIMINARY: Words("Preliminär", "Preliminary"),
    Status.PLANNED: Words("Planerad", "Planned"),
}
CHANGES = {
    Change.NEW: Words("Ny inkomst", "New income"),
    Change.MISSING: Words("Inkomst saknas", "Missing income"),
    Change.CHANGED: Words("Ändrat belopp", "Changed amount"),
}
CHANGE_BASES = {
    Basis.PAID: Words("Bara utbetalade belopp", "Paid amounts only"),
    Basis.PRELIMINARY: Words("Även preliminära eller planerade belopp", "Also preliminary or planned amounts"),
}
# What the clock of a consultation is told in.
CLOCK_LISTS: dict[str, dict[str, Words]] = {
    "clockPaces": {code.value: words for code, words in PACES.items()},
    "targetLevels": {code.value: words for code, words in TARGET_LEVELS.items()},
    "dueReasons": {code.value: words for code, words in DUE_REASONS.items()},
    "halfDayRules": {code.value: words for code, words in HALF_DAYS.items()},
}
WEBHOOK_STATES = {
    SubscriptionState.PENDING: Words("Väntar på validering", "Waits to be validated"),
    SubscriptionState.ACTIVE: Words("Aktiv", "Active"),
    SubscriptionState.PAUSED: Words("Pausad efter fel", "Paused after failures"),
}
DELIVERY_STATUSES = {
    DeliveryStatus.WAITING: Words("Väntar", "Waiting"),
    DeliveryStatus.DELIVERED: Words("Levererad", "Delivered"),
    DeliveryStatus.FAILED: Words("Uppgiven, sparad för omsändning", "Given up, kept to be sent again"),
}
DELIVERY_OUTCOMES = {
    Outcome.DELIVERED: Words("Mottogs", "Received"),
    Outcome.REFUSED: Words("Svarade med en felstatus", "Answered with an error status"),
    Outcome.REDIRECTED: Words("Hänvisade till en annan adress", "Pointed to another address"),
    Outcome.GONE: Words("Vill inte ha fler (410)", "Wants no more (410)"),
    Outcome.TIMED_OUT: Words("Svarade inte i tid", "Did not answer in time"),
    Outcome.NOT_CONNECTED: Words("Ingen säker förbindelse", "No secure connection"),
    Outcome.ADDRESS_REFUSED: Words("Namnet leder inte till en öppen adress", "The name leads to no public address"),
    Outcome.ANSWER_TOO_LARGE: Words("Svaret var för stort", "The answer was too large"),
    Outcome.BROKEN_OFF: Words("Förbindelsen bröts", "The connection broke"),
    Outcome.NOT_ECHOED: Words("Upprepade inte utmaningen", "Did not repeat the challenge"),
    Outcome.NOT_SIGNED: Words("Hemligheten går inte att läsa; skapa en ny", "The secret can't be read; make a new one"),
}
LISTS: dict[str, dict[str, Words]] = {
    **CLOCK_LISTS,
    "consultationStates": {code.value: words for code, words in STATES.items()},
    "turns": {code.value: words for code, words in TURNS.items()},
    "events": {code.value: words for code, words in ACTIONS.items()},
    "consultationTypes": {code.value: words for code, words in TYPE_WORDS.items()},
    "channels": {code.value: words for code, words in CHANNELS.items()},
    "queues": {code.value: words for code, words in QUEUES.items()},
    "queueTabs": {code.value: words for code, words in TABS.items()},
    "handOverReasons": {code.value: words for code, words in HAND_OVER_REASONS.items()},
    "searchPurposes": {code.value: words for code, words in SEARCH_PURPOSES.items()},
    "informationSetBases": {code.value: words for code, words in BASES.items()},
    "sensitivities": {code.value: words for code, words in SENSITIVITIES.items()},
    "disclosureDecisions": {code.value: words for code, words in DECISIONS.items()},
    "answersToApprove": {code.value: words for code, words in COVERS_WORDS.items()},
    "templateFields": {code.value: words for code, words in FIELD_WORDS.items()},
    "refusalReasons": {code.value: words for code, words in REFUSAL_REASONS.items()},
    "informationSets": {code.value: words for code, words in INFORMATION_SETS.items()},
    "decisionTypes": {code.value: words for code, words in DECISION_TYPE_WORDS.items()},
    "faqLeads": {code.value: words for code, words in LEAD_WORDS.items()},
    "faqWithdrawals": {code.value: words for code, words in WITHDRAWAL_WORDS.items()},
    "studyForms": {code.value: words for code, words in STUDY_FORM_WORDS.items()},
    "planningNeeds": {code.value: words for code, words in PLANNING_NEED_WORDS.items()},
    "delayReasons": {code.value: words for code, words in DELAY_WORDS.items()},
    "meetingRefusals": {code.value: words for code, words in MEETING_REFUSAL_WORDS.items()},
    "meetingRequestOutcomes": {code.value: words for code, words in MEETING_REQUEST_WORDS.items()},
    "personWaits": {code.value: words for code, words in PERSON_WAIT_WORDS.items()},
    "resumptions": {code.value: words for code, words in RESUMPTION_WORDS.items()},
    "rejections": {code.value: words for code, words in REJECTION_WORDS.items()},
    "closingCodes": {code.value: words for code, words in CLOSING_WORDS.items()},
    "attachmentTypes": {code.value: words for code, words in TYPE_NAMES.items()},
    "attachmentUnfitness": {code.value: words for code, words in UNFITNESS_WORDS.items()},
    "scans": {code.value: words for code, words in SCANS.items()},
    "linkKinds": {code.value: words for code, words in LINK_WORDS.items()},
    "linkRelations": {code.value: words for code, words in RELATION_WORDS.items()},
    "holdReasons": {code.value: words for code, words in HOLD_WORDS.items()},
    "correctionReasons": {code.value: words for code, words in CORRECTION_WORDS.items()},
    "violenceMatters": {code.value: words for code, words in MATTER_WORDS.items()},
    "sources": {code.value: words for code, words in SOURCES.items()},
    "sourceStates": {code.value: words for code, words in SOURCE_STATES.items()},
    "errorOrigins": {code.value: words for code, words in ORIGINS.items()},
    "householdRoles": {code.value: words for code, words in ROLES.items()},
    "circuitStates": {code.value: words for code, words in CIRCUIT_STATES.items()},
    "accessChecks": CHECK_WORDS,
    "groundReasons": REASONS,
    "lawWarnings": LAW_WARNINGS,
    "cooperationKinds": {code.value: words for code, words in COOPERATION_WORDS.items()},
    "questionCategories": {code.value: words for code, words in QUESTION_CATEGORIES.items()},
    "nationalAreas": {code: words for code, (words, _) in AREAS.items()},
    "paymentKinds": {code.value: words for code, words in PAYMENT_KINDS.items()},
    "paymentStatuses": {code.value: words for code, words in PAYMENT_STATUSES.items()},
    "changes": {code.value: words for code, words in CHANGES.items()},
    "webhookStates": {code.value: words for code, words in WEBHOOK_STATES.items()},
    "webhookDeliveryStatuses": {code.value: words for code, words in DELIVERY_STATUSES.items()},
    "webhookOutcomes": {code.value: words for code, words in DELIVERY_OUTCOMES.items()},
    "changeBases": {code.value: words for code, words in CHANGE_BASES.items()},
    "notCheckedReasons": {code.value: words for code, words in NOT_CHECKED.items()},
    "purposes": {purpose.code: purpose.words for purpose in PURPOSES.values()},
}


class CodeModel(WireModel):
    """One code in both languages."""

    code: str
    sv: str
    en: str


class CodeListModel(WireModel):
    """One list of codes."""

    name: str
    codes: list[CodeModel]


class CodeListsModel(WireModel):
    """All of them."""

    lists: list[CodeListModel]
    links: Annotated[dict[str, dict[str, str]], Field(alias="_links")]


_EXAMPLE: dict[str, Any] = {
    "lists": [{"name": "turns", "codes": [{"code": "municipality", "sv": "Kommunens tur", "en": "..."}]}],
    "_links": {"self": {"href": "https://samrad.example/consultation/v1/code-lists"}},
}


@router.get(
    "/code-lists",
    response_model=CodeListsModel,
    responses={200: {"content": {"application/json": {"example": _EXAMPLE}}}},
    summary="Codes in words / Koder i ord",
)
async def list_codes(request: Request) -> dict[str, Any]:
    """Every code that this API answers with, in Swedish and English. Needs no token.

    Varje kod som detta API svarar med, på svenska och engelska. Kräver ingen token.
    """
    return {
        "lists": [
            {
                "name": name,
                "codes": [{"code": code, "sv": words.sv, "en": words.en} for code, words in codes.items()],
            }
            for name, codes in LISTS.items()
        ],
        "_links": {"self": {"href": f"{context_of(request).base_url}/code-lists"}},
    }
