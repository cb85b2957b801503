"""The children of one element, sorted by local name in one pass and read as typed values."""

from collections.abc import Callable
from typing import Generic, TypeVar

from services.consultation.lookups.sources.ssbtek.node import Node
from services.consultation.lookups.sources.ssbtek.readers import values
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.xml import Element, children, local_name

T = TypeVar("T")
N = TypeVar("N", bound=Node)
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class NodeFields(Generic[N]):
    """Reads values by name, of XML or JSON. `required` and `optional` are the names that the contract has.

    A value that is absent is None; one that is present but unreadable is None and noted as lost.
    """

    __slots__ = ("_children", "_notes")

    def __init__(
        self, element: N, notes: Notes, required: frozenset[str], optional: frozenset[str] = frozenset()
    ) -> None:
        self._children = children(element)
        self._notes = notes
        if element.text is not None and not element.text.isspace():
            # By its contract it holds elements.
            notes.loses("text where elements are expected", local_name(element))
        names = self._children.keys()
        if not names <= required:
            for name in names:
                if name not in required and name not in optional:
                    notes.does_not_know("unknown element", name)
        if not names >= required:
            # Sorted: a set has another order in every process.
            for name in sorted(required - names):
                notes.deviates("missing element", name)

    def many(self, name: str) -> list[N]:
        """The elements with the name, in document order."""
        return self._children.get(name, [])

    def one(self, name: str) -> N | None:
        """The element with the name. More than one is noted, and the first is taken."""
        found = self._children.get(name)
        if found is None:
            return None
        if len(found) > 1:
            self._notes.loses("repeated element", name)
        return found[0]

    def text(self, name: str) -> str | None:
        """The text without surrounding blanks; None when it is absent or blank."""
        found = self._children.get(name)
        if found is None:
            return None
        element = found[0]
        if len(found) > 1:
            self._notes.loses("repeated element", name)
        if len(element):
            self._notes.loses("elements where text is expected", name)
        raw = element.text
        if raw is None:
            return None
        value = raw.strip()
        if value != raw:
            self._notes.deviates("padded value", name)
        return value or None

    def date(self, name: str) -> str | None:
        """An ISO date; an offset is dropped without moving the day."""
        return self.read(name, values.iso_date, "not a date")

    def integer(self, name: str) -> int | None:
        """A whole number."""
        return self.read(name, values.integer, "not a whole number")

    def boolean(self, name: str) -> bool | None:
        """True, false or absent."""
        return self.read(name, values.boolean, "not a boolean")

    def money(self, name: str) -> values.Money | None:
        """An amount in SEK."""
        return self.read(name, values.money, "not an amount")

    def decimal(self, name: str) -> str | None:
        """A decimal string."""
        return self.read(name, values.decimal, "not a number")

    def marked(self, name: str) -> bool:
        """Whether a secrecy mark is set: anything that is there and is not plainly no."""
        return any(len(element) or means_yes(element.text) for element in self.many(name))

    def read(self, name: str, reader: Callable[[str], T | None], problem: str) -> T | None:
        """The text through `reader`; what that cannot read is noted as `problem`."""
        text = self.text(name)
        if text is None:
            if name in self._children and not _is_nil(self._children[name][0]):
                self._notes.deviates("empty value", name)
            return None
        value = reader(text)
        if value is None:
            self._notes.loses(problem, name)
        return value


def _is_nil(element: Node) -> bool:
    # Only XML has it; a JSON member that is null is not there.
    return isinstance(element, Element) and element.get(_NIL) in ("true", "1")


class Fields(NodeFields[Element]):
    """Reads values of an XML element."""

    __slots__ = ()


def means_yes(mark: str | None) -> bool:
    """Whether a secrecy mark is set: anything that is there and is not plainly no."""
    return (mark or "").strip().lower() not in {"", "false", "0", "nej", "n"}


def listed(wrappers: list[N], name: str, notes: Notes) -> list[N]:
    """The elements with the name in all the wrappers, which hold nothing else by their contract.

    Another element there is noted as lost: a list of things under a new name is not an empty list.
    """
    found = []
    for wrapper in wrappers:
        if wrapper.text is not None and not wrapper.text.isspace():
            notes.loses("text where elements are expected", local_name(wrapper))
        for child in wrapper:
            child_name = local_name(child)
            if child_name == name:
                found.append(child)
            else:
                notes.loses("unknown element", child_name)
    return found
