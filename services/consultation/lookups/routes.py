"""Look-ups over HTTP."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.context import Context, context_of
from services.consultation.lookups import examples, repository
from services.consultation.lookups.ask import ask
from services.consultation.lookups.domain import Lookup, LookupQuestion, disclosure_marks, information_set
from services.consultation.lookups.fields import told
from services.consultation.lookups.outcomes import SourceOutcomeModel
from services.consultation.lookups.wire import (
    DecisionModel,
    LookupAnswer,
    LookupRecord,
    LookupRequest,
    SourceAnswerModel,
    lookup_links,
    read_question,
    told_lookup,
)
from services.consultation.persons.vault import mark_person
from services.consultation.protection.repository import is_protected
from services.consultation.wire import PeriodModel
from shared.audit import AuditEntry, record
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.idempotency import Attempt, OnceOnly, claim_waiting, give_up_kept
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["lookups"])


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
    question = read_question(body, context)
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
        answer.append(context.json(told_lookup(lookup, context)))
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
        links=lookup_links(context, row.id),
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
        return answer.model_copy(update={"protected_identity": True, "consultation_drafts": []})
    nothing: dict[str, Any] = {"data": None, "items": [], "messages": [], "deviations": []}
    emptied = [
        each.model_copy(update={**nothing, "parts": [part.model_copy(update={"messages": []}) for part in each.parts]})
        for each in answer.sources
    ]
    made_of_them: dict[str, Any] = {"payments": [], "changes": None, "consultation_drafts": []}
    return answer.model_copy(update={"protected_identity": True, "withheld": True, "sources": emptied, **made_of_them})
