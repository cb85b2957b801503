"""What the audit trail is told of subscriptions: who decided what is sent where."""

from datetime import datetime
from typing import Any
from uuid import UUID

from shared.audit import AuditEntry
from shared.tokens.caller import Caller


def subscribed(caller: Caller, subscription_id: UUID, at: datetime, event_types: tuple[str, ...]) -> AuditEntry:
    """A new subscription."""
    return _entry("webhook.subscribed", caller, subscription_id, at, eventTypes=list(event_types))


def changed(caller: Caller, subscription_id: UUID, at: datetime, *, readdressed: bool) -> AuditEntry:
    """Another address, other events, or another contact."""
    return _entry("webhook.changed", caller, subscription_id, at, readdressed=readdressed)


def validated(caller: Caller, subscription_id: UUID, at: datetime) -> AuditEntry:
    """The receiver has said that it wants events."""
    return _entry("webhook.validated", caller, subscription_id, at)


def secret_made(caller: Caller, subscription_id: UUID, at: datetime, number: int) -> AuditEntry:
    """Another secret."""
    return _entry("webhook.secret_made", caller, subscription_id, at, number=number)


def removed(caller: Caller, subscription_id: UUID, at: datetime) -> AuditEntry:
    """No more of it."""
    return _entry("webhook.removed", caller, subscription_id, at)


def replayed(caller: Caller, subscription_id: UUID, at: datetime, number: int) -> AuditEntry:
    """Events are sent again."""
    return _entry("webhook.replayed", caller, subscription_id, at, number=number)


def _entry(event: str, caller: Caller, subscription_id: UUID, at: datetime, **detail: Any) -> AuditEntry:
    return AuditEntry(
        event=event,
        at=at,
        caller=caller,
        object_type="webhook_subscription",
        object_id=subscription_id,
        detail=detail,
    )
