"""The facade's whole answer, from what the readers made of any document: no failure looks like nothing in it."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from services.consultation.grounds.domain import Decision
from services.consultation.lookups.domain import Lookup, LookupQuestion
from services.consultation.lookups.facade.answer import NOT_WRITTEN, PARTIAL, write_answer
from services.consultation.lookups.facade.left_out import left_out
from services.consultation.lookups.facade.question import ContractQuestion
from services.consultation.lookups.facade.writers.registry import WRITERS
from services.consultation.lookups.fields import PIECES, limited
from services.consultation.lookups.purposes import PURPOSES
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import (
    Origin,
    SourceAnswer,
    SourceCode,
    SourcePart,
    SourceState,
)
from services.consultation.lookups.sources.ssbtek.answering import Exchange, answer_of
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.v11 import V11
from services.consultation.lookups.sources.ssbtek.xml import Element, parse
from tests.sizes import fewer_persons, sample_or_full
from tests.unit.lookups.given import ASKED_AT, ASKER, AUTUMN, FakeTransport, asked, encoded, inquiry, ok, simulated
from tests.unit.lookups.golden_xml import ANSWERS, data_of, document_of, source_of
from tests.unit.lookups.json_mutations import written
from tests.unit.lookups.mutations import changed
from tests.unit.lookups.test_fk_mutated import documents

pytestmark = pytest.mark.requirement(1)

_EXAMPLES = sample_or_full(8, 1000)
_ALL = {code: frozenset(piece.name for piece in pieces) for code, pieces in PIECES.items()}
_IN_WORDS_OF_THE_CONTRACT = (SourceCode.FK, SourceCode.SO)
_SOUND = fewer_persons(name for name, person in PERSONS.items() if person.fault is None)
_RECOVERY = {
    SourceCode.AF: frozenset({"decisions", "status"}),
    SourceCode.CSN: frozenset({"payments"}),
    SourceCode.FK: frozenset({"payments", "suppliers"}),
    SourceCode.SO: frozenset({"payments"}),
}


def question() -> ContractQuestion:
    put = inquiry()
    return ContractQuestion(
        asker=ASKER,
        handler="hl01",
        person=put.person,
        case_reference=put.case_reference,
        period=AUTUMN,
        periods=dict.fromkeys(SourceCode, AUTUMN),
        purpose_text=put.purpose_text,
        legal_text=put.legal_text,
        asked_at=None,
        correlation_id=None,
        echoed=False,
    )


def lookup(*answers: SourceAnswer) -> Lookup:
    put = question()
    return Lookup(
        id=uuid.UUID(int=1),
        question=LookupQuestion(put.person, put.case_reference, next(iter(PURPOSES)), AUTUMN, put.periods),
        asked_at=ASKED_AT,
        answered_at=ASKED_AT + timedelta(seconds=1),
        legal_text=put.legal_text,
        decision=Decision(uuid.UUID(int=2), 1, None, ()),
        answers=answers,
    )


def elements(answer: SourceAnswer) -> list[Element]:
    """The elements of the source in the facade's answer, after a journey as bytes."""
    told = write_answer(lookup(answer), question(), etree.Element("q"), WRITERS, V10)
    whole = parse(etree.tostring(told), max_bytes=10_000_000)
    return [each for each in whole.iter(V10.name(answer.source.value)) if each.getparent() is whole[-1]]


def told(answer: SourceAnswer) -> tuple[Reading, Origin | None]:
    """What a reader of version 10 makes of it."""
    return read_source(V10.readers[answer.source], elements(answer))


def answer_to(code: SourceCode, data: Element) -> SourceAnswer:
    """The answer as the client has it, from a `data` element."""
    source = etree.Element(code.value)
    source.append(data)
    return answer_of(
        code, *read_source(V10.readers[code], [source]), inquiry(), Exchange(ASKED_AT, ASKED_AT, V10.label)
    )


def no_failure_looks_like_nothing(answer: SourceAnswer) -> None:
    reading, origin = told(answer)

    assert reading.state.supports_decision <= answer.state.supports_decision
    if answer.state is SourceState.PARTIAL and answer.source not in _IN_WORDS_OF_THE_CONTRACT:
        assert (reading.state, origin, reading.code) == (SourceState.ERROR, Origin.SSBT, PARTIAL)
    if answer.state.supports_decision:
        assert reading.state.supports_decision


@pytest.mark.parametrize("name", _SOUND)
def test_what_supports_no_decision_over_rest_supports_none_here(name: str) -> None:
    for code, answer in asked(FakeTransport([ok(simulated(name))]), inquiry(name)).items():
        no_failure_looks_like_nothing(answer)
        no_failure_looks_like_nothing(limited(answer, _RECOVERY.get(code, _ALL[code])))


@pytest.mark.parametrize("name", ANSWERS)
@settings(max_examples=_EXAMPLES, deadline=None)
@given(sample=st.data())
def test_no_change_of_a_document_makes_a_failure_look_like_nothing(name: str, sample: st.DataObject) -> None:
    code = source_of(name)
    answer = answer_to(code, data_of(code, sample.draw(changed(document_of(name)))))
    opened = sample.draw(st.just(_ALL[code]) | st.frozensets(st.sampled_from(sorted(_ALL[code]))))

    no_failure_looks_like_nothing(limited(answer, opened))


@settings(max_examples=_EXAMPLES, deadline=None)
@given(document=documents(), opened=st.frozensets(st.sampled_from(sorted(_ALL[SourceCode.FK]))))
def test_no_damage_to_what_lefi_answers_makes_a_failure_look_like_nothing(
    document: Any, opened: frozenset[str]
) -> None:
    data = etree.Element("data")
    etree.SubElement(data, "lefiJsonSvar").text = encoded(written(document))
    answer = answer_to(SourceCode.FK, data)

    no_failure_looks_like_nothing(answer)
    no_failure_looks_like_nothing(limited(answer, opened))


def test_a_partial_answer_is_an_error_in_words_that_name_what_is_missing_and_never_what_is_there() -> None:
    answer = asked(FakeTransport([ok(simulated("state_af_partial"))]), inquiry("state_af_partial"))[SourceCode.AF]

    reading, _ = told(answer)

    assert answer.deviations
    assert "Det är inte ett tomt svar" in reading.messages[0]
    assert set(answer.deviations) <= set(reading.messages)


def fund(status: str, payment: str = "") -> str:
    return (
        "<Arbetsloshetsersattning><SvarandeOrganisation>Kassan</SvarandeOrganisation>"
        f"<StatusSvarandeOrganisation>{status}</StatusSvarandeOrganisation>{payment}</Arbetsloshetsersattning>"
    )


_LOST = "<Utbetalningar><Utbetalningsdatum>snart</Utbetalningsdatum></Utbetalningar>"


@pytest.mark.parametrize(
    ("funds", "in_words_of_the_contract"),
    [
        (fund("TEKNISKT FEL") + fund("OK", "<Utbetalningar/>"), True),
        (fund("OK", _LOST), False),
        (fund("TEKNISKT FEL") + fund("OK", _LOST), False),
        (fund("") + fund("OK", "<Utbetalningar/>"), False),
    ],
)
def test_funds_are_told_only_when_each_that_is_not_whole_says_so_itself(
    funds: str, in_words_of_the_contract: bool
) -> None:
    data = parse(
        f"<data><ArbetsloshetsersattningLista>{funds}</ArbetsloshetsersattningLista></data>".encode(),
        max_bytes=10_000,
    )
    answer = answer_to(SourceCode.SO, data)
    assert answer.state is SourceState.PARTIAL

    reading, _ = told(answer)

    if in_words_of_the_contract:
        assert (reading.state, reading.parts) == (SourceState.PARTIAL, answer.parts)
    else:
        assert (reading.state, reading.code) == (SourceState.ERROR, PARTIAL)


def test_a_supplier_that_was_asked_and_is_not_listed_is_told_as_not_delivered() -> None:
    whole = asked(FakeTransport([ok(simulated("complete"))]))[SourceCode.FK]
    answer = SourceAnswer(
        SourceCode.FK,
        SourceState.PARTIAL,
        parts=(SourcePart("FK", SourceState.ANSWERED), SourcePart("PM", SourceState.MISSING)),
        data={**(whole.data or {}), "suppliers": [{"code": "FK", "name": None, "state": "OK", "text": None}]},
    )

    reading, _ = told(answer)

    assert reading.state is SourceState.PARTIAL
    assert reading.data is not None
    assert [(row["information"], row["code"]) for row in reading.data["deviations"]] == [("beslut", "INTERNT_FEL")]


def test_what_version_11_tells_of_tax_and_version_10_has_no_place_for_is_an_error_and_not_emptiness() -> None:
    answers = asked(FakeTransport([ok(simulated("complete", version=V11))]), version=V11)
    skv = answers[SourceCode.SKV]
    assert skv.data is not None
    assert skv.data["facts"]

    assert told(skv)[0].code == NOT_WRITTEN
    only_capital = SourceAnswer(SourceCode.SKV, SourceState.ANSWERED, data={**skv.data, "facts": []})
    again = told(only_capital)[0]
    assert again.data is not None
    assert again.data["capital"] == skv.data["capital"]


# --- the fields --------------------------------------------------------------------------------------------------


def values(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        content = list(content.values())
    if isinstance(content, list):
        for each in content:
            yield from values(each)
    elif content is not None:
        yield str(content)


@pytest.mark.parametrize("code", _RECOVERY)
@pytest.mark.parametrize("name", _SOUND)
def test_nothing_that_a_recovery_does_not_open_is_in_the_answer(name: str, code: SourceCode) -> None:
    whole = asked(FakeTransport([ok(simulated(name))]), inquiry(name))[code]
    answer = limited(whole, _RECOVERY[code])
    reading, _ = told(answer)

    put = question()
    own = {put.person.reveal(), put.case_reference, "notTold", "OK", "0", "4.0", "Ej träff", "notRead"}
    own |= {str(put.period.first), str(put.period.last)}
    counts = {str(number) for number in range(10)}
    assert set(values(reading.data)) - set(values(answer.data)) <= own | counts | {answer.code or ""}
    hidden = set(values(whole.data)) - set(values(answer.data)) - own - counts
    text = b"".join(etree.tostring(each) for each in elements(answer)).decode()
    assert not {value for value in hidden if len(value) > 8 and value in text}


def test_what_is_left_out_is_in_a_header_that_need_not_be_understood() -> None:
    answers = [
        limited(SourceAnswer(SourceCode.AF, SourceState.ANSWERED, data={}), _RECOVERY[SourceCode.AF]),
        limited(SourceAnswer(SourceCode.CSN, SourceState.NOT_ASKED), frozenset()),
        limited(SourceAnswer(SourceCode.TNS, SourceState.ANSWERED, data={}), _ALL[SourceCode.TNS]),
    ]

    header = left_out(lookup(*answers))

    assert header is not None
    assert [(each.get("code"), [piece.text for piece in each]) for each in header] == [
        ("AF", [piece.name for piece in PIECES[SourceCode.AF] if piece.name not in _RECOVERY[SourceCode.AF]])
    ]
    assert left_out(lookup(answers[2])) is None
