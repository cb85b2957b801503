"""The question that carries nobody: is an environment there, and did it reach its sources?"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from services.consultation.lookups.sources.domain import Origin, SourceCode
from shared.clock import Clock


@dataclass(frozen=True, slots=True)
class ProbedSource:
    """What an environment says of one source. Not called is no outage: a source may lack a test service.

    `called` is None when nothing readable is said; an `origin` tells that the source was reported in error.
    """

    called: bool | None = None
    origin: Origin | None = None
    code: str | None = None
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """How a probe went. `reached` is true when the environment itself answered as its contract says.

    Otherwise `code` tells why, as for a look-up. `certificate_subject` and `certificate_expires` are those of our own
    certificate that was shown, when one was.
    """

    asked_at: datetime
    took_ms: int
    contract_version: str | None
    reached: bool
    code: str | None = None
    messages: tuple[str, ...] = ()
    sources: Mapping[SourceCode, ProbedSource] = field(default_factory=dict)
    certificate_subject: str | None = None
    certificate_expires: datetime | None = None


class Probe(Protocol):
    """Asks one environment whether it is there. Never raises for anything that the outside world did."""

    async def __call__(self, certificate: str | None = None) -> ProbeAnswer:
        """`certificate` is the reference of the one to show; None is the environment's own."""
        ...


class RememberedProbe:
    """A probe whose answer is told again for a while, so that asking us does not become hammering a source.

    Those who ask meanwhile wait for the same one. Remembers one answer for each certificate, which are as many as
    there are tenants.
    """

    def __init__(self, probe: Probe, clock: Clock, *, keep: timedelta) -> None:
        self._probe = probe
        self._clock = clock
        self._keep = keep
        self._answers: dict[str | None, ProbeAnswer] = {}
        self._locks: dict[str | None, asyncio.Lock] = {}

    async def __call__(self, certificate: str | None = None) -> ProbeAnswer:
        """See Probe."""
        async with self._locks.setdefault(certificate, asyncio.Lock()):
            known = self._answers.get(certificate)
            if known is None or not known.asked_at <= self._clock() < known.asked_at + self._keep:
                known = self._answers[certificate] = await self._probe(certificate)
            return known
