"""Published entries over HTTP: the same for everybody, with nothing in them of anybody."""

import hashlib
import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.consultations.forms.codes import DecisionType
from services.consultation.context import Context, context_of
from services.consultation.faq import entries, examples, wire
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.conditions import KnownTags, etag, is_known
from shared.http.paging import Limit, page_links, split_page
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["faq"])

Reader = Annotated[Caller, Depends(Requires(scopes.FAQ_READ, actor=False))]
EntryId = Annotated[uuid.UUID, Path(alias="faqEntryId", description="From the list / Ur listan")]
OfType = Annotated[
    DecisionType | None, Query(alias="decisionType", description="Code list decisionTypes / Kodlistan decisionTypes")
]
After = Annotated[uuid.UUID | None, Query(description="From `_links.next` / Ur `_links.next`")]


@router.get(
    "/faq-entries",
    response_model=wire.EntryPage,
    responses={200: {"content": {"application/json": {"example": examples.ENTRIES}}}},
    summary="Published questions and answers / Publicerade frågor och svar",
)
async def list_entries(
    request: Request,
    caller: Reader,
    known: KnownTags,
    decision_type: OfType = None,
    limit: Limit = 20,
    cursor: After = None,
) -> Response:
    """What decisions of Arbetsförmedlingen mean, in plain words. The same for everybody, and about nobody.

    With `If-None-Match` it answers 304 as long as the page is the same.

    Vad Arbetsförmedlingens beslut betyder, på klarspråk. Lika för alla, och inte om någon. Med `If-None-Match` svarar
    den 304 så länge sidan är densamma.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = await entries.page(connection, decision_type, None, cursor, limit + 1)
    shown, more = split_page(rows, limit)
    parameters: dict[str, object] = {"decisionType": decision_type and decision_type.value, "limit": limit}
    model = wire.EntryPage(
        entries=[wire.entry_model(entries.as_entry(row), context.base_url) for row in shown],
        links=page_links(
            f"{context.base_url}/faq-entries", {**parameters, "cursor": cursor}, str(shown[-1].id) if more else None
        ),
    )
    tag = f'"{hashlib.sha256(model.model_dump_json().encode()).hexdigest()[:32]}"'
    return _unless_known(context, known, model, tag)


@router.get(
    "/faq-entries/{faqEntryId}",
    response_model=wire.EntryModel,
    responses={200: {"content": {"application/json": {"example": examples.ENTRY}}}},
    summary="One question and its answer / En fråga och dess svar",
)
async def get_entry(request: Request, caller: Reader, entry_id: EntryId, known: KnownTags) -> Response:
    """In its latest version. 404 when it has been withdrawn.

    I sin senaste version. 404 när den har dragits tillbaka.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row = await entries.find(connection, entry_id)
    if row is None:
        raise Problem(NOT_FOUND)
    return _unless_known(context, known, wire.entry_model(entries.as_entry(row), context.base_url), etag(row.version))


@router.post(
    "/faq-searches",
    response_model=wire.FoundEntries,
    responses={200: {"content": {"application/json": {"example": examples.FOUND}}}},
    summary="Search questions and answers / Sök bland frågor och svar",
)
async def search_entries(
    request: Request,
    caller: Reader,
    body: Annotated[wire.EntrySearch, Depends(JsonBody(wire.EntrySearch, examples.SEARCH))],
) -> Response:
    """By words in any form. They stand in the body, since people search for what must not stand in an address.

    På ord i vilken form som helst. De står i kroppen, eftersom man söker på sådant som inte får stå i en adress.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = await entries.page(connection, body.decision_type, body.words, body.after, body.limit + 1)
    shown, more = split_page(rows, body.limit)
    model = wire.FoundEntries(
        entries=[wire.entry_model(entries.as_entry(row), context.base_url) for row in shown],
        next=shown[-1].id if more else None,
    )
    return context.json(model)


def _unless_known(context: Context, known: frozenset[str], model: BaseModel, tag: str) -> Response:
    if is_known(tag, known):
        return Response(status_code=304, headers={"ETag": tag})
    return context.json(model, headers={"ETag": tag})
