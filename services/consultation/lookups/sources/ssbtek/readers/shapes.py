"""What one kind of element holds by its contract, as a table, and its values read in one pass.

For documents with many small elements: one walk over the children, one look in a table for each.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.xml import Element, local_name

_MAX_TAGS = 200
"""Names that one shape keeps in mind, so that an answer of nothing but new names fills no memory."""


class Kind(NamedTuple):
    """How a text is read. `read` gives None for what it cannot read, which is noted as `problem` and lost.

    `unset` are the texts with which the source says that there is no value, and what each means: one blank stands for
    any number of them. An empty or blank text that is not among them is noted. Where the contract lists the values,
    `read` knows those, and `tolerate` reads others, which are noted and told as they are.
    """

    read: Callable[[str], Any] = str
    problem: str = "unknown value"
    unset: Mapping[str, Any] = MappingProxyType({})
    tolerate: Callable[[str], Any] | None = None


class Shape:
    """The children of one kind of element: `values` by name with their kinds, `groups` of further elements, and
    `repeated` elements, which may be many.
    """

    __slots__ = ("_by_tag", "_children", "_repeated", "_required")

    def __init__(
        self,
        values: Mapping[str, Kind],
        groups: Sequence[str] = (),
        *,
        repeated: frozenset[str] = frozenset(),
        optional: frozenset[str] = frozenset(),
    ) -> None:
        self._children: dict[str, Kind | None] = {**values, **dict.fromkeys(groups), **dict.fromkeys(repeated)}
        self._repeated = repeated
        self._required = self._children.keys() - optional
        self._by_tag: dict[str, tuple[str, Kind | None] | None] = {}

    def read(self, element: Element, notes: Notes) -> dict[str, Any]:
        """The values by name, and for each group that is there the list of its elements.

        A value that is absent has no key; one that is unreadable or not set is None.
        """
        by_tag = self._by_tag
        found: dict[str, Any] = {}
        for child in element:
            tag: Any = child.tag  # a text: the parser leaves comments and instructions out
            known = by_tag[tag] if tag in by_tag else self._met(tag)
            tail = child.tail
            if tail and not tail.isspace():
                notes.loses("text after an element", local_name(child))
            if known is None:
                notes.does_not_know("unknown element", local_name(child))
                continue
            name, kind = known
            if name in found:
                self._again(found, name, child, notes)
            elif kind is None:
                found[name] = [child]
            else:
                # This is the path of nearly every element of the answer: the rest is left to _odd.
                raw = child.text
                value = kind.read(raw) if raw else None
                sound = value is not None and not len(child)
                found[name] = value if sound else _odd(child, name, kind, notes)
        if len(found) < len(self._children) and not found.keys() >= self._required:
            for name in sorted(self._required - found.keys()):
                notes.deviates("missing element", name)
        if element.text:
            _holds_no_text(element, notes)
        return found

    def _again(self, found: dict[str, Any], name: str, child: Element, notes: Notes) -> None:
        if self._children[name] is not None:
            notes.loses("repeated element", name)
            return
        found[name].append(child)
        if name not in self._repeated:
            notes.deviates("repeated element", name)

    def _met(self, tag: str) -> tuple[str, Kind | None] | None:
        """What a name with its namespace stands for, kept for the next time: a look in the table by the whole name
        costs half of finding the local name first.
        """
        name = tag[tag.find("}") + 1 :]
        known = (name, self._children[name]) if name in self._children else None
        if len(self._by_tag) < _MAX_TAGS:
            self._by_tag[tag] = known
        return known


def rows(groups: Sequence[Element], name: str, notes: Notes) -> list[Element]:
    """The elements with the name in all the groups, which hold nothing else by their contract."""
    found = []
    for group in groups:
        for child in group:
            child_name = local_name(child)
            if child.tail and not child.tail.isspace():
                notes.loses("text after an element", child_name)
            if child_name == name:
                found.append(child)
            else:
                notes.loses("unknown element", child_name)
        if group.text:
            _holds_no_text(group, notes)
    return found


def _holds_no_text(element: Element, notes: Notes) -> None:
    # By its contract it holds elements.
    if element.text and not element.text.isspace():
        notes.loses("text where elements are expected", local_name(element))


def _odd(child: Element, name: str, kind: Kind, notes: Notes) -> Any:
    """The value of a text that is not simply what its kind reads: blank, padded, not set, or wrong."""
    raw = child.text or ""
    text = raw.strip()
    if len(child):
        notes.loses("elements where text is expected", name)
    spelt = text or (" " if raw else "")
    if spelt in kind.unset:
        return kind.unset[spelt]
    if not text:
        notes.deviates("empty value", name)
        return None
    if len(text) != len(raw):
        notes.deviates("padded value", name)
    value = kind.read(text)
    if value is None and kind.tolerate is not None:
        notes.deviates("unknown value", name)
        value = kind.tolerate(text)
    if value is None:
        notes.loses(kind.problem, name)
    return value


def verbatim(text: str) -> str | None:
    """A text as it is, when nothing surrounds it."""
    return text if text.strip() == text else None
