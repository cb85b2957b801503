"""Hardened reading of XML, used for the outer document and for the documents inside it.

No DTD, no entities, no network, a cap on bytes and on depth. Elements are found by local name, in one pass.
"""

import threading
from functools import lru_cache
from typing import TypeVar

from lxml import etree

from services.consultation.lookups.sources.ssbtek.node import Node

N = TypeVar("N", bound=Node)
Element = etree._Element

MAX_DEPTH = 32
"""Levels of elements. The deepest document of the contract, CSN's, has thirteen."""

MAX_MARKS = 250_000
"""Of `<` and of `=`, so that tags and attributes are counted before any is parsed. Real answers have some hundreds.
libxml2 keeps every new name for as long as the thread lives: an answer of nothing but names would not be forgotten."""

# Evaluated in C over the whole tree: the levels are counted without making a Python object of any element.
_TOO_DEEP = etree.XPath(f"boolean({'/'.join(['*'] * MAX_DEPTH)})")


class DocumentError(Exception):
    """The document cannot be read. The text never repeats any of it."""


def parse(document: bytes, *, max_bytes: int, encoding: str | None = None) -> Element:
    """Parse a whole document and return its root; `encoding` overrides what the document declares.

    Raises DocumentError when it is not well-formed, has a DTD, or passes `max_bytes`, MAX_MARKS or MAX_DEPTH.
    """
    if len(document) > max_bytes:
        raise DocumentError("the document is too large")
    # A document of fewer bytes than that can't have so many of anything.
    if len(document) > MAX_MARKS and max(document.count(b"<"), document.count(b"=")) > MAX_MARKS:
        raise DocumentError("the document has too many elements")
    try:
        root = etree.fromstring(document, _parser(encoding))
    except (etree.XMLSyntaxError, ValueError, LookupError):
        # From None: libxml2 quotes the document in its messages.
        raise DocumentError("the document is not well-formed XML") from None
    if root.getroottree().docinfo.doctype:
        raise DocumentError("the document has a DTD")
    if _TOO_DEEP(root):
        raise DocumentError("the document is nested too deep")
    return root


def local_name(element: Node) -> str:
    """The name without its namespace."""
    return _local(element.tag)


def children(element: N) -> dict[str, list[N]]:
    """The child elements by local name, each list in document order."""
    found: dict[str, list[N]] = {}
    for child in element:
        name = _local(child.tag)
        if name in found:
            found[name].append(child)
        else:
            found[name] = [child]
    return found


def only_child(element: Element, name: str) -> Element | None:
    """The first child with the local name, or None."""
    return next((child for child in element if local_name(child) == name), None)


@lru_cache(maxsize=4096)
def _local(tag: object) -> str:
    name = str(tag)
    return name[name.find("}") + 1 :]


class _Parsers(threading.local):
    """One parser per encoding and thread: to make one costs as much as to parse a small document with it.

    Not shared between threads: lxml lets only one at a time use a parser.
    """

    def __init__(self) -> None:
        self.by_encoding: dict[str | None, etree.XMLParser[Element]] = {}


_parsers = _Parsers()


def _parser(encoding: str | None) -> "etree.XMLParser[Element]":
    parser = _parsers.by_encoding.get(encoding)
    if parser is None:
        parser = _parsers.by_encoding[encoding] = _new_parser(encoding)
    return parser


def _new_parser(encoding: str | None) -> "etree.XMLParser[Element]":
    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
