"""What a deviation may say: which element, and never what a source put in it or in place of a name."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.lookups.sources.domain import SourceCode, SourceState
from services.consultation.lookups.sources.rest.node import parse as parse_node
from services.consultation.lookups.sources.rest.readers import READERS
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, unparseable
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.v11 import V11
from services.consultation.lookups.sources.ssbtek.xml import DocumentError, parse
from tests.sizes import sample_or_full
from tests.unit.lookups.given import MAX_BYTES, encoded, read
from tests.unit.lookups.given_fk import read_json
from tests.unit.lookups.json_mutations import CHANGES, written
from tests.unit.lookups.test_fk_mutated import documents, each_once, forms_of

pytestmark = pytest.mark.requirement(1)

NUMBER = "189001049809"
_OF_JSON = tuple(kind for kind in CHANGES if kind != "not json")
_EXAMPLES = sample_or_full(25, 1500)
_SHORTEST_VALUE = 3
_KEYS = st.sampled_from(["Svar", "resultat", "funds", "n" + NUMBER, NUMBER, "18900104-9809", "Anna Exempel", "\ud800"])
_VALUES = st.sampled_from([NUMBER, "18900104-9809", "Anna Exempel", "12345,67", "\u0000hemligt", 8_675_309, True, None])
_JSON = st.recursive(
    _VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=10,
)
_SECRETS = (NUMBER, NUMBER[2:], "Exempel", "12345", "hemligt", "8675309")


def tells_no_value(reading: Reading) -> None:
    for deviation in reading.deviations:
        assert not any(secret in deviation for secret in _SECRETS), deviation


@pytest.mark.parametrize("code", SourceCode)
@settings(max_examples=_EXAMPLES, deadline=None)
@given(st.dictionaries(_KEYS, _JSON, min_size=1, max_size=3))
def test_a_source_of_its_own_can_put_no_value_among_deviations(code: SourceCode, content: dict[str, Any]) -> None:
    notes = Notes()
    try:
        node = parse_node(json.dumps(content).encode(), notes, max_bytes=MAX_BYTES)
        reading = READERS[code](node).with_notes(notes)
    except DocumentError as error:
        reading = unparseable(str(error))

    tells_no_value(reading)


@settings(max_examples=_EXAMPLES, deadline=None)
@given(st.dictionaries(st.sampled_from(["skattekonto", "skatteuppgifter", "n" + NUMBER]), _JSON, min_size=1))
def test_nor_can_a_part_of_skatteverkets(parts: dict[str, Any]) -> None:
    inner = "".join(f"<{name}><data>{encoded(json.dumps(each))}</data></{name}>" for name, each in parts.items())
    element = parse(f"<SKV>{inner}</SKV>".encode(), max_bytes=MAX_BYTES)

    tells_no_value(read_source(V11.readers[SourceCode.SKV], [element], undivided=True)[0])


@settings(max_examples=_EXAMPLES, deadline=None)
@given(documents(*_OF_JSON))
def test_nor_can_what_lefi_answers(document: Any) -> None:
    values = {text for each in each_once(document) for text in forms_of(each) if len(text) >= _SHORTEST_VALUE}

    named = {deviation.partition(": ")[2] for deviation in read_json(written(document)).deviations}

    assert not values & named


@pytest.mark.parametrize("code", [SourceCode.AF, SourceCode.SO, SourceCode.TNS, SourceCode.MIV])
def test_nor_can_an_element_whose_name_is_a_number(code: SourceCode) -> None:
    reading = read(code, f"<n{NUMBER} a{NUMBER}='1'>{NUMBER}</n{NUMBER}>{NUMBER}")

    assert reading.deviations
    assert reading.state is not SourceState.ANSWERED
    tells_no_value(reading)
