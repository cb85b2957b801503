"""Interventions over HTTP: registered by who leads the work, read with the 85th percentile before and after."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, field_validator
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.clocks.domain import FIRST_YEAR, LAST_YEAR
from services.consultation.context import Context, context_of
from services.consultation.leadtimes import examples, interventions
from services.consultation.leadtimes.answers import until_folded
from services.consultation.leadtimes.asking import UNIT, Statistics, require_in_calendar
from services.consultation.leadtimes.facts import day_of
from services.consultation.leadtimes.figures import one_moment
from services.consultation.leadtimes.interventions import SHARE, Intervention, Side, Units, around, newest, sides
from services.consultation.leadtimes.periods import Period
from services.consultation.leadtimes.report import minutes_of
from services.consultation.problems import FIGURES_WITHHELD
from services.consultation.wire import Day, Instant
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody, WireModel
from shared.idempotency import OnceOnly
from shared.identity import passes_for_identity
from shared.problems import Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["lead-times"])

Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]
_SHOWN = 50


class InterventionRequest(WireModel):
    """What was done, from which day on, and in which units; without any it concerns them all."""

    name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
    day: Day
    units: Annotated[list[Annotated[str, Field(pattern=UNIT)]], Field(max_length=50, default_factory=list)]

    @field_validator("name")
    @classmethod
    def _names_nobody(cls, name: str) -> str:
        if passes_for_identity(name):
            raise ValueError("an identity number does not stand in a name")
        return name

    @field_validator("day")
    @classmethod
    def _of_our_time(cls, day: date) -> date:
        # Sides are laid out around it: at the ends of the calendar there is no day beside it.
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError("of a year that no calendar covers")
        return day


class InterventionModel(WireModel):
    """A registered intervention."""

    intervention_id: uuid.UUID
    name: str
    day: Day
    units: list[str]
    registered_at: Instant


class SideModel(WireModel):
    """One side of the day. `minutes` is null when nothing was answered; `exact` is as for lead times."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day
    count: int
    percentile: int
    minutes: int | None
    exact: bool


class ComparedIntervention(InterventionModel):
    """With as many days on each side; `after` is null until the first has passed."""

    before: SideModel
    after: SideModel | None


class InterventionList(WireModel):
    """The organisation's own, the last day first."""

    days: int
    interventions: list[ComparedIntervention]
    links: Links


Body = Annotated[InterventionRequest, Depends(JsonBody(InterventionRequest, examples.INTERVENTION_REQUEST))]


@router.post(
    "/interventions",
    status_code=201,
    response_model=InterventionModel,
    responses={201: {"content": {"application/json": {"example": examples.INTERVENTION}}}},
    summary="Register an intervention / Registrera en insats",
)
async def register_intervention(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.QUEUE_LEAD))],
    body: Body,
    attempt: OnceOnly,
) -> Response:
    """What is done to shorten lead times, so that before and after can be compared. For the answering authority.

    Vad som görs för att korta ledtiderna, så att före och efter kan jämföras. För den svarande myndigheten.
    """
    context = context_of(request)
    if caller.organisation != context.answering:
        raise Problem(FIGURES_WITHHELD)
    require_in_calendar(body.day)
    now = context.clock()
    made = Intervention(body.name, body.day, tuple(dict.fromkeys(body.units)))
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def told() -> Response:
            id_ = await interventions.register_intervention(connection, caller, made, now)
            model = InterventionModel(
                intervention_id=id_, name=made.name, day=made.day, units=list(made.units), registered_at=now
            )
            return context.json(model, 201, {"Location": f"{context.base_url}/interventions"})

        return await context.ledger.once(connection, caller, attempt, now, told)


@router.get(
    "/interventions",
    response_model=InterventionList,
    responses={200: {"content": {"application/json": {"example": examples.INTERVENTIONS}}}},
    summary="Interventions, before and after / Insatser, före och efter",
)
async def list_interventions(
    request: Request,
    caller: Statistics,
    days: Annotated[int, Query(ge=7, le=365, description="On each side / På var sida")] = 90,
) -> Response:
    """The 85th percentile of the lead time before and after, with the number of answers on both sides.

    Only what the caller's organisation has registered, at most 50. Where cells of single days are no longer kept, the
    sides are whole months.

    85:e percentilen före och efter, med antalet svar på båda sidor. Bara den egna organisationens insatser.
    """
    context = context_of(request)
    # Which there are is read for each request, so that one is shown as soon as it is registered; none ever changes.
    rows = await newest(context.database.single, caller.organisation, _SHOWN)
    shown = sha256(b"".join(row.id.bytes for row in rows)).digest()
    key = ("interventions", caller.organisation, days, shown)

    async def told() -> Response:
        compared = await _compared(context, rows, timedelta(days=days), day_of(context.clock()))
        links = {"self": {"href": f"{context.base_url}/interventions?days={days}"}}
        return context.json(InterventionList(days=days, interventions=compared, links=links))

    return await until_folded(context, key, told)


async def _compared(
    context: Context, rows: Sequence[Any], length: timedelta, today: date
) -> list[ComparedIntervention]:
    around_each = [around(row.day, length, today) for row in rows]
    wanted = list(_wanted(rows, around_each))
    async with context.statistics.without_tenant() as connection:
        await one_moment(connection)
        measured = iter(await sides(connection, wanted))
    return [
        ComparedIntervention(
            intervention_id=row.id,
            name=row.name,
            day=row.day,
            units=list(row.units),
            registered_at=row.registered_at,
            before=_side(next(measured)),
            after=None if after is None else _side(next(measured)),
        )
        for row, (_, after) in zip(rows, around_each, strict=True)
    ]


def _wanted(rows: Sequence[Any], around_each: Sequence[tuple[Period, Period | None]]) -> Iterator[tuple[Period, Units]]:
    """The sides to measure, in the order they are told: a day that has not come has none after it."""
    for row, (before, after) in zip(rows, around_each, strict=True):
        yield before, tuple(row.units)
        if after is not None:
            yield after, tuple(row.units)


def _side(measured: Side) -> SideModel:
    return SideModel(
        from_=measured.period.first,
        to=measured.period.last,
        count=measured.number,
        percentile=round(SHARE * 100),
        minutes=None if measured.seconds is None else minutes_of(measured.seconds),
        exact=measured.exact,
    )
