"""Look-ups over HTTP."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.context import context_of
from services.consultation.lookups import examples, repository
from services.consultation.lookups.ask import ask
from services.consultation.lookups.completion.repository import history
from services.consultation.lookups.domain import Lookup
from services.consultation.lookups.once import CarriedOutOnce
from services.consultation.lookups.outcomes import SourceOutcomeModel
from services.consultation.lookups.replay import replayed_lookup
from services.consultation.lookups.wire import (
    DecisionModel,
    LookupAnswer,
    LookupRecord,
    LookupRequest,
    lookup_links,
    read_question,
    told_attempts,
    told_lookup,
)
from services.consultation.persons.vault import mark_person
from services.consultation.wire import PeriodModel
from shared.audit import AuditEntry, record
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.idempotency import OnceOnly
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
    mark = mark_person(context.vault, question.person)
    request.scope["state"]["audit"] = {
        "subject": mark,
        "detail": {"purpose": question.purpose, "caseReference": question.case_reference},
    }
    if attempt and (kept := await replayed_lookup(context, caller, attempt, mark, now)):
        return kept
    once = CarriedOutOnce(context, caller, attempt, now)

    async def after(connection: AsyncConnection, lookup: Lookup) -> None:
        await once.keep(connection, context.json(told_lookup(lookup, context)))

    await ask(request.app.state.asking, caller, question, before=once.claim if attempt else None, after=after)
    return once.answer


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
        attempts = await history(connection, caller.organisation, row)
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
        attempts=told_attempts(attempts),
        links=lookup_links(context, row.id, complete=row.complete is not False),
    )
    return context.json(told)
