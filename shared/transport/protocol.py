"""What a caller needs of outgoing HTTP: send bytes, get bytes, or learn in which way it failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class TransportError(Exception):
    """The exchange failed. The text never holds the address, headers or body."""


class ConnectFailed(TransportError):
    """No connection was made, so nothing was sent."""


class HandshakeFailed(ConnectFailed):
    """The connection could not be secured: the other side's certificate was not trusted, or it did not trust ours.

    A server may also refuse our certificate after the handshake (TLS 1.3): that is a broken exchange like any other.
    """


class TimedOut(TransportError):
    """The time ran out; the other side may have received the request."""


class AnswerTooLarge(TransportError):
    """The answer passed the size that the caller accepts."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Sends one request and reads its whole answer. No redirects, no retries, no decompression."""

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeout_seconds: float,
        max_answer_bytes: int,
    ) -> Answer:
        """Raise `ConnectFailed`, `TimedOut`, `AnswerTooLarge` or another `TransportError`."""
        ...
