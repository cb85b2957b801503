"""Slots over HTTP: offered by who leads, seen by who books."""

import uuid
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field
from sqlalchemy import Row
from starlette.requests import Request

from services.consultation.channels.slots import repository
from services.consultation.channels.slots.offer import Wish, offer_slots, withdraw_slot
from services.consultation.clocks.zone import SWEDEN
from services.consultation.consultations.carrying_out import Leader, Worker
from services.consultation.context import context_of
from services.consultation.problems import PERIOD_INVALID
from services.consultation.wire import Day, Instant
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody, WireModel
from shared.http.paging import page_links
from shared.idempotency import OnceOnly
from shared.problems import Problem

router = APIRouter(tags=["channels"])

_UNIT = "^[a-z0-9][a-z0-9-]{0,39}$"
_DAYS_SHOWN = 14
_MOST_DAYS = 62
_FURTHEST = timedelta(days=366)
_MOST_SHOWN = 500
Unit = Annotated[str | None, Query(pattern=_UNIT, description="One unit / En enhet")]
SlotId = Annotated[uuid.UUID, Path(alias="slotId", description="From the list / Ur listan")]
Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]

_BASE = "https://samrad.example/consultation/v1/meeting-slots"
_OFFER: dict[str, Any] = {"unit": "af-24", "day": "2026-12-01", "minutes": 30, "capacity": 2}
_SLOT: dict[str, Any] = {
    "slotId": "3f6c1c2e-9c63-4b5e-8f39-2f9f0a1b7c44",
    "unit": "af-24",
    "startsAt": "2026-12-01T07:00:00Z",
    "minutes": 30,
}
_SLOTS: dict[str, Any] = {"slots": [_SLOT], "more": False, "_links": {"self": {"href": f"{_BASE}?unit=af-24"}}}
_WITHDRAWN: dict[str, Any] = {"slotId": _SLOT["slotId"]}


class OfferRequest(WireModel):
    """The whole day of a unit, from its opening hours: `capacity` meetings at a time, each of so many minutes."""

    unit: Annotated[str, Field(pattern=_UNIT)]
    day: Day
    minutes: Annotated[int, Field(strict=True, ge=5, le=480)]
    capacity: Annotated[int, Field(strict=True, ge=1, le=20)] = 1


class SlotModel(WireModel):
    """One meeting can have it. Of several at the same time each has an id of its own."""

    slot_id: uuid.UUID
    unit: str
    starts_at: Instant
    minutes: int


class SlotList(WireModel):
    """The first ones first. `more` when there are more than are told at once."""

    slots: list[SlotModel]
    more: bool
    links: Links


class WithdrawnSlot(WireModel):
    """It is offered no more."""

    slot_id: uuid.UUID


@router.post(
    "/meeting-slots",
    status_code=201,
    response_model=SlotList,
    responses={201: {"content": {"application/json": {"example": _SLOTS}}}},
    summary="Offer times for meetings / Erbjud mötestider",
)
async def offer(
    request: Request,
    caller: Leader,
    body: Annotated[OfferRequest, Depends(JsonBody(OfferRequest, _OFFER))],
    attempt: OnceOnly,
) -> Response:
    """A day of a unit, one slot after the other within its opening hours. Tells those that are new.

    Where a slot of another length is offered already, that one stays and nothing is offered across it.

    En dag på en enhet, den ena tiden efter den andra inom öppettiderna. Visar dem som är nya. Där en tid av annan
    längd redan erbjuds står den kvar, och ingen tid läggs över den.
    """
    context = context_of(request)
    now = context.clock()
    if not timedelta(0) <= body.day - now.astimezone(SWEDEN).date() <= _FURTHEST:
        raise Problem(PERIOD_INVALID)
    calendar = (await context.clocks.current(now)).calendars.of(body.unit, now)
    wish = Wish(body.unit, body.day, body.minutes, body.capacity)
    parameters: dict[str, object] = {"unit": body.unit, "from": body.day, "to": body.day}
    links = page_links(f"{context.base_url}/meeting-slots", parameters, None)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            made = await offer_slots(connection, caller, context.answering, wish, calendar, now)
            model = SlotList(slots=[_slot(row) for row in made], more=False, links=links)
            return context.json(model, 201, {"Location": links["self"]["href"]})

        return await context.ledger.once(connection, caller, attempt, now, effect)


@router.get(
    "/meeting-slots",
    response_model=SlotList,
    responses={200: {"content": {"application/json": {"example": _SLOTS}}}},
    summary="Times that can be booked / Bokningsbara tider",
)
async def list_free_slots(
    request: Request,
    caller: Worker,
    unit: Unit = None,
    from_: Annotated[date | None, Query(alias="from", description="First day / Första dagen")] = None,
    to: Annotated[date | None, Query(description="Last day / Sista dagen")] = None,
) -> Response:
    """What is free and still to come, in one unit or in all: two weeks unless days are named, at most 62 of them.

    Lediga kommande tider, på en enhet eller alla: två veckor om inga dagar anges, högst 62.
    """
    context = context_of(request)
    now = context.clock()
    first = from_ or now.astimezone(SWEDEN).date()
    if not date(1970, 1, 2) <= first <= date(2099, 1, 1):
        raise Problem(PERIOD_INVALID)
    last = to or first + timedelta(days=_DAYS_SHOWN - 1)
    if not timedelta(0) <= last - first < timedelta(days=_MOST_DAYS):
        raise Problem(PERIOD_INVALID)
    begins, beyond = (datetime.combine(day, time(), SWEDEN) for day in (first, last + timedelta(days=1)))
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = await repository.free(connection, caller.organisation, unit, max(now, begins), beyond, _MOST_SHOWN + 1)
    parameters: dict[str, object] = {"unit": unit, "from": first, "to": last}
    model = SlotList(
        slots=[_slot(row) for row in rows[:_MOST_SHOWN]],
        more=len(rows) > _MOST_SHOWN,
        links=page_links(f"{context.base_url}/meeting-slots", parameters, None),
    )
    return context.json(model)


@router.delete(
    "/meeting-slots/{slotId}",
    response_model=WithdrawnSlot,
    responses={200: {"content": {"application/json": {"example": _WITHDRAWN}}}},
    summary="Withdraw a time for meetings / Dra tillbaka en mötestid",
)
async def withdraw(request: Request, caller: Leader, slot_id: SlotId) -> Response:
    """A slot that no meeting has. One that is booked is freed by cancelling the meeting.

    En tid som inget möte har. En bokad tid blir ledig när mötet avbokas.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        await withdraw_slot(connection, caller, slot_id, context.clock())
    return context.json(WithdrawnSlot(slot_id=slot_id))


def _slot(row: Row[Any]) -> SlotModel:
    return SlotModel(slot_id=row.id, unit=row.unit, starts_at=row.starts_at, minutes=row.minutes)
