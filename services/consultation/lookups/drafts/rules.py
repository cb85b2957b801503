"""Which consultations an answer suggests: data, in `rules.json`, read once and refused as a whole."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.consultation.lookups.fields import PIECES
from services.consultation.lookups.sources.domain import SourceAnswer, SourceCode, SourceState
from services.consultation.question_categories import QuestionCategory
from shared.problems import Words

FILE = Path(__file__).with_name("rules.json")
_KEYS = frozenset({"category", "type", "source", "states", "items", "without", "empty", "question"})
_TYPES = ("consultation", "information_request")


@dataclass(frozen=True, slots=True)
class DraftRule:
    """When to suggest which question.

    The source must be in one of `states`, have all of `items` and none of `without`; the places in `empty`, keys with
    points between, must hold nothing.
    """

    category: QuestionCategory
    type: str
    source: SourceCode
    states: frozenset[SourceState]
    items: tuple[str, ...]
    without: tuple[str, ...]
    empty: tuple[str, ...]
    question: Words

    def holds(self, answer: SourceAnswer) -> bool:
        """Whether the answer, as it leaves, suggests the question. What the purpose does not open suggests nothing."""
        named = (*self.items, *self.without, *(path.partition(".")[0] for path in self.empty))
        return (
            answer.source is self.source
            and answer.state in self.states
            and not set(named) & set(answer.left_out)
            and set(self.items) <= set(answer.items)
            and not set(self.without) & set(answer.items)
            and not any(_is_there(answer.data, path.split(".")) for path in self.empty)
        )


def read_rules(text: str) -> tuple[DraftRule, ...]:
    """The rules of a file in the form of `rules.json`. Raises ValueError with the category and what does not hold."""
    return tuple(map(_rule, json.loads(text)["rules"]))


def suggested(answers: Sequence[SourceAnswer]) -> Iterator[DraftRule]:
    """The rules that hold, in the order of the table."""
    yield from (rule for rule in RULES if any(rule.holds(answer) for answer in answers))


def _rule(row: Mapping[str, Any]) -> DraftRule:
    category = QuestionCategory(row.get("category", ""))
    if row.keys() != _KEYS:
        raise ValueError(f"{category}: unknown or missing: {', '.join(sorted(row.keys() ^ _KEYS))}")
    source = SourceCode(row["source"])
    known = {item for piece in PIECES[source] for item in piece.items}
    if not {*row["items"], *row["without"]} <= known or row["type"] not in _TYPES or not row["states"]:
        raise ValueError(f"{category}: no such item or type, or no state")
    return DraftRule(
        category=category,
        type=row["type"],
        source=source,
        states=frozenset(map(SourceState, row["states"])),
        items=tuple(row["items"]),
        without=tuple(row["without"]),
        empty=tuple(row["empty"]),
        question=Words(row["question"]["sv"], row["question"]["en"]),
    )


def _is_there(data: Any, path: Sequence[str]) -> bool:
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data not in (None, "", [])


RULES = read_rules(FILE.read_text("utf-8"))
