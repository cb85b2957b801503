"""What an adapter of SDK must do. `tests/contract/sdk_contract.py` holds each of them to it.

A message comes in to a function address of the answering authority and becomes a registration by the channel `sdk`; an
answer goes out to the one that asked. Messages are carried by an access point that Digg has approved, whose protocol
is the adapter's own matter.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pydantic import ValidationError

from services.consultation.channels.wire import RegistrationRequest
from services.consultation.consultations.domain import Channel


class SdkUnavailable(Exception):
    """The access point can't be reached, or refuses for now: nothing has been sent, and it is tried again."""


class NotARegistration(ValueError):
    """The message is none that a consultation can be made of; a person has to look at it."""


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """One message, as its access point vouches for it. `sender` is an organisation number, ten digits.

    `content` is what the sender states of the form of `POST /registrations`: type, purpose, case, person, question.
    """

    id: str
    sender: str
    received_at: datetime
    content: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OutgoingAnswer:
    """The answer to a message. `id` is the event's: the same id is the same answer, however often it is sent."""

    id: uuid.UUID
    recipient: str
    in_answer_to: str
    text: str = field(repr=False)


class SdkPort(Protocol):
    """Messages in and out."""

    async def waiting(self, most: int) -> Sequence[IncomingMessage]:
        """What has come and has not been taken, oldest first, and the same again until it is. Raises SdkUnavailable."""

    async def taken(self, message_id: str) -> None:
        """It has been registered: it waits no more. For one that does not wait nothing happens."""

    async def send(self, answer: OutgoingAnswer) -> None:
        """Send it, once for an id. Raises SdkUnavailable, and then nothing has been sent."""


class NullSdk:
    """No access point: nothing ever comes, and nothing can be sent."""

    async def waiting(self, most: int) -> Sequence[IncomingMessage]:  # noqa: ARG002 - as the protocol has it
        """Nothing."""
        return ()

    async def taken(self, message_id: str) -> None:
        """Nothing waited."""

    async def send(self, answer: OutgoingAnswer) -> None:  # noqa: ARG002 - as the protocol has it
        """Raises SdkUnavailable."""
        raise SdkUnavailable


def as_registration(message: IncomingMessage) -> RegistrationRequest:
    """The registration that a message becomes: who asks and when it came are the access point's word, not the sender's.

    Raises NotARegistration, which repeats nothing of the message.
    """
    stated = {
        **message.content,
        "channel": Channel.SDK.value,
        "askingOrganisation": message.sender,
        "happenedAt": message.received_at,
        "minutes": 0,
    }
    try:
        return RegistrationRequest.model_validate({**stated, "answer": None})
    except ValidationError:
        raise NotARegistration(message.id) from None
