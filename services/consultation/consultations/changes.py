"""How any change is carried out: found by the right side, checked against the version read, written at once."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.counting import Clockwork
from services.consultation.consultations import repository
from services.consultation.consultations.basis import basis_of
from services.consultation.consultations.domain import Actor, Audience, Channel, Consultation, Event
from services.consultation.consultations.messages import seal_message
from services.consultation.consultations.repository import Reader
from services.consultation.consultations.timekeeping import measure
from shared.audit import AuditEntry
from shared.problems import NOT_FOUND, VERSION_CHANGED, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault

Find = Callable[[AsyncConnection, Reader, uuid.UUID], Awaitable[Row[Any] | None]]
Method = Callable[[Consultation, Actor], tuple[Consultation, Event]]


@dataclass(frozen=True, slots=True)
class Change:
    """Who wants to change what, having read which version, at what time and by which channel.

    `happened_at` is when it happened, for what is registered afterwards. By `clockwork` its time is measured.
    """

    caller: Caller
    consultation_id: uuid.UUID
    expected_version: int
    at: datetime
    vault: Vault
    channel: Channel = Channel.API
    happened_at: datetime | None = None
    event_id: uuid.UUID = field(default_factory=uuid.uuid4)
    clockwork: Clockwork = field(kw_only=True)

    def actor(self) -> Actor:
        """The one who makes the change."""
        return Actor(
            organisation=self.caller.organisation,
            client_id=self.caller.client_id,
            person=self.caller.actor or "",
            at=self.at,
            event_id=self.event_id,
            channel=self.channel,
            happened_at=self.happened_at,
        )


async def apply(
    connection: AsyncConnection,
    change: Change,
    find: Find,
    method: Method,
    *,
    message: str | None = None,
) -> Consultation:
    """The consultation as it has become.

    Raises Problem: 404 when this side has no such consultation, 412 when it has changed since it was read
    (telling the answering side who has it), 409 when the change is not legal from its state, 422 when it is
    registered late and can't have happened when it is said to have.
    """
    reader = Reader.of(change.caller)
    row = await find(connection, reader, change.consultation_id)
    if row is None:
        raise Problem(NOT_FOUND)
    after, event = permitted(change, row, method)
    measured = await measure(connection, change.clockwork, row, event)
    audit = change_entry(change.caller, row, event)
    sealed = seal_message(change.vault, after.id, event.sequence, message) if message is not None else None
    if not await repository.save_change(connection, after, event, audit, message=sealed, measured=measured):
        now = await find(connection, reader, change.consultation_id)
        raise _version_changed(now, change.caller.organisation)
    return after


def permitted(change: Change, row: Row[Any], method: Method) -> tuple[Consultation, Event]:
    """What the change would lead to. Raises Problem 412, and what the method raises."""
    if row.version != change.expected_version:
        raise _version_changed(row, change.caller.organisation)
    try:
        return method(repository.as_domain(row), change.actor())
    except Problem as refusal:
        refusal.for_audit.setdefault("subject", row.person_mark)
        raise


def _version_changed(row: Row[Any] | None, reader: str) -> Problem:
    if row is None:
        return Problem(NOT_FOUND)
    # A handler's id stays on its own side.
    holder = row.assigned_to if reader == row.answering_org else None
    members = {"version": row.version, "state": row.state, "assignedTo": holder}
    return Problem(VERSION_CHANGED, members=members)


def change_entry(caller: Caller, row: Row[Any], event: Event) -> AuditEntry:
    """The entry that tells of a change; `row` is how it stood before."""
    return AuditEntry(
        event=f"consultation.{event.action.value}",
        at=event.at,
        caller=caller,
        object_type="consultation",
        object_id=row.id,
        # What only the answering side sees of the timeline, only it sees of the trail.
        owner=row.org if event.audience is Audience.BOTH else row.answering_org,
        subject=row.person_mark,
        detail={
            **basis_of(row),
            "state": event.state.value,
        },
    )
