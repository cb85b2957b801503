"""A source behind a circuit breaker. Knows nothing of SSBTEK: any adapter with a probe can be guarded."""

import logging
from collections.abc import Callable, Mapping

from services.consultation.lookups.sources.breaker import Breaker, CircuitState
from services.consultation.lookups.sources.domain import Inquiry, Origin, Source, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.failures import (
    CERTIFICATE,
    CIRCUIT_OPEN,
    FAULT_PREFIX,
    HTTP_PREFIX,
    TIMEOUT,
    TRANSPORT,
    UNREACHABLE,
    all_failed,
)
from services.consultation.lookups.sources.metrics import told_circuit
from services.consultation.lookups.sources.probing import Probe

_log = logging.getLogger("sources")

Failed = Callable[[Inquiry, Mapping[SourceCode, SourceAnswer]], bool]
"""Whether the answers to an inquiry show that the environment as a whole is failing."""

_OUTAGE = frozenset((UNREACHABLE, TIMEOUT))
_THEIR_FAULT = (f"{HTTP_PREFIX}5", FAULT_PREFIX)
_CERTIFICATE_REFUSED = (CERTIFICATE, TRANSPORT)  # after a TLS 1.3 handshake a refusal is a broken connection
_MOST_SHOWN = 8
_OUR_FAULT = f"{FAULT_PREFIX}Client"  # SOAP 1.1: the request was at fault


def environment_failed(inquiry: Inquiry, answers: Mapping[SourceCode, SourceAnswer]) -> bool:
    """True when no source could be read for a reason that the next question would meet too (ADR 0017).

    Not when a source's own fault is reported, nor when something unreadable or too large arrived, nor for a status
    below 500: somebody is there, and what is wrong may lie in this one question. A broken connection under a tenant's
    own certificate does not count either: that is how a refused certificate looks.
    """
    return bool(answers) and all(_is_outage(each, own=bool(inquiry.asker.certificate)) for each in answers.values())


def _is_outage(answer: SourceAnswer, *, own: bool) -> bool:
    if answer.state is not SourceState.ERROR or answer.origin is not Origin.LOCAL or answer.code is None:
        return False
    if answer.code == TRANSPORT:
        return not own
    return answer.code in _OUTAGE or (answer.code.startswith(_THEIR_FAULT) and not answer.code.startswith(_OUR_FAULT))


class Guarded:
    """A source that is not asked while its breaker is open: every source then is `CIRCUIT_OPEN`, and nothing is sent.

    `probe_when_due` is to be called about every second, for as long as the process lives: recovery is then found
    within the breaker's interval whether or not anybody asks.

    A probe shows the certificate of a question that got as far as the environment: a deployment may have none of its
    own. One that is refused gives way to another for the next probe.
    """

    def __init__(
        self, name: str, source: Source, breaker: Breaker, probe: Probe, *, failed: Failed = environment_failed
    ) -> None:
        self.name = name
        self.breaker = breaker
        self._source = source
        self._probe = probe
        self._failed = failed
        self._shown: dict[str | None, None] = {}  # the latest certificates, by reference, the next one to show last
        told_circuit(name, breaker.state)

    async def ask(self, inquiry: Inquiry) -> Mapping[SourceCode, SourceAnswer]:
        """See Source."""
        permit = self.breaker.enter()
        if permit is None:
            return all_failed(inquiry, CIRCUIT_OPEN)
        answers = await self._source.ask(inquiry)
        before = self.breaker.state
        failed = self._failed(inquiry, answers)
        if failed or any(each.origin is not Origin.LOCAL for each in answers.values()):
            self._remember(inquiry.asker.certificate)
        self.breaker.leave(permit, failed=failed)
        self._tell(before)
        return answers

    async def probe_when_due(self) -> None:
        """Send one probe when the breaker is open and it is time; otherwise do nothing."""
        if not self.breaker.begin_probe():
            return
        self._tell(CircuitState.OPEN)
        reached, certificate = False, next(reversed(self._shown), None)
        try:
            answer = await self._probe(certificate)
            reached = answer.reached
            if answer.code in _CERTIFICATE_REFUSED:
                self._put_last(certificate)
        finally:
            self.breaker.end_probe(reached=reached)
            self._tell(CircuitState.HALF_OPEN)

    def _remember(self, certificate: str | None) -> None:
        if self._shown and next(reversed(self._shown)) == certificate:
            return
        self._shown.pop(certificate, None)
        self._shown[certificate] = None
        if len(self._shown) > _MOST_SHOWN:
            del self._shown[next(iter(self._shown))]

    def _put_last(self, certificate: str | None) -> None:
        others = [each for each in self._shown if each != certificate]
        self._shown = dict.fromkeys([certificate, *others])

    def _tell(self, before: CircuitState) -> None:
        now = self.breaker.state
        if now is before:
            return
        told_circuit(self.name, now)
        if now is CircuitState.CLOSED:
            _log.warning("circuit closed", extra={"environment": self.name})
        elif before is CircuitState.CLOSED:
            _log.warning("circuit open", extra={"environment": self.name})
