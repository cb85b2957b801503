"""The pieces of each source's answer, by name, and how what a purpose does not open is taken away.

A ground of the register names the pieces that it opens. What is not named is removed, and so is what no piece here
accounts for: a reader that begins to tell more does not begin to disclose more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from services.consultation.lookups.sources.domain import SourceAnswer, SourceCode, SourceState


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a source's answer.

    `paths` are its places in `data`, keys with points between, through lists. `labels` tell what a row of a list is
    about, and are told only with a row that has more to tell. `items` are its names among the items, and
    `registered` tells whether they say that something is registered, rather than how the source answered.
    `parts` tells that the parts of the source are known by this piece, and told with it alone.
    """

    name: str
    paths: tuple[str, ...]
    items: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    registered: bool = True
    parts: bool = False


def _plain(*names: str) -> tuple[Piece, ...]:
    return tuple(Piece(name, (name,), (name,)) for name in names)


_CASE = ("cases.kind", "cases.form")

PIECES: Mapping[SourceCode, tuple[Piece, ...]] = {
    SourceCode.AF: (
        *_plain("jobseeker", "registered", "category", "extent", "deregistered", "activityReport", "decisions"),
        *_plain("unemploymentFund"),
        Piece("person", ("person",)),
        Piece("status", ("status", "reference", "schemaVersion"), ("status",), registered=False),
    ),
    SourceCode.CSN: (
        Piece(
            "cases",
            (
                *_CASE,
                *("cases.number", "cases.status", "cases.related", "cases.coBorrower"),
                *("counts", "person", "result", "schemaVersion"),
            ),
            ("cases",),
        ),
        Piece("applications", ("cases.applied",), ("applications",), _CASE),
        Piece("grantedTimes", ("cases.granted",), ("grantedTimes",), _CASE),
        Piece("payments", ("cases.payments",), ("payments",), _CASE),
    ),
    SourceCode.FK: (
        Piece("payments", ("payments",), ("payments", "preliminaryPayments")),
        *_plain("programmes", "programmeCompensation", "jobDays", "cases", "otherInformation"),
        Piece("person", ("person",)),
        Piece("suppliers", ("suppliers", "deviations")),
    ),
    SourceCode.SKV: (
        # What version 11 of the contract tells beside is about the same: capital and tax.
        Piece("capital", ("capital", "facts"), ("capital", "facts")),
        Piece("status", ("status", "names")),
    ),
    SourceCode.SO: (
        Piece("payments", ("funds.payments",), ("payments",), ("funds.name",)),
        Piece("suspensions", ("funds.suspensions",), ("suspensions",), ("funds.name",)),
        Piece("applications", ("funds.application",), ("applications",), ("funds.name",)),
        Piece("funds", ("funds.name", "funds.status", "reference"), parts=True),
    ),
    SourceCode.TNS: (*_plain("vehicles"), Piece("status", ("result", "errors"))),
    SourceCode.MIV: (*_plain("homeCountry", "entered", "permits"), Piece("person", ("person",))),
}

_NOTHING_RECEIVED = (SourceState.NOT_ASKED, SourceState.MISSING, SourceState.ERROR)
_SHOWN, _LABEL = True, False
_Tree = dict[str, Any]
"""Keys that may be told: `_SHOWN`, `_LABEL`, or another tree below them."""
_GONE = object()


def limited(answer: SourceAnswer, opened: frozenset[str]) -> SourceAnswer:
    """The answer with only the opened pieces, and the names of the others in `left_out`.

    The names are the purpose's and not the answer's: they are the same whatever the source had, so that they tell
    nothing. A source that had only what is left out has answered that it has nothing of what was asked for.
    """
    if answer.state is SourceState.NOT_ASKED:
        return SourceAnswer(answer.source, answer.state)
    pieces = PIECES[answer.source]
    names = frozenset(item for piece in pieces if piece.name in opened for item in piece.items)
    items = tuple(item for item in answer.items if item in names)
    closed = tuple(piece.name for piece in pieces if piece.name not in opened)
    kept = replace(
        answer,
        data=None if answer.data is None else _kept(answer.data, _tree(answer.source, opened)),
        items=items,
        parts=answer.parts if not any(piece.parts and piece.name in closed for piece in pieces) else (),
        state=_state(answer, items),
        left_out=closed,
    )
    if closed and answer.state not in _NOTHING_RECEIVED:
        # A source's own words, and what was odd in its answer, can't be divided by piece.
        parts = tuple(replace(each, messages=()) for each in kept.parts)
        return replace(kept, messages=(), deviations=(), parts=parts)
    return kept


def told(source: SourceCode, data: Mapping[str, Any] | None, left_out: Sequence[str] = ()) -> list[str]:
    """The names of the pieces of which the data hold anything, those left out aside: they can be told as labels."""
    return [
        piece.name
        for piece in PIECES[source]
        if piece.name not in left_out
        and any(_has_content(value) for path in piece.paths for value in _at(data, path.split(".")))
    ]


def _state(answer: SourceAnswer, items: Sequence[str]) -> SourceState:
    about = {item for piece in PIECES[answer.source] if piece.registered for item in piece.items}
    if answer.state is SourceState.ANSWERED and about.isdisjoint(items):
        return SourceState.ANSWERED_EMPTY
    return answer.state


@lru_cache(maxsize=200)
def _tree(source: SourceCode, opened: frozenset[str]) -> _Tree:
    tree: _Tree = {}
    chosen = [piece for piece in PIECES[source] if piece.name in opened]
    # Labels first, so that a path which is also opened for its own sake is shown for its own sake.
    marks = [(path, _LABEL) for piece in chosen for path in piece.labels]
    for path, mark in (*marks, *((path, _SHOWN) for piece in chosen for path in piece.paths)):
        *above, last = path.split(".")
        below = tree
        for key in above:
            below = below.setdefault(key, {})
        below[last] = mark
    return tree


def _kept(value: Any, tree: Any) -> Any:
    if not isinstance(tree, dict):
        return value
    if isinstance(value, Mapping):
        kept = {key: _kept(value[key], tree[key]) for key in value if key in tree}
        return {key: below for key, below in kept.items() if below is not _GONE}
    if isinstance(value, list):
        return [row for row in (_kept(each, tree) for each in value) if _tells_more_than_labels(row, tree)]
    # A plain value where the pieces lie deeper belongs to none of them.
    return _GONE


def _tells_more_than_labels(row: Any, tree: _Tree) -> bool:
    return isinstance(row, dict) and any(_has_content(row[key]) for key in row if tree[key] is not _LABEL)


def _at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _at(each, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _has_content(value: Any) -> bool:
    """No and nought are content; what is absent, empty or holds nothing but such is not."""
    if isinstance(value, Mapping):
        return any(map(_has_content, value.values()))
    if isinstance(value, list):
        return any(map(_has_content, value))
    return value not in (None, "")
