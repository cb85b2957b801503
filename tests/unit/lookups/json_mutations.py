"""JSON damaged at random: in its structure, which can then hold the same member twice, and in its bytes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st


@dataclass
class Members:
    """An object as its members in order, where a key may come twice."""

    pairs: list[list[Any]]


@dataclass(frozen=True)
class Verbatim:
    """Written as it is: numbers of any size, and what is not JSON."""

    text: str


WRONG: tuple[Any, ...] = (
    False,
    Verbatim("7"),
    "prosa",
    "2026-13-41",
    [],
    [[]],
    "\ud800",
    "a\0b",
    "",
    " ",
    Verbatim("0.125"),
)
HUGE = tuple(map(Verbatim, ("9" * 30, "-" + "9" * 5000, "1e400000", "1e-400000", "0." + "1" * 5000, "-0.0")))
NOT_JSON = tuple(map(Verbatim, ("NaN", "Infinity", "-Infinity", "01", "0x1", "'a'", "")))
CHANGES = ("drop", "repeat", "repeat changed", "rename", "pad", "reorder", "null", "wrong", "nest", "huge", "not json")


def parsed(document: str) -> Any:
    """The document with its objects as Members."""
    return json.loads(
        document,
        object_pairs_hook=lambda pairs: Members([list(each) for each in pairs]),
        parse_float=Verbatim,
        parse_int=Verbatim,
    )


def written(value: Any) -> str:
    """The document as text."""
    if isinstance(value, Members):
        return "{" + ",".join(f"{json.dumps(key)}:{written(each)}" for key, each in value.pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return value.text if isinstance(value, Verbatim) else json.dumps(value)


def objects_of(value: Any) -> Iterator[Members]:
    """Every object with members, the outermost first."""
    if isinstance(value, Members):
        if value.pairs:
            yield value
        for _, each in value.pairs:
            yield from objects_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from objects_of(each)


def change(draw: st.DrawFn, document: Any, kinds: tuple[str, ...] = CHANGES) -> None:
    """Change one member, anywhere in the document."""
    chosen = draw(st.sampled_from(list(objects_of(document)) or [Members([["a", 1]])]))
    place = draw(st.integers(0, len(chosen.pairs) - 1))
    key, value = chosen.pairs[place]
    kind = draw(st.sampled_from(kinds))
    if kind == "drop":
        del chosen.pairs[place]
    elif kind == "repeat":
        chosen.pairs.insert(draw(st.integers(0, len(chosen.pairs))), [key, value])
    elif kind == "repeat changed":
        chosen.pairs.insert(draw(st.integers(0, len(chosen.pairs))), [key, draw(st.sampled_from(WRONG))])
    elif kind == "reorder":
        chosen.pairs[:] = draw(st.permutations(chosen.pairs))
    else:
        chosen.pairs[place] = _changed(draw, kind, key, value)


def _changed(draw: st.DrawFn, kind: str, key: str, value: Any) -> list[Any]:
    if kind == "rename":
        return [draw(st.sampled_from([key.upper(), f"{key}X", "", "189001019802", "å", "\0", "id", "kod"])), value]
    if kind == "pad":
        return [key, f"  {value}\t" if isinstance(value, str) else value]
    if kind == "nest":
        return [key, nested(value, draw(st.sampled_from([1, 2, 40])))]
    values = {"null": (None,), "wrong": WRONG, "huge": HUGE, "not json": NOT_JSON}[kind]
    return [key, draw(st.sampled_from(values))]


def nested(value: Any, depth: int) -> Any:
    """The value inside so many lists."""
    for _ in range(depth):
        value = [value]
    return value


@st.composite
def bytes_of(draw: st.DrawFn, text: str) -> bytes:
    """The text in UTF-8, most often; else in another encoding, with a mark, cut, or with bytes put in."""
    # Surrogates are escaped in the text already.
    document = text.encode()
    how = draw(st.sampled_from(["as it is"] * 6 + ["mark", "utf-16", "utf-32", "latin-1", "cut", "put in"]))
    place = draw(st.integers(0, len(document)))
    if how == "mark":
        return b"\xef\xbb\xbf" + document
    if how in ("utf-16", "utf-32"):
        return text.encode(how)
    if how == "latin-1":
        return text.encode("latin-1", "replace") + b"\xe5"
    if how == "cut":
        return document[:place]
    return document[:place] + draw(st.binary(max_size=4)) + document[place:] if how == "put in" else document
