"""What a reader makes of one source's answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.consultation.lookups.sources.domain import SourcePart, SourceState
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes


@dataclass(frozen=True, slots=True)
class Reading:
    """State, words and content of one source; the fields are those of `SourceAnswer`.

    `subject` is the person number, of ten or twelve digits, that the source says its answer is about.
    """

    state: SourceState
    code: str | None = None
    messages: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    parts: tuple[SourcePart, ...] = field(default=(), repr=False)
    protected: bool = False
    data: Mapping[str, Any] | None = field(default=None, repr=False)
    subject: str | None = field(default=None, repr=False)

    def with_notes(self, notes: Notes) -> "Reading":
        """The same with its deviations, and `partial` when something in the answer was not read.

        That is a value that was lost, or anything unknown in an answer that otherwise holds nothing.
        """
        state = self.state
        unproven = notes.unknown and state is SourceState.ANSWERED_EMPTY
        if unproven or (notes.lost and state.supports_decision):
            state = SourceState.PARTIAL
        if not notes.deviations:
            return self
        return replace(self, state=state, deviations=(*self.deviations, *notes.deviations))


def unparseable(*deviations: str, protected: bool = False) -> Reading:
    """The source sent something that holds no answer; a mark for protected identity counts all the same."""
    return Reading(SourceState.UNPARSEABLE, deviations=deviations, protected=protected)


def state_of(items: tuple[str, ...]) -> SourceState:
    """For a source that is proven to have answered: with content, or empty."""
    return SourceState.ANSWERED if items else SourceState.ANSWERED_EMPTY


def words(*texts: str | None) -> tuple[str, ...]:
    """The texts that are there, each once."""
    return tuple(dict.fromkeys(text for text in texts if text))
