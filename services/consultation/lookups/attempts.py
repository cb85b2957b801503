"""Attempts at a look-up: when sources were asked, by whom, and how they answered, without what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.consultation.lookups.sources.domain import SourceAnswer

Outcome = Mapping[str, str | None]
"""Source, state, origin and code of one answer, without content."""


@dataclass(frozen=True, slots=True)
class LookupAttempt:
    """One time that sources were asked. `outcomes` are of the sources that it asked, none until it has ended."""

    number: int
    asked_at: datetime
    answered_at: datetime | None
    handler: str
    outcomes: tuple[Outcome, ...] = ()


def outcome_of(answer: SourceAnswer) -> dict[str, str | None]:
    """What may be stored and carried on of an answer."""
    return {
        "source": answer.source.value,
        "state": answer.state.value,
        "origin": answer.origin.value if answer.origin else None,
        "code": answer.code,
    }
