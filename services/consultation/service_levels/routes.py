"""Calendars and targets of the answering authority's units over HTTP: both sides read, the authority sets."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.clocks import repository
from services.consultation.consultations.domain import ConsultationType
from services.consultation.context import Context, context_of
from services.consultation.service_levels import wire
from services.consultation.service_levels.set_version import set_calendar, set_target
from services.consultation.service_levels.wire import (
    CalendarBody,
    CalendarList,
    CalendarVersionModel,
    DefaultTarget,
    TargetBody,
    TargetList,
    TargetVersionModel,
)
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.paging import page_links
from shared.idempotency import Attempt, OnceOnly
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["service-levels"])

Reader = Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_READ, actor=False))]
Setter = Annotated[Caller, Depends(Requires(scopes.UNITS_CLOCKS))]
Unit = Annotated[str | None, Query(pattern="^[a-z0-9][a-z0-9-]{0,39}$", description="One unit / En enhet")]


@router.get(
    "/unit-calendars",
    response_model=CalendarList,
    responses={200: {"content": {"application/json": {"example": wire.CALENDARS}}}},
    summary="Opening hours of units / Enheternas öppettider",
)
async def list_unit_calendars(request: Request, _: Reader, unit: Unit = None) -> Response:
    """By which hours time is counted, all versions, to whoever asks or answers. A unit without any has the national.

    Efter vilka öppettider tiden räknas, alla versioner. En enhet utan egna har de nationella.
    """
    context = context_of(request)
    # What explains a clock is the answering authority's own, and is told to both of its sides.
    async with context.database.begin(Tenancy(context.answering)) as connection:
        rows = await repository.calendars(connection, context.answering, unit)
    model = CalendarList(
        calendars=[wire.calendar_model(row) for row in rows],
        links=page_links(f"{context.base_url}/unit-calendars", {"unit": unit}, None),
    )
    return context.json(model)


@router.post(
    "/unit-calendars",
    status_code=201,
    response_model=CalendarVersionModel,
    responses={201: {"content": {"application/json": {"example": wire.CALENDAR}}}},
    summary="Set a unit's opening hours / Ange en enhets öppettider",
)
async def create_unit_calendar(
    request: Request,
    caller: Setter,
    body: Annotated[CalendarBody, Depends(JsonBody(CalendarBody, wire.CALENDAR_BODY))],
    attempt: OnceOnly,
) -> Response:
    """From a day to come. Versions are never changed: to take one back, set another that begins on the same day.

    Från en kommande dag. Versioner ändras aldrig: ange en ny från samma dag för att ta tillbaka en.
    """
    context = context_of(request)
    now = context.clock()

    async def effect(connection: AsyncConnection) -> BaseModel:
        return await set_calendar(connection, caller, context.answering, body, now)

    return await _set(request, caller, attempt, effect, _versions(context, "unit-calendars", body.unit))


@router.get(
    "/unit-targets",
    response_model=TargetList,
    responses={200: {"content": {"application/json": {"example": wire.TARGETS}}}},
    summary="Target times / Målvärden för svarstid",
)
async def list_unit_targets(request: Request, _: Reader, unit: Unit = None) -> Response:
    """In what working time questions are to be answered: by the unit's target, else that for all, else the default.

    Inom vilken arbetstid frågor ska besvaras. Enhetens mål gäller, annars det för alla, annars det förvalda.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(context.answering)) as connection:
        rows = await repository.targets(connection, context.answering, unit)
    model = TargetList(
        targets=[wire.target_model(row) for row in rows],
        defaults=[
            DefaultTarget(type=ConsultationType(kind), working_minutes=seconds // 60)
            for kind, seconds in context.clocks.defaults.items()
        ],
        links=page_links(f"{context.base_url}/unit-targets", {"unit": unit}, None),
    )
    return context.json(model)


@router.post(
    "/unit-targets",
    status_code=201,
    response_model=TargetVersionModel,
    responses={201: {"content": {"application/json": {"example": wire.TARGET}}}},
    summary="Set a target time / Ange ett målvärde för svarstid",
)
async def create_unit_target(
    request: Request,
    caller: Setter,
    body: Annotated[TargetBody, Depends(JsonBody(TargetBody, wire.TARGET_BODY))],
    attempt: OnceOnly,
) -> Response:
    """From a day to come, for a type in a unit or in all. What is under way then is held against it from that day on.

    Från en kommande dag, för en typ i en enhet eller i alla. Det som pågår då räknas mot det från den dagen.
    """
    context = context_of(request)
    now = context.clock()

    async def effect(connection: AsyncConnection) -> BaseModel:
        return await set_target(connection, caller, context.answering, body, now)

    return await _set(request, caller, attempt, effect, _versions(context, "unit-targets", body.unit))


async def _set(
    request: Request,
    caller: Caller,
    attempt: Attempt | None,
    effect: Callable[[AsyncConnection], Awaitable[BaseModel]],
    location: str,
) -> Response:
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def told() -> Response:
            return context.json(await effect(connection), 201, {"Location": location})

        answer = await context.ledger.once(connection, caller, attempt, context.clock(), told)
    context.clocks.forget()
    return answer


def _versions(context: Context, path: str, unit: str | None) -> str:
    """Where the unit's versions are told, the new one among them."""
    return page_links(f"{context.base_url}/{path}", {"unit": unit}, None)["self"]["href"]
