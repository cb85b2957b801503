"""Send a sample: an invented event, signed and delivered like any other, for who builds a receiver."""

import uuid

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.problems import WEBHOOK_NOT_ACTIVE
from services.consultation.webhooks import repository
from services.consultation.webhooks.domain import SubscriptionState
from services.consultation.webhooks.repository import Own
from shared.problems import NOT_FOUND, TOO_MANY_REQUESTS, Problem
from shared.webhooks.retries import TRIED_FOR

MOST_WAITING = 10


async def send_sample(connection: AsyncConnection, own: Own, event_type: str, state: str) -> uuid.UUID:
    """Put it in the queue; answers the id of its delivery. It names a consultation that does not exist.

    Raises Problem: 404, 409 when nothing is sent, 429 while ten samples wait.
    """
    held = await repository.lock(connection, own)
    if held is None:
        raise Problem(NOT_FOUND)
    if held.state != SubscriptionState.ACTIVE:
        raise Problem(WEBHOOK_NOT_ACTIVE)
    delivery_id = uuid.uuid4()
    sample = {
        "delivery_id": delivery_id,
        "event_id": uuid.uuid4(),
        "event_type": event_type,
        "consultation_id": uuid.uuid4(),
        "state": state,
        "until": own.now + TRIED_FOR,
    }
    if not await repository.add_sample(connection, own, sample, most=MOST_WAITING):
        raise Problem(TOO_MANY_REQUESTS, headers={"Retry-After": "5"})
    return delivery_id
