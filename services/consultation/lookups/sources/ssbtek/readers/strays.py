"""What stands in a document where its contract has no place for it: text among elements, and attributes.

Both are looked for once over the whole document, by libxml2, since nearly no document has any.
"""

from collections.abc import Mapping

from lxml import etree

from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.xml import Element, local_name

_MIXED = etree.XPath("descendant-or-self::*[*][text()[normalize-space()]]")
_ATTRIBUTES = etree.XPath("descendant-or-self::*/@*")
_XML_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}"
_NOT_CONTENT = (_XML_SCHEMA, "{http://www.w3.org/XML/1998/namespace}")
_NONE: frozenset[str] = frozenset()


def note_stray_text(root: Element, notes: Notes) -> None:
    """Note as lost any text beside elements: no contract here has mixed content."""
    for element in _MIXED(root):
        notes.loses("text among elements", local_name(element))


def attributes(root: Element, known: Mapping[str, frozenset[str]], notes: Notes) -> list[tuple[str, str]]:
    """The name and value of every attribute. One that its element, by local name, does not have is noted."""
    found = []
    for attribute in _ATTRIBUTES(root):
        name = attribute.attrname
        if name.startswith(_NOT_CONTENT):
            if name == f"{_XML_SCHEMA}nil" and attribute.strip() in ("true", "1"):
                notes.deviates("nil element", local_name(attribute.getparent()))
            continue
        if name not in known.get(local_name(attribute.getparent()), _NONE):
            notes.does_not_know("unknown attribute", name)
        found.append((name, str(attribute)))
    return found
