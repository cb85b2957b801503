"""Hostile and deviating documents: outer and inner, one at a time and mutated at random."""

import time
from base64 import b64decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.envelope import CompositeAnswer, Fault, read_answer
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import MAX_DEPTH, DocumentError, Element, parse
from tests.sizes import sample_or_full
from tests.unit.lookups.given import MAX_BYTES, encoded, part, readings, simulated

pytestmark = pytest.mark.requirement(1)

BOMB = (
    '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
DOCUMENTS = {
    "a DTD": b"<!DOCTYPE a><a/>",
    "an entity bomb": f"{BOMB}<b>&i;</b>".encode(),
    "an entity bomb in an attribute": f'{BOMB}<b c="&i;"/>'.encode(),
    "an external entity": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "an external DTD": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "an entity that is not declared": b"<a>&b;</a>",
    "deep nesting": b"<a>" * 200 + b"</a>" * 200,
    "very deep nesting": b"<a>" * 100_000,
    "a cut": b"<a><b>Hemligt innehall</b",
    "nothing": b"",
    "not XML": b"Hemligt innehall",
    "the wrong encoding": "<?xml version='1.0' encoding='utf-8'?><a>åäö</a>".encode("latin-1"),
    "an unknown encoding": b"<?xml version='1.0' encoding='x-hemligt'?><a/>",
    "a DTD in UTF-16": "<!DOCTYPE a><a/>".encode("utf-16"),
    "a zero byte": b"<a>\x00</a>",
    "an attribute twice": b"<a b='1' b='2'/>",
    "a prefix that is not declared": b"<x:a/>",
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_hostile_document_is_refused_at_once_and_not_quoted(document: bytes) -> None:
    started = time.perf_counter()
    with pytest.raises(DocumentError) as refused:
        parse(document, max_bytes=MAX_BYTES)

    assert time.perf_counter() - started < 1
    assert "Hemligt" not in str(refused.value)
    assert "hemligt" not in str(refused.value)


def test_the_byte_cap_and_the_depth_cap_are_exact() -> None:
    deepest = b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH

    assert parse(deepest, max_bytes=len(deepest)).tag == "a"
    with pytest.raises(DocumentError, match="too large"):
        parse(deepest, max_bytes=len(deepest) - 1)
    with pytest.raises(DocumentError, match="too deep"):
        parse(b"<a>" + deepest + b"</a>", max_bytes=MAX_BYTES)


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_hostile_inner_document_leaves_the_other_six_sources_intact(document: bytes) -> None:
    before = readings(simulated("complete"))
    for code, name in ((SourceCode.CSN, "svar"), (SourceCode.FK, "lefiJsonSvar")):
        root = etree.fromstring(simulated("complete"))
        one(root, code, name).text = encoded(document)

        after = readings(etree.tostring(root))

        assert after.pop(code).state is SourceState.UNPARSEABLE
        assert after == {other: reading for other, reading in before.items() if other is not code}


@pytest.mark.parametrize("document", ["<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a>" * 300, "Hemligt"])
def test_a_hostile_string_from_skatteverket_leaves_the_other_six_sources_intact(document: str) -> None:
    before = readings(simulated("complete"))
    root = etree.fromstring(simulated("complete"))
    one(root, SourceCode.SKV, "svar").text = etree.CDATA(document)

    after = readings(etree.tostring(root))

    assert after.pop(SourceCode.SKV).state is SourceState.UNPARSEABLE
    assert after == {other: reading for other, reading in before.items() if other is not SourceCode.SKV}


def one(root: Element, code: SourceCode, name: str) -> Element:
    """The element with the local name within a source."""
    return next(root.iter(f"{{*}}{code}")).iter(f"{{*}}{name}").__next__()


@pytest.mark.parametrize("code", SourceCode)
def test_a_source_without_data_and_error_is_unparseable(code: SourceCode) -> None:
    element = parse(b"<source/>", max_bytes=MAX_BYTES)

    assert read_source(V10.readers[code], [element])[0].state is SourceState.UNPARSEABLE


@pytest.mark.parametrize("code", SourceCode)
def test_a_source_that_is_answered_twice_is_unparseable(code: SourceCode) -> None:
    assert read_source(V10.readers[code], [part(""), part("")])[0].state is SourceState.UNPARSEABLE


@pytest.mark.parametrize("code", SourceCode)
def test_a_source_that_was_asked_but_is_absent_is_missing(code: SourceCode) -> None:
    assert read_source(V10.readers[code], [])[0].state is SourceState.MISSING


@pytest.mark.parametrize("code", SourceCode)
@pytest.mark.parametrize("data", ["", "<x/>", "prosa", "<svar/>", "<Svar/>", "<lefiJsonSvar/>", "<response/>"])
def test_no_odd_data_is_taken_for_content(code: SourceCode, data: str) -> None:
    assert read_source(V10.readers[code], [part(data)])[0].state is not SourceState.ANSWERED


def test_an_error_beside_data_wins_and_is_named() -> None:
    element = parse(
        b"<s><data><resultat>OK</resultat></data><error><kalla>BT</kalla><felkod>7</felkod></error></s>",
        max_bytes=MAX_BYTES,
    )
    reading, origin = read_source(V10.readers[SourceCode.TNS], [element])

    assert (reading.state, reading.code, origin) == (SourceState.ERROR, "7", "BT")
    assert reading.deviations == ("both data and error",)


def test_a_reader_that_fails_is_that_sources_trouble_only() -> None:
    def fail(_data: Element) -> Reading:
        raise RuntimeError("Hemligt")

    reading, _ = read_source(fail, [part("")])
    assert (reading.state, reading.deviations) == (SourceState.UNPARSEABLE, ("the answer could not be read",))


def test_elements_are_found_whatever_their_namespace() -> None:
    moved = simulated("complete").replace(b"ersattningsstod/v2", b"ersattningsstod/v1").replace(b"/fordon/1", b"/f/9")

    assert readings(moved) == readings(simulated("complete"))


def test_comments_and_instructions_in_a_value_change_nothing() -> None:
    plain = simulated("complete")
    disturbed = plain.replace(b"Exempelkassan", b"Exempel<!-- x --><?y z?>kassan")

    assert disturbed != plain
    assert readings(disturbed) == readings(plain)


_ANSWERS = {name: simulated(name) for name, person in PERSONS.items() if person.fault is None}
_SOURCES = tuple(SourceCode)


@st.composite
def one_source_mutated(draw: st.DrawFn) -> tuple[str, SourceCode, bytes]:
    """A person, one of its sources, and the answer with random changes inside that source."""
    name = draw(st.sampled_from(["complete", "af_deviating", "pensioner", "fund_suspended", "overlapping_decisions"]))
    code = draw(st.sampled_from(_SOURCES))
    root = etree.fromstring(_ANSWERS[name])
    source = next(root.iter(V10.name(code)))
    for _ in range(draw(st.integers(1, 4))):
        mutate(draw, list(source.iter(etree.Element)))
    return name, code, etree.tostring(root)


def mutate(draw: st.DrawFn, elements: list[Element]) -> None:
    """Change the text, name or attributes of an element, repeat it, remove it, or cut its inner document."""
    chosen = draw(st.sampled_from(elements))
    parent = chosen.getparent()
    change = draw(st.sampled_from(["text", "name", "attribute", "repeat", "remove", "inner"]))
    if change == "text":
        chosen.text = draw(st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF), max_size=12))
    elif change == "attribute":
        chosen.set(draw(st.sampled_from(["sekretess", "Status", "nil", "inkludera"])), "x")
    elif change == "inner" and chosen.text:
        chosen.text = damaged(draw, chosen.text)
    elif len(elements) > 1 and chosen is not elements[0] and parent is not None:
        if change == "name":
            chosen.tag = draw(st.sampled_from(["data", "error", "svar", "Svar", "x", "felkod", "fordon"]))
        elif change == "repeat":
            parent.append(etree.fromstring(etree.tostring(chosen)))
        elif change == "remove":
            parent.remove(chosen)


def damaged(draw: st.DrawFn, text: str) -> str:
    """Base64 with one byte of its document changed, or any other text cut."""
    place = draw(st.integers(0, 5000))
    try:
        document = bytearray(b64decode(text, validate=True))
        document[place % len(document)] = draw(st.integers(0, 255))
        return encoded(bytes(document))
    except (ValueError, ZeroDivisionError):
        return text[: place % (len(text) + 1)]


@settings(max_examples=sample_or_full(80, 250), deadline=None)
@given(one_source_mutated())
def test_a_change_in_one_source_never_raises_and_never_changes_another(
    mutated: tuple[str, SourceCode, bytes],
) -> None:
    name, code, body = mutated
    before = readings(_ANSWERS[name])

    after = readings(body)

    assert {other: after[other] for other in _SOURCES if other is not code} == {
        other: before[other] for other in _SOURCES if other is not code
    }


@settings(max_examples=sample_or_full(50, 150), deadline=None)
@given(st.integers(0, 20_000), st.binary(max_size=8), st.integers(0, 40))
def test_any_damage_to_the_bytes_is_read_or_refused_and_nothing_else(place: int, put: bytes, cut: int) -> None:
    whole = _ANSWERS["complete"]
    body = whole[:place] + put + whole[place + cut :]
    try:
        outcome = read_answer(body, V10, max_bytes=MAX_BYTES)
    except DocumentError:
        return
    assert isinstance(outcome, CompositeAnswer | Fault)
    if isinstance(outcome, CompositeAnswer):
        for code in _SOURCES:
            read_source(V10.readers[code], outcome.sources.get(code, []))


def renamed(document: bytes) -> list[bytes]:
    """The document once for each of its elements, with that element under an unknown name."""
    found = []
    for place in range(1, len(list(etree.fromstring(document).iter()))):
        root = etree.fromstring(document)
        list(root.iter())[place].tag = "ukjent"
        found.append(etree.tostring(root))
    return found


def test_no_element_under_another_name_makes_a_source_look_empty() -> None:
    changed = renamed(_ANSWERS["complete"])

    assert len(changed) > 100
    for body in changed:
        try:
            read = readings(body)
        except DocumentError:
            continue
        assert SourceState.ANSWERED_EMPTY not in {reading.state for reading in read.values()}


@pytest.mark.parametrize(("code", "name"), [(SourceCode.CSN, "svar"), (SourceCode.SKV, "svar")])
def test_no_inner_element_under_another_name_makes_a_source_look_empty(code: SourceCode, name: str) -> None:
    text = one(etree.fromstring(_ANSWERS["complete"]), code, name).text or ""
    inner = b64decode(text) if code is SourceCode.CSN else text.encode()

    for document in renamed(inner):
        wrapped = encoded(document) if code is SourceCode.CSN else document.decode().replace("<", "&lt;")
        reading, _ = read_source(V10.readers[code], [part(f"<svar>{wrapped}</svar>")])
        assert reading.state is not SourceState.ANSWERED_EMPTY


def keys_of(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for each in value.values() for key in keys_of(each)}
    return {key for each in value for key in keys_of(each)} if isinstance(value, list) else set()


def leaves_of(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in leaves_of(each)]
    return [leaf for each in value for leaf in leaves_of(each)] if isinstance(value, list) else [value]


@pytest.mark.parametrize("name", _ANSWERS)
def test_content_is_plain_json_with_letters_only_in_its_keys_and_no_floats(name: str) -> None:
    for reading in readings(_ANSWERS[name]).values():
        assert all(key.isalpha() and key.isascii() and key[0].islower() for key in keys_of(reading.data))
        for leaf in leaves_of(reading.data):
            assert leaf is None or type(leaf) in (str, int, bool)


def test_an_answer_of_twenty_kilobytes_is_read_in_a_few_milliseconds_at_most() -> None:
    body = _ANSWERS["complete"]
    assert 15_000 < len(body) < 30_000
    timings = []
    for _ in range(20):
        started = time.perf_counter()
        readings(body)
        timings.append(time.perf_counter() - started)

    # A generous bound for a busy machine; on an idle one it takes less than one millisecond.
    assert min(timings) < 0.005
