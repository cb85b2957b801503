"""Completions over HTTP."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.context import Context, context_of
from services.consultation.lookups import examples, repository
from services.consultation.lookups.completion.complete import complete
from services.consultation.lookups.domain import Lookup
from services.consultation.lookups.once import CarriedOutOnce
from services.consultation.lookups.replay import replayed_lookup
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.wire import LookupAnswer, told_lookup
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody, WireModel
from shared.idempotency import Attempt, OnceOnly
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["lookups"])


class CompletionRequest(WireModel):
    """What to ask again: all that failed, or those of it that `sources` names."""

    sources: Annotated[list[SourceCode] | None, Field(max_length=7)] = None


@router.post(
    "/lookups/{lookupId}/completions",
    status_code=200,
    response_model=LookupAnswer,
    responses={200: {"content": {"application/json": {"example": examples.COMPLETED}}}},
    summary="Ask again what failed in a look-up / Fråga om det som felade i en slagning",
)
async def complete_lookup(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.LOOKUPS_CREATE))],
    lookup_id: Annotated[uuid.UUID, Path(alias="lookupId")],
    body: Annotated[CompletionRequest, Depends(JsonBody(CompletionRequest, examples.COMPLETION, required=False))],
    attempt: OnceOnly,
) -> Response:
    """Ask again only the sources that failed, and answer the whole look-up: what was read before with its age.

    A new disclosure: today's grounds, text in force and protection hold for all of it. What was read before is kept
    for a short while only; then nothing can be completed, and a new look-up asks everything anew.

    Frågar bara de källor som felade och svarar med hela slagningen. Det som lästes förut sparas bara en kort tid.
    """
    context = context_of(request)
    now = context.clock()
    if attempt and (kept := await _replayed(context, caller, attempt, lookup_id)):
        return kept
    once = CarriedOutOnce(context, caller, attempt, now)

    async def after(connection: AsyncConnection, lookup: Lookup) -> None:
        await once.keep(connection, context.json(told_lookup(lookup, context)))

    await complete(request.app.state.asking, caller, lookup_id, sources=body.sources, before=once.claim, after=after)
    return once.answer


async def _replayed(context: Context, caller: Caller, attempt: Attempt, lookup_id: uuid.UUID) -> Response | None:
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row = await repository.find(connection, caller.organisation, lookup_id)
    if row is None:
        raise Problem(NOT_FOUND)
    return await replayed_lookup(context, caller, attempt, row.person_mark, context.clock())
