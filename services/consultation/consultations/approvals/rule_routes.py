"""Which answers two handlers have to see, over HTTP: handlers read, the authority sets."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.consultations.approvals import repository, wire
from services.consultation.consultations.approvals.set_rule import set_rule
from services.consultation.consultations.carrying_out import Worker
from services.consultation.context import context_of
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.idempotency import OnceOnly
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["service-levels"])

Setter = Annotated[Caller, Depends(Requires(scopes.APPROVALS_RULE))]


@router.get(
    "/approval-rules",
    response_model=wire.RuleList,
    responses={200: {"content": {"application/json": {"example": wire.RULES}}}},
    summary="Which answers two handlers see / Vilka svar två handläggare ser",
)
async def list_approval_rules(request: Request, caller: Worker) -> Response:
    """Every version of one's own authority's rules.

    Varje version av den egna myndighetens regler.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = await repository.rules(connection, caller.organisation)
    links = {"self": {"href": f"{context.base_url}/approval-rules"}}
    return context.json(wire.RuleList(rules=[wire.rule_model(row) for row in rows], links=links))


@router.post(
    "/approval-rules",
    status_code=201,
    response_model=wire.RuleModel,
    responses={201: {"content": {"application/json": {"example": wire.RULE}}}},
    summary="State which answers two handlers see / Ange vilka svar två handläggare ska se",
)
async def create_approval_rule(
    request: Request,
    caller: Setter,
    body: Annotated[wire.RuleBody, Depends(JsonBody(wire.RuleBody, wire.RULE_BODY))],
    attempt: OnceOnly,
) -> Response:
    """For answers sent from a day on, today at the earliest. Versions are never changed: to end one, set another.

    För svar som skickas från en viss dag, tidigast i dag. Versioner ändras aldrig: ange en ny för att avsluta en.
    """
    context = context_of(request)
    now = context.clock()
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            model = await set_rule(connection, caller, context.answering, body, now)
            return context.json(model, 201, headers={"Location": f"{context.base_url}/approval-rules"})

        return await context.ledger.once(connection, caller, attempt, now, effect)
