"""Refusals leave a trace: an audit entry in a transaction of its own, since the request's was rolled back."""

from starlette.requests import Request

from services.agreements.wiring import Wiring
from shared.audit import AuditEntry, record
from shared.database.engine import Tenancy
from shared.http.service import OnRefusal
from shared.problems import UNAVAILABLE, Problem
from shared.tokens.caller import Caller


def recorded_refusals(wired: Wiring) -> OnRefusal:
    """What `create_api` calls for each refusal of a known caller."""

    async def on_refusal(request: Request, caller: Caller, problem: Problem) -> None:
        # Out of order is no refusal, and there may be no database to write to.
        if problem.kind is UNAVAILABLE:
            return
        async with wired.database.begin(Tenancy(caller.organisation)) as connection:
            await record(connection, _entry(wired, request, caller, problem))

    return on_refusal


def _entry(wired: Wiring, request: Request, caller: Caller, problem: Problem) -> AuditEntry:
    operation = getattr(request.scope.get("route"), "name", None)
    return AuditEntry(
        event="request.refused",
        at=wired.clock(),
        caller=caller,
        object_type="operation",
        outcome=problem.kind.code,
        detail={"operation": operation, "status": problem.kind.status},
    )
