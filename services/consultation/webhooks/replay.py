"""Send again what has been sent or given up: one delivery, or those of events since a time. Ids stay the same."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.repository import Reader
from services.consultation.problems import WEBHOOK_NOT_ACTIVE
from services.consultation.webhooks import entries, repository
from services.consultation.webhooks.domain import SubscriptionState
from services.consultation.webhooks.repository import Own
from shared.audit import record
from shared.problems import NOT_FOUND, TOO_MANY_REQUESTS, Problem
from shared.tokens.caller import Caller
from shared.webhooks.retries import TRIED_FOR

MOST = 5000
"""Deliveries of one replay."""

PAUSE = timedelta(minutes=1)
"""Between two replays of one subscription, so that few requests can't make many messages."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many are sent again. `until` is the time of the last event among them when there may be more: replay from
    there.
    """

    number: int
    until: datetime | None


async def redeliver(connection: AsyncConnection, caller: Caller, delivery_id: uuid.UUID, now: datetime) -> None:
    """Put one in the queue again; one that waits is left as it is. Raises Problem: 404, 409 when nothing is sent."""
    found = await repository.find_delivery(connection, Reader.of(caller), delivery_id)
    if found is None or not found.tellable:
        raise Problem(NOT_FOUND)
    if found.subscription_state != SubscriptionState.ACTIVE:
        raise Problem(WEBHOOK_NOT_ACTIVE)
    await repository.redeliver(connection, caller.organisation, delivery_id, now, TRIED_FOR)
    await record(connection, entries.replayed(caller, found.subscription_id, now, 1))


async def replay_since(
    connection: AsyncConnection, caller: Caller, own: Own, since: datetime, *, delivered_too: bool
) -> Replayed:
    """Put those that failed, or all, in the queue again; the oldest first, and no more than 5 000.

    Raises Problem: 404, 409 when nothing is sent, 429 within a minute of the last.
    """
    held = await repository.lock(connection, own)
    if held is None:
        raise Problem(NOT_FOUND)
    if held.state != SubscriptionState.ACTIVE:
        raise Problem(WEBHOOK_NOT_ACTIVE)
    if not await repository.note_replay(connection, own, PAUSE):
        raise Problem(TOO_MANY_REQUESTS, headers={"Retry-After": str(int(PAUSE.total_seconds()))})
    times = await repository.replay(connection, own, since, TRIED_FOR, MOST, delivered_too=delivered_too)
    await record(connection, entries.replayed(caller, own.id, own.now, len(times)))
    return Replayed(len(times), max(times) if len(times) == MOST else None)
