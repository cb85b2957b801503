"""The pulse over HTTP: given by the asking side, told of all together."""

from datetime import date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.clocks.domain import FIRST_YEAR, LAST_YEAR
from services.consultation.clocks.zone import SWEDEN
from services.consultation.consultations.carrying_out import ConsultationId, Manager
from services.consultation.context import Context, context_of
from services.consultation.problems import PERIOD_INVALID
from services.consultation.pulses import wire
from services.consultation.pulses.domain import without_small
from services.consultation.pulses.give import GivenPulse, give_pulse, read_pulse
from services.consultation.pulses.repository import PulseGrouping, results
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.paging import page_links
from shared.idempotency import OnceOnly
from shared.problems import Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["pulse"])

_MOST_MONTHS = 120
_DEFAULT_MONTHS = 12
Month = Annotated[str | None, Query(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-10"])]
FromMonth = Annotated[
    str | None, Query(alias="from", pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", description="First month / Första månad")
]


@router.post(
    "/consultations/{consultationId}/pulses",
    status_code=201,
    response_model=wire.PulseModel,
    responses={201: {"content": {"application/json": {"example": wire.PULSE_EXAMPLE}}}},
    summary="Say how it went / Säg hur det gick",
)
async def give(
    request: Request,
    caller: Manager,
    consultation_id: ConsultationId,
    body: Annotated[wire.PulseRequest, Depends(JsonBody(wire.PulseRequest, wire.REQUEST_EXAMPLE))],
    attempt: OnceOnly,
) -> Response:
    """Once, when it has been closed. Nobody is told of one answer, and nobody but one's own side reads the words.

    En gång, när samrådet är avslutat. Ett enskilt svar visas inte för någon, och orden läses bara av den egna sidan.
    """
    context = context_of(request)
    given = GivenPulse(body.rating, body.text, context.clock())
    request.scope["state"]["audit"] = {"objectId": consultation_id}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            await give_pulse(connection, context.vault, caller, consultation_id, given)
            model = _own(context, consultation_id, given)
            return context.json(model, 201, {"Location": model.links["self"]["href"]})

        return await context.ledger.once(connection, caller, attempt, given.given_at, effect)


@router.get(
    "/consultations/{consultationId}/pulses",
    response_model=wire.PulseModel,
    responses={200: {"content": {"application/json": {"example": wire.PULSE_EXAMPLE}}}},
    summary="One's own pulse / Det egna svaret",
)
async def get_pulse(request: Request, caller: Manager, consultation_id: ConsultationId) -> Response:
    """What one's own side has answered.

    Vad den egna sidan har svarat.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        found = await read_pulse(connection, context.vault, caller, consultation_id)
    return context.json(_own(context, consultation_id, found))


@router.get(
    "/pulse-results",
    response_model=wire.PulseResults,
    responses={200: {"content": {"application/json": {"example": wire.RESULTS_EXAMPLE}}}},
    summary="What the askers thought / Vad de frågande tyckte",
)
async def get_results(
    request: Request,
    _: Annotated[Caller, Depends(Requires(scopes.STATISTICS_READ, actor=False))],
    from_: FromMonth = None,
    to: Month = None,
    group_by: Annotated[PulseGrouping, Query(alias="groupBy")] = PulseGrouping.NONE,
) -> Response:
    """Mean and distribution of whole months, by one cut, with how many were closed and how many answered.

    Of fewer than five answers nothing but their number is told, and never of a handler. Defaults to twelve months.

    Medel och fördelning för hela månader, med svarsandel och antal. Under fem svar visas bara antalet, och aldrig
    något per handläggare.
    """
    context = context_of(request)
    last = _first_day(to) if to else context.clock().astimezone(SWEDEN).date().replace(day=1)
    first = _first_day(from_) if from_ else _plus_months(last, 1 - _DEFAULT_MONTHS)
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if not 1 <= months <= _MOST_MONTHS:
        raise Problem(PERIOD_INVALID)
    async with context.statistics.without_tenant() as connection:
        groups = await results(connection, group_by, _midnight(first), _midnight(_plus_months(last, 1)))
    shown = {"from": f"{first:%Y-%m}", "to": f"{last:%Y-%m}", "groupBy": group_by.value}
    model = wire.PulseResults(
        from_=shown["from"],
        to=shown["to"],
        group_by=group_by,
        groups=[wire.told(group) for group in without_small(groups)],
        links=page_links(f"{context.base_url}/pulse-results", {**shown}, None),
    )
    return context.json(model)


def _own(context: Context, consultation_id: ConsultationId, given: GivenPulse) -> wire.PulseModel:
    return wire.PulseModel(
        consultation_id=consultation_id,
        rating=given.rating,
        text=given.words,
        given_at=given.given_at,
        links={"self": {"href": f"{context.base_url}/consultations/{consultation_id}/pulses"}},
    )


def _first_day(month: str) -> date:
    year = int(month[:4])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Problem(PERIOD_INVALID)
    return date(year, int(month[5:]), 1)


def _plus_months(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SWEDEN)
