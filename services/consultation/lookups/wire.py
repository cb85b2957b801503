"""Look-ups on the wire: the models, and between them and the domain."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, cast

from pydantic import Field

from services.consultation.clocks.zone import SWEDEN
from services.consultation.context import Context
from services.consultation.grounds.domain import Decision, LawWarning
from services.consultation.lookups.attempts import LookupAttempt
from services.consultation.lookups.domain import Lookup, LookupQuestion, information_set
from services.consultation.lookups.drafts.wire import ConsultationDraftModel, told_drafts
from services.consultation.lookups.months import Month
from services.consultation.lookups.outcomes import SourceOutcomeModel
from services.consultation.lookups.payments.domain import Payment
from services.consultation.lookups.payments.listing import payments_of
from services.consultation.lookups.payments.wire import PaymentModel, told_payment
from services.consultation.lookups.purposes import PURPOSES, chosen_periods, chosen_sources
from services.consultation.lookups.references import checked_reference
from services.consultation.lookups.signals.detect import detect
from services.consultation.lookups.signals.rules import RULES
from services.consultation.lookups.signals.wire import ChangesModel, ComparisonModel, told_changes
from services.consultation.lookups.sources.domain import Origin, Period, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.warnings import warnings_about
from services.consultation.wire import CaseReference, Instant, PeriodModel, PersonText, TextsModel, read_person
from shared.http.bodies import WireModel
from shared.problems import MALFORMED, Problem

SourcePeriods = Annotated[dict[SourceCode, PeriodModel] | None, Field(description="AF, CSN, FK, SO, TNS", max_length=7)]


class LookupRequest(WireModel):
    """A question about one person in one case. `sources` and `period` default to what the purpose needs.

    `board` is one of the boards in the organisation's profile, which then asks in its own name.
    """

    person: PersonText
    case_reference: CaseReference
    purpose: Annotated[str, Field(description="One of / En av: " + ", ".join(PURPOSES))]
    period: PeriodModel | None = None
    sources: Annotated[list[SourceCode] | None, Field(max_length=7)] = None
    source_periods: SourcePeriods = None
    comparison: ComparisonModel | None = None
    board: Annotated[str | None, Field(min_length=1, max_length=63, description="A board's code / Nämndens kod")] = None


class LeftOutModel(WireModel):
    """Pieces that are not told, whether or not the source has them: the purpose does not open them."""

    by: Annotated[str, Field(description="purpose / ändamålet")]
    fields: list[str]


class SourcePartModel(WireModel):
    """How one part of a source answered, where a source has parts."""

    name: str
    state: SourceState
    origin: Origin | None
    code: str | None
    messages: list[str]


class SourceAnswerModel(WireModel):
    """What one source answered. Only `answered` and `answered_empty` support a decision.

    `legalBasis` is what the source is asked on. `leftOut` is null when the purpose opens everything.
    """

    source: SourceCode
    state: SourceState
    legal_basis: str | None
    asked_period: PeriodModel | None
    answered_at: Instant | None
    took_ms: int | None
    age: Annotated[int | None, Field(description="Seconds since it answered / Sekunder sedan svaret")]
    contract_version: str | None
    origin: Origin | None
    code: str | None
    messages: list[str]
    deviations: list[str]
    items: list[str]
    parts: list[SourcePartModel]
    left_out: LeftOutModel | None
    data: dict[str, Any] | None


class InsteadModel(WireModel):
    """The legal basis to rely on instead; its id is the one in /agreements/v1/legal-bases."""

    legal_basis_id: str
    reference: str


class WarningModel(WireModel):
    """Something about the law that the look-up rests on. `sources` is empty when it is about `legalText`."""

    code: str
    texts: TextsModel
    sources: list[SourceCode]
    replacement: InsteadModel | None


class DecisionModel(WireModel):
    """Which decision of the register the look-up rests on."""

    decision_id: uuid.UUID
    version: int


class AttemptModel(WireModel):
    """One time that sources were asked. `sources` are those that it asked, empty until it has ended."""

    number: int
    asked_at: Instant
    answered_at: Instant | None
    handler: str
    sources: list[SourceOutcomeModel]


class LookupAnswer(WireModel):
    """A look-up with its seven sources in the contract's order, each by the best that is known of it.

    `answeredAt` is the latest attempt's; a source that was read before it has its own, and its `age`. `payments` lists
    those of all sources. `changes` is null when no comparison was asked for, or the look-up is withheld.
    `consultationDrafts` are what the answer suggests to ask Arbetsförmedlingen.
    """

    lookup_id: uuid.UUID
    asked_at: Instant
    answered_at: Instant
    complete: bool
    protected_identity: bool
    withheld: bool
    purpose: str
    case_reference: str
    legal_text: str
    decision: DecisionModel
    warnings: list[WarningModel]
    sources: list[SourceAnswerModel]
    attempts: list[AttemptModel]
    payments: list[PaymentModel]
    changes: ChangesModel | None
    consultation_drafts: list[ConsultationDraftModel]
    links: Annotated[dict[str, dict[str, str]], Field(alias="_links")]


class LookupRecord(WireModel):
    """A look-up afterwards: who asked for what and how the sources answered. Content is not kept."""

    lookup_id: uuid.UUID
    asked_at: Instant
    answered_at: Instant | None
    handler: str
    purpose: str
    case_reference: str
    period: PeriodModel
    complete: bool | None
    protected_identity: bool
    decision: DecisionModel
    sources: list[SourceOutcomeModel]
    attempts: list[AttemptModel]
    links: Annotated[dict[str, dict[str, str]], Field(alias="_links")]


def read_question(body: LookupRequest, context: Context) -> LookupQuestion:
    person = read_person(body.person)
    reference = checked_reference(body.case_reference)
    purpose = PURPOSES.get(body.purpose)
    if purpose is None:
        members = {"errors": [{"field": "purpose", "reason": "unknown"}], "allowedPurposes": list(PURPOSES)}
        raise Problem(MALFORMED, members=members)
    sources = chosen_sources(purpose, body.sources)
    wanted = _period(body.period) if body.period else None
    own = {source: _period(each) for source, each in (body.source_periods or {}).items()}
    today = context.clock().astimezone(SWEDEN).date()
    period, periods = chosen_periods(purpose, sources, wanted, own, today)
    comparison = Month.parse(body.comparison.month) if body.comparison else None
    return LookupQuestion(person, reference, purpose.code, period, periods, comparison, body.board)


def _period(period: PeriodModel) -> Period:
    return Period(period.from_, period.to)


def told_lookup(lookup: Lookup, context: Context, role: str | None = None) -> LookupAnswer:
    """The look-up as it leaves: what is made of its answers is made of what may leave of them.

    `role` is the person's in a household, and stands on every payment.
    """
    payments = payments_of(lookup.answers, role)
    return LookupAnswer(
        lookup_id=lookup.id,
        asked_at=lookup.asked_at,
        answered_at=lookup.answered_at,
        complete=lookup.complete,
        protected_identity=lookup.protected_identity,
        withheld=lookup.withheld,
        purpose=lookup.question.purpose,
        case_reference=lookup.question.case_reference,
        legal_text=lookup.legal_text,
        decision=DecisionModel(decision_id=lookup.decision.id, version=lookup.decision.version),
        warnings=[_warning(warned, named) for warned, named in warnings_about(lookup.decision)],
        sources=[_source(each, lookup.decision, lookup.answered_at) for each in lookup.answers],
        attempts=told_attempts(lookup.attempts),
        payments=[told_payment(each) for each in payments],
        changes=_changes(lookup, payments),
        consultation_drafts=_drafts(lookup),
        links=lookup_links(context, lookup.id, complete=lookup.complete),
    )


def _changes(lookup: Lookup, payments: Sequence[Payment]) -> ChangesModel | None:
    month = lookup.question.comparison
    if month is None or lookup.withheld:
        return None
    today = lookup.answered_at.astimezone(SWEDEN).date()
    return told_changes(detect(lookup.answers, payments, month, RULES, today))


def _drafts(lookup: Lookup) -> list[ConsultationDraftModel]:
    if lookup.protected_identity:
        # Such questions go by phone, also for one who may read the answer.
        return []
    question = lookup.question
    return told_drafts(
        lookup.answers, purpose=question.purpose, case_reference=question.case_reference, lookup_id=lookup.id
    )


def told_attempts(attempts: Sequence[LookupAttempt]) -> list[AttemptModel]:
    """Every attempt, the first first."""
    return [
        AttemptModel(
            number=each.number,
            asked_at=each.asked_at,
            answered_at=each.answered_at,
            handler=each.handler,
            sources=[SourceOutcomeModel.model_validate(outcome) for outcome in each.outcomes],
        )
        for each in attempts
    ]


def _warning(warned: LawWarning, named: Sequence[str]) -> WarningModel:
    instead = warned.replacement
    return WarningModel(
        code=warned.code,
        texts=TextsModel(sv=warned.words.sv, en=warned.words.en),
        sources=[SourceCode(each) for each in named],
        replacement=InsteadModel(legal_basis_id=instead[0], reference=instead[1]) if instead else None,
    )


def _source(answer: SourceAnswer, decision: Decision, told_at: datetime) -> SourceAnswerModel:
    period = answer.asked_period
    return SourceAnswerModel(
        source=answer.source,
        state=answer.state,
        legal_basis=decision.ground_of(information_set(answer.source)),
        asked_period=PeriodModel(from_=period.first, to=period.last) if period else None,
        answered_at=answer.answered_at,
        took_ms=answer.took_ms,
        age=None if answer.answered_at is None else max(0, int((told_at - answer.answered_at).total_seconds())),
        contract_version=answer.contract_version,
        origin=answer.origin,
        code=answer.code,
        messages=list(answer.messages),
        deviations=list(answer.deviations),
        items=list(answer.items),
        parts=[
            SourcePartModel(
                name=each.name, state=each.state, origin=each.origin, code=each.code, messages=list(each.messages)
            )
            for each in answer.parts
        ],
        left_out=LeftOutModel(by="purpose", fields=list(answer.left_out)) if answer.left_out else None,
        data=cast("dict[str, Any] | None", answer.data),
    )


def lookup_links(context: Context, lookup_id: uuid.UUID, *, complete: bool) -> dict[str, dict[str, str]]:
    """Where the look-up is read, and where what failed in it is asked again."""
    own = f"{context.base_url}/lookups/{lookup_id}"
    links = {"self": {"href": own}}
    return links if complete else {**links, "completions": {"href": f"{own}/completions"}}
