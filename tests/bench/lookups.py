"""Look-ups without the door around them: our own time over the sources', beside two peers that ask the same sources.

Sources answer after a fixed time from the other core. What is measured runs in a process of its own: a number of
look-ups at once, each begun when the one before has ended. Seven sources with JSON of their own are asked

- as the product asks them (`rest`): every answer is held to its contract, read, told with its state and counted;
- the same about a person of whom the sources have nothing to tell (`rest-small`): answers of 2.8 kB together, where the
  goals were set on 2.4 kB;
- in plain httpx (`httpx`), and in pyreqwest, the client under ours (`pyreqwest`): answers are parsed, and nobody reads
  them, as when the goals were set. What the latter costs is the least that seven exchanges cost us.
"""

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import uvloop
from pyreqwest.exceptions import PyreqwestError

from services.consultation.lookups.simulator.json_answer import as_json
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.breaker import Breaker, BreakerPolicy
from services.consultation.lookups.sources.collect import collect
from services.consultation.lookups.sources.domain import Source, SourceCode
from services.consultation.lookups.sources.environment import watched
from services.consultation.lookups.sources.health import SourceHealth
from services.consultation.lookups.sources.probing import ProbeAnswer
from services.consultation.lookups.sources.rest.node import parse
from services.consultation.lookups.sources.rest.readers import READERS
from services.consultation.lookups.sources.rest.source import RestApi, RestSource
from services.consultation.lookups.sources.ssbtek.client import SsbtekSource
from services.consultation.lookups.sources.ssbtek.envelope import CompositeAnswer, read_answer
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.v10 import V10
from shared.clock import system_clock
from shared.garbage import settle
from shared.transport.pyreqwest_transport import PyreqwestTransport, build_client
from tests.bench.figures import Figure, at_least, at_most
from tests.bench.processes import CannotMeasure, Cores, Server, on_core, running_module
from tests.bench.rounds import ROUNDS, SECONDS
from tests.bench.units import median_cpu
from tests.exchange import free_ports
from tests.unit.lookups.given import inquiry, simulated

SOURCE_MILLISECONDS = 50.0
AT_ONCE = (1, 20, 100)
_PERSON, _UNKNOWN_PERSON = "complete", "coordination_nothing"
_SMALL = "small-"
_READINGS = 500
_GIVE_UP_SECONDS = 10.0
_MAX_ANSWER_BYTES = 4 * 1024 * 1024

LookUp = Callable[[], Awaitable[None]]
"""One look-up at all seven sources. Raises what it can't answer."""

_GOALS = {
    f"{variant}.{figure}": goal
    for variant in ("rest", "rest-small")
    for figure, goal in (("20-at-once.overhead.p99", at_most(20)), ("100-at-once.rate", at_least(800)))
}


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One round: look-ups answered, seconds it took, milliseconds of each over the sources' time, CPU in all."""

    answered: int
    failed: int
    seconds: float
    p50: float
    p99: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Look-ups a second."""
        return self.answered / self.seconds

    @property
    def cpu(self) -> float:
        """Microseconds of CPU a look-up."""
        return self.cpu_seconds / max(1, self.answered) * 1e6


def measure(cores: Cores, home: Path) -> Iterator[Figure]:
    """SSBTEK and seven JSON sources, the latter beside httpx and bare pyreqwest, in turns."""
    with _sources(cores, home) as sources, _apart(cores.servers) as pool:
        yield Figure("look-up.rest.reading", pool.submit(_reading, _PERSON).result(), "us")
        yield Figure("look-up.rest-small.reading", pool.submit(_reading, _UNKNOWN_PERSON).result(), "us")
        for at_once in AT_ONCE:
            rounds: dict[str, list[_Outcome]] = {name: [] for name in _VARIANTS}
            busiest = 0.0
            for _ in range(ROUNDS):
                for name, outcomes in rounds.items():
                    began, used = time.perf_counter(), sources.cpu()
                    outcomes.append(pool.submit(_round, name, sources.port, at_once, SECONDS).result())
                    busiest = max(busiest, (sources.cpu() - used) / (time.perf_counter() - began))
            for name, outcomes in rounds.items():
                yield from _figures(f"{name}.{at_once}-at-once", outcomes)
            yield from _beside(rounds["rest"], rounds, f"rest.{at_once}-at-once")
            # Near 100 the sources themselves would be what is measured.
            yield Figure(f"look-up.sources.{at_once}-at-once.busiest", busiest * 100, "% of their core")


def _beside(ours: list[_Outcome], rounds: Mapping[str, list[_Outcome]], name: str) -> Iterator[Figure]:
    """How many times what a peer does, round by round; nothing of one that gave up."""
    for peer in _PEERS:
        pairs = [pair for pair in zip(ours, rounds[peer], strict=True) if pair[1].answered]
        if pairs:
            yield Figure(
                f"look-up.{name}.times-{peer}.rate", median(own.rate / its.rate for own, its in pairs), "times"
            )
            yield Figure(f"look-up.{name}.times-{peer}.cpu", median(own.cpu / its.cpu for own, its in pairs), "times")


def _figures(name: str, outcomes: list[_Outcome]) -> Iterator[Figure]:
    answered = sum(each.answered for each in outcomes)
    if not answered:
        if name.startswith("httpx"):
            # The peer gives up under this load; that is what is to be known of it.
            yield Figure(f"look-up.{name}.rate", 0, "look-ups/s")
            return
        raise CannotMeasure(f"{name}: no look-up was answered")
    told = [
        ("rate", median(each.rate for each in outcomes), "look-ups/s"),
        ("overhead.p50", median(each.p50 for each in outcomes), "ms"),
        ("overhead.p99", median(each.p99 for each in outcomes), "ms"),
        ("cpu", median(each.cpu for each in outcomes), "us"),
        ("failed", sum(each.failed for each in outcomes), "look-ups"),
    ]
    yield from (
        Figure(f"look-up.{name}.{what}", value, unit, _GOALS.get(f"{name}.{what}")) for what, value, unit in told
    )


# --- the sources, and where the work is done ---------------------------------------------------------------------


@contextmanager
def _sources(cores: Cores, home: Path) -> Iterator[Server]:
    answers = home / "answers"
    answers.mkdir()
    for name, body in _answers().items():
        (answers / name).write_bytes(body)
    port = free_ports(1)
    arguments = ("--port", str(port), "--milliseconds", str(SOURCE_MILLISECONDS), "--answers", str(answers))
    module, log = "tests.bench.peers.late_sources", home / "sources.log"
    with running_module(module, *arguments, core=cores.load, port=port, log=log) as server:
        yield server


def _answers() -> Mapping[str, bytes]:
    """The composite answer, and what each source says in JSON of the same person and of one whom it does not know."""
    own = {code.lower(): body for code, body in _told_by_each(_PERSON).items()}
    small = {f"{_SMALL}{code.lower()}": body for code, body in _told_by_each(_UNKNOWN_PERSON).items()}
    return {"ssbt": simulated(_PERSON), **own, **small}


def _told_by_each(person: str) -> Mapping[SourceCode, bytes]:
    parts = read_answer(simulated(person), V10, max_bytes=_MAX_ANSWER_BYTES)
    assert isinstance(parts, CompositeAnswer)
    return {code: json.dumps(as_json(parts.sources[code][0][0])).encode() for code in SourceCode}


@contextmanager
def _apart(core: int) -> Iterator[ProcessPoolExecutor]:
    with on_core(core), ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(settle).result()
        yield pool


def _reading(person: str) -> float:
    """Microseconds of CPU to read the seven answers about a person, time after time with nothing between."""
    bodies = _told_by_each(person)

    def read() -> None:
        for code, body in bodies.items():
            READERS[code](parse(body, Notes(), max_bytes=_MAX_ANSWER_BYTES))

    return median_cpu(read, _READINGS)


def _round(name: str, port: int, at_once: int, seconds: float) -> _Outcome:
    return uvloop.run(_run(_VARIANTS[name], f"http://127.0.0.1:{port}", at_once, seconds))


async def _run(make: "_Maker", address: str, at_once: int, seconds: float) -> _Outcome:
    async with AsyncExitStack() as stack:
        look_up = await make(stack, address)
        times: list[float] = []
        failed = 0

        async def one() -> None:
            nonlocal failed
            while time.perf_counter() < until:
                started = time.perf_counter()
                try:
                    async with asyncio.timeout(_GIVE_UP_SECONDS):
                        await look_up()
                except (TimeoutError, httpx.HTTPError, PyreqwestError):
                    failed += 1
                else:
                    times.append(time.perf_counter() - started)

        until = time.perf_counter() + min(seconds, 0.5)
        await asyncio.gather(*(one() for _ in range(at_once)))
        times.clear()
        failed = 0
        started, used = time.perf_counter(), time.process_time()
        until = started + seconds
        await asyncio.gather(*(one() for _ in range(at_once)))
        elapsed, cpu = time.perf_counter() - started, time.process_time() - used
    over = sorted(each * 1000 - SOURCE_MILLISECONDS for each in times)
    return _Outcome(len(over), failed, elapsed, _at(over, 0.5), _at(over, 0.99), cpu)


def _at(ordered: list[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)] if ordered else 0.0


# --- what is compared --------------------------------------------------------------------------------------------

_Maker = Callable[[AsyncExitStack, str], Awaitable[LookUp]]
_AUTHORISED = {"authorization": "Bearer token"}
_QUESTION = {"person": PERSONS[_PERSON].number, "period": {"from": "2026-09-01", "to": "2026-11-30"}}


async def _ssbtek(stack: AsyncExitStack, address: str) -> LookUp:
    transport = PyreqwestTransport()
    stack.push_async_callback(transport.close)
    source = SsbtekSource(
        transport,
        f"{address}/ssbt",
        V10,
        system_clock,
        timeout_seconds=_GIVE_UP_SECONDS,
        max_answer_bytes=_MAX_ANSWER_BYTES,
    )
    return _through(dict.fromkeys(SourceCode, _watched(source, SourceHealth(system_clock))), _PERSON)


class _Bearer:
    """A token that is at hand."""

    async def headers(self, method: str, public_address: str) -> Mapping[str, str]:  # noqa: ARG002 - as Tokens has it
        return _AUTHORISED

    def forget(self, refused: Mapping[str, str]) -> None:
        """It is never refused."""


async def _rest(stack: AsyncExitStack, address: str, person: str = _PERSON, prefix: str = "") -> LookUp:
    transport, tokens, health = PyreqwestTransport(), _Bearer(), SourceHealth(system_clock)
    stack.push_async_callback(transport.close)

    def source(code: SourceCode) -> Source:
        api = RestApi(code, f"{address}/{prefix}{code.lower()}", _GIVE_UP_SECONDS, _MAX_ANSWER_BYTES)
        return _watched(RestSource(api, transport, tokens, system_clock), health)

    return _through({code: source(code) for code in SourceCode}, person)


def _watched(source: Source, health: SourceHealth) -> Source:
    """With its budget, its circuit and all that counts, as the product has it."""
    breaker = Breaker(BreakerPolicy(), system_clock)
    clock, seconds = system_clock, _GIVE_UP_SECONDS
    return watched("bench", (), source, breaker, _never_probed, health, clock, budget_seconds=seconds).source


async def _never_probed(certificate: str | None = None) -> ProbeAnswer:
    raise CannotMeasure("a circuit has opened")


async def _httpx(stack: AsyncExitStack, address: str) -> LookUp:
    http = await stack.enter_async_context(httpx.AsyncClient(timeout=_GIVE_UP_SECONDS, trust_env=False))

    async def ask(code: SourceCode) -> Any:
        answer = await http.post(f"{address}/{code.lower()}", json=_QUESTION, headers=_AUTHORISED)
        return json.loads(answer.raise_for_status().content)

    return _unread(ask)


async def _pyreqwest(stack: AsyncExitStack, address: str) -> LookUp:
    client = build_client(read_seconds=_GIVE_UP_SECONDS)
    stack.push_async_callback(client.close)

    async def ask(code: SourceCode) -> Any:
        request = client.post(f"{address}/{code.lower()}").headers(_AUTHORISED).body_json(_QUESTION).build()
        answer = await request.send()
        answer.error_for_status()
        return json.loads(bytes(await answer.bytes()))

    return _unread(ask)


def _unread(ask: Callable[[SourceCode], Awaitable[Any]]) -> LookUp:
    async def look_up() -> None:
        await asyncio.gather(*map(ask, SourceCode))

    return look_up


def _through(sources: Mapping[SourceCode, Source], person: str) -> LookUp:
    question = inquiry(person)

    async def look_up() -> None:
        answers = await collect(sources, question, budget_seconds=_GIVE_UP_SECONDS)
        if not all(answer.state.supports_decision for answer in answers):
            raise CannotMeasure(f"sources are {', '.join(sorted({answer.state for answer in answers}))}")

    return look_up


_PEERS: Mapping[str, _Maker] = {"httpx": _httpx, "pyreqwest": _pyreqwest}
_VARIANTS: Mapping[str, _Maker] = {
    "ssbtek": _ssbtek,
    "rest": _rest,
    "rest-small": partial(_rest, person=_UNKNOWN_PERSON, prefix=_SMALL),
    **_PEERS,
}
