"""Every element that an official XSD gives a type, by walking the schema file itself."""

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

_XS = "{http://www.w3.org/2001/XMLSchema}"


class SchemaFile:
    """One XSD file, with the files that it imports."""

    def __init__(self, file: Path) -> None:
        self._root = etree.parse(str(file)).getroot()
        self._imported = {
            each.get("namespace"): file.parent / each.get("schemaLocation", "")
            for each in self._root.iter(f"{_XS}import")
        }

    def elements(self, type_name: str) -> Iterator[tuple[str, ...]]:
        """The paths of every element below a named type, by local names; wildcards are no elements."""
        for kind in self._root.iterchildren(f"{_XS}complexType"):
            if kind.get("name") == type_name:
                yield from self._below(kind)

    def _below(self, kind: etree._Element) -> Iterator[tuple[str, ...]]:
        for sequence in kind.iterchildren(f"{_XS}sequence"):
            for element in sequence.iterchildren(f"{_XS}element"):
                name = element.get("name", "")
                yield (name,)
                yield from ((name, *path) for path in self._inside(element))

    def _inside(self, element: etree._Element) -> Iterator[tuple[str, ...]]:
        for kind in element.iterchildren(f"{_XS}complexType"):
            yield from self._below(kind)
        prefix, _, local = element.get("type", "").rpartition(":")
        namespace = element.nsmap.get(prefix or None)
        if namespace in self._imported:
            yield from SchemaFile(self._imported[namespace]).elements(local)
        else:
            yield from self.elements(local)


def paths_in(data: etree._Element) -> set[tuple[str, ...]]:
    """The paths of the elements that a document has, by local names."""
    found = set()
    for element in data.iterdescendants():
        above = [etree.QName(each).localname for each in element.iterancestors()]
        # Without the root itself.
        found.add((*reversed(above[:-1]), etree.QName(element).localname))
    return found
