"""Look-ups over HTTP."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Path, Response
from pydantic import Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.clocks.zone import SWEDEN
from services.consultation.context import Context, context_of
from services.consultation.grounds.domain import Decision, LawWarning
from services.consultation.lookups import examples, repository
from services.consultation.lookups.ask import ask
from services.consultation.lookups.domain import Lookup, LookupQuestion, disclosure_marks, information_set
from services.consultation.lookups.fields import told
from services.consultation.lookups.outcomes import SourceOutcomeModel
from services.consultation.lookups.purposes import PURPOSES, check_period, chosen_sources
from services.consultation.lookups.references import checked_reference
from services.consultation.lookups.sources.domain import Origin, Period, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.warnings import warnings_about
from services.consultation.persons.vault import mark_person
from services.consultation.protection.repository import is_protected
from services.consultation.wire import CaseReference, Instant, PeriodModel, PersonText, read_person
from shared.audit import AuditEntry, record
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody, WireModel
from shared.idempotency import Attempt, OnceOnly, claim_waiting, give_up_kept
from shared.problems import MALFORMED, NOT_FOUND, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["lookups"])


class LookupRequest(WireModel):
    """A question about one person in one case. `sources` defaults to all that the purpose needs."""

    person: PersonText
    case_reference: CaseReference
    purpose: Annotated[str, Field(description="One of / En av: " + ", ".join(PURPOSES))]
    period: PeriodModel
    sources: Annotated[list[SourceCode] | None, Field(max_length=7)] = None


class LeftOutModel(WireModel):
    """Pieces that are not told, whether or not the source has them: the purpose does not open them."""

    by: Annotated[str, Field(description="purpose / ändamålet")]
    fields: list[str]


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
    contract_version: str | None
    origin: Origin | None
    code: str | None
    messages: list[str]
    deviations: list[str]
    items: list[str]
    left_out: LeftOutModel | None
    data: dict[str, Any] | None


class InsteadModel(WireModel):
    """The legal basis to rely on instead; its id is the one in /agreements/v1/legal-bases."""

    legal_basis_id: str
    reference: str


class TextsModel(WireModel):
    """The same words in both languages."""

    sv: str
    en: str


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


class LookupAnswer(WireModel):
    """A look-up with its seven sources in the contract's order."""

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
    links: Annotated[dict[str, dict[str, str]], Field(alias="_links")]


@router.post(
    "/lookups",
    status_code=200,
    response_model=LookupAnswer,
    responses={200: {"content": {"application/json": {"example": examples.ANSWER}}}},
    summary="Look a person up in several registers / Slå i flera register",
)
async def create_lookup(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.LOOKUPS_CREATE))],
    body: Annotated[LookupRequest, Depends(JsonBody(LookupRequest, examples.QUESTION))],
    attempt: OnceOnly,
) -> Response:
    """Ask up to seven sources about one person, in one case, for one purpose.

    The answer is 200 also when sources fail: each source says in which state it is, and `complete` is true
    only when every asked source was read in full. A POST, since an identity number never stands in an address.

    Frågar upp till sju källor om en person. Svaret är 200 även när källor felar: varje källa anger sitt läge.
    """
    context = context_of(request)
    now = context.clock()
    question = _question(body, context)
    request.scope["state"]["audit"] = {
        "subject": mark_person(context.vault, question.person),
        "detail": {"purpose": question.purpose, "caseReference": question.case_reference},
    }
    if attempt and (kept := await _kept_answer(context, caller, attempt, question, now)):
        return kept
    answer: list[Response] = []

    async def before(connection: AsyncConnection) -> None:
        if attempt:
            await claim_waiting(connection, caller, attempt, now)

    async def after(connection: AsyncConnection, lookup: Lookup) -> None:
        answer.append(_answer(lookup, context))
        if attempt:
            await context.ledger.keep(connection, caller, attempt, answer[0])

    await ask(request.app.state.asking, caller, question, before=before, after=after)
    return answer[0]


@router.get(
    "/lookups/{lookupId}",
    response_model=LookupRecord,
    responses={200: {"content": {"application/json": {"example": examples.RECORD}}}},
    summary="Read a look-up afterwards / Läs en slagning i efterhand",
)
async def get_lookup(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.LOOKUPS_READ))],
    lookup_id: Annotated[uuid.UUID, Path(alias="lookupId")],
) -> Response:
    """Who asked for what, and how each source answered. The content itself is not kept.

    Vem som frågade om vad och hur varje källa svarade. Innehållet sparas inte.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row = await repository.find(connection, caller.organisation, lookup_id)
        if row is None:
            raise Problem(NOT_FOUND)
        entry = AuditEntry(
            event="lookup.read",
            at=context.clock(),
            caller=caller,
            object_type="lookup",
            object_id=row.id,
            subject=row.person_mark,
            detail={"purpose": row.purpose, "caseReference": row.case_reference},
        )
        await record(connection, entry)
    told = LookupRecord(
        lookup_id=row.id,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
        handler=row.handler,
        purpose=row.purpose,
        case_reference=row.case_reference,
        period=PeriodModel(from_=row.first, to=row.last),
        complete=row.complete,
        protected_identity=row.protected_identity,
        decision=DecisionModel(decision_id=row.decision_id, version=row.decision_version),
        sources=[SourceOutcomeModel(**outcome) for outcome in row.outcomes or []],
        links=_links(context, row.id),
    )
    return context.json(told)


async def _kept_answer(
    context: Context, caller: Caller, attempt: Attempt, question: LookupQuestion, now: datetime
) -> Response | None:
    """The answer of an earlier twin. Telling it again is a disclosure of its own, and recorded as one.

    It needs a ground of its own too: what could be told then is refused when the ground has ended since. A person may
    have been marked with protected identity since: then it is told again without content.
    """
    mark = mark_person(context.vault, question.person)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        kept = await context.ledger.waiting(connection, caller, attempt, now)
        if kept is None:
            return None
        answer = _as_told_today(kept)
        if answer is None:
            await give_up_kept(connection, caller, attempt, now)
            return None
    decision = await context.grounds.decide(
        caller.organisation, question.purpose, [information_set(source) for source in question.sources]
    )
    decision.require()
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        if any(set(_told(each)) - decision.opens(information_set(each.source)) for each in answer.sources):
            # The grounds open less than they did: what is told is told by today's.
            await give_up_kept(connection, caller, attempt, now)
            return None
        if answer.protected_identity or await is_protected(connection, mark):
            answer = _withheld_unless_allowed(answer, caller)
            kept = context.json(answer, kept.status_code, {"Idempotent-Replayed": "true"})
        entry = AuditEntry(
            event="lookup.withheld" if answer.withheld else "lookup.disclosed",
            at=now,
            caller=caller,
            object_type="lookup",
            object_id=answer.lookup_id,
            subject=mark,
            outcome="refused" if answer.withheld else "permitted",
            detail={
                "purpose": question.purpose,
                "caseReference": question.case_reference,
                "decision": {"id": str(decision.id), "version": decision.version, "grounds": decision.grounds},
                "repeated": True,
                "fields": {each.source: names for each in answer.sources if (names := _told(each))},
                **disclosure_marks(protected=answer.protected_identity, withheld=answer.withheld),
            },
        )
        await record(connection, entry)
    return kept


def _as_told_today(kept: Response) -> LookupAnswer | None:
    """None for an answer that a version before this one has kept: it was told by other rules than today's."""
    try:
        return LookupAnswer.model_validate_json(bytes(kept.body))
    except ValidationError:
        return None


def _told(answer: SourceAnswerModel) -> list[str]:
    return told(answer.source, answer.data, answer.left_out.fields if answer.left_out else ())


def _withheld_unless_allowed(answer: LookupAnswer, caller: Caller) -> LookupAnswer:
    if scopes.PROTECTED_READ.name in caller.scopes:
        return answer.model_copy(update={"protected_identity": True})
    nothing: dict[str, Any] = {"data": None, "items": [], "messages": [], "deviations": []}
    emptied = [each.model_copy(update=nothing) for each in answer.sources]
    return answer.model_copy(update={"protected_identity": True, "withheld": True, "sources": emptied})


def _question(body: LookupRequest, context: Context) -> LookupQuestion:
    person = read_person(body.person)
    reference = checked_reference(body.case_reference)
    purpose = PURPOSES.get(body.purpose)
    if purpose is None:
        members = {"errors": [{"field": "purpose", "reason": "unknown"}], "allowedPurposes": list(PURPOSES)}
        raise Problem(MALFORMED, members=members)
    sources = chosen_sources(purpose, body.sources)
    period = Period(body.period.from_, body.period.to)
    check_period(period, sources, context.clock().astimezone(SWEDEN).date())
    return LookupQuestion(person, reference, purpose.code, period, sources)


def _answer(lookup: Lookup, context: Context) -> Response:
    return context.json(
        LookupAnswer(
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
            sources=[_source(each, lookup.decision) for each in lookup.answers],
            links=_links(context, lookup.id),
        )
    )


def _warning(warned: LawWarning, named: Sequence[str]) -> WarningModel:
    instead = warned.replacement
    return WarningModel(
        code=warned.code,
        texts=TextsModel(sv=warned.words.sv, en=warned.words.en),
        sources=[SourceCode(each) for each in named],
        replacement=InsteadModel(legal_basis_id=instead[0], reference=instead[1]) if instead else None,
    )


def _source(answer: SourceAnswer, decision: Decision) -> SourceAnswerModel:
    period = answer.asked_period
    return SourceAnswerModel(
        source=answer.source,
        state=answer.state,
        legal_basis=decision.ground_of(information_set(answer.source)),
        asked_period=PeriodModel(from_=period.first, to=period.last) if period else None,
        answered_at=answer.answered_at,
        took_ms=answer.took_ms,
        contract_version=answer.contract_version,
        origin=answer.origin,
        code=answer.code,
        messages=list(answer.messages),
        deviations=list(answer.deviations),
        items=list(answer.items),
        left_out=LeftOutModel(by="purpose", fields=list(answer.left_out)) if answer.left_out else None,
        data=cast("dict[str, Any] | None", answer.data),
    )


def _links(context: Context, lookup_id: uuid.UUID) -> dict[str, dict[str, str]]:
    return {"self": {"href": f"{context.base_url}/lookups/{lookup_id}"}}
