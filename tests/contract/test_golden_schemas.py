"""The golden answers, held to the official schemas: valid, using all there is, and missed when a part is taken out."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from lxml import etree

from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element, local_name
from tests.contract.ssbtek_contract import csn_folder, csn_schema, needs_contract, schema
from tests.unit.lookups.accounts import invented, unread
from tests.unit.lookups.golden import ECHOES
from tests.unit.lookups.golden_xml import ANSWERS, data_of, document_of, has_inner, source_of, wrapped
from tests.unit.lookups.test_mutated_answers import is_told, read

pytestmark = pytest.mark.requirement(1)

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_WITHOUT_A_SCHEMA = ("skv.xml", "skv_fault.xml")
"""The string that Skatteverket sends has no published schema, and by the schema a fault of its web service has no place
inside `data`."""
_VALID = tuple(name for name in ANSWERS if name not in _WITHOUT_A_SCHEMA)


def is_valid(name: str, root: Element) -> bool:
    """Whether a golden answer, perhaps changed, keeps to its official schema."""
    if has_inner(document_of(name)):
        return csn_schema().validate(root)
    answer = etree.Element(V10.name(V10.answer))
    source = etree.SubElement(etree.SubElement(answer, V10.name("svarsdata")), V10.name(source_of(name)))
    source.append(deepcopy(root))
    return schema().validate(answer)


def changed_reading(name: str, root: Element) -> Reading:
    """What is read of a changed golden answer."""
    code = source_of(name)
    return read(code, wrapped(code, etree.tostring(root)) if has_inner(document_of(name)) else root)


def is_echo(name: str, element: Element) -> bool:
    """Whether an element repeats the question, or stands in one that does."""
    above = {local_name(each) for each in (element, *element.iterancestors())}
    return not above.isdisjoint(ECHOES[source_of(name)])


@needs_contract
@pytest.mark.parametrize("name", _VALID)
def test_a_golden_answer_is_valid_by_the_official_schema(name: str) -> None:
    assert is_valid(name, etree.fromstring(document_of(name)))


@needs_contract
@pytest.mark.parametrize("name", _VALID)
def test_what_the_schema_requires_is_missed_when_it_is_taken_out_or_emptied(name: str) -> None:
    whole = etree.fromstring(document_of(name))
    silent = [
        local_name(element)
        for place, element in enumerate(whole.iter(etree.Element))
        for removed in _without(whole, place)
        if not is_echo(name, element) and not is_valid(name, removed) and not is_told(changed_reading(name, removed))
    ]

    assert silent == []


def _without(whole: Element, place: int) -> Iterator[Element]:
    """The document without one element, with it emptied, and without each of its attributes."""
    if place:
        removed, element = _copied(whole, place)
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)
        yield removed
    removed, element = _copied(whole, place)
    # Of the other sources, texts may be blank: only CSN's are values of lists, days, weeks and amounts.
    if element.text and element.text.strip() and local_name(whole) == "CSNSvar":
        element.text = None
        yield removed
    for name in map(str, element.attrib):
        removed, element = _copied(whole, place)
        del element.attrib[name]
        yield removed


def _copied(whole: Element, place: int) -> tuple[Element, Element]:
    root = deepcopy(whole)
    return root, list(root.iter(etree.Element))[place]


# --- CSN: all that its schemas have ----------------------------------------------------------------------------------


def declared(folder: Path) -> set[str]:
    """The paths of every element and attribute that can stand below `CSNSvar`, by the schemas alone."""
    schemas = [etree.parse(str(path)).getroot() for path in sorted(folder.rglob("*.xsd"))]
    types = {
        (str(each.get("targetNamespace")), str(kind.get("name"))): kind
        for each in schemas
        for kind in each.iterchildren(f"{_XSD}complexType")
    }
    root = next(each for one in schemas for each in one.iterchildren() if each.get("name") == "CSNSvar")
    return set(_below(root, "CSNSvar", types))


def _below(node: Element, path: str, types: dict[tuple[str, str], Element]) -> Iterator[str]:
    """Paths below a declaration: its own content, or that of the named type that it refers to."""
    prefix, _, name = str(node.get("type", "")).rpartition(":")
    named = types.get((str(node.nsmap.get(prefix or None)), name))
    for each in (node if named is None else named).iter(f"{_XSD}element", f"{_XSD}attribute"):
        if each is node or _owner(each) is not (node if named is None else named):
            continue
        if each.tag == f"{_XSD}attribute":
            yield f"{path}/@{each.get('name')}"
        else:
            yield f"{path}/{each.get('name')}"
            yield from _below(each, f"{path}/{each.get('name')}", types)


def _owner(node: Element) -> Element | None:
    """The element declaration or named type that a declaration stands in directly."""
    above = node.getparent()
    while above is not None and above.tag != f"{_XSD}element" and above.get("name") is None:
        above = above.getparent()
    return above


def used(element: Element, path: str) -> Iterator[str]:
    """The paths of every element and attribute of a document."""
    yield path
    yield from (f"{path}/@{name}" for name in element.attrib)
    for child in element.iterchildren(etree.Element):
        yield from used(child, f"{path}/{local_name(child)}")


@needs_contract
def test_csns_golden_answer_uses_every_element_and_attribute_of_its_schemas() -> None:
    paths = declared(csn_folder())
    root = etree.fromstring(document_of("csn.xml"))

    assert len(paths) > 120
    assert paths - set(used(root, "CSNSvar")) == set()


def test_every_value_of_csns_golden_answer_is_read_and_none_is_invented() -> None:
    reading = V10.readers[SourceCode.CSN](data_of(SourceCode.CSN, document_of("csn.xml")))
    root = etree.fromstring(document_of("csn.xml"))

    assert unread(reading, root) == set()
    assert invented(reading, root) == set()
