"""What stands in a document where its contract has no place for it: text among elements, and attributes.

Both are looked for once over the whole document, by libxml2, since nearly no document has any.
"""

from collections.abc import Mapping

from lxml import etree

from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.xml import Element, local_name

_MIXED = etree.XPath("descendant-or-self::*[*][text()[normalize-space()]]")
_ATTRIBUTES = etree.XPath("descendant-or-self::*/@*")
_ANY = etree.XPath("boolean(descendant-or-self::*/@*) or boolean(descendant-or-self::*[*]/text()[normalize-space()])")
_NOT_CONTENT = ("{http://www.w3.org/2001/XMLSchema-instance}", "{http://www.w3.org/XML/1998/namespace}")
_NONE: frozenset[str] = frozenset()


def note_strays(data: Element, notes: Notes) -> None:
    """Note the text beside elements and the attributes in what a source sent: no contract here has either."""
    if _ANY(data):
        for element in _MIXED(data):
            notes.loses("text among elements", local_name(element))
        attributes(data, {}, notes)


def attributes(root: Element, known: Mapping[str, frozenset[str]], notes: Notes) -> list[tuple[str, str]]:
    """The name and value of every attribute. One that its element, by local name, does not have is noted.

    Those that XML and its schema language have of their own, as `xsi:nil`, are left out.
    """
    found = []
    for attribute in _ATTRIBUTES(root):
        name = attribute.attrname
        if not name.startswith(_NOT_CONTENT):
            if name not in known.get(local_name(attribute.getparent()), _NONE):
                notes.does_not_know("unknown attribute", name)
            found.append((name, str(attribute)))
    return found
