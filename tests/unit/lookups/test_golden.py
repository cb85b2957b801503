"""The golden documents: read as a person has read them, and written back without a change."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.lookups.fields import PIECES, limited
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.xml import Element, local_name
from tests.sizes import fewer_persons, sample_or_full
from tests.unit.lookups import golden
from tests.unit.lookups.given import read, readings, simulated

pytestmark = pytest.mark.requirement(1)

DEMANDED: dict[SourceCode, set[object]] = {
    # The version of the schema, how the person was found, and how many cases are told of each kind of support.
    SourceCode.CSN: {"4.0", "Ej träff", 0, 1, 2},
}


@golden.of(*golden.WRITERS)
def test_a_golden_document_is_read_as_it_was_written_down(name: str) -> None:
    reading = golden.read(golden.source_of(name), golden.document(name))

    assert golden.told(reading) == golden.expected(name)


@golden.of(*golden.WRITERS)
def test_every_value_of_a_golden_document_is_told_or_is_an_echo(name: str) -> None:
    code = golden.source_of(name)
    reading = golden.read(code, golden.document(name))

    told = {str(value) for value in values(reading.data)}
    for element, text in texts(golden.document(name), golden.ECHOES[code]):
        assert told & spellings(text), element


def values(content: Any) -> Iterator[object]:
    if isinstance(content, dict):
        content = list(content.values())
    if isinstance(content, list):
        for each in content:
            yield from values(each)
    elif content is not None:
        yield content


def texts(element: Element, echoes: set[str]) -> Iterator[tuple[str, str]]:
    """The names and texts of the leaves that are not below an echo."""
    for child in element:
        if local_name(child) in echoes:
            continue
        if len(child):
            yield from texts(child, echoes)
        elif child.text:
            yield local_name(child), child.text


def spellings(text: str) -> set[str]:
    """How a value may be told: as it is, as a boolean, as a date without offset, as a decimal string."""
    whole, _, fraction = text.partition(".")
    return {text, text.capitalize(), text[:10], f"{whole}.{fraction:0<2}"}


@golden.of(*golden.WRITERS)
def test_what_is_written_of_a_golden_document_is_read_as_the_same(name: str) -> None:
    code = golden.source_of(name)
    reading = golden.read(code, golden.document(name))

    again = golden.read(code, golden.written(golden.answer(code, reading)))

    assert golden.told(again) == golden.expected(name)


@pytest.mark.parametrize("name", fewer_persons(name for name, each in PERSONS.items() if each.fault is None))
def test_what_is_written_of_a_simulated_answer_is_read_as_the_same_data(name: str) -> None:
    found = readings(simulated(name))

    for code in golden.WRITERS:
        reading = found[code]
        # A partial answer is told by the contract's words or as an error: see test_facade_answer.
        if reading.data is not None and reading.state is not SourceState.PARTIAL:
            again = golden.read(code, golden.written(golden.answer(code, reading)))
            assert (again.data, again.state, again.code) == (reading.data, reading.state, reading.code)
            assert (again.items, again.protected, again.parts) == (reading.items, reading.protected, reading.parts)


PIECE_NAMES = sorted({piece.name for code in golden.WRITERS for piece in PIECES[code]})


@settings(max_examples=sample_or_full(60, 200), deadline=None)
@given(st.sampled_from(golden.names(*golden.WRITERS)), st.frozensets(st.sampled_from(PIECE_NAMES)))
def test_what_a_purpose_leaves_out_is_not_written_and_no_error_becomes_emptiness(
    name: str, opened: frozenset[str]
) -> None:
    code = golden.source_of(name)
    leaving = limited(golden.answer(code, golden.read(code, golden.document(name))), opened)

    again = golden.read(code, golden.written(leaving))

    assert again.state.supports_decision == leaving.state.supports_decision
    # What a contract demands is filled with the question, or says how the answer went.
    demanded = {"EB-2026-000123", "OK", "FEL", "0", leaving.code} | DEMANDED.get(code, set())
    told = set(values(again.data)) - {"notTold"}
    assert told <= set(values(leaving.data)) | demanded


def test_a_value_that_was_lost_is_never_written_as_absent() -> None:
    report = "<SenasteAktivitetsRapportDatum>igår</SenasteAktivitetsRapportDatum>"
    info = f"<ArbetssokandeInfo><AktivetetsRapportDatum>{report}</AktivetetsRapportDatum></ArbetssokandeInfo>"
    status = "<StatusSokandeinformationKod>0</StatusSokandeinformationKod>"
    reading = read(SourceCode.AF, f"<Fraga/><Svar>{info}{status}</Svar>")

    again = golden.read(SourceCode.AF, golden.written(golden.answer(SourceCode.AF, reading)))

    assert reading.data is not None
    assert reading.data["activityReport"] == {"presence": "notRead", "message": None, "latest": None}
    assert again.data == reading.data


def test_a_permit_of_which_nothing_could_be_read_is_still_a_permit() -> None:
    svar = "<svar><fromDatum>snart</fromDatum></svar>"
    reading = read(
        SourceCode.MIV, f"<response><correlationid>1</correlationid><svarCollection>{svar}</svarCollection></response>"
    )

    again = golden.read(SourceCode.MIV, golden.written(golden.answer(SourceCode.MIV, reading)))

    assert reading.state is SourceState.PARTIAL
    assert again.data == reading.data
    assert again.items == ("permits",)
