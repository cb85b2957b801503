"""Remove a subscription: from this moment nothing is sent, and what was kept of it is erased soon after."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.webhooks import entries, repository
from services.consultation.webhooks.repository import Own
from shared.audit import record
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller


async def remove_subscription(connection: AsyncConnection, caller: Caller, own: Own) -> None:
    """Raises Problem 404. Takes no version: a stop must not wait for a reading."""
    if not await repository.remove(connection, own):
        raise Problem(NOT_FOUND)
    await record(connection, entries.removed(caller, own.id, own.now))
