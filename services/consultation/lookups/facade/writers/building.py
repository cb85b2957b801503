"""Building the `data` element: what is not known is left out, and what the contract demands as a text is left blank.

So an answer that was read in full is valid by the contract's schema again. One with values that were lost may not be:
a required date that nobody knows is neither invented nor hidden.
"""

from typing import Self

from lxml import etree

from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class Building:
    """An element that is being filled, its children in one namespace."""

    __slots__ = ("_namespace", "element")

    def __init__(self, element: Element, namespace: str | None) -> None:
        self.element, self._namespace = element, namespace

    @classmethod
    def data(cls, namespace: str | None) -> Self:
        """The `data` element of version 10, with its children in a source's namespace."""
        return cls(etree.Element(V10.name("data")), namespace)

    def inner(self, name: str, namespace: str | None = None) -> "Building":
        """A new child; `namespace` is its children's too when it is another."""
        own = namespace or self._namespace
        return Building(etree.SubElement(self.element, f"{{{own}}}{name}" if own else name), own)

    def known(self, name: str, value: str | int | None) -> None:
        """A child with the value, or none when there is no value."""
        if value is not None:
            self.inner(name).element.text = _written(value)

    def text(self, name: str, value: str | None) -> None:
        """A child that the contract demands: blank when there is no value."""
        self.inner(name).element.text = _written(value or "")

    def nil(self, name: str) -> None:
        """A child that says it has no value."""
        self.inner(name).element.set(_NIL, "true")


def _written(value: str | int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
