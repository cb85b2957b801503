"""How the sources have been lately, from the look-ups that were made: nobody is asked in order to know it."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

from services.consultation.lookups.sources.domain import Origin, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.failures import was_tried
from services.consultation.lookups.sources.rolling import Rolling
from shared.clock import Clock

WINDOW = timedelta(minutes=15)
_SLOTS = 15

SUCCESSES = frozenset(
    (SourceState.ANSWERED, SourceState.ANSWERED_EMPTY, SourceState.PARTIAL, SourceState.LOGICAL_ERROR)
)
"""States that show a source at work: it was read, or it said that it will not or cannot answer the question."""

_GROWTH = 1.1
_MOST_BUCKETS = 120  # up to a minute and a half

Outcome = tuple[SourceState, Origin | None]


@dataclass(frozen=True, slots=True)
class Health:
    """One source over the window. `success_share` is 0-1; it, `p50_ms` and `p95_ms` are None when nothing was asked.

    `not_sent` are questions that never left. Percentiles are upper bounds, at most a tenth above the true value.
    """

    source: SourceCode
    calls: int
    outcomes: dict[Outcome, int]
    not_sent: int
    success_share: float | None
    p50_ms: int | None
    p95_ms: int | None


@dataclass(slots=True)
class _Tally:
    """What one source did within one slot: at most some dozen outcomes and _MOST_BUCKETS buckets."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    not_sent: int = 0
    latencies: Counter[int] = field(default_factory=Counter)


class SourceHealth:
    """The latest `WINDOW` of this process. Several processes have one each; Prometheus adds up."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rolling: Rolling[defaultdict[SourceCode, _Tally]] = Rolling(
            lambda: defaultdict(_Tally), window=WINDOW, slots=_SLOTS
        )

    def record(self, answers: Iterable[SourceAnswer]) -> None:
        """Count the answers to one inquiry."""
        slot = self._rolling.at(self._clock())
        for answer in answers:
            tally = slot[answer.source]
            if not was_tried(answer):
                tally.not_sent += 1
                continue
            tally.outcomes[answer.state, answer.origin] += 1
            if answer.took_ms is not None:
                tally.latencies[_bucket(answer.took_ms)] += 1

    def now(self) -> list[Health]:
        """Every source, in the contract's order."""
        slots = self._rolling.alive(self._clock())
        return [_summed(code, [slot[code] for slot in slots if code in slot]) for code in SourceCode]


def _summed(code: SourceCode, tallies: list[_Tally]) -> Health:
    outcomes: Counter[Outcome] = sum((each.outcomes for each in tallies), Counter())
    latencies: Counter[int] = sum((each.latencies for each in tallies), Counter())
    calls = outcomes.total()
    succeeded = sum(number for (state, _), number in outcomes.items() if state in SUCCESSES)
    return Health(
        source=code,
        calls=calls,
        outcomes=dict(outcomes),
        not_sent=sum(each.not_sent for each in tallies),
        success_share=succeeded / calls if calls else None,
        p50_ms=_percentile(latencies, 50),
        p95_ms=_percentile(latencies, 95),
    )


@lru_cache(maxsize=4096)
def _bucket(milliseconds: int) -> int:
    """Buckets grow by a tenth each, so that memory is bounded and the error is relative."""
    return 0 if milliseconds <= 1 else min(_MOST_BUCKETS, math.ceil(math.log(milliseconds, _GROWTH)))


def _percentile(latencies: Counter[int], percent: int) -> int | None:
    """The upper edge of the bucket that holds the value at `percent`, by nearest rank."""
    rank = -(-latencies.total() * percent // 100)
    for bucket in sorted(latencies):
        rank -= latencies[bucket]
        if rank <= 0:
            return math.floor(_GROWTH**bucket)
    return None
