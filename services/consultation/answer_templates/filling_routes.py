"""Templates at work in a consultation: those that are for it, and one of them filled in. Nothing is stored."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request

from services.consultation.answer_templates import repository, wire
from services.consultation.answer_templates.domain import TemplateField, by_relevance, fill
from services.consultation.answer_templates.facts import known_values
from services.consultation.consultations.carrying_out import ConsultationId, Worker
from services.consultation.consultations.disclosures.repository import asked_sets
from services.consultation.consultations.reading_routes import answered_by
from services.consultation.consultations.repository import Reader, find_answered_by
from services.consultation.context import Context, context_of
from shared.audit import record
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.problems import MALFORMED, NOT_FOUND, Problem

router = APIRouter(tags=["answer-templates"])


@router.get(
    "/consultations/{consultationId}/answer-templates",
    response_model=wire.TemplateList,
    responses={200: {"content": {"application/json": {"example": wire.TEMPLATES}}}},
    summary="Templates for a consultation / Mallar för ett samråd",
)
async def list_fitting(request: Request, caller: Worker, consultation_id: ConsultationId) -> Response:
    """Those for its type, category and unit, the most specific first.

    De som gäller dess typ, frågekategori och enhet, den mest träffande först.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row = await find_answered_by(connection, Reader.of(caller), consultation_id)
        if row is None:
            raise Problem(NOT_FOUND)
        kept = {each.id: each for each in await repository.list_templates(connection, caller.organisation)}
    fitting = by_relevance(
        [repository.as_template(each) for each in kept.values()],
        consultation_type=row.type,
        category=row.question_category,
        unit=row.unit,
    )
    model = wire.TemplateList(
        templates=[wire.template_model(kept[each.id], context.base_url) for each in fitting],
        links={"self": {"href": f"{context.base_url}/consultations/{consultation_id}/answer-templates"}},
    )
    return context.json(model)


@router.post(
    "/consultations/{consultationId}/template-fillings",
    response_model=wire.FilledTemplate,
    responses={200: {"content": {"application/json": {"example": wire.FILLED}}}},
    summary="Fill in a template / Fyll i en mall",
)
async def fill_template(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    body: Annotated[wire.FillingRequest, Depends(JsonBody(wire.FillingRequest, wire.FILLING))],
) -> Response:
    """The text with its fields filled in, to be read and edited before it is sent. Fields without a value stay as they
    are, and are named. Each filling is audited.

    Texten med ifyllda fält, att läsa och ändra innan den skickas. Fält utan värde står kvar, och anges. Varje ifyllnad
    loggas.
    """
    context, now = context_of(request), context_of(request).clock()
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row, entry = await answered_by(context, connection, caller, consultation_id, "consultation.template_filled")
        kept = await repository.find(connection, caller.organisation, body.template_id)
        if kept is None:
            raise Problem(MALFORMED, members={"errors": [{"field": "templateId", "reason": "unknown"}]})
        asked = await asked_sets(connection, row.org, row.id)
        detail = {**entry.detail, "fields": ["caseReference"], "edition": kept.edition}
        await record(connection, replace(entry, detail=detail))
    # After the transaction: who waits for another service must not hold a connection.
    unit_name = await _name_of(context, row.unit) if TemplateField.UNIT_NAME in kept.body else None
    filling = fill(kept.body, known_values(row, asked, unit_name, now))
    model = wire.FilledTemplate(
        template_id=kept.id,
        edition=kept.edition,
        text=filling.text,
        unfilled=list(filling.unfilled),
        links=wire.template_links(kept.id, context.base_url),
    )
    return context.json(model)


async def _name_of(context: Context, unit: str) -> str | None:
    """What the unit is called; None too while it can't be known, since the rest of the text is of use without it."""
    try:
        return await context.units.name_of(unit)
    except Problem:
        return None
