"""A JSON document as the nodes that the readers read, hardened as the XML is.

An object's members are its children by name; a list is the member repeated; null is a member that is not there.
Numbers are kept as they were written. One member said twice, depth and size are refused.
"""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from services.consultation.lookups.sources.ssbtek.xml import MAX_DEPTH, DocumentError, carried


class JsonNode:
    """One member: see Node."""

    __slots__ = ("_children", "tag", "text")

    def __init__(self, tag: str, text: str | None, children: "list[JsonNode]") -> None:
        self.tag, self.text, self._children = tag, text, children

    def __iter__(self) -> "Iterator[JsonNode]":
        return iter(self._children)

    def __len__(self) -> int:
        return len(self._children)


def parse(document: bytes, *, max_bytes: int) -> JsonNode:
    """The object that the document is. Raises DocumentError, whose text holds none of it."""
    if len(document) > max_bytes:
        raise DocumentError("the document is too large")
    try:
        value = _DECODER.decode(document.decode("utf-8"))
    except (ValueError, RecursionError):
        # From None: the decoder keeps the document in its error.
        raise DocumentError("the document is not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise DocumentError("the document is not an object")
    return _node("data", value, MAX_DEPTH)


def _node(tag: str, value: Any, levels: int) -> JsonNode:
    if isinstance(value, str):
        return JsonNode(tag, carried(value), [])
    if isinstance(value, bool):
        return JsonNode(tag, "true" if value else "false", [])
    if levels == 0:
        raise DocumentError("the document is nested too deep")
    # A list directly in a list is in no contract: its rows have a name that no reader knows.
    members = value.items() if isinstance(value, dict) else (("unnamed", value),)
    children: list[JsonNode] = []
    for name, below in members:
        # What is no name could be a value, and names are told among deviations.
        known = name if name.isidentifier() else "unnamed"
        if isinstance(below, list):
            children.extend(_node(known, each, levels - 1) for each in below if each is not None)
        elif below is not None:
            children.append(_node(known, below, levels - 1))
    return JsonNode(tag, None, children)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is said twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_refuse_constant)
