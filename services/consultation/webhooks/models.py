"""Wire models of webhooks."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import Row

from services.consultation.consultations.transitions import TRANSITIONS, Action, State
from services.consultation.webhooks.domain import (
    EVERYTHING,
    Contact,
    DeliveryStatus,
    Outcome,
    SubscriptionState,
    Wish,
    is_email,
)
from services.consultation.wire import Instant
from shared.http.bodies import Flag, WireModel
from shared.outbound import MAX_URL_CHARACTERS

_PREFIX = "consultation."
EVENT_TYPES = tuple(_PREFIX + action.value for action in Action)
_ASKABLE = (*EVENT_TYPES, EVERYTHING)
Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]


def _known(event_type: str) -> str:
    if event_type not in _ASKABLE:
        raise PydanticCustomError("unknown_event_type", "not a type of event")
    return event_type


def _one_event(event_type: str) -> str:
    if event_type not in EVENT_TYPES:
        raise PydanticCustomError("unknown_event_type", "not a type of event")
    return event_type


def _storable(instant: datetime) -> datetime:
    """With its zone, and of a year in which there can have been events."""
    if instant.tzinfo is None or not 2000 <= instant.year < 2200:
        raise PydanticCustomError("time_unfit", "not a time with a zone, or of another age")
    return instant


def _mailable(text: str) -> str:
    if not is_email(text):
        raise PydanticCustomError("not_an_email_address", "not an e-mail address")
    return text


EventType = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(_ASKABLE)})]


class ContactModel(WireModel):
    """Who is told when the receiver fails. State a function and a shared address rather than a person."""

    function: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
    email: Annotated[str, AfterValidator(_mailable), Field(max_length=254)]


class SubscriptionRequest(WireModel):
    """Where events are to be sent, which, and who is told when that fails. `*` is every type, later ones included."""

    url: Annotated[str, Field(min_length=1, max_length=MAX_URL_CHARACTERS)]
    event_types: Annotated[list[EventType], Field(min_length=1, max_length=len(_ASKABLE))]
    contact: ContactModel

    def wish(self) -> Wish:
        """In the words of the domain; a type that stands twice counts once."""
        types = tuple(sorted(set(self.event_types)))
        return Wish(self.url, types, Contact(self.contact.function, self.contact.email))


class RotationRequest(WireModel):
    """How long the secrets before still sign beside the new one; 0 ends them at once."""

    overlap_hours: Annotated[int, Field(strict=True, ge=0, le=168)] = 24

    def overlap(self) -> timedelta:
        """As a duration."""
        return timedelta(hours=self.overlap_hours)


class SampleRequest(WireModel):
    """The type of the invented event."""

    event_type: Annotated[str, AfterValidator(_one_event), Field(json_schema_extra={"enum": list(EVENT_TYPES)})] = (
        "consultation.answered"
    )

    @property
    def state(self) -> State:
        """One that the event may have led to."""
        rule = TRANSITIONS.get(Action(self.event_type.removeprefix(_PREFIX)))
        if rule is None:
            return State.RECEIVED
        return rule.to if isinstance(rule.to, State) else State.IN_PROGRESS


class ReplayRequest(WireModel):
    """From when events are sent again: those that failed, and with `deliveredToo` those that arrived as well."""

    since: Annotated[Instant, AfterValidator(_storable)]
    delivered_too: Flag = False


class SecretSummary(WireModel):
    """A secret that signs, without the secret."""

    number: int
    made_at: Instant
    retires_at: Instant | None


class Subscription(WireModel):
    """A subscription. Its secrets are never told again."""

    webhook_subscription_id: uuid.UUID
    url: str
    event_types: list[str]
    contact: ContactModel
    state: SubscriptionState
    version: int
    created_at: Instant
    validated_at: Instant | None
    failing_since: Instant | None
    paused_at: Instant | None
    secrets: list[SecretSummary]
    links: Links


class NewSubscription(Subscription):
    """With its secret, which is told this once. Null when the answer is told again to a repeated request."""

    secret: str | None


class SubscriptionPage(WireModel):
    """A page of them."""

    webhook_subscriptions: list[Subscription]
    links: Links


class SubscriptionRemoval(WireModel):
    """Nothing more is sent."""

    webhook_subscription_id: uuid.UUID
    removed_at: Instant


class NewSecret(WireModel):
    """A secret, told this once. Null when the answer is told again to a repeated request."""

    webhook_subscription_id: uuid.UUID
    number: int
    secret: str | None


class QueuedDelivery(WireModel):
    """What will be sent."""

    webhook_delivery_id: uuid.UUID
    links: Links


class Replay(WireModel):
    """How many are sent again. With `until` there may be more: replay from there when these have arrived."""

    queued: int
    until: Instant | None


class Delivery(WireModel):
    """One event for one subscription. `nextAttemptAt` is null when none is planned."""

    webhook_delivery_id: uuid.UUID
    webhook_subscription_id: uuid.UUID
    event_id: uuid.UUID
    event_type: str
    event_at: Instant
    consultation_id: uuid.UUID
    sequence: int
    sample: bool
    status: DeliveryStatus
    attempt_count: int
    created_at: Instant
    next_attempt_at: Instant | None
    finished_at: Instant | None
    links: Links


class Attempt(WireModel):
    """One attempt. Without an outcome it is under way, or was cut short and may have arrived."""

    number: int
    at: Instant
    outcome: Outcome | None
    http_status: int | None
    milliseconds: int | None


class WholeDelivery(Delivery):
    """With its attempts, the last first, 200 at most."""

    attempts: list[Attempt]


class DeliveryPage(WireModel):
    """A page of them."""

    webhook_deliveries: list[Delivery]
    links: Links


class Notice(WireModel):
    """What a contact was told. `outcomes` counts attempts; `waiting` and `failed` deliveries are counted to 1 000."""

    webhook_notice_id: uuid.UUID
    webhook_subscription_id: uuid.UUID
    at: Instant
    failing_since: Instant | None
    paused: bool
    outcomes: Mapping[str, int]
    waiting: int
    failed: int


class NoticePage(WireModel):
    """A page of them."""

    webhook_notices: list[Notice]
    links: Links


def subscription_values(row: Row[Any], base_url: str) -> dict[str, Any]:
    """The members of a subscription."""
    return {
        "webhook_subscription_id": row.id,
        "url": row.url,
        "event_types": row.event_types,
        "contact": ContactModel(function=row.contact_function, email=row.contact_email),
        "state": row.state,
        "version": row.version,
        "created_at": row.created_at,
        "validated_at": row.validated_at,
        "failing_since": row.failing_since,
        "paused_at": row.paused_at,
        "secrets": [SecretSummary.model_validate(each) for each in row.secrets or ()],
        "links": {"self": {"href": f"{base_url}/webhook-subscriptions/{row.id}"}},
    }


def delivery_values(row: Row[Any], base_url: str) -> dict[str, Any]:
    """The members of a delivery."""
    return {
        "webhook_delivery_id": row.id,
        "webhook_subscription_id": row.subscription_id,
        "event_id": row.event_id,
        "event_type": row.event_type,
        "event_at": row.event_at,
        "consultation_id": row.consultation_id,
        "sequence": row.sequence,
        "sample": row.sample,
        "status": row.status,
        "attempt_count": row.attempts,
        "created_at": row.created_at,
        "next_attempt_at": row.run_at if row.status == DeliveryStatus.WAITING else None,
        "finished_at": row.finished_at,
        "links": delivery_links(row.id, base_url),
    }


def delivery_links(delivery_id: uuid.UUID, base_url: str) -> dict[str, dict[str, str]]:
    """Where the delivery is read."""
    return {"self": {"href": f"{base_url}/webhook-deliveries/{delivery_id}"}}
