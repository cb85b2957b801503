"""Grant a delegation, as the consumer."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.days import swedish_day
from services.agreements.delegations import repository
from services.agreements.delegations.domain import Delegation, Wish
from services.agreements.organisations.repository import find_organisation
from services.agreements.wire import ICD
from shared.audit import AuditEntry, record
from shared.tokens.caller import Caller


async def grant_delegation(connection: AsyncConnection, caller: Caller, wish: Wish, now: datetime) -> Delegation:
    """The delegation as granted, with its audit entry in the same transaction.

    Raises Problem: see Wish.check.
    """
    today = swedish_day(now)
    consumer = await find_organisation(connection, caller.organisation.removeprefix(ICD), today)
    supplier = await find_organisation(connection, wish.supplier, today)
    wish.check(consumer, supplier, today)
    delegation_id = uuid.uuid4()
    await repository.add(connection, caller.organisation, delegation_id, wish, caller.actor or "", now)
    await record(connection, _entry(caller, delegation_id, wish, now))
    granted = await repository.find(connection, caller.organisation, delegation_id)
    if granted is None:
        raise LookupError("a granted delegation cannot be read back")
    return granted


def _entry(caller: Caller, delegation_id: uuid.UUID, wish: Wish, now: datetime) -> AuditEntry:
    return AuditEntry(
        event="delegation.granted",
        at=now,
        caller=caller,
        object_type="delegation",
        object_id=delegation_id,
        detail={
            "supplier": ICD + wish.supplier,
            "scopes": list(wish.scopes),
            "validFrom": wish.valid_from.isoformat(),
            "validTo": wish.valid_to.isoformat(),
        },
    )
