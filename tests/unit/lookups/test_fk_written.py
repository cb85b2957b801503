"""LEFI's answer written for a case system that asks us over SOAP: read again, it is the same answer."""

import json
from base64 import b64decode
from dataclasses import replace
from typing import Any

import pytest

from services.consultation.lookups.facade.writers.asked import Asked
from services.consultation.lookups.facade.writers.fk import write_fk
from services.consultation.lookups.fields import PIECES, limited
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import SourceAnswer, SourceCode, SourcePart, SourceState
from services.consultation.lookups.sources.ssbtek.readers.fk import read_fk
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from services.consultation.persons.domain import PersonNumber
from tests.unit.lookups.given import ASKER, AUTUMN, inquiry, readings, simulated
from tests.unit.lookups.given_fk import DOWN, OK, data_of, golden_text, read_json, read_lefi, supplier

pytestmark = pytest.mark.requirement(1)

ASKED = Asked(
    person=PersonNumber.parse(PERSONS["complete"].number),
    asker=ASKER,
    handler="hl01",
    case_reference="EB-2026-000123",
    period=AUTUMN,
    purpose_text=inquiry().purpose_text,
    legal_text=inquiry().legal_text,
)


def answer_of(reading: Reading) -> SourceAnswer:
    return SourceAnswer(
        SourceCode.FK,
        reading.state,
        code=reading.code,
        messages=reading.messages,
        items=reading.items,
        parts=reading.parts,
        data=reading.data,
    )


def document_of(answer: SourceAnswer) -> Any:
    return json.loads(b64decode(write_fk(answer, ASKED)[0].text or ""))


def told(reading: Reading) -> tuple[Any, ...]:
    return reading.state, reading.data, reading.parts, reading.items


def again(reading: Reading) -> Reading:
    return read_fk(write_fk(answer_of(reading), ASKED))


@pytest.mark.parametrize("name", ["complete", "nothing_registered", "pensioner", "pension_unavailable", "not_entitled"])
def test_what_the_simulator_answers_is_the_same_when_it_has_passed_through_us(name: str) -> None:
    reading = readings(simulated(name))[SourceCode.FK]

    assert told(again(reading)) == told(reading)
    assert again(reading).deviations == ()


def test_the_answer_with_every_member_is_the_same_when_it_has_passed_through_us() -> None:
    reading = read_json(golden_text())

    assert told(again(reading)) == told(reading)


@pytest.mark.parametrize(
    "members",
    [
        {"utlamnare": [supplier("FK", DOWN), supplier("PM", DOWN)]},
        {"utlamnare": [supplier("FK", OK), supplier("PM", {"kod": "VILANDE"})]},
        {"avvikelser": [{"avvikelse": {"kod": "OBEHORIG"}, "ovrigInformationstyp": {"kod": "FK:GEPI"}}]},
        {"avvikelser": {"utbetalningar": [{"avvikelse": {"kod": "INTERNT_FEL", "beskrivning": "Nere"}}]}},
        {"utbetalningar": [{"nettobelopp": 100, "avdrag": []}, {"nettobelopp": 100}]},
        {"formansinformation": {"programjobdagar": [{"antalForbrukade": 3}, {"harForbrukatMaxAntal": True}]}},
        {
            "formansinformation": {
                "utbetalningsuppgift": [{"period": {"till": "2022-09"}, "bruttobelopp": {"summa": 1}}]
            }
        },
        {"formansinformation": {"programanvisning": [{"program": {"id": "007"}, "omfattning": {}}]}},
        {"formansinformation": {"omvardnadsbidragsarende": [{"beslut": [{"definitivt": True}, {}]}]}},
    ],
)
def test_a_partial_and_an_odd_answer_are_the_same_too(members: dict[str, Any]) -> None:
    reading = read_lefi(**members)

    assert told(again(reading)) == told(reading)


def test_an_amount_passes_through_with_every_decimal() -> None:
    text = (
        '{"utlamnare": [], "formansinformation": {"underhallsskuld": [{"belopp": {"summa": 0.1000000000000000055}}]}}'
    )

    assert data_of(again(read_json(text)))["otherInformation"][0]["amount"]["amount"] == "0.1000000000000000055"


def test_an_error_answer_stays_one() -> None:
    reading = read_json('{"meddelande": "Ej behörig"}')

    assert (again(reading).state, again(reading).messages) == (SourceState.LOGICAL_ERROR, ("Ej behörig",))


def test_a_case_system_is_told_when_we_could_not_read_the_whole() -> None:
    reading = read_lefi(formansinformation={"underhallsskuld": [{"belopp": "mycket"}]})

    written = document_of(answer_of(reading))

    assert written["avvikelser"]["formansinformation"][0]["avvikelse"]["kod"] == "INTERNT_FEL"
    assert [part.state for part in again(reading).parts] == [part.state for part in reading.parts]


def test_what_the_ground_does_not_open_is_not_written() -> None:
    every = frozenset(piece.name for piece in PIECES[SourceCode.FK])
    answer = answer_of(read_json(golden_text()))

    assert "utbetalningsuppgift" not in document_of(limited(answer, every - {"payments"}))["formansinformation"]
    alone = document_of(limited(answer, frozenset({"programmes"})))
    assert set(alone["formansinformation"]) == {"programanvisning"}
    assert set(alone) == {"utlamnare", "avvikelser", "formansinformation"}


def test_suppliers_are_written_from_the_parts_where_the_ground_does_not_open_them() -> None:
    reading = read_lefi(utlamnare=[supplier("FK", OK), supplier("PM", DOWN)])
    missing = SourcePart("SPV", SourceState.MISSING)
    answer = replace(answer_of(reading), parts=(*reading.parts, missing))

    written = document_of(limited(answer, frozenset({"payments"})))

    assert [(each["utlamnare"]["kod"], each["tillstand"]["kod"]) for each in written["utlamnare"]] == [
        ("FK", "OK"),
        ("PM", "OTILLGANGLIG"),
    ]


def test_no_part_tells_of_content_that_the_ground_does_not_open() -> None:
    answer = answer_of(read_lefi(formansinformation={"underhallsskuld": [{"belopp": {"summa": 1}}]}))

    kept = limited(answer, frozenset({"payments"}))

    assert {kept.state, *(part.state for part in kept.parts)} == {SourceState.ANSWERED_EMPTY}
