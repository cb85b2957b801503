"""Runs variants in turns, so that a busy neighbour disturbs them alike, and keeps the median of the rounds."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from statistics import median

from tests.bench.load import Load, Outcome, run
from tests.bench.processes import CannotMeasure

ROUNDS = 3
SECONDS = float(os.environ.get("SAMRAD_BENCH_SECONDS", "3"))
"""How long one round of one variant takes."""

CONNECTIONS = 16
_WARM_UP, _WARM_UP_SECONDS = 400, 1.0
_ROOM = 1.3


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the things compared: where requests go, how they are made, and whose CPU is counted.

    `requests` makes that many, each good for one use; one that may be sent again and again says `repeat`.
    `cpu` are the seconds used so far, by the name of who used them.
    """

    name: str
    port: int
    requests: Callable[[int], Sequence[bytes]]
    cpu: Mapping[str, Callable[[], float]]
    repeat: bool = False
    expected: int = 200
    connections: int = CONNECTIONS


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians of the rounds: answers a second, milliseconds, and microseconds of CPU an answer by who used them.

    `answered` is the number of answers in all, warm-up included.
    """

    rate: float
    p50: float
    p95: float
    p99: float
    cpu: Mapping[str, float]
    answered: int

    @property
    def whole_cpu(self) -> float:
        """Microseconds of CPU an answer, everybody's together."""
        return sum(self.cpu.values())


@dataclass(slots=True)
class _Running:
    variant: Variant
    rate: float = 0.0
    answered: int = 0
    rounds: list[tuple[Outcome, dict[str, float]]] = field(default_factory=list)


def side_by_side(load: Executor, variants: Sequence[Variant], seconds: float = SECONDS) -> dict[str, Measured]:
    """Measure the variants, by name. Raises CannotMeasure when an answer is not the expected one."""
    running = [_Running(variant) for variant in variants]
    for each in running:
        _send(load, each, _WARM_UP, min(seconds, _WARM_UP_SECONDS))
    for _ in range(ROUNDS):
        for each in running:
            before = _used(each.variant)
            outcome = _send(load, each, int(each.rate * seconds * _ROOM), seconds)
            after = _used(each.variant)
            each.rounds.append((outcome, {name: (after[name] - before[name]) / outcome.answered for name in after}))
    return {each.variant.name: _median(each) for each in running}


def _used(variant: Variant) -> dict[str, float]:
    return {name: seconds() for name, seconds in variant.cpu.items()}


def _send(load: Executor, running: _Running, count: int, seconds: float) -> Outcome:
    variant = running.variant
    requests = tuple(variant.requests(1 if variant.repeat else max(count, variant.connections)))
    sent = Load(variant.port, requests, seconds, variant.connections, variant.expected, variant.repeat)
    try:
        outcome: Outcome = load.submit(run, sent).result()
    except OSError as fault:
        raise CannotMeasure(f"{variant.name}: {type(fault).__name__}") from fault
    if outcome.failures or not outcome.answered:
        told = ", ".join(f"{number} with {status}" for status, number in outcome.failures.items())
        raise CannotMeasure(f"{variant.name}: of {outcome.answered} answers {told or 'none came'}")
    running.rate = max(running.rate, outcome.rate)
    running.answered += outcome.answered
    return outcome


def _median(running: _Running) -> Measured:
    outcomes = [outcome for outcome, _ in running.rounds]
    return Measured(
        rate=median(outcome.rate for outcome in outcomes),
        p50=median(outcome.p50 for outcome in outcomes),
        p95=median(outcome.p95 for outcome in outcomes),
        p99=median(outcome.p99 for outcome in outcomes),
        cpu={name: median(used[name] for _, used in running.rounds) * 1e6 for name in running.variant.cpu},
        answered=running.answered,
    )
