"""The clock of a consultation over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.clocks.story import tell_story
from services.consultation.consultations.carrying_out import ConsultationId
from services.consultation.consultations.clock_models import CLOCK, Clock, clock_model
from services.consultation.consultations.reading_routes import reading, visible
from services.consultation.consultations.timekeeping import read_history
from services.consultation.context import context_of
from shared.audit import record
from shared.database.engine import Tenancy
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["consultations"])


@router.get(
    "/consultations/{consultationId}/clock",
    response_model=Clock,
    responses={200: {"content": {"application/json": {"example": CLOCK}}}},
    summary="Where the time went / Vart tiden tog vägen",
)
async def get_clock(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_READ))],
    consultation_id: ConsultationId,
) -> Response:
    """Whose turn it was, interval by interval, and why the due date stands where it does: the same for both sides.

    Counted from the events when it is asked for. Each reading is audited.

    Vems tur det var, intervall för intervall, och varför svarsdagen är den den är: samma för båda sidor. Räknas ur
    händelserna när den läses. Varje läsning loggas.
    """
    context = context_of(request)
    now = context.clock()
    clockwork = await context.clocks.current(now)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row = await visible(connection, caller, consultation_id)
        history = await read_history(connection, row.org, consultation_id)
        await record(connection, reading(context, caller, row, "consultation.clock_read", ["clock"]))
    story = tell_story(history.events, clockwork.rules(row.type, now))
    links = {"self": {"href": f"{context.base_url}/consultations/{consultation_id}/clock"}}
    answering = caller.organisation == row.answering_org
    return context.json(clock_model(story, history, str(consultation_id), answering=answering, links=links))
