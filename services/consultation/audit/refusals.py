"""Refusals leave a trace of their own, in a transaction of their own: what was refused must not roll it back."""

from starlette.requests import Request

from services.consultation.context import context_of
from shared.audit import AuditEntry, record
from shared.database.engine import Tenancy
from shared.problems import Problem
from shared.tokens.caller import Caller

_RECORDED = frozenset((403, 404, 409))


async def record_refusal(request: Request, caller: Caller, problem: Problem) -> None:
    """Write the refusal of a known caller. Malformed requests and lost races disclose nothing and are left out."""
    if problem.kind.status not in _RECORDED:
        return
    context = context_of(request)
    known = request.scope["state"].get("audit", {})
    route = request.scope.get("route")
    entry = AuditEntry(
        event="request.refused",
        at=context.clock(),
        caller=caller,
        object_type=getattr(route, "path", "unknown"),
        object_id=known.get("objectId"),
        subject=known.get("subject"),
        outcome="refused",
        detail={
            "reason": problem.kind.code,
            **{name: known[name] for name in ("purpose", "caseReference") if name in known},
        },
    )
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        await record(connection, entry)
