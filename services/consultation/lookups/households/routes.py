"""Households over HTTP."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.context import Context, context_of
from services.consultation.lookups.households import examples, repository
from services.consultation.lookups.households.ask_household import HouseholdDependencies, ask_household
from services.consultation.lookups.households.complete_household import complete_household
from services.consultation.lookups.households.domain import MemberResult
from services.consultation.lookups.households.replay import replayed_household
from services.consultation.lookups.households.trail import read_entry
from services.consultation.lookups.households.wire import (
    HouseholdAnswer,
    HouseholdRecord,
    HouseholdRequest,
    MemberModel,
    RefusalModel,
    household_links,
    read_household,
    told_matrix,
)
from services.consultation.lookups.once import CarriedOutOnce
from services.consultation.lookups.roles import Role
from services.consultation.lookups.wire import told_lookup
from shared.audit import record
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.service import PROBLEM_TYPE_BASE
from shared.idempotency import OnceOnly
from shared.problems import NOT_FOUND, Problem, preferred_language, problem_document
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["lookups"])


@router.post(
    "/household-lookups",
    status_code=200,
    response_model=HouseholdAnswer,
    responses={200: {"content": {"application/json": {"example": examples.ANSWER}}}},
    summary="Look a household up in several registers / Slå i flera register om ett hushåll",
)
async def create_household_lookup(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.LOOKUPS_CREATE))],
    body: Annotated[HouseholdRequest, Depends(JsonBody(HouseholdRequest, examples.QUESTION))],
    attempt: OnceOnly,
) -> Response:
    """Ask about 1-12 persons of one case, each in a look-up of its own, within the time of one.

    The answer is 200 also when persons could not be asked about or sources failed: the matrix tells how each source
    answered about each person, and a person who was refused has a problem in place of the look-up.

    Frågar om 1-12 personer i ett ärende. Matrisen visar hur varje källa svarade om var och en.
    """
    context = context_of(request)
    now = context.clock()
    household = read_household(body, context)
    request.scope["state"]["audit"] = {
        "detail": {"purpose": household.purpose, "caseReference": household.case_reference}
    }
    if attempt and (kept := await replayed_household(context, caller, attempt, now)):
        return kept
    once = CarriedOutOnce(context, caller, attempt, now)

    async def after(connection: AsyncConnection, results: Sequence[MemberResult]) -> None:
        await once.keep(connection, await _told(request, caller, connection, household.id, results))

    await ask_household(_needs(request), caller, household, before=once.claim, after=after)
    return once.answer


@router.get(
    "/household-lookups/{householdLookupId}",
    response_model=HouseholdRecord,
    responses={200: {"content": {"application/json": {"example": examples.RECORD}}}},
    summary="Read a household's matrix afterwards / Läs ett hushålls matris i efterhand",
)
async def get_household_lookup(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.LOOKUPS_READ))],
    household_id: Annotated[uuid.UUID, Path(alias="householdLookupId")],
) -> Response:
    """How each source answered about each person, completions included, without content.

    Hur varje källa svarade om var och en, med kompletteringar, utan innehåll.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        household = await repository.find(connection, caller.organisation, household_id)
        if household is None:
            raise Problem(NOT_FOUND)
        members = await repository.members(connection, caller.organisation, household_id)
        await record(connection, read_entry(caller, household, context.clock()))
    return context.json(_record(context, caller, household, members))


@router.post(
    "/household-lookups/{householdLookupId}/completions",
    status_code=200,
    response_model=HouseholdAnswer,
    responses={200: {"content": {"application/json": {"example": examples.COMPLETED}}}},
    summary="Ask again what failed in a household / Fråga om det som felade i ett hushåll",
)
async def complete_household_lookup(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.LOOKUPS_CREATE))],
    household_id: Annotated[uuid.UUID, Path(alias="householdLookupId")],
    attempt: OnceOnly,
) -> Response:
    """Ask again exactly the cells that failed, person by person. Takes no body.

    The look-ups of those who were asked about again are told whole; of one who was complete already only the matrix
    tells.

    Frågar om exakt de rutor som felade, person för person. Tar ingen kropp.
    """
    context = context_of(request)
    now = context.clock()
    if attempt and (kept := await replayed_household(context, caller, attempt, now)):
        return kept
    once = CarriedOutOnce(context, caller, attempt, now)

    async def after(connection: AsyncConnection, results: Sequence[MemberResult]) -> None:
        await once.keep(connection, await _told(request, caller, connection, household_id, results))

    await complete_household(_needs(request), caller, household_id, before=once.claim, after=after)
    return once.answer


def _needs(request: Request) -> HouseholdDependencies:
    needs: HouseholdDependencies = request.app.state.asking_households
    return needs


async def _told(
    request: Request,
    caller: Caller,
    connection: AsyncConnection,
    household_id: uuid.UUID,
    results: Sequence[MemberResult],
) -> Response:
    context = context_of(request)
    household = await repository.find(connection, caller.organisation, household_id)
    if household is None:
        raise Problem(NOT_FOUND)
    members = await repository.members(connection, caller.organisation, household_id)
    matrix = told_matrix(members, caller)
    complete = all(row.complete for row in matrix)
    answer = HouseholdAnswer(
        household_lookup_id=household.id,
        case_reference=household.case_reference,
        purpose=household.purpose,
        complete=complete,
        matrix=matrix,
        lookups=[_member(request, Role(row.role), each) for row, each in zip(members, results, strict=True)],
        links=household_links(context, household.id, complete=complete),
    )
    return context.json(answer)


def _member(request: Request, role: Role, result: MemberResult) -> MemberModel:
    return MemberModel(
        index=result.position,
        role=role,
        lookup=None if result.lookup is None else told_lookup(result.lookup, context_of(request), role),
        problem=None if result.problem is None else _problem(request, result.problem),
    )


def _problem(request: Request, problem: Problem) -> dict[str, Any]:
    """The same document as in an answer of its own, with the wait that a header would have told."""
    document = problem_document(
        problem,
        language=preferred_language(request.headers.get("accept-language")),
        type_base=PROBLEM_TYPE_BASE,
        instance=f"urn:uuid:{request.scope['state']['request_id']}",
    )
    wait = problem.headers.get("Retry-After")
    return document if wait is None else {**document, "retryAfterSeconds": int(wait)}


def _record(context: Context, caller: Caller, household: Row[Any], members: Sequence[Row[Any]]) -> HouseholdRecord:
    matrix = told_matrix(members, caller)
    complete = all(row.complete for row in matrix)
    return HouseholdRecord(
        household_lookup_id=household.id,
        asked_at=household.asked_at,
        handler=household.handler,
        case_reference=household.case_reference,
        purpose=household.purpose,
        complete=complete,
        matrix=matrix,
        refusals=[RefusalModel(index=each.position, code=each.refusal) for each in members if each.refusal],
        links=household_links(context, household.id, complete=complete),
    )
