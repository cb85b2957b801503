"""Sources, probes and clocks for the tests of what watches over the sources."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.consultation.lookups.sources.domain import (
    Inquiry,
    Origin,
    Source,
    SourceAnswer,
    SourceCode,
    SourceState,
)
from services.consultation.lookups.sources.probing import ProbeAnswer

START = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)


@dataclass
class Hand:
    """A clock that stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        """Move it on."""
        self.now += timedelta(seconds=seconds)


@dataclass
class Fixed(Source):
    """Answers every source in the same way, and counts how often it was asked."""

    state: SourceState = SourceState.ANSWERED
    origin: Origin | None = None
    code: str | None = None
    took_ms: int | None = 100
    asked: int = 0

    async def ask(self, inquiry: Inquiry) -> Mapping[SourceCode, SourceAnswer]:
        self.asked += 1
        await asyncio.sleep(0)
        return {
            code: SourceAnswer(code, self.state, took_ms=self.took_ms, origin=self.origin, code=self.code)
            for code in inquiry.sources
        }

    def fails(self, code: str) -> None:
        """From now on every source is an error of ours with this code."""
        self.state, self.origin, self.code = SourceState.ERROR, Origin.LOCAL, code

    def works(self) -> None:
        """From now on every source answers."""
        self.state, self.origin, self.code = SourceState.ANSWERED, None, None


@dataclass
class Endless(Source):
    """Never answers."""

    async def ask(self, inquiry: Inquiry) -> Mapping[SourceCode, SourceAnswer]:
        await asyncio.Event().wait()
        return await self.ask(inquiry)


@dataclass
class FixedProbe:
    """Is reached or not, but not under the certificates that it `refuses`; remembers when and how it was sent."""

    clock: Hand
    reached: bool = True
    refuses: frozenset[str | None] = frozenset()
    sent: list[tuple[datetime, str | None]] = field(default_factory=list)

    async def __call__(self, certificate: str | None = None) -> ProbeAnswer:
        self.sent.append((self.clock(), certificate))
        await asyncio.sleep(0)
        if certificate in self.refuses:
            return ProbeAnswer(self.clock(), 1, "10", reached=False, code="CERTIFICATE")
        return ProbeAnswer(self.clock(), 1, "10", reached=self.reached)
