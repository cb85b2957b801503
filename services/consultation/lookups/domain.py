"""A look-up: what was asked, on what ground, and what came back."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.consultation.lookups.sources.domain import Period, SourceAnswer, SourceCode, SourceState
from services.consultation.persons.domain import PersonNumber


@dataclass(frozen=True, slots=True)
class LookupQuestion:
    """What a handler asks. `case_reference` has been checked and `sources` lie within the purpose."""

    person: PersonNumber
    case_reference: str
    purpose: str
    period: Period
    sources: tuple[SourceCode, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A look-up that has been answered."""

    id: uuid.UUID
    question: LookupQuestion
    asked_at: datetime
    answered_at: datetime
    legal_text: str
    decision_id: uuid.UUID
    decision_version: int
    answers: tuple[SourceAnswer, ...]
    withheld: bool = False

    @property
    def complete(self) -> bool:
        """Whether every asked source was read in full, with content or proven empty."""
        asked = [answer for answer in self.answers if answer.state is not SourceState.NOT_ASKED]
        return bool(asked) and all(answer.state.supports_decision for answer in asked)

    @property
    def protected_identity(self) -> bool:
        """Whether any source marks the person as having protected identity."""
        return any(answer.protected for answer in self.answers)

    @property
    def af_items(self) -> list[str]:
        """The names of the pieces that AF's answer held."""
        return [item for answer in self.answers if answer.source is SourceCode.AF for item in answer.items]

    def outcomes(self) -> list[dict[str, str | None]]:
        """State, origin and code per source: what may be stored and carried on, without content."""
        return [
            {
                "source": answer.source.value,
                "state": answer.state.value,
                "origin": answer.origin.value if answer.origin else None,
                "code": answer.code,
            }
            for answer in self.answers
        ]

    def gated(self) -> "Lookup":
        """The look-up as it may leave: without content when the person has protected identity."""
        if not self.protected_identity:
            return self
        return replace(self, withheld=True, answers=tuple(map(_without_content, self.answers)))


def _without_content(answer: SourceAnswer) -> SourceAnswer:
    # Messages go too: a source's own words may tell an address or an office.
    return replace(answer, data=None, items=(), messages=(), deviations=())


def disclosed_fields(answers: Sequence[SourceAnswer]) -> dict[str, list[str]]:
    """Which pieces of which source leave, by name, for the audit trail."""
    return {answer.source.value: list(answer.items) for answer in answers if answer.items}
