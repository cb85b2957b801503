"""Change a subscription: its address, its types of event, its contact. Another address is validated anew."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.scopes import sight
from services.consultation.webhooks import entries, repository
from services.consultation.webhooks.courier import Courier
from services.consultation.webhooks.domain import Wish
from services.consultation.webhooks.repository import Own
from services.consultation.webhooks.subscribe import refuse_unfit_address
from shared.audit import record
from shared.problems import NOT_FOUND, VERSION_CHANGED, Problem
from shared.tokens.caller import Caller


async def change_subscription(
    connection: AsyncConnection, caller: Caller, own: Own, wish: Wish, courier: Courier, *, version: int
) -> None:
    """Replace what is wished for. Raises Problem: 404, 412 when it has changed since it was read, 422 for an address
    that can't be sent to.

    What it tells of restricted consultations follows the client that changes it: it can't keep more than that one may.
    Nor is what waits sent then, which might be to an address of that client's choosing.
    """
    held = await repository.lock(connection, own)
    if held is None:
        raise Problem(NOT_FOUND)
    if held.version != version:
        raise Problem(VERSION_CHANGED, members={"currentVersion": held.version})
    refuse_unfit_address(courier, wish.url)
    seen = sight(caller.scopes)
    await repository.change(connection, own, wish, seen)
    if not set(held.restrictions) <= set(seen):
        await repository.hold_back(connection, own)
    await record(connection, entries.changed(caller, own.id, own.now, readdressed=held.url != wish.url))
