"""Of a partial answer: whether the contract has words for what is missing in it, and else our own words.

LEFI has states of suppliers and deviations, and each unemployment fund has a status: there a case system can see that
something is missing, and what. The other answers have no such place, and a reader of them takes what stands there for
the whole. Less than an error would then be a decision on half of the facts.
"""

from services.consultation.lookups.sources.domain import SourceAnswer, SourceCode

_MAX_WORDS = 40
_TEXT = (
    "Hela svaret kunde inte läsas, och i kontraktets form syns det inte. Det är inte ett tomt svar. Fråga över API:et."
)


def contract_tells(answer: SourceAnswer) -> bool:
    """Whether the contract's own words tell that this partial answer is not the whole."""
    if answer.source is SourceCode.FK:
        return True
    if answer.source is not SourceCode.SO:
        return False
    # A fund that was OK in its own words, and of which a value was lost, would pass for one that was read.
    unread = [part for part in answer.parts if not part.state.supports_decision]
    return bool(unread) and all(part.code for part in unread)


def partial_words(answer: SourceAnswer) -> tuple[str, ...]:
    """What is told instead: ours, the source's own, which parts were not read, and what was odd, by element."""
    parts = (
        ": ".join(filter(None, (part.name, part.state.value, part.code)))
        for part in answer.parts
        if not part.state.supports_decision
    )
    return (_TEXT, *dict.fromkeys((*answer.messages, *parts, *answer.deviations)))[:_MAX_WORDS]
