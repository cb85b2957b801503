"""`testaBastjanstInformation`: whether SSBTEK is there and reached its sources. It carries no personal data."""

from collections.abc import Mapping
from dataclasses import replace

from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.failures import CERTIFICATE, FAULT_PREFIX, HTTP_PREFIX, code_of
from services.consultation.lookups.sources.probing import ProbeAnswer, ProbedSource
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.envelope import Fault, build_probe, read_probe, unreadable_code
from services.consultation.lookups.sources.ssbtek.headers import HEADERS
from services.consultation.lookups.sources.ssbtek.readers.errors import read_error
from services.consultation.lookups.sources.ssbtek.xml import DocumentError, Element, children
from shared.clock import Clock
from shared.transport.certificates import UnusableCertificate
from shared.transport.lending import Lend, Lent
from shared.transport.protocol import Answer, TransportError

_MAX_BYTES = 100_000
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class SsbtekProbe:
    """Implements `Probe` at one SSBTEK endpoint."""

    def __init__(self, lend: Lend, url: str, version: ContractVersion, clock: Clock, *, timeout_seconds: float) -> None:
        self._lend = lend
        self._url = url
        self._version = version
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._request = build_probe(version)

    async def __call__(self, certificate: str | None = None) -> ProbeAnswer:
        """See Probe."""
        asked_at = self._clock()
        unreached = ProbeAnswer(asked_at, 0, self._version.label, reached=False)
        try:
            async with self._lend(certificate) as lent:
                answer = _with_certificate(await self._exchange(lent, unreached), lent)
        except UnusableCertificate:
            answer = replace(unreached, code=CERTIFICATE)
        took_ms = max(0, round((self._clock() - asked_at).total_seconds() * 1000))
        return replace(answer, took_ms=took_ms)

    async def _exchange(self, lent: Lent, unreached: ProbeAnswer) -> ProbeAnswer:
        try:
            answer = await lent.transport.send(
                "POST",
                self._url,
                headers=HEADERS,
                body=self._request,
                timeout_seconds=self._timeout_seconds,
                max_answer_bytes=_MAX_BYTES,
            )
        except TransportError as error:
            return replace(unreached, code=code_of(error))
        return self._read(answer, unreached)

    def _read(self, answer: Answer, unreached: ProbeAnswer) -> ProbeAnswer:
        status = None if answer.status == 200 else f"{HTTP_PREFIX}{answer.status}"
        try:
            said = read_probe(answer.body, self._version, max_bytes=_MAX_BYTES)
        except DocumentError as error:
            return replace(unreached, code=status or unreadable_code(error))
        if isinstance(said, Fault):
            return replace(unreached, code=f"{FAULT_PREFIX}{said.code}"[:60], messages=_short(said.messages))
        if status is not None:
            return replace(unreached, code=status)
        return replace(unreached, reached=True, sources={code: _source(said, code) for code in SourceCode})


def _with_certificate(answer: ProbeAnswer, lent: Lent) -> ProbeAnswer:
    if lent.certificate is None:
        return answer
    shown = lent.certificate
    return replace(answer, certificate_subject=shown.subject, certificate_expires=shown.valid_to)


def _source(said: Mapping[str, list[Element]], code: SourceCode) -> ProbedSource:
    """What is absent, said twice or not a boolean is not known."""
    elements = said.get(code, [])
    if len(elements) != 1:
        return ProbedSource()
    found = children(elements[0])
    called = _BOOLEANS.get("".join(each.text or "" for each in found.get("anropad", [])).strip())
    if "error" not in found:
        return ProbedSource(called)
    error = read_error(found["error"][0])
    return ProbedSource(called, error.origin, (error.code or "")[:60] or None, _short(error.messages))


def _short(messages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text[:500] for text in messages[:10])
