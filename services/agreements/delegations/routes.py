"""Delegations over HTTP, and the check of one, for the services."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from services.agreements.days import swedish_day
from services.agreements.delegations import grant_delegation as granting
from services.agreements.delegations import repository
from services.agreements.delegations import withdraw_delegation as withdrawing
from services.agreements.delegations.check_delegation import check_delegation
from services.agreements.delegations.domain import Delegation, State
from services.agreements.delegations.wire import (
    CHECK_BODY_EXAMPLE,
    CHECK_EXAMPLE,
    DELEGATION_BODY_EXAMPLE,
    DELEGATION_EXAMPLE,
    DELEGATIONS_EXAMPLE,
    WITHDRAWN_EXAMPLE,
    DelegationAnswer,
    DelegationBody,
    DelegationCheckAnswer,
    DelegationCheckBody,
    DelegationPage,
    Role,
    delegation_answer,
)
from services.agreements.scopes import DELEGATIONS_CHECK, DELEGATIONS_MANAGE, DELEGATIONS_READ
from services.agreements.wire import answered, links
from services.agreements.wiring import Wired, Wiring
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.paging import Cursor, Limit, decode_cursor, encode_cursor, split_page
from shared.idempotency import OnceOnly
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["delegations"])

Reader = Annotated[Caller, Depends(Requires(DELEGATIONS_READ, actor=False))]
Manager = Annotated[Caller, Depends(Requires(DELEGATIONS_MANAGE))]
Checker = Annotated[Caller, Depends(Requires(DELEGATIONS_CHECK, actor=False))]
DelegationId = Annotated[UUID, Path(alias="delegationId")]


def _told(delegation: Delegation, caller: Caller, today: date, wired: Wiring) -> DelegationAnswer:
    return delegation_answer(delegation, reader=caller.organisation, today=today, api_url=wired.settings.api_url)


@router.get("/delegations", summary="List delegations / Lista fullmakter", responses=answered(DELEGATIONS_EXAMPLE))
async def list_delegations(
    wired: Wired,
    caller: Reader,
    role: Annotated[Role | None, Query(description="As which side / Som vilken part")] = None,
    state: Annotated[State | None, Query(description="As of today / Per i dag")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> DelegationPage:
    """Delegations that your organisation has granted as consumer or holds as supplier. Newest first.

    Fullmakter som er organisation har gett, eller fått som leverantör. De nyaste först.
    """
    after, today = decode_cursor(cursor), swedish_day(wired.clock())
    async with wired.database.begin(Tenancy(caller.organisation)) as connection:
        found = await repository.delegations_page(
            connection, caller.organisation, role=role, state=state, today=today, after=after, rows=limit + 1
        )
    page, more = split_page(found, limit)
    following = encode_cursor(page[-1].created_at, page[-1].id) if more else None
    parameters = {"role": role, "state": state, "limit": limit, "cursor": cursor}
    return DelegationPage(
        items=[_told(delegation, caller, today, wired) for delegation in page],
        links=links(f"{wired.settings.api_url}/delegations", parameters, following),
    )


@router.get(
    "/delegations/{delegationId}",
    summary="Read a delegation / Läs en fullmakt",
    responses=answered(DELEGATION_EXAMPLE),
)
async def read_delegation(wired: Wired, caller: Reader, delegation_id: DelegationId) -> DelegationAnswer:
    """One delegation, to either side. Another organisation's answers like one that does not exist.

    En fullmakt, för endera parten. Andra organisationers svarar som en som inte finns.
    """
    async with wired.database.begin(Tenancy(caller.organisation)) as connection:
        found = await repository.find(connection, caller.organisation, delegation_id)
    if found is None:
        raise Problem(NOT_FOUND)
    return _told(found, caller, swedish_day(wired.clock()), wired)


@router.post(
    "/delegations",
    status_code=201,
    summary="Grant a delegation / Ge en fullmakt",
    response_model=DelegationAnswer,
    responses=answered(DELEGATION_EXAMPLE, 201, "Granted, with Location / Fullmakten är given"),
)
async def grant_delegation(
    wired: Wired,
    caller: Manager,
    body: Annotated[DelegationBody, Depends(JsonBody(DelegationBody, DELEGATION_BODY_EXAMPLE))],
    attempt: OnceOnly,
) -> Response:
    """Let a supplier's systems act for your organisation, with these scopes and between these days.

    The rights stay yours, and every act shows both organisations in the audit trail. It cannot be changed: to change
    it, grant another and withdraw this one. Scopes of two delegations are never put together.

    Låt en leverantörs system agera för er organisation, med dessa scope och mellan dessa dagar. Rättigheterna är
    fortfarande era och loggen visar båda. Den ändras inte: ge en ny och återkalla den gamla.
    """
    now = wired.clock()
    today = swedish_day(now)
    async with wired.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            granted = await granting.grant_delegation(connection, caller, body.wish(today), now)
            answer = _told(granted, caller, today, wired)
            return _json(answer, 201, {"Location": answer.links["self"].href})

        return await wired.ledger.once(connection, caller, attempt, now, effect)


@router.post(
    "/delegations/{delegationId}/withdrawals",
    summary="Withdraw a delegation / Återkalla en fullmakt",
    response_model=DelegationAnswer,
    responses=answered(WITHDRAWN_EXAMPLE, 200, "As it has become / Som den har blivit"),
)
async def withdraw_delegation(
    wired: Wired, caller: Manager, delegation_id: DelegationId, attempt: OnceOnly
) -> Response:
    """Stop the supplier for good: no new tokens at once, and tokens it holds are refused within 60 seconds.

    Takes no version: nothing else can be changed, and a stop must not wait for a reading. Withdrawing it again
    answers the same.

    Stoppar leverantören för gott: inga nya token från och med nu, och de som finns nekas inom 60 sekunder. Att
    återkalla igen ger samma svar.
    """
    now = wired.clock()
    async with wired.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            withdrawn = await withdrawing.withdraw_delegation(connection, caller, delegation_id, now)
            return _json(_told(withdrawn, caller, swedish_day(now), wired))

        return await wired.ledger.once(connection, caller, attempt, now, effect)


@router.post(
    "/delegation-checks",
    summary="Check a delegation / Kontrollera en fullmakt",
    responses=answered(CHECK_EXAMPLE),
)
async def make_delegation_check(
    wired: Wired,
    _: Checker,
    body: Annotated[DelegationCheckBody, Depends(JsonBody(DelegationCheckBody, CHECK_BODY_EXAMPLE))],
) -> DelegationCheckAnswer:
    """Internal: may the supplier use all these scopes for the consumer right now? A no is an answer too.

    Internt: får leverantören använda alla dessa scope för organisationens räkning just nu? Ett nej är också ett svar.
    """
    found = await check_delegation(wired.database, body.question(), wired.clock())
    return DelegationCheckAnswer(in_force=found is not None, delegation_id=found)


def _json(answer: DelegationAnswer, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = answer.model_dump_json(by_alias=True)
    return Response(body, status_code=status, headers=headers, media_type="application/json")
