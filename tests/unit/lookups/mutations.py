"""Hypothesis strategies that change an XML document the ways in which sources and their contracts drift apart.

Each change is named, so that a failing example tells what was done. A change keeps the document well-formed, but for
the one that cuts its bytes.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from types import MappingProxyType

from hypothesis import strategies as st
from lxml import etree

from services.consultation.lookups.sources.ssbtek.xml import Element, local_name

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_NAMES = st.sampled_from(["x", "data", "error", "svar", "Svar", "status", "Person", "Belopp", "fordon", "Beslut"])
_NAMESPACES = st.sampled_from([None, "urn:x", "http://schema.csn.se/v5.0/person", "http://example.org/11"])
_BLANKS = st.sampled_from([" ", "\t", "\n  ", "\N{NO-BREAK SPACE}"])
_WRONG = st.sampled_from(
    [
        "prosa i stället",
        "-1",
        "0",
        "20261399",
        "2026-13-01",
        "202699",
        "1e400",
        "12,50",
        "NaN",
        "true",
        "J",
        "٣",
        "9" * 40,
    ]
)
_ATTRIBUTES = st.sampled_from(["sekretess", "Status", "lopnummer", "nil", "typ", "id"])

Change = Callable[[st.DrawFn, Element], None]


def _drop(draw: st.DrawFn, chosen: Element) -> None:
    parent = _parent(chosen)
    parent.remove(chosen)


def _drop_attribute(draw: st.DrawFn, chosen: Element) -> None:
    if chosen.attrib:
        del chosen.attrib[draw(st.sampled_from(sorted(map(str, chosen.attrib))))]


def _duplicate(draw: st.DrawFn, chosen: Element) -> None:
    _parent(chosen).insert(draw(st.integers(0, len(_parent(chosen)))), deepcopy(chosen))


def _rename(draw: st.DrawFn, chosen: Element) -> None:
    chosen.tag = etree.QName(etree.QName(chosen).namespace, draw(_NAMES)).text


def _move_namespace(draw: st.DrawFn, chosen: Element) -> None:
    namespace = draw(_NAMESPACES)
    for element in chosen.iter(etree.Element):
        element.tag = etree.QName(namespace, local_name(element)).text


def _pad(draw: st.DrawFn, chosen: Element) -> None:
    if not len(chosen):
        chosen.text = draw(_BLANKS) + (chosen.text or "") + draw(_BLANKS)


def _reorder(draw: st.DrawFn, chosen: Element) -> None:
    parent = _parent(chosen)
    parent[:] = draw(st.permutations(list(parent)))


def _make_nil(draw: st.DrawFn, chosen: Element) -> None:
    for child in list(chosen):
        chosen.remove(child)
    chosen.text = None
    chosen.set(NIL, "true")


def _say_nil_beside_content(draw: st.DrawFn, chosen: Element) -> None:
    chosen.set(NIL, draw(st.sampled_from(["true", "1", "false"])))


def _retype(draw: st.DrawFn, chosen: Element) -> None:
    if not len(chosen):
        chosen.text = draw(_WRONG)


def _change_attribute(draw: st.DrawFn, chosen: Element) -> None:
    chosen.set(draw(_ATTRIBUTES), draw(st.sampled_from(["", "  ", "J", "prosa"])))


def _put_text_among_elements(draw: st.DrawFn, chosen: Element) -> None:
    chosen.tail = draw(_WRONG)


def _put_element_in_value(draw: st.DrawFn, chosen: Element) -> None:
    etree.SubElement(chosen, draw(_NAMES)).text = draw(_WRONG)


CHANGES: Mapping[str, Change] = MappingProxyType(
    {
        "drop": _drop,
        "drop an attribute": _drop_attribute,
        "duplicate": _duplicate,
        "rename": _rename,
        "move to another namespace": _move_namespace,
        "pad": _pad,
        "reorder": _reorder,
        "make nil": _make_nil,
        "say nil beside content": _say_nil_beside_content,
        "wrong type": _retype,
        "another attribute": _change_attribute,
        "text among elements": _put_text_among_elements,
        "an element in a value": _put_element_in_value,
    }
)


@st.composite
def changed(draw: st.DrawFn, document: bytes) -> bytes:
    """The document after one to three changes anywhere below its root."""
    root = etree.fromstring(document)
    for _ in range(draw(st.integers(1, 3))):
        below = list(root.iter(etree.Element))[1:]
        if below:
            CHANGES[draw(st.sampled_from(sorted(CHANGES)))](draw, draw(st.sampled_from(below)))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


@st.composite
def cut(draw: st.DrawFn, document: bytes) -> bytes:
    """The document without its end, or without some bytes inside it."""
    start = draw(st.integers(0, len(document) - 1))
    return document[:start] + document[start + draw(st.integers(1, 200)) :] * draw(st.booleans())


def _parent(element: Element) -> Element:
    parent = element.getparent()
    assert parent is not None, "the root is not changed"
    return parent
