"""An hour of simulated time in which SSBTEK is down: what is sent to it, what a source beside it notices, and when it
is found again.

Nothing here waits: a transport that takes its time moves the clock instead.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from services.consultation.lookups.simulator.app import respond
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.breaker import Breaker, BreakerPolicy, CircuitState
from services.consultation.lookups.sources.by_certificate import ByCertificate
from services.consultation.lookups.sources.collect import collect
from services.consultation.lookups.sources.domain import Inquiry, Source, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.environment import Environment, watched
from services.consultation.lookups.sources.health import Health, SourceHealth
from services.consultation.lookups.sources.ssbtek.client import SsbtekSource
from services.consultation.lookups.sources.ssbtek.probe import SsbtekProbe
from services.consultation.lookups.sources.ssbtek.v10 import V10
from shared.transport.lending import Lent
from shared.transport.protocol import Answer, ConnectFailed, TimedOut
from tests.unit.lookups.given import MAX_BYTES, inquiry, no_sleep, simulated
from tests.unit.lookups.watched import FixedProbe, Hand

pytestmark = pytest.mark.requirement(1)

POLICY = BreakerPolicy()
HOUR = 3600
_FAULT = simulated("service_fault")
_USUAL_MS = (90, 100, 110, 120, 400)
_SSBTEK = tuple(code for code in SourceCode if code is not SourceCode.AF)


def _no_connection(clock: Hand, _: float) -> Answer:
    clock.wait(5)
    raise ConnectFailed


def _late(clock: Hand, timeout_seconds: float) -> Answer:
    clock.wait(timeout_seconds)
    raise TimedOut


def _faulting(_: Hand, __: float) -> Answer:
    return Answer(500, {}, _FAULT)


Down = Callable[[Hand, float], Answer]


@dataclass
class Line:
    """The line to SSBTEK: down in some way, or the simulator. Everything sent is kept with its moment."""

    clock: Hand
    down: Down | None = None
    sent: list[tuple[float, bytes]] = field(default_factory=list)

    async def send(self, method: str, url: str, *, body: bytes, timeout_seconds: float, **_: object) -> Answer:
        """See Transport."""
        assert (method, url) == ("POST", "https://ssbtek.example/ssbt/10")
        self.sent.append((self.clock().timestamp(), body))
        await asyncio.sleep(0)
        if self.down is not None:
            return self.down(self.clock, timeout_seconds)
        answer = await respond(body, no_sleep)
        return Answer(answer.status_code, {}, bytes(answer.body))

    @property
    def questions(self) -> int:
        """How many questions about a person were sent."""
        return sum(b"personidentitet" in body for _, body in self.sent)

    @property
    def probes(self) -> int:
        """How many probes were sent."""
        return sum(b"testaBastjanstInformation" in body for _, body in self.sent)


@dataclass
class Beside:
    """A source of its own, as a REST one is: it takes its usual time whatever else happens."""

    usual: Iterator[int]

    async def ask(self, inquiry: Inquiry) -> Mapping[SourceCode, SourceAnswer]:
        """See Source."""
        took = next(self.usual)
        return {code: SourceAnswer(code, SourceState.ANSWERED, took_ms=took) for code in inquiry.sources}


@dataclass
class World:
    """Both sources as they are put together, on one clock that stands still between seconds."""

    clock: Hand
    line: Line
    health: SourceHealth
    ssbtek: Environment
    beside: Environment

    async def look_up(self) -> tuple[dict[SourceCode, SourceAnswer], float]:
        """The answers, and how many simulated seconds they took."""
        began = self.clock()
        sources: dict[SourceCode, Source] = {
            **dict.fromkeys(_SSBTEK, self.ssbtek.source),
            SourceCode.AF: self.beside.source,
        }
        answers = await collect(sources, inquiry(), budget_seconds=30)
        return {each.source: each for each in answers}, (self.clock() - began).total_seconds()

    async def second(self) -> tuple[dict[SourceCode, SourceAnswer], float]:
        """A second passes: what is repeated in the background, and one look-up."""
        self.clock.wait(1)
        await self.ssbtek.guard.probe_when_due()
        await self.beside.guard.probe_when_due()
        return await self.look_up()

    def seen(self, code: SourceCode) -> Health:
        """The health of one source now."""
        return next(each for each in self.health.now() if each.source is code)


def world() -> World:
    clock = Hand()
    line, health = Line(clock), SourceHealth(clock)

    @asynccontextmanager
    async def lend(_: str | None) -> AsyncIterator[Lent]:
        yield Lent(line, None)

    url = "https://ssbtek.example/ssbt/10"
    ssbtek = watched(
        "ssbtek",
        _SSBTEK,
        ByCertificate(
            lend,
            lambda transport: SsbtekSource(transport, url, V10, clock, timeout_seconds=28, max_answer_bytes=MAX_BYTES),
        ),
        Breaker(POLICY, clock),
        SsbtekProbe(lend, url, V10, clock, timeout_seconds=10),
        health,
        clock,
        budget_seconds=29,
    )
    usual = (_USUAL_MS[number % len(_USUAL_MS)] for number in range(HOUR * 10))
    beside = watched(
        "af",
        (SourceCode.AF,),
        Beside(usual),
        Breaker(POLICY, clock),
        FixedProbe(clock),
        health,
        clock,
        budget_seconds=5,
    )
    return World(clock, line, health, ssbtek, beside)


@pytest.mark.parametrize(("down", "more_seconds"), [(_no_connection, 0), (_late, 7), (_faulting, 13)])
def test_in_an_hour_without_ssbtek_it_is_sent_probes_only_and_is_found_again_within_the_interval(
    down: Down, more_seconds: int
) -> None:
    made = world()
    usually = asyncio.run(_usual(made))
    made.line.sent.clear()

    async def outage() -> list[float]:
        made.line.down = down
        waits: list[float] = []
        ends = made.clock() + timedelta(seconds=HOUR + more_seconds)
        while made.clock() < ends:
            answers, waited = await made.second()
            assert answers[SourceCode.AF].state is SourceState.ANSWERED
            assert {(answers[code].state, answers[code].origin) for code in _SSBTEK} == {("error", "LOCAL")}
            waits.append(waited)
        return waits

    waits = asyncio.run(outage())

    attempts = 2 if down is _no_connection else 1  # a connection that was not made is tried once more
    assert made.line.questions == POLICY.consecutive_failures * attempts
    assert HOUR / 17 < made.line.probes <= (HOUR + more_seconds) / 15
    assert all(PERSONS["complete"].number.encode() not in body for _, body in made.line.sent if b"testa" in body)
    # Once it is open nobody waits for it, and the source beside is as it always was.
    assert set(waits[POLICY.consecutive_failures :]) == {0.0}
    assert made.seen(SourceCode.AF).p95_ms == usually.p95_ms
    assert made.seen(SourceCode.AF).success_share == 1.0
    assert made.beside.guard.breaker.state is CircuitState.CLOSED
    assert made.seen(SourceCode.SO).calls == 0
    assert made.seen(SourceCode.SO).not_sent > 0

    assert asyncio.run(_seconds_until_found(made)) <= POLICY.probe_every.total_seconds()


async def _usual(made: World) -> Health:
    for _ in range(50):
        answers, _ = await made.second()
        assert {each.state for each in answers.values()} == {SourceState.ANSWERED}
    return made.seen(SourceCode.AF)


async def _seconds_until_found(made: World) -> float:
    made.line.down = None
    back = made.clock()
    while True:
        answers, _ = await made.second()
        if answers[SourceCode.SO].state is SourceState.ANSWERED:
            return (made.clock() - back).total_seconds()
        assert answers[SourceCode.SO].code == "CIRCUIT_OPEN"


def test_with_no_traffic_at_all_recovery_is_found_by_the_probe_alone() -> None:
    made = world()

    async def live() -> CircuitState:
        made.line.down = _faulting
        for _ in range(POLICY.consecutive_failures):
            await made.look_up()
        made.line.down = None
        made.line.sent.clear()
        for _ in range(15):
            made.clock.wait(1)
            await made.ssbtek.guard.probe_when_due()
        return made.ssbtek.guard.breaker.state

    assert asyncio.run(live()) is CircuitState.CLOSED
    assert (made.line.questions, made.line.probes) == (0, 1)
