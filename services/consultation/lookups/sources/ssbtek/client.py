"""Asks SSBTEK once for every source of an inquiry, and answers for each of them whatever happens."""

import asyncio
from collections.abc import Mapping

from services.consultation.lookups.sources.domain import Inquiry, Origin, SourceAnswer, SourceCode
from services.consultation.lookups.sources.failures import FAULT_PREFIX, HTTP_PREFIX, code_of
from services.consultation.lookups.sources.ssbtek.answering import Exchange, answer_of, failed
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.envelope import Fault, build_request, read_answer, unreadable_code
from services.consultation.lookups.sources.ssbtek.headers import HEADERS
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from services.consultation.lookups.sources.ssbtek.rules import InvalidRequestError, violations
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.xml import DocumentError
from shared.clock import Clock
from shared.transport.connecting import connecting_twice
from shared.transport.protocol import Answer, Transport, TransportError

THREAD_FROM_BYTES = 100_000
"""Answers larger than this are read in a thread, so that they do not hold up the event loop."""


_Readings = Mapping[SourceCode, tuple[Reading, Origin | None]]
"""What was read of each source, or how it failed, and who reported that."""


class SsbtekSource:
    """The seven sources of one SSBTEK endpoint."""

    def __init__(
        self,
        transport: Transport,
        url: str,
        version: ContractVersion,
        clock: Clock,
        *,
        timeout_seconds: float,
        max_answer_bytes: int,
    ) -> None:
        self._transport = transport
        self._url = url
        self._version = version
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._max_answer_bytes = max_answer_bytes

    async def ask(self, inquiry: Inquiry) -> Mapping[SourceCode, SourceAnswer]:
        """Answer every code in `inquiry.sources`.

        Raises InvalidRequestError, a ValueError, before anything is sent when the inquiry breaks the contract.
        """
        if not inquiry.sources:
            return {}
        request = build_request(inquiry, self._version)
        problems = violations(request, self._version)
        if problems:
            raise InvalidRequestError(tuple(problems))
        started = self._clock()
        readings = await self._exchange(request, inquiry)
        exchange = Exchange(started, self._clock(), self._version.label)
        return {code: answer_of(code, *readings[code], inquiry, exchange) for code in inquiry.sources}

    async def _exchange(self, request: bytes, inquiry: Inquiry) -> _Readings:
        try:
            answer = await connecting_twice(lambda: self._send(request))
        except TransportError as error:
            return _unread(inquiry, code_of(error))
        if len(answer.body) > THREAD_FROM_BYTES:
            return await asyncio.to_thread(self._read, answer, inquiry)
        return self._read(answer, inquiry)

    async def _send(self, request: bytes) -> Answer:
        return await self._transport.send(
            "POST",
            self._url,
            headers=HEADERS,
            body=request,
            timeout_seconds=self._timeout_seconds,
            max_answer_bytes=self._max_answer_bytes,
        )

    def _read(self, answer: Answer, inquiry: Inquiry) -> _Readings:
        try:
            composite = read_answer(answer.body, self._version, max_bytes=self._max_answer_bytes)
        except DocumentError as error:
            code = unreadable_code(error) if answer.status == 200 else f"{HTTP_PREFIX}{answer.status}"
            return _unread(inquiry, code)
        if isinstance(composite, Fault):
            return _unread(inquiry, f"{FAULT_PREFIX}{composite.code}", composite.messages)
        if answer.status != 200:
            return _unread(inquiry, f"{HTTP_PREFIX}{answer.status}")
        if composite.correlation_id not in (None, inquiry.correlation_id):
            return _unread(inquiry, "OTHER_CORRELATION")
        version = self._version
        return {
            code: read_source(
                version.readers[code], composite.sources.get(code, []), undivided=code in version.undivided
            )
            for code in inquiry.sources
        }


def _unread(inquiry: Inquiry, code: str, messages: tuple[str, ...] = ()) -> _Readings:
    """One reason for all: no source could be read. `messages` are the composite service's, when it said any."""
    return dict.fromkeys(inquiry.sources, (failed(code, messages), Origin.LOCAL))
