"""Templates of one's own authority over HTTP: handlers read, those who may write make editions."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.answer_templates import repository, wire
from services.consultation.answer_templates.edit import edit_template, remove_template, write_template
from services.consultation.consultations.carrying_out import Worker
from services.consultation.context import context_of
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.conditions import ExpectedVersion, etag
from shared.idempotency import OnceOnly
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["answer-templates"])

Editor = Annotated[Caller, Depends(Requires(scopes.TEMPLATES_MANAGE))]
TemplateId = Annotated[uuid.UUID, Path(alias="templateId", description="From the list / Ur listan")]
Body = Annotated[wire.TemplateBody, Depends(JsonBody(wire.TemplateBody, wire.BODY))]


@router.get(
    "/answer-templates",
    response_model=wire.TemplateList,
    responses={200: {"content": {"application/json": {"example": wire.TEMPLATES}}}},
    summary="Answer templates, by name / Svarsmallar, efter namn",
)
async def list_templates(request: Request, caller: Worker) -> Response:
    """All of one's own authority's, at most 500, each in its latest edition.

    Alla den egna myndighetens, högst 500, var och en i sin senaste utgåva.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = await repository.list_templates(connection, caller.organisation)
    models = [wire.template_model(row, context.base_url) for row in rows]
    links = {"self": {"href": f"{context.base_url}/answer-templates"}}
    return context.json(wire.TemplateList(templates=models, links=links))


@router.post(
    "/answer-templates",
    status_code=201,
    response_model=wire.TemplateModel,
    responses={201: {"content": {"application/json": {"example": wire.TEMPLATE}}}},
    summary="Write an answer template / Skriv en svarsmall",
)
async def create_template(request: Request, caller: Editor, body: Body, attempt: OnceOnly) -> Response:
    """Text with fields between double braces, out of a closed list; anything else between braces is refused.

    Text med fält inom dubbla klamrar, ur en sluten lista; allt annat inom klamrar avvisas.
    """
    context = context_of(request)
    now, template = context.clock(), body.template(uuid.uuid4(), 1)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            await write_template(connection, caller, context.answering, template, now)
            links = wire.template_links(template.id, context.base_url)
            model = wire.TemplateModel(
                template_id=template.id, edition=1, edited_at=now, links=links, **body.model_dump()
            )
            return context.json(model, 201, headers={"Location": links["self"]["href"], "ETag": etag(1)})

        return await context.ledger.once(connection, caller, attempt, now, effect)


@router.get(
    "/answer-templates/{templateId}",
    response_model=wire.TemplateModel,
    responses={200: {"content": {"application/json": {"example": wire.TEMPLATE}}}},
    summary="One answer template / En svarsmall",
)
async def get_template(request: Request, caller: Worker, template_id: TemplateId) -> Response:
    """In its latest edition.

    I sin senaste utgåva.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row = await repository.find(connection, caller.organisation, template_id)
    if row is None:
        raise Problem(NOT_FOUND)
    return context.json(wire.template_model(row, context.base_url), headers={"ETag": etag(row.edition)})


@router.put(
    "/answer-templates/{templateId}",
    response_model=wire.TemplateModel,
    responses={200: {"content": {"application/json": {"example": {**wire.TEMPLATE, "edition": 2}}}}},
    summary="Make a new edition / Gör en ny utgåva",
)
async def change_template(
    request: Request, caller: Editor, template_id: TemplateId, version: ExpectedVersion, body: Body
) -> Response:
    """The whole template anew, from the edition that was read. The earlier one is kept for the record.

    Hela mallen på nytt, från den utgåva som lästes. Den tidigare sparas.
    """
    context = context_of(request)
    now = context.clock()
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        edited = await edit_template(connection, caller, body.template(template_id, version), version, now)
    model = wire.TemplateModel(
        template_id=template_id,
        edition=edited.edition,
        edited_at=now,
        links=wire.template_links(template_id, context.base_url),
        **body.model_dump(),
    )
    return context.json(model, headers={"ETag": etag(edited.edition)})


@router.delete(
    "/answer-templates/{templateId}",
    response_model=wire.RemovedTemplate,
    responses={200: {"content": {"application/json": {"example": wire.REMOVED}}}},
    summary="Remove an answer template / Ta bort en svarsmall",
)
async def delete_template(
    request: Request, caller: Editor, template_id: TemplateId, version: ExpectedVersion
) -> Response:
    """Handlers no longer find it. Its editions are kept for the record.

    Handläggarna hittar den inte längre. Dess utgåvor sparas.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        await remove_template(connection, caller, template_id, version, context.clock())
    return context.json(wire.RemovedTemplate(template_id=template_id))
