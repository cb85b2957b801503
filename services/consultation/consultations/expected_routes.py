"""When an answer can be expected, asked while the question waits."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.clocks.turns import Turn
from services.consultation.consultations.carrying_out import ConsultationId
from services.consultation.consultations.examples import ID
from services.consultation.consultations.models import Links
from services.consultation.consultations.reading_routes import reading, visible
from services.consultation.context import context_of
from services.consultation.expected import wire
from shared.audit import record
from shared.database.engine import Tenancy
from shared.http.bodies import WireModel
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["consultations"])

_EXAMPLE = {
    "expectedAnswer": wire.EXAMPLE,
    "_links": {"self": {"href": f"https://samrad.example/consultation/v1/consultations/{ID}/expected-answer"}},
}


class LiveExpectedAnswer(WireModel):
    """`expectedAnswer` is null when the question is no longer open."""

    expected_answer: wire.ExpectedAnswer | None
    links: Links


@router.get(
    "/consultations/{consultationId}/expected-answer",
    response_model=LiveExpectedAnswer,
    responses={200: {"content": {"application/json": {"example": _EXAMPLE}}}},
    summary="When an answer can be expected / När ett svar kan väntas",
)
async def get_expected_answer(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_READ))],
    consultation_id: ConsultationId,
) -> Response:
    """By now, for a question that has waited so long already: the same for both sides. Each reading is audited.

    Som det ser ut nu, för en fråga som redan har väntat så länge: samma för båda sidor. Varje läsning loggas.
    """
    context = context_of(request)
    now = context.clock()
    clockwork = await context.clocks.current(now)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row = await visible(connection, caller, consultation_id)
        await record(connection, reading(context, caller, row, "consultation.expectation_read", ["expectedAnswer"]))
    told = None
    if row.turn != Turn.NOBODY:
        calendar = clockwork.rules(row.type, now).calendar(row.unit)
        expected = await context.expectations.of(
            row.type, row.unit, calendar, opened_at=row.opened_at, due_at=row.due_at, now=now
        )
        told = wire.expected_answer(expected, calendar.working_day_seconds)
    links = {"self": {"href": f"{context.base_url}/consultations/{consultation_id}/expected-answer"}}
    return context.json(LiveExpectedAnswer(expected_answer=told, links=links))
