"""Sends one signed message to an address that somebody else has chosen, and tells what came of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from services.consultation.webhooks.domain import Outcome, outcome_of
from services.consultation.webhooks.envelope import CONTENT_TYPE
from shared.clock import Clock
from shared.outbound import Outbound, OutboundRefused
from shared.transport.protocol import AnswerTooLarge, ConnectFailed, TimedOut, TransportError
from shared.webhooks.signing import signed_headers

_AGENT = "samrad-webhooks"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it; `http_status` when there was an answer at all, and `echoed` the challenge that it repeats."""

    outcome: Outcome
    http_status: int | None = None
    echoed: str | None = None


class Courier:
    """`source` is the address of the API, as events name it."""

    def __init__(self, outbound: Outbound, clock: Clock, source: str) -> None:
        self._outbound, self._clock, self.source = outbound, clock, source

    def refusal(self, url: str) -> str | None:
        """Why an address can't be registered, as a code, or None when it can. Nothing is asked of the network."""
        try:
            self._outbound.place_of(url)
        except OutboundRefused as fault:
            return fault.reason
        return None

    async def send(self, url: str, secrets: Sequence[str], message_id: str, body: bytes) -> Answer:
        """Never raises for anything that the receiver does, or its name server. The body of its answer is dropped.

        Without any secret nothing is sent.
        """
        if not secrets:
            return Answer(Outcome.NOT_SIGNED)
        headers = {
            "Content-Type": CONTENT_TYPE,
            "User-Agent": _AGENT,
            **signed_headers(secrets, message_id, self._clock(), body),
        }
        try:
            answer = await self._outbound.post(url, body, headers)
        except OutboundRefused:
            return Answer(Outcome.ADDRESS_REFUSED)
        except TransportError as fault:
            return Answer(_FAILURES.get(type(fault), Outcome.BROKEN_OFF))
        return Answer(outcome_of(answer.status), answer.status, _challenge(answer.body))


_FAILURES: dict[type[TransportError], Outcome] = {
    TimedOut: Outcome.TIMED_OUT,
    ConnectFailed: Outcome.NOT_CONNECTED,
    AnswerTooLarge: Outcome.ANSWER_TOO_LARGE,
}


def _challenge(body: bytes) -> str | None:
    """`{"challenge": "..."}`, if the body is that; receivers answer whatever they like."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    echoed = found.get("challenge") if isinstance(found, dict) else None
    return echoed if isinstance(echoed, str) else None
