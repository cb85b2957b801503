"""What changes the queue, or several consultations at once: one transaction, and the same answer for the same key."""

import uuid
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from services.consultation.consultations.changes import Change
from services.consultation.context import context_of
from shared.database.engine import Tenancy
from shared.idempotency import Attempt
from shared.tokens.caller import Caller

_NOT_ONE = uuid.UUID(int=0)
Work = Callable[[AsyncConnection, Change], Awaitable[Response]]


async def once(request: Request, caller: Caller, attempt: Attempt | None, work: Work, *, version: int = 0) -> Response:
    """The answer of `work`, which is told who and when by a change whose consultation it names itself.

    `version` is the one that was read, of whatever it belongs to.
    """
    context = context_of(request)
    now = context.clock()
    # Before the transaction: whoever waits for a connection must not hold one.
    clockwork = await context.clocks.current(now)
    change = Change(caller, _NOT_ONE, version, now, context.vault, clockwork=clockwork)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def done() -> Response:
            return await work(connection, change)

        return await context.ledger.once(connection, caller, attempt, change.at, done)
