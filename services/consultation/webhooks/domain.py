"""What a subscription is, what may be told to whom, and what can become of an attempt to tell it."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

EVERYTHING = "*"
MAX_SUBSCRIPTIONS = 100
"""Of one organisation: some systems, some environments, and room to move from one to the next."""

MAX_SECRETS = 3
"""Secrets that sign at the same time. A fourth ends the oldest."""

PAUSED_AFTER = timedelta(hours=72)
"""A receiver that has taken nothing for so long, although it was tried, is left alone until it is validated again."""

TOLD_AFTER = timedelta(minutes=15)
"""A receiver that fails for a shorter time is not worth a message to anybody."""

TOLD_AGAIN = timedelta(hours=24)
"""The contact is told at most so often of one receiver."""


class SubscriptionState(StrEnum):
    """Whether events are sent. What happens while they are not is kept, and sent or marked failed later."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"


class DeliveryStatus(StrEnum):
    """What has become of one event for one subscription."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Outcome(StrEnum):
    """What came of one attempt. An attempt without any was cut short, and may have arrived."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    REDIRECTED = "redirected"
    GONE = "gone"
    TIMED_OUT = "timed_out"
    NOT_CONNECTED = "not_connected"
    ADDRESS_REFUSED = "address_refused"
    ANSWER_TOO_LARGE = "answer_too_large"
    BROKEN_OFF = "broken_off"
    NOT_ECHOED = "not_echoed"
    NOT_SIGNED = "not_signed"


def outcome_of(status: int) -> Outcome:
    """By the status of the answer. 410 says that nobody wants it any more (RFC 9110 section 15.5.11)."""
    if 200 <= status < 300:
        return Outcome.DELIVERED
    if status == 410:
        return Outcome.GONE
    return Outcome.REDIRECTED if 300 <= status < 400 else Outcome.REFUSED


@dataclass(frozen=True, slots=True)
class Contact:
    """Who is told when a receiver fails: a function such as a duty desk, and its address for mail."""

    function: str
    email: str


# What a mail server takes for one address and nothing else: no blanks, no line ends, no list, no quoting.
_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")


def is_email(text: str) -> bool:
    """Whether it is an address of the usual form, at most 254 characters (RFC 5321)."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a subscriber asks for. `event_types` are kinds of event, or `*` for all there are and will be."""

    url: str
    event_types: tuple[str, ...]
    contact: Contact


@dataclass(frozen=True, slots=True)
class Told:
    """An event as a receiver is told of it: references, and the state it led to. Nobody's name, number or words."""

    event_id: uuid.UUID
    event_type: str
    at: datetime
    consultation_id: uuid.UUID
    sequence: int
    state: str
    sample: bool
