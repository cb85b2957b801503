"""A source behind a circuit breaker. Knows nothing of SSBTEK: any adapter with a probe can be guarded."""

import logging
from collections.abc import Callable, Mapping

from services.consultation.lookups.sources.breaker import Breaker, CircuitState
from services.consultation.lookups.sources.domain import Inquiry, Origin, Source, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.failures import (
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
    """

    def __init__(
        self, name: str, source: Source, breaker: Breaker, probe: Probe, *, failed: Failed = environment_failed
    ) -> None:
        self.name = name
        self.breaker = breaker
        self._source = source
        self._probe = probe
        self._failed = failed
        told_circuit(name, breaker.state)

    async def ask(self, inquiry: Inquiry) -> Mapping[SourceCode, SourceAnswer]:
        """See Source."""
        permit = self.breaker.enter()
        if permit is None:
            return all_failed(inquiry, CIRCUIT_OPEN)
        answers = await self._source.ask(inquiry)
        before = self.breaker.state
        self.breaker.leave(permit, failed=self._failed(inquiry, answers))
        self._tell(before)
        return answers

    async def probe_when_due(self) -> None:
        """Send one probe when the breaker is open and it is time; otherwise do nothing."""
        if not self.breaker.begin_probe():
            return
        self._tell(CircuitState.OPEN)
        reached = False
        try:
            reached = (await self._probe()).reached
        finally:
            self.breaker.end_probe(reached=reached)
            self._tell(CircuitState.HALF_OPEN)

    def _tell(self, before: CircuitState) -> None:
        now = self.breaker.state
        if now is before:
            return
        told_circuit(self.name, now)
        if now is CircuitState.CLOSED:
            _log.warning("the circuit of %s is closed: its probe was answered", self.name)
        elif before is CircuitState.CLOSED:
            _log.warning("the circuit of %s is open: nothing is sent but probes", self.name)
