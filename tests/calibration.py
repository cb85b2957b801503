"""How well expected answers come true on simulated years: `python -m tests.calibration` prints the comparison.

The year runs by as it would in production: samples are made anew each morning of what has been answered by then, and
an estimate is given to each question when it is opened. Nothing that lies ahead is looked at.
"""

import argparse
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import exp, lgamma, log

from services.assembly.simulated_year import make_year
from services.consultation.expected.domain import (
    ALL_UNITS,
    LATEST,
    NO_RECORD,
    PROBABILITY,
    Basis,
    Cell,
    Record,
    Sample,
    samples,
)
from services.consultation.simulation.desk import Handled
from services.consultation.simulation.questions import Ending
from services.consultation.simulation.year import simulate

TUNING_SEEDS = (*range(1, 9), *range(101, 107))
"""What the step and the bounds of the level were chosen on."""

HELD_BACK_SEEDS = (201, 202, 203, 204, 205, 206, 301, 302, 303, 304, 305, 306)

LAST_DAY = date(2025, 12, 31)
_THROUGHPUT_DAYS = 10
_RECORD_DAYS = 276
"""Working days, about as many as `RECORD_DAYS`."""
_MISSED = Record(missed=1)
_ANSWERS = (Ending.ANSWERED, Ending.BY_POST)


@dataclass(slots=True)
class Score:
    """Of the estimates that stated a share: how many there were, how many held, and how long they were in all."""

    stated: int = 0
    held: int = 0
    seconds: int = 0

    def add(self, within: int, *, held: bool) -> None:
        """One more."""
        self.stated, self.held, self.seconds = self.stated + 1, self.held + held, self.seconds + within

    @property
    def share(self) -> float:
        """How large a part held."""
        return self.held / self.stated


@dataclass(slots=True)
class Result:
    """`every` is over all units together; `units` are those of their own answers."""

    every: Score = field(default_factory=Score)
    units: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    unstated: int = 0

    def outside(self, least: int = 200) -> list[tuple[str, int, float]]:
        """Units with so many estimates whose share lies outside the 99 % binomial band."""
        measured = [(unit, score) for unit, score in self.units.items() if score.stated >= least]
        return [
            (unit, score.stated, score.share)
            for unit, score in measured
            if not _between(score.held, binomial_band(score.stated, PROBABILITY))
        ]


@dataclass(frozen=True, slots=True)
class Method:
    """`corrected` is whether the level follows how earlier estimates went, `queue` whether lead times are measured
    against how long the unit's queue was when the question came."""

    name: str
    corrected: bool
    queue: bool


METHODS = (
    Method("history alone", corrected=False, queue=False),
    Method("history, corrected", corrected=True, queue=False),
    Method("queue-aware", corrected=False, queue=True),
    Method("queue-aware, corrected", corrected=True, queue=True),
)
PRODUCT = METHODS[1]


@dataclass(frozen=True, slots=True)
class _Given:
    """An estimate as it was given. `sample` is None when nothing was stated."""

    opens: int
    type: str
    unit: str
    sample: Sample | None
    within: int
    scale: float


class _Running:
    """One year as it runs by."""

    def __init__(self, method: Method, day_seconds: int) -> None:
        self._method, self._day_seconds = method, day_seconds
        self._latest: dict[tuple[str, str], deque[int]] = defaultdict(lambda: deque(maxlen=LATEST))
        self._went: dict[tuple[str, str], deque[tuple[int, Basis, bool]]] = defaultdict(deque)
        self._given: dict[int, _Given] = {}
        self._open: dict[str, int] = defaultdict(int)
        self._answered: dict[str, deque[int]] = defaultdict(deque)
        self._samples: dict[tuple[str, str], Sample] = {}
        self._scales: dict[str, float] = {}
        self.result = Result()

    def morning(self, now: int) -> None:
        """What the job does."""
        records = self._records(now) if self._method.corrected else {}
        self._samples = samples(
            [
                Cell(
                    kind,
                    unit,
                    tuple(reversed(latest)),
                    records.get((kind, unit, Basis.UNIT), NO_RECORD),
                    records.get((kind, unit, Basis.TYPE), NO_RECORD),
                )
                for (kind, unit), latest in self._latest.items()
            ]
        )
        self._scales = {unit: self._scale(unit, now) for unit in self._open}

    def _records(self, now: int) -> dict[tuple[str, str, Basis], Record]:
        counted: dict[tuple[str, str, Basis], Record] = defaultdict(Record)
        for (kind, unit), went in self._went.items():
            while went and went[0][0] < now - _RECORD_DAYS * self._day_seconds:
                went.popleft()
            for basis in (Basis.UNIT, Basis.TYPE):
                held = [each[2] for each in went if each[1] is basis]
                counted[kind, unit, basis] = Record(sum(held), len(held) - sum(held))
        for given in self._given.values():
            if given.sample is not None and given.opens + given.within < now:
                counted[given.type, given.unit, given.sample.basis] += _MISSED
        return counted

    def opened(self, handled: Handled) -> None:
        kind, unit = handled.question.type.value, handled.question.municipality.unit
        self._open[unit] += 1
        sample = self._samples.get((kind, unit)) or self._samples.get((kind, ALL_UNITS))
        scale = self._scales.get(unit, 1.0)
        within = sample.within() if sample else None
        self._given[handled.question.number] = _Given(
            handled.question.opens, kind, unit, sample, int((within or 0) * scale), scale
        )

    def ended(self, now: int, handled: Handled) -> None:
        kind, unit = handled.question.type.value, handled.question.municipality.unit
        self._open[unit] -= 1
        given = self._given.pop(handled.question.number)
        if handled.ending not in _ANSWERS:
            return
        self._answered[unit].append(now)
        lead = now - handled.question.opens
        if given.sample is None:
            self.result.unstated += 1
        else:
            held = lead <= given.within
            self._went[kind, unit].append((now, given.sample.basis, held))
            self.result.every.add(given.within, held=held)
            if given.sample.basis is Basis.UNIT:
                self.result.units[unit].add(given.within, held=held)
        self._latest[kind, unit].append(int(lead / given.scale))

    def _scale(self, unit: str, now: int) -> float:
        """Half a day, and as many days as the unit's queue is long at the pace of the latest two weeks."""
        if not self._method.queue:
            return 1.0
        answered = self._answered[unit]
        while answered and answered[0] < now - _THROUGHPUT_DAYS * self._day_seconds:
            answered.popleft()
        return 0.5 + self._open[unit] * _THROUGHPUT_DAYS / max(1, len(answered))


def run(handled: Iterable[Handled], method: Method, day_seconds: int) -> Result:
    """What would have been told in the year, and how it went. Questions that were registered are told nothing."""
    asked = [each for each in handled if not each.question.registered]
    events = [(each.question.opens, 1, each.question.number, each) for each in asked]
    events += [(each.ended, 0, each.question.number, each) for each in asked if each.ended is not None]
    running, today = _Running(method, day_seconds), -1
    for now, opens, _, each in sorted(events, key=lambda event: event[:3]):
        if now // day_seconds != today:
            today = now // day_seconds
            running.morning(now)
        if opens:
            running.opened(each)
        else:
            running.ended(now, each)
    return running.result


def years(
    seeds: Iterable[int], consultations: int, units: Sequence[str] | None = None
) -> Iterator[tuple[int, list[Handled], int]]:
    """Simulated years with their seeds and the seconds of their working days; of a few units when they are named."""
    for seed in seeds:
        year = make_year(seed, consultations, LAST_DAY)
        if units is not None:
            chosen = tuple(each for each in year.municipalities if each.unit in units)
            year = replace(year, municipalities=chosen)
        yield seed, simulate(year), year.days.day_seconds


def binomial_band(n: int, p: float, inside: float = 0.99) -> tuple[int, int]:
    """The counts that lie between the outer half per cents, both included."""
    tail = (1 - inside) / 2
    return _first_above(range(n + 1), tail, n, p), _first_above(range(n, -1, -1), tail, n, p)


def _first_above(counts: Iterable[int], tail: float, n: int, p: float) -> int:
    total = 0.0
    for count in counts:
        total += exp(
            lgamma(n + 1) - lgamma(count + 1) - lgamma(n - count + 1) + count * log(p) + (n - count) * log(1 - p)
        )
        if total > tail:
            return count
    raise ValueError("no count lies inside")


def _between(count: int, band: tuple[int, int]) -> bool:
    return band[0] <= count <= band[1]


def compare(seeds: Sequence[int], consultations: int, show: Callable[[str], None]) -> None:
    """The table of docs/expected-answer.md."""
    made = list(years(seeds, consultations))
    show("| method | share that held, all units | by seed | units outside their band | mean, working days |")
    show("| --- | --- | --- | --- | --- |")
    for method in METHODS:
        results = [run(handled, method, day) for _, handled, day in made]
        stated = sum(each.every.stated for each in results)
        share = sum(each.every.held for each in results) / stated
        by_seed = [each.every.share for each in results]
        outside = sum(len(each.outside()) for each in results)
        measured = sum(score.stated >= 200 for each in results for score in each.units.values())
        days = sum(each.every.seconds for each in results) / stated / made[0][2]
        show(
            f"| {method.name} | {share:.1%} | {min(by_seed):.1%} to {max(by_seed):.1%} "
            f"| {outside} of {measured} | {days:.1f} |"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=HELD_BACK_SEEDS)
    parser.add_argument("--consultations", type=int, default=30_000)
    arguments = parser.parse_args()
    compare(arguments.seeds, arguments.consultations, print)
