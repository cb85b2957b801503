"""A look-up: what was asked, on what ground, and what came back."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.consultation.grounds.domain import Decision
from services.consultation.lookups.attempts import LookupAttempt, outcome_of
from services.consultation.lookups.fields import limited, told
from services.consultation.lookups.months import Month
from services.consultation.lookups.sources.domain import Period, SourceAnswer, SourceCode, SourceState
from services.consultation.persons.domain import PersonNumber
from services.consultation.scopes import PROTECTED_READ


@dataclass(frozen=True, slots=True)
class LookupQuestion:
    """What a handler asks. `case_reference` has been checked and the sources lie within the purpose.

    `period` is the general one; `periods` has each source that is asked, in the contract's order, with its own.
    `comparison` is the month whose income is compared with that of the two before it.
    `board` is the code of the board that asks, when one does in its own name.
    """

    person: PersonNumber
    case_reference: str
    purpose: str
    period: Period
    periods: Mapping[SourceCode, Period]
    comparison: Month | None = None
    board: str | None = None

    @property
    def sources(self) -> tuple[SourceCode, ...]:
        """The sources that are asked."""
        return tuple(self.periods)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A look-up that has been answered. `protected_identity` is set by `gated`, with what anybody has marked.

    `answered_at`, `legal_text` and `decision` are those of the last of the `attempts`, `asked_at` is of the first.
    """

    id: uuid.UUID
    question: LookupQuestion
    asked_at: datetime
    answered_at: datetime
    legal_text: str
    decision: Decision
    answers: tuple[SourceAnswer, ...]
    protected_identity: bool = False
    withheld: bool = False
    attempts: tuple[LookupAttempt, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every asked source was read in full, with content or proven empty."""
        asked = [answer for answer in self.answers if answer.state is not SourceState.NOT_ASKED]
        return bool(asked) and all(answer.state.supports_decision for answer in asked)

    @property
    def marked_by(self) -> list[str]:
        """The sources that mark the person as having protected identity."""
        return [answer.source.value for answer in self.answers if answer.protected]

    @property
    def cleared_by(self) -> list[str]:
        """The sources that were read in full and do not mark the person."""
        return [each.source.value for each in self.answers if each.state.supports_decision and not each.protected]

    @property
    def af_items(self) -> list[str]:
        """The names of the pieces that AF's answer held."""
        return [item for answer in self.answers if answer.source is SourceCode.AF for item in answer.items]

    def outcomes(self) -> list[dict[str, str | None]]:
        """State, origin and code per source: what may be stored and carried on, without content."""
        return [outcome_of(answer) for answer in self.answers]

    def limited(self) -> "Lookup":
        """The look-up with the pieces that the grounds of its decision open, and no others."""
        return replace(
            self,
            answers=tuple(limited(each, self.decision.opens(information_set(each.source))) for each in self.answers),
        )

    def gated(self, *, protected: bool, may_read: bool) -> "Lookup":
        """The look-up as it may leave: of a person with protected identity no content, but to one who `may_read`."""
        if not protected:
            return self
        if may_read:
            return replace(self, protected_identity=True)
        answers = tuple(map(_without_content, self.answers))
        return replace(self, protected_identity=True, withheld=True, answers=answers)


def _without_content(answer: SourceAnswer) -> SourceAnswer:
    # Messages go too: a source's own words may tell an address or an office. So do parts: which fund is content.
    return replace(answer, data=None, items=(), parts=(), messages=(), deviations=())


def disclosed_fields(answers: Sequence[SourceAnswer]) -> dict[str, list[str]]:
    """Which pieces of which source leave, by name, for the audit trail."""
    leaving = {answer.source: told(answer.source, answer.data, answer.left_out) for answer in answers}
    return {source.value: names for source, names in leaving.items() if names}


def disclosure_marks(*, protected: bool, withheld: bool) -> dict[str, object]:
    """What the trail is told of a disclosure about a person with protected identity: that, and under which scope."""
    if not protected:
        return {}
    return {"protectedIdentity": True, **({} if withheld else {"underScope": PROTECTED_READ.name})}


def information_set(source: SourceCode) -> str:
    """What the register calls a look-up at the source."""
    return f"lookup.{source.lower()}"
