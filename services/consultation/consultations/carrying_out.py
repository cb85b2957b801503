"""What every operation that changes a consultation shares: who may, which one, and the answer to it."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.consultations import examples
from services.consultation.consultations.changes import Change
from services.consultation.consultations.domain import Channel, Consultation
from services.consultation.consultations.models import ChangedConsultation, self_link
from services.consultation.context import Context, context_of
from shared.database.engine import Tenancy
from shared.http.conditions import etag
from shared.idempotency import Attempt
from shared.tokens.caller import Caller, Requires

ConsultationId = Annotated[uuid.UUID, Path(alias="consultationId", description="From the list / Ur listan")]
Manager = Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_MANAGE))]
Worker = Annotated[Caller, Depends(Requires(scopes.QUEUE_WORK))]
Leader = Annotated[Caller, Depends(Requires(scopes.QUEUE_LEAD))]
CHANGED: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"example": examples.CHANGED}}}}

Effect = Callable[[AsyncConnection, Change], Awaitable[Consultation]]
Told = Callable[[Context, Caller, Consultation], ChangedConsultation]


async def carry_out(
    request: Request,
    caller: Caller,
    consultation_id: uuid.UUID,
    version: int,
    attempt: Attempt | None,
    effect: Effect,
    *,
    channel: Channel = Channel.API,
    happened_at: datetime | None = None,
    told: Told | None = None,
) -> Response:
    """The consultation as it has become, in one transaction with everything that tells of it.

    `told` makes the answer, when it is more than where the consultation stands.
    The same key again gives the same answer, without the effect. Raises what the effect raises.
    """
    context = context_of(request)
    now = context.clock()
    # Before the transaction: whoever waits for a connection must not hold one.
    clockwork = await context.clocks.current(now)
    change = Change(caller, consultation_id, version, now, context.vault, channel, happened_at, clockwork=clockwork)
    request.scope["state"]["audit"] = {"objectId": consultation_id}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def carried_out() -> Response:
            after = await effect(connection, change)
            model = (told or changed)(context, caller, after)
            return context.json(model, headers={"ETag": etag(after.version)})

        return await context.ledger.once(connection, caller, attempt, change.at, carried_out)


def changed(context: Context, caller: Caller, after: Consultation) -> ChangedConsultation:
    """Where the consultation stands now, as the caller's side sees it."""
    return ChangedConsultation(
        consultation_id=after.id,
        state=after.state,
        turn=after.state.turn,
        version=after.version,
        assigned_to=after.assigned_to if caller.organisation == after.answering else None,
        links=self_link(context.base_url, after.id),
    )
