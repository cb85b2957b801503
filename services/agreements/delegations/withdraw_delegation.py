"""Withdraw a delegation, as the consumer that granted it."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.delegations import repository
from services.agreements.delegations.domain import Delegation
from services.agreements.wire import ICD
from shared.audit import AuditEntry, record
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller


async def withdraw_delegation(
    connection: AsyncConnection, caller: Caller, delegation_id: uuid.UUID, now: datetime
) -> Delegation:
    """The delegation as withdrawn, with its audit entry in the same transaction. It never comes back.

    One that is withdrawn already stays as it was, and that is no refusal: who stops a system wants it stopped.
    Raises Problem 404 when the caller's organisation has granted no such delegation.
    """
    withdrawn = await repository.set_withdrawn(connection, caller.organisation, delegation_id, caller.actor or "", now)
    found = await repository.find(connection, caller.organisation, delegation_id)
    if found is None or found.consumer.number != caller.organisation.removeprefix(ICD):
        # The supplier sees it, and it is not the supplier's to withdraw.
        raise Problem(NOT_FOUND)
    if withdrawn:
        await record(connection, _entry(caller, found, now))
    return found


def _entry(caller: Caller, delegation: Delegation, now: datetime) -> AuditEntry:
    return AuditEntry(
        event="delegation.withdrawn",
        at=now,
        caller=caller,
        object_type="delegation",
        object_id=delegation.id,
        detail={"supplier": ICD + delegation.supplier.number, "scopes": list(delegation.scopes)},
    )
