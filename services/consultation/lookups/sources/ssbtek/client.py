"""Asks SSBTEK once for every source of an inquiry, and answers for each of them whatever happens."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.consultation.lookups.sources.domain import Inquiry, Origin, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.failures import FAULT_PREFIX, HTTP_PREFIX, code_of
from services.consultation.lookups.sources.ssbtek.answering import cut, read_answer_of
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


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why no source could be read, one code for them all. `messages` are the composite service's, when it said any."""

    code: str
    messages: tuple[str, ...] = ()


_Outcome = Mapping[SourceCode, tuple[Reading, Origin | None]]


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
        outcome = await self._exchange(request, inquiry)
        return self._answers(inquiry, outcome, started)

    async def _exchange(self, request: bytes, inquiry: Inquiry) -> "_Outcome | _Failure":
        try:
            answer = await connecting_twice(lambda: self._send(request))
        except TransportError as error:
            return _Failure(code_of(error))
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

    def _read(self, answer: Answer, inquiry: Inquiry) -> "_Outcome | _Failure":
        try:
            composite = read_answer(answer.body, self._version, max_bytes=self._max_answer_bytes)
        except DocumentError as error:
            return _Failure(unreadable_code(error) if answer.status == 200 else f"{HTTP_PREFIX}{answer.status}")
        if isinstance(composite, Fault):
            return _Failure(f"{FAULT_PREFIX}{composite.code}", composite.messages)
        if answer.status != 200:
            return _Failure(f"{HTTP_PREFIX}{answer.status}")
        if composite.correlation_id not in (None, inquiry.correlation_id):
            return _Failure("OTHER_CORRELATION")
        version = self._version
        return {
            code: read_source(
                version.readers[code], composite.sources.get(code, []), undivided=code in version.undivided
            )
            for code in inquiry.sources
        }

    def _answers(
        self, inquiry: Inquiry, outcome: "_Outcome | _Failure", started: datetime
    ) -> Mapping[SourceCode, SourceAnswer]:
        ended = self._clock()
        took_ms = max(0, round((ended - started).total_seconds() * 1000))
        answers = {}
        for code, period in inquiry.sources.items():
            answer, origin = _told(code, outcome, inquiry)
            unanswered = origin is Origin.LOCAL or answer.state is SourceState.MISSING
            answers[code] = replace(
                cut(answer),
                origin=origin,
                asked_period=period,
                answered_at=None if unanswered else ended,
                took_ms=took_ms,
                contract_version=self._version.label,
            )
        return answers


def _told(code: SourceCode, outcome: "_Outcome | _Failure", inquiry: Inquiry) -> tuple[SourceAnswer, Origin | None]:
    if isinstance(outcome, _Failure):
        return SourceAnswer(code, SourceState.ERROR, code=outcome.code, messages=outcome.messages), Origin.LOCAL
    reading, origin = outcome[code]
    return read_answer_of(code, reading, inquiry), origin
