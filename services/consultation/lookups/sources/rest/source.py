"""Asks one source over its own JSON API, and answers for it whatever happens."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from services.consultation.lookups.sources.domain import Inquiry, Origin, SourceAnswer, SourceCode
from services.consultation.lookups.sources.failures import HTTP_PREFIX, NO_TOKEN, code_of
from services.consultation.lookups.sources.rest.node import parse
from services.consultation.lookups.sources.rest.problem import problem_words
from services.consultation.lookups.sources.rest.question import question
from services.consultation.lookups.sources.rest.readers import READERS
from services.consultation.lookups.sources.ssbtek.answering import Exchange, answer_of, failed
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, unparseable
from services.consultation.lookups.sources.ssbtek.xml import DocumentError
from shared.clock import Clock
from shared.tokens.client import TokenRefused
from shared.transport.connecting import connecting_twice
from shared.transport.protocol import Answer, Transport, TransportError

_log = logging.getLogger("sources")

CONTRACT_VERSION = "rest-1"
THREAD_FROM_BYTES = 100_000
"""Answers larger than this are read in a thread, so that they do not hold up the event loop."""

_CONTENT = {"content-type": "application/json", "accept": "application/json, application/problem+json"}


class Tokens(Protocol):
    """What proves to the source who asks."""

    async def headers(self, method: str, public_address: str) -> Mapping[str, str]:
        """Headers for one call. Raises TokenRefused."""
        ...

    def forget(self, refused: Mapping[str, str]) -> None:
        """The source did not accept these headers: fetch another token for the next call."""
        ...


@dataclass(frozen=True, slots=True)
class RestApi:
    """Where one source is asked, how long it may take to answer once it is asked, and how large an answer."""

    source: SourceCode
    url: str
    timeout_seconds: float
    max_answer_bytes: int


class RestSource:
    """The source of one JSON API. Implements `Source`.

    How long it may take in all, with a token to wait for and a second attempt, is for `Budgeted` to see to.
    """

    def __init__(self, api: RestApi, transport: Transport, tokens: Tokens, clock: Clock) -> None:
        self._api, self._transport, self._tokens, self._clock = api, transport, tokens, clock
        self._reader = READERS[api.source]

    async def ask(self, inquiry: Inquiry) -> Mapping[SourceCode, SourceAnswer]:
        """Answer for this source when `inquiry.sources` has it."""
        code = self._api.source
        if code not in inquiry.sources:
            return {}
        started = self._clock()
        reading, origin = await self._exchange(question(inquiry, code))
        exchange = Exchange(started, self._clock(), CONTRACT_VERSION)
        return {code: answer_of(code, reading, origin, inquiry, exchange)}

    async def _exchange(self, body: bytes) -> tuple[Reading, Origin | None]:
        try:
            answer = await self._send(body)
        except TransportError as error:
            return failed(code_of(error)), Origin.LOCAL
        except TokenRefused:
            return failed(NO_TOKEN), Origin.LOCAL
        if answer.status != 200:
            # Whatever it says, it is no answer about the person: not 404, not 204.
            return failed(f"{HTTP_PREFIX}{answer.status}", problem_words(answer)), Origin.BT
        if len(answer.body) > THREAD_FROM_BYTES:
            return await asyncio.to_thread(self._read, answer.body), None
        return self._read(answer.body), None

    async def _send(self, body: bytes) -> Answer:
        proof = await self._tokens.headers("POST", self._api.url)
        answer = await self._send_connected(proof, body)
        if answer.status != 401:
            return answer
        # The token was not accepted, so the question was not looked at: with a new one it may be put again, once.
        self._tokens.forget(proof)
        try:
            proof = await self._tokens.headers("POST", self._api.url)
        except TokenRefused:
            return answer  # and not that nothing was sent
        return await self._send_connected(proof, body)

    async def _send_connected(self, proof: Mapping[str, str], body: bytes) -> Answer:
        send = partial(
            self._transport.send,
            "POST",
            self._api.url,
            headers={**_CONTENT, **proof},
            body=body,
            timeout_seconds=self._api.timeout_seconds,
            max_answer_bytes=self._api.max_answer_bytes,
        )
        return await connecting_twice(send)

    def _read(self, body: bytes) -> Reading:
        try:
            notes = Notes()
            node = parse(body, notes, max_bytes=self._api.max_answer_bytes)
            return self._reader(node).with_notes(notes)
        except DocumentError as error:
            return unparseable(str(error))
        except Exception:
            # Whatever a reader did not foresee is this source's trouble only, and ours to look into.
            _log.exception("an answer could not be read", extra={"source": self._api.source.value})
            return unparseable("the answer could not be read")
