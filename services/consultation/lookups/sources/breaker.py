"""The circuit breaker: an environment that fails again and again is sent nothing more until a probe gets through.

A state machine of three states. `closed` lets questions through and counts how they went; `open` lets none through;
`half_open` is open while one probe is under way. Only the probe closes it again: no person's question is used to find
out whether somebody answers. Not thread-safe: it belongs to one event loop, and nothing in it waits.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from services.consultation.lookups.sources.rolling import Rolling
from shared.clock import Clock

_SLOTS = 12


class CircuitState(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a breaker opens, and how often it is then probed.

    It opens at `consecutive_failures` in a row, or when at least `failure_share` (0-1) of at least `least_calls`
    questions within `window` failed. Open, it is probed once in `probe_every`, from when it opened and from when the
    probe before began: a steady pace without jitter, since each process has one probe and it carries nothing.
    """

    consecutive_failures: int = 5
    failure_share: float = 0.5
    least_calls: int = 20
    window: timedelta = timedelta(seconds=60)
    probe_every: timedelta = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Permit:
    """The right to send one question, and in which closed period it was given."""

    period: int


@dataclass(slots=True)
class _Counts:
    calls: int = 0
    failures: int = 0


@dataclass(slots=True)
class Breaker:
    """One environment's breaker. `since` is when its circuit last opened or closed."""

    policy: BreakerPolicy
    clock: Clock
    state: CircuitState = field(default=CircuitState.CLOSED, init=False)
    since: datetime = field(init=False)
    _permit: Permit = field(default=Permit(0), init=False)
    _in_a_row: int = field(default=0, init=False)
    _recent: Rolling[_Counts] = field(init=False)
    _probed_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Closed from now on."""
        self._recent = Rolling(_Counts, window=self.policy.window, slots=_SLOTS)
        self.since = self._probed_at = self.clock()

    def enter(self) -> Permit | None:
        """A permit to send one question, or None while nothing may be sent."""
        return self._permit if self.state is CircuitState.CLOSED else None

    def leave(self, permit: Permit, *, failed: bool) -> None:
        """Tell how the question went. What was sent before the circuit last opened tells nothing of today."""
        if self.state is not CircuitState.CLOSED or permit != self._permit:
            return
        now = self.clock()
        counts = self._recent.at(now)
        counts.calls += 1
        counts.failures += failed
        self._in_a_row = self._in_a_row + 1 if failed else 0
        if failed and self._is_too_much(now):
            self._open(now)

    def begin_probe(self) -> bool:
        """Whether a probe is due; the one who is told so must carry it out and `end_probe`."""
        now = self.clock()
        # A clock that was set back must not put the next probe off for as long as it was set back.
        self._probed_at = min(self._probed_at, now)
        if self.state is not CircuitState.OPEN or now - self._probed_at < self.policy.probe_every:
            return False
        self.state, self._probed_at = CircuitState.HALF_OPEN, now
        return True

    def end_probe(self, *, reached: bool) -> None:
        """How the probe went: reached closes the circuit, anything else keeps it open."""
        if not reached:
            self.state = CircuitState.OPEN
            return
        self.state, self.since = CircuitState.CLOSED, self.clock()
        self._in_a_row = 0
        self._recent.clear()

    def _is_too_much(self, now: datetime) -> bool:
        if self._in_a_row >= self.policy.consecutive_failures:
            return True
        slots = self._recent.alive(now)
        calls, failures = sum(each.calls for each in slots), sum(each.failures for each in slots)
        return calls >= self.policy.least_calls and failures >= self.policy.failure_share * calls

    def _open(self, now: datetime) -> None:
        self.state, self.since, self._probed_at = CircuitState.OPEN, now, now
        self._permit = Permit(self._permit.period + 1)
