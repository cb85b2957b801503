"""JSON as nodes: what is refused, what is kept, and what can never come out of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from services.consultation.lookups.simulator.json_answer import as_json
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.rest.node import JsonNode, parse
from services.consultation.lookups.sources.rest.readers import READERS
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.xml import DocumentError
from tests.sizes import sample_or_full
from tests.unit.lookups import golden

MAX_BYTES = 200_000


def parsed(content: Any) -> JsonNode:
    return parse(json.dumps(content).encode(), Notes(), max_bytes=MAX_BYTES)


def shape(node: JsonNode) -> Any:
    return (node.tag, node.text, [shape(child) for child in node])


def test_members_are_children_lists_are_repeated_and_null_is_absent() -> None:
    node = parsed({"A": {"B": ["1", "2"], "C": None, "D": []}, "E": True, "F": False})

    assert shape(node) == (
        "data",
        None,
        [("A", None, [("B", "1", []), ("B", "2", [])]), ("E", "true", []), ("F", "false", [])],
    )


def test_numbers_are_kept_as_they_were_written() -> None:
    node = parse(b'{"A": 1.50, "B": -0, "C": 1e400, "D": 123456789012345678901234567890}', Notes(), max_bytes=MAX_BYTES)

    assert [child.text for child in node] == ["1.50", "-0", "1e400", "123456789012345678901234567890"]


@pytest.mark.parametrize(
    "document",
    [
        b'{"A": 1, "A": 2}',
        b'{"A": {"B": 1, "B": 1}}',
        b'{"A": NaN}',
        b'{"A": Infinity}',
        b"[1]",
        b"1",
        b"",
        b'{"A": "\xff"}',
        '{"A": 1}'.encode("utf-16"),
        b'\xef\xbb\xbf{"A": 1}',
        b'{"A": 1} {"A": 2}',
        b'{"A": ' + b"[" * 100_000,
        b'{"A":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"A": "' + b"x" * MAX_BYTES + b'"}',
    ],
)
def test_a_document_that_could_be_read_in_two_ways_or_not_at_all_is_refused(document: bytes) -> None:
    with pytest.raises(DocumentError) as refused:
        parse(document, Notes(), max_bytes=MAX_BYTES)

    assert "A" not in str(refused.value)


def test_what_cannot_be_stored_as_text_is_replaced() -> None:
    notes = Notes()
    node = parse(b'{"A": "a\\u0000b\\ud800c", "B": "\\ud83d\\ude00\\n"}', notes, max_bytes=MAX_BYTES)

    assert [child.text for child in node] == [
        "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c",
        "\N{GRINNING FACE}\n",
    ]
    assert (notes.deviations, notes.lost) == (("a character that cannot be told: A",), True)


@settings(max_examples=sample_or_full(60, 2000), deadline=None)
@given(
    st.text(st.sampled_from('aå\\u"\t\n\b\f\0\x1b\x7f\ud83d\ude00\ufffd\ufffe\uffff\U0001f600'), max_size=6),
    st.booleans(),
)
def test_however_a_character_is_written_only_those_that_xml_can_carry_come_out(text: str, escaped: bool) -> None:
    notes = Notes()
    document = json.dumps({"A": text}, ensure_ascii=escaped).encode("utf-8", "replace")

    (child,) = parse(document, notes, max_bytes=MAX_BYTES)

    element = etree.Element("A")
    element.text = child.text  # which refuses what XML cannot carry
    sent = json.loads(document)["A"]
    assert notes.lost is (child.text != sent)
    assert [each for each in child.text or "" if each != "\N{REPLACEMENT CHARACTER}"] == [
        each for each in sent if each in 'aå\\u"\t\n\x7f?\U0001f600'
    ]


@pytest.mark.parametrize("name", ["189001049809", "p189001049809", "a b", "\u0000", "{urn:x}Svar", "", "\ud800"])
def test_what_is_no_name_is_not_repeated_as_one(name: str) -> None:
    assert [child.tag for child in parsed({name: "1"})] == ["unnamed"]


def test_a_list_directly_in_a_list_is_never_read_as_its_rows() -> None:
    assert shape(parsed({"A": [["1"]]})) == ("data", None, [("A", None, [("unnamed", "1", [])])])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[SourceCode, Any]:
    """A golden document as JSON, with some members dropped, renamed or given another value."""
    name = draw(st.sampled_from(golden.names(*golden.PLAIN)))
    content = as_json(golden.document(name))
    for _ in range(draw(st.integers(1, 3))):
        places = list(members(content))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        change = draw(st.sampled_from(["drop", "replace", "rename", "wrap"]))
        if change == "drop":
            del holder[key]
        elif change == "replace":
            holder[key] = draw(_JSON)
        elif change == "rename":
            holder[draw(st.text(max_size=8))] = holder.pop(key)
        else:
            holder[key] = [holder[key], holder[key]]
    return golden.source_of(name), content


def members(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Every place in a document, as holder and key."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield value, key
            yield from members(below)
    elif isinstance(value, list):
        for below in value:
            yield from members(below)


@settings(max_examples=sample_or_full(60, 2000), deadline=None)
@given(mutated())
def test_a_reader_of_a_changed_document_never_raises_and_invents_nothing(case: tuple[SourceCode, Any]) -> None:
    code, content = case
    document = parse(json.dumps(content).encode(), Notes(), max_bytes=MAX_BYTES)

    reading = READERS[code](document)

    json.dumps(reading.data, ensure_ascii=False).encode("utf-8")
    sent = list(sent_texts(document))
    for value in texts(reading.data):
        spellings = (value, value.removesuffix(".00"), value.rstrip("0"))
        assert value in OWN_WORDS or any(each in text for each in spellings for text in sent), code


def sent_texts(node: JsonNode) -> Iterator[str]:
    if node.text is not None:
        yield node.text
    for child in node:
        yield from sent_texts(child)


OWN_WORDS = {"SEK", "received", "absent", "notTold", "notRead"}


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for below in value.values():
            yield from texts(below)
    elif isinstance(value, list):
        for below in value:
            yield from texts(below)
