"""One outside service that look-ups are sent to, with all that watches over it."""

from dataclasses import dataclass
from datetime import timedelta

from services.consultation.lookups.sources.breaker import Breaker
from services.consultation.lookups.sources.budget import Budgeted
from services.consultation.lookups.sources.domain import Source, SourceCode
from services.consultation.lookups.sources.guarded import Guarded
from services.consultation.lookups.sources.health import SourceHealth
from services.consultation.lookups.sources.observed import Observed
from services.consultation.lookups.sources.probing import Probe, RememberedProbe
from shared.clock import Clock

REMEMBER_PROBE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Environment:
    """`source` is what look-ups ask; `probe` is for callers, `guard` for the chore that finds recovery."""

    name: str
    codes: tuple[SourceCode, ...]
    source: Source
    guard: Guarded
    probe: Probe


def watched(
    name: str,
    codes: tuple[SourceCode, ...],
    adapter: Source,
    breaker: Breaker,
    probe: Probe,
    health: SourceHealth,
    clock: Clock,
    *,
    budget_seconds: float,
) -> Environment:
    """An adapter with its own budget, its breaker around that, and everything counted."""
    guard = Guarded(name, Budgeted(adapter, budget_seconds), breaker, probe)
    return Environment(name, codes, Observed(guard, health), guard, RememberedProbe(probe, clock, keep=REMEMBER_PROBE))
