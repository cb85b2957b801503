"""A JSON document as the nodes that the readers read, hardened as the XML is.

An object's members are its children by name; a list is the member repeated; null is a member that is not there.
Numbers are kept as they were written. A member said twice is refused, and so is what is too large or too deep to parse.
"""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from services.consultation.lookups.sources.characters import UNCARRIED, carried_json, may_hold_others
from services.consultation.lookups.sources.ssbtek.readers.json_kinds import plain_name
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.xml import DocumentError

_UNNAMED = "unnamed"
_MOST_MET = 2000


class JsonNode:
    """One member: see Node. What is below it is looked at when a reader asks for it."""

    __slots__ = ("_value", "tag")

    def __init__(self, tag: str, value: Any) -> None:
        self.tag, self._value = tag, value

    @property
    def text(self) -> str | None:
        """A text, a number as it was written, or a boolean as XML writes it."""
        if isinstance(self._value, str):
            return self._value
        return ("true" if self._value else "false") if isinstance(self._value, bool) else None

    def __iter__(self) -> "Iterator[JsonNode]":
        return iter(self._children())

    def __len__(self) -> int:
        # Members that are null count: an object is no text, whatever it holds, and is not to pass for an absent one.
        return len(self._value) if isinstance(self._value, (dict, list)) else 0

    def _children(self) -> "list[JsonNode]":
        if isinstance(self._value, dict):
            nodes: list[JsonNode] = []
            for name, below in self._value.items():
                if isinstance(below, list):
                    nodes += _nodes(name, below)
                elif below is not None:
                    nodes.append(JsonNode(_known(name), below))
            return nodes
        # A list directly in a list is in no contract: its rows have a name that no reader knows.
        return _nodes(_UNNAMED, self._value) if isinstance(self._value, list) else []


def parse(document: bytes, notes: Notes, *, max_bytes: int) -> JsonNode:
    """The object that the document is. A text with a character that cannot be told is noted as lost, and replaced.

    Raises DocumentError, whose text holds none of it.
    """
    if len(document) > max_bytes:
        raise DocumentError("the document is too large")
    try:
        value = _value(document.decode("utf-8"))
        if may_hold_others(document):
            value = carried_json(value, lambda key: notes.loses(UNCARRIED, _known(key)))
    except (ValueError, RecursionError):
        # From None: the decoder keeps the document in its error.
        raise DocumentError("the document is not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise DocumentError("the document is not an object")
    return JsonNode("data", value)


def _nodes(name: str, values: list[Any]) -> list[JsonNode]:
    known = _known(name)
    return [JsonNode(known, each) for each in values if each is not None]


def _known(name: str) -> str:
    # What is no name could be a value, and names are told among deviations.
    if name in _met:
        return name
    if plain_name(name) != name:
        return _UNNAMED
    if len(_met) < _MOST_MET:
        _met.add(name)
    return name


_met: set[str] = set()
"""Names that have been looked at: those of the contracts come in every answer. So many that no answer fills memory."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is said twice")
    return members


def _value(text: str) -> Any:
    # What JSONDecoder.decode does, without its two searches for blanks in a document that nearly always has none.
    document = text.strip(" \t\r\n")
    value, end = _DECODER.raw_decode(document)
    if end != len(document):
        raise ValueError("something follows the document")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_refuse_constant)
