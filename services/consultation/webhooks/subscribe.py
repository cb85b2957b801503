"""Subscribe: from a validated receiver's first echo on, its organisation is told of events."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.problems import WEBHOOK_ADDRESS_REFUSED, WEBHOOK_SUBSCRIPTIONS_FULL
from services.consultation.scopes import sight
from services.consultation.webhooks import entries, repository
from services.consultation.webhooks.courier import Courier
from services.consultation.webhooks.domain import MAX_SUBSCRIPTIONS, Wish
from services.consultation.webhooks.repository import Own
from services.consultation.webhooks.secrets import make_secret
from shared.audit import record
from shared.problems import Problem
from shared.tokens.caller import Caller
from shared.vault import Vault


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A new subscription, and its secret, which is never told again."""

    own: Own
    secret: str


async def subscribe(
    connection: AsyncConnection, caller: Caller, wish: Wish, courier: Courier, vault: Vault, now: datetime
) -> Subscribed:
    """Write it, pending. Raises Problem: 422 for an address that can't be sent to, 409 when there are too many."""
    refuse_unfit_address(courier, wish.url)
    own = Own(caller.organisation, uuid.uuid4(), now)
    restrictions = sight(caller.scopes)
    if not await repository.add(connection, own, wish, restrictions, caller.client_id, most=MAX_SUBSCRIPTIONS):
        raise Problem(WEBHOOK_SUBSCRIPTIONS_FULL, members={"most": MAX_SUBSCRIPTIONS})
    secret, sealed = make_secret(vault, own.id, 1)
    await repository.add_secret(connection, own, 1, sealed, timedelta(0))
    await record(connection, entries.subscribed(caller, own.id, now, wish.event_types))
    return Subscribed(own, secret)


def refuse_unfit_address(courier: Courier, url: str) -> None:
    """Raises Problem with the reason as a code. Where the name leads is looked at whenever something is sent."""
    if (reason := courier.refusal(url)) is not None:
        raise Problem(WEBHOOK_ADDRESS_REFUSED, members={"reason": reason})
