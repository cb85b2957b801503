"""Asks SSBTEK once for every source of an inquiry, and answers for each of them whatever happens."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.consultation.lookups.sources.domain import Inquiry, Origin, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.failures import FAULT_PREFIX, HTTP_PREFIX, code_of
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.envelope import Fault, build_request, read_answer, unreadable_code
from services.consultation.lookups.sources.ssbtek.headers import HEADERS
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, unparseable
from services.consultation.lookups.sources.ssbtek.rules import InvalidRequestError, violations
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.xml import DocumentError
from shared.clock import Clock
from shared.transport.protocol import Answer, ConnectFailed, Transport, TransportError

THREAD_FROM_BYTES = 100_000
"""Answers larger than this are read in a thread, so that they do not hold up the event loop."""

_MAX_CODE = 60
_MAX_MESSAGE = 500
_MAX_PARTS = 100


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
            answer = await self._send(request)
        except TransportError as error:
            return _Failure(code_of(error))
        if len(answer.body) > THREAD_FROM_BYTES:
            return await asyncio.to_thread(self._read, answer, inquiry)
        return self._read(answer, inquiry)

    async def _send(self, request: bytes) -> Answer:
        # Only a connection that was never made is safe to try again: otherwise the question may have arrived.
        try:
            return await self._send_once(request)
        except ConnectFailed:
            return await self._send_once(request)

    async def _send_once(self, request: bytes) -> Answer:
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
            answer = _failed(code, outcome) if isinstance(outcome, _Failure) else _read(code, outcome, inquiry, ended)
            answers[code] = replace(
                _cut(answer), asked_period=period, took_ms=took_ms, contract_version=self._version.label
            )
        return answers


def _failed(code: SourceCode, failure: _Failure) -> SourceAnswer:
    return SourceAnswer(code, SourceState.ERROR, origin=Origin.LOCAL, code=failure.code, messages=failure.messages)


def _read(code: SourceCode, outcome: _Outcome, inquiry: Inquiry, answered_at: datetime) -> SourceAnswer:
    reading, origin = outcome[code]
    if reading.subject is not None and not _same_person(reading.subject, inquiry.person.reveal()):
        reading = replace(unparseable("the answer is about another person number"), protected=reading.protected)
    return SourceAnswer(
        source=code,
        state=reading.state,
        answered_at=None if reading.state is SourceState.MISSING else answered_at,
        origin=origin,
        code=reading.code,
        messages=reading.messages,
        deviations=reading.deviations,
        items=reading.items,
        parts=reading.parts,
        protected=reading.protected,
        data=reading.data,
    )


def _cut(answer: SourceAnswer) -> SourceAnswer:
    """Codes and messages at a length that can be stored; by the contract they have none."""
    parts = tuple(
        replace(each, name=each.name[:_MAX_CODE], code=_cut_code(each.code), messages=_cut_messages(each.messages))
        for each in answer.parts[:_MAX_PARTS]
    )
    return replace(answer, code=_cut_code(answer.code), messages=_cut_messages(answer.messages), parts=parts)


def _cut_code(code: str | None) -> str | None:
    return code[:_MAX_CODE] if code is not None else None


def _cut_messages(messages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text[:_MAX_MESSAGE] for text in messages)


def _same_person(answered: str, asked: str) -> bool:
    """Sources write ten or twelve digits; what is not digits, as blanks or a mask, tells nothing."""
    digits = "".join(answered.split()).replace("-", "")
    return not digits.isdigit() or len(digits) not in (10, 12) or asked.endswith(digits)
