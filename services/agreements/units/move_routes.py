"""Moves of municipalities between units over HTTP, for the authority whose units they are."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from services.agreements.days import swedish_day
from services.agreements.scopes import UNITS_MANAGE
from services.agreements.units import moves_repository
from services.agreements.units import plan_move as planning
from services.agreements.units import withdraw_move as withdrawing
from services.agreements.units.domain import Move, MoveState
from services.agreements.units.move_wire import (
    MOVE_BODY_EXAMPLE,
    MOVE_EXAMPLE,
    MOVES_EXAMPLE,
    WITHDRAWN_EXAMPLE,
    MoveAnswer,
    MoveBody,
    MovePage,
    move_answer,
)
from services.agreements.wire import answered, links
from services.agreements.wiring import Wired, Wiring
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.conditions import ExpectedVersion, etag
from shared.http.paging import Cursor, Limit, decode_cursor, encode_cursor, split_page
from shared.idempotency import OnceOnly
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["units"])

Reader = Annotated[Caller, Depends(Requires(UNITS_MANAGE, actor=False))]
Manager = Annotated[Caller, Depends(Requires(UNITS_MANAGE))]
MoveId = Annotated[UUID, Path(alias="moveId")]


@router.get("/unit-moves", summary="List moves between units / Lista flyttar", responses=answered(MOVES_EXAMPLE))
async def list_moves(
    wired: Wired,
    caller: Reader,
    state: Annotated[MoveState | None, Query(description="As of today / Per i dag")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> MovePage:
    """Moves of municipalities between your organisation's units: planned, begun and withdrawn. Newest first.

    Flyttar av kommuner mellan er organisations enheter: planerade, påbörjade och återkallade. De nyaste först.
    """
    after, today = decode_cursor(cursor), swedish_day(wired.clock())
    async with wired.database.begin(Tenancy(caller.organisation)) as connection:
        found = await moves_repository.moves_page(
            connection, caller.organisation, state=state, today=today, after=after, rows=limit + 1
        )
    page, more = split_page(found, limit)
    following = encode_cursor(page[-1].made_at, page[-1].id) if more else None
    parameters = {"state": state, "limit": limit, "cursor": cursor}
    return MovePage(
        items=[move_answer(move, today, wired.settings.api_url) for move in page],
        links=links(f"{wired.settings.api_url}/unit-moves", parameters, following),
    )


@router.get("/unit-moves/{moveId}", summary="Read a move / Läs en flytt", responses=answered(MOVE_EXAMPLE))
async def read_move(wired: Wired, caller: Reader, move_id: MoveId, response: Response) -> MoveAnswer:
    """One move, with its version as ETag. Another organisation's answers like one that does not exist.

    En flytt, med version som ETag. Andra organisationers svarar som en som inte finns.
    """
    async with wired.database.begin(Tenancy(caller.organisation)) as connection:
        found = await moves_repository.find(connection, caller.organisation, move_id)
    if found is None:
        raise Problem(NOT_FOUND)
    response.headers["ETag"] = etag(found.version)
    return move_answer(found, swedish_day(wired.clock()), wired.settings.api_url)


@router.post(
    "/unit-moves",
    status_code=201,
    summary="Move a municipality to another unit / Flytta en kommun till en annan enhet",
    response_model=MoveAnswer,
    responses=answered(MOVE_EXAMPLE, 201, "Planned, with Location and ETag / Planerad"),
)
async def plan_move(
    wired: Wired,
    caller: Manager,
    body: Annotated[MoveBody, Depends(JsonBody(MoveBody, MOVE_BODY_EXAMPLE))],
    attempt: OnceOnly,
) -> Response:
    """From a day to come the unit handles what the municipality asks that needs the competence.

    What is asked before that day stays with the unit that has it, and in that unit's figures. A day that has been, or
    today, is refused.

    Från en dag som kommer handlägger enheten kommunens frågor av det slaget. Det som kommit in före den dagen stannar
    hos sin enhet och i dess statistik. En dag som varit nekas, och även i dag.
    """
    now = wired.clock()
    async with wired.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            planned = await planning.plan_move(connection, caller, body.wish(), now)
            return _answer(planned, swedish_day(now), wired, created=True)

        return await wired.ledger.once(connection, caller, attempt, now, effect)


@router.post(
    "/unit-moves/{moveId}/withdrawals",
    summary="Withdraw a planned move / Återkalla en planerad flytt",
    response_model=MoveAnswer,
    responses=answered(WITHDRAWN_EXAMPLE, 200, "As it has become / Som den har blivit"),
)
async def withdraw_move(
    wired: Wired, caller: Manager, move_id: MoveId, version: ExpectedVersion, attempt: OnceOnly
) -> Response:
    """The unit before it keeps the questions. A move that has begun is not withdrawn: plan one that leads back.

    Enheten före behåller frågorna. En flytt som har börjat gälla återkallas inte: registrera en ny tillbaka.
    """
    now = wired.clock()
    async with wired.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            withdrawn = await withdrawing.withdraw_move(connection, caller, move_id, version, now)
            return _answer(withdrawn, swedish_day(now), wired)

        return await wired.ledger.once(connection, caller, attempt, now, effect)


def _answer(move: Move, today: date, wired: Wiring, *, created: bool = False) -> Response:
    answer = move_answer(move, today, wired.settings.api_url)
    headers = {"ETag": etag(move.version)} | ({"Location": answer.links["self"].href} if created else {})
    body = answer.model_dump_json(by_alias=True)
    return Response(body, status_code=201 if created else 200, headers=headers, media_type="application/json")
