"""What we say of sources ourselves, when no answer of theirs can be had: one code for all that were asked.

The codes are ours (origin LOCAL) and stand in `docs/lookups.md`.
"""

from collections.abc import Mapping

from services.consultation.lookups.sources.domain import Inquiry, Origin, SourceAnswer, SourceCode, SourceState
from shared.transport.protocol import (
    AnswerTooLarge,
    ConnectFailed,
    HandshakeFailed,
    TimedOut,
    TransportError,
)

UNREACHABLE = "UNREACHABLE"
TIMEOUT = "TIMEOUT"
TRANSPORT = "TRANSPORT"
TOO_LARGE = "TOO_LARGE"
CERTIFICATE = "CERTIFICATE"
CIRCUIT_OPEN = "CIRCUIT_OPEN"
NO_TOKEN = "NO_TOKEN"  # noqa: S105 - a code, not a secret
ADAPTER_FAULT = "ADAPTER_FAULT"
FAULT_PREFIX = "FAULT:"
HTTP_PREFIX = "HTTP_"

_NOT_TRIED = frozenset((CIRCUIT_OPEN, CERTIFICATE, NO_TOKEN))

_OF_TRANSPORT: Mapping[type[TransportError], str] = {
    ConnectFailed: UNREACHABLE,
    HandshakeFailed: CERTIFICATE,
    TimedOut: TIMEOUT,
    AnswerTooLarge: TOO_LARGE,
}


def code_of(error: TransportError) -> str:
    """Our code for a failed exchange."""
    return _OF_TRANSPORT.get(type(error), TRANSPORT)


def was_tried(answer: SourceAnswer) -> bool:
    """False when the question never left, because we would not or could not send it.

    A source may have codes of its own that look like ours: only those of origin LOCAL are.
    """
    return answer.origin is not Origin.LOCAL or answer.code not in _NOT_TRIED


def all_failed(inquiry: Inquiry, code: str, *, took_ms: int | None = None) -> dict[SourceCode, SourceAnswer]:
    """An `error` of origin LOCAL for every source of the inquiry."""
    return {
        source: SourceAnswer(
            source, SourceState.ERROR, asked_period=period, took_ms=took_ms, origin=Origin.LOCAL, code=code
        )
        for source, period in inquiry.sources.items()
    }
