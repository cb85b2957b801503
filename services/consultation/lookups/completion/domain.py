"""Which sources there are to ask again, and which of two answers of a source is the better known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.consultation.lookups.fields import PIECES, limited
from services.consultation.lookups.sources.domain import SourceAnswer, SourceCode, SourceState


def failed(answers: Sequence[SourceAnswer]) -> tuple[SourceCode, ...]:
    """The asked sources that don't support a decision: what there is to complete."""
    return tuple(
        each.source for each in answers if each.state is not SourceState.NOT_ASKED and not each.state.supports_decision
    )


def merged(kept: Sequence[SourceAnswer], read: Mapping[SourceCode, SourceAnswer]) -> tuple[SourceAnswer, ...]:
    """Every source by the best that is known of it, in the order of the kept answers."""
    return tuple(best_known(each, read.get(each.source)) for each in kept)


def best_known(kept: SourceAnswer, read: SourceAnswer | None) -> SourceAnswer:
    """The newer answer, unless content that was read before would be lost with it.

    Content in part gives way to an answer in full, and to another in part that has every piece and every part that
    it had. How the newer attempt fared is told among the attempts.
    """
    if read is None:
        return kept
    if kept.state is not SourceState.PARTIAL or read.state.supports_decision:
        return read
    return read if read.state is SourceState.PARTIAL and _holds(read, kept) else kept


def limited_again(answer: SourceAnswer, opened: frozenset[str]) -> SourceAnswer:
    """A kept answer with the pieces that the grounds open today, of those that they opened when it was read.

    What was removed then is not there to be told, so it is named as left out whatever today's grounds open.
    """
    now = limited(answer, opened)
    without = {*answer.left_out, *now.left_out}
    return replace(now, left_out=tuple(piece.name for piece in PIECES[answer.source] if piece.name in without))


def _holds(newer: SourceAnswer, older: SourceAnswer) -> bool:
    return set(older.items) <= set(newer.items) and _whole_parts(older) <= _whole_parts(newer)


def _whole_parts(answer: SourceAnswer) -> set[str]:
    return {part.name for part in answer.parts if part.state.supports_decision}
