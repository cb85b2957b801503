"""Every golden answer, changed at random: contained, named, nothing invented and nothing lost in silence."""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from services.consultation.lookups.sources.domain import SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, unparseable
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import DocumentError, Element, children
from tests.sizes import sample_or_full
from tests.unit.lookups.accounts import invented, names_of, texts_of, unread
from tests.unit.lookups.given import readings, simulated
from tests.unit.lookups.golden import ECHOES
from tests.unit.lookups.golden_xml import ANSWERS, data_of, document_of, has_inner, source_of, wrapped
from tests.unit.lookups.mutations import changed, cut

pytestmark = pytest.mark.requirement(1)

_EXAMPLES = sample_or_full(15, 1500)
_INNER = tuple(name for name in ANSWERS if has_inner(document_of(name)))
_WHOLE = simulated("complete")
_ECHOES_INSIDE = frozenset({"GemensamtFragaEkbistand"})
_SHORTEST_VALUE = 3
"""Shorter texts are found by chance in the words of a deviation."""


def read(code: SourceCode, data: Element) -> Reading:
    """The reading, where only what a reader may raise is caught: anything else fails the test."""
    try:
        V10.readers[code](data)
    except DocumentError as error:
        return unparseable(str(error))
    source = etree.Element("source")
    source.append(deepcopy(data))
    return read_source(V10.readers[code], [source])[0]


@cache
def before() -> Mapping[SourceCode, Reading]:
    """What is read of the seven sources when none is changed."""
    return readings(_WHOLE)


def others_are_as_before(code: SourceCode, data: Element) -> None:
    """The other six sources of a composite answer are read as if this one had not been changed."""
    envelope = etree.fromstring(_WHOLE)
    source = next(envelope.iter(V10.name(code)))
    source[:] = [data]
    after = readings(etree.tostring(envelope))
    assert {each: after[each] for each in SourceCode if each is not code} == {
        each: reading for each, reading in before().items() if each is not code
    }


def is_told(reading: Reading) -> bool:
    """Whether the reading says that something is not as it should be."""
    return bool(reading.deviations) or not reading.state.supports_decision


def nothing_invented_and_nothing_lost(name: str, reading: Reading, root: Element) -> None:
    """What is read stands in the document, and what stands in the document is read, or it is told."""
    assert invented(reading, root) == set()
    lost = unread(reading, root, ECHOES[source_of(name)] | _ECHOES_INSIDE)
    assert not lost or is_told(reading), lost
    values = {text for text in texts_of(root) - names_of(root) if len(text) >= _SHORTEST_VALUE}
    named = {deviation.partition(": ")[2] for deviation in reading.deviations}
    assert not values & named


@pytest.mark.parametrize("name", ANSWERS)
@settings(max_examples=_EXAMPLES, deadline=None)
@given(sample=st.data())
def test_a_changed_document_is_contained_and_read_truly(name: str, sample: st.DataObject) -> None:
    code = source_of(name)
    document = sample.draw(changed(document_of(name)))

    data = data_of(code, document)
    reading = read(code, data)

    nothing_invented_and_nothing_lost(name, reading, etree.fromstring(document))
    others_are_as_before(code, data)


@pytest.mark.parametrize("name", _INNER)
@settings(max_examples=_EXAMPLES, deadline=None)
@given(sample=st.data())
def test_a_changed_wrapping_is_contained_and_read_truly(name: str, sample: st.DataObject) -> None:
    code, inner = source_of(name), document_of(name)
    data = etree.fromstring(sample.draw(changed(etree.tostring(wrapped(code, inner)))))

    reading = read(code, data)

    assert reading.data is None or invented(reading, etree.fromstring(inner)) == set()
    whole = list(children(data)) == ["svar"] and len(data) == 1
    assert is_told(reading) or whole
    others_are_as_before(code, data)


@pytest.mark.parametrize("name", _INNER)
@settings(max_examples=_EXAMPLES, deadline=None)
@given(sample=st.data())
def test_a_cut_document_inside_is_unparseable_or_told(name: str, sample: st.DataObject) -> None:
    code = source_of(name)
    document = sample.draw(cut(document_of(name)))
    try:
        data = wrapped(code, document)
    except ValueError:  # the cut went through a character, and a string can't hold half of one
        return

    reading = read(code, data)

    try:
        root = etree.fromstring(document)
    except etree.XMLSyntaxError:
        assert reading.state is SourceState.UNPARSEABLE
    else:
        nothing_invented_and_nothing_lost(name, reading, root)
    others_are_as_before(code, data)
