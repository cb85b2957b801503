"""LEFI's suppliers as parts of the answer: which can be relied on, and which is not known."""

import json
from typing import Any

import pytest
from lxml import etree

from services.consultation.lookups.sources.domain import Origin, SourceCode, SourcePart, SourceState
from services.consultation.lookups.sources.ssbtek.readers.fk_suppliers import with_unlisted
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from tests.unit.lookups.given import FakeTransport, asked, encoded, inquiry, ok, readings, simulated
from tests.unit.lookups.given_fk import DOWN, OK, data_of, read_json, read_lefi, supplier

pytestmark = pytest.mark.requirement(1)

PAYMENT = {"utbetalningsdatum": "2026-09-25", "nettobelopp": 100}
FK_PAYMENT = {"utbetalningsuppgift": [{"datum": "2026-09-25"}]}


def states(reading: Reading) -> dict[str, SourceState]:
    return {part.name: part.state for part in reading.parts}


def test_each_supplier_is_a_part_with_content_or_without() -> None:
    assert states(read_lefi(formansinformation=FK_PAYMENT)) == {
        "FK": SourceState.ANSWERED,
        "PM": SourceState.ANSWERED_EMPTY,
    }
    assert states(read_lefi(utbetalningar=[PAYMENT])) == {
        "FK": SourceState.ANSWERED_EMPTY,
        "PM": SourceState.ANSWERED,
    }


@pytest.mark.parametrize("code", ["FELANDE", "OTILLGANGLIG"])
def test_a_supplier_that_is_down_is_an_error_of_its_own_with_its_code(code: str) -> None:
    down = supplier("PM", {"kod": code, "beskrivning": "Nere"})

    reading = read_lefi(utlamnare=[supplier("FK", OK), down], formansinformation=FK_PAYMENT)

    assert reading.state is SourceState.PARTIAL
    assert reading.parts[1] == SourcePart("PM", SourceState.ERROR, Origin.BT, code, ("Nere",))


def test_a_supplier_in_a_state_that_the_contract_lacks_has_answered_nothing_that_we_know() -> None:
    odd = supplier("PM", {"kod": "VILANDE", "beskrivning": "Okänt"})

    reading = read_lefi(utlamnare=[supplier("FK", OK), odd])

    assert reading.state is SourceState.PARTIAL
    assert reading.parts[1] == SourcePart("PM", SourceState.LOGICAL_ERROR, None, "VILANDE", ("Okänt",))


@pytest.mark.parametrize("state", [DOWN, {"kod": "VILANDE"}])
def test_content_from_a_supplier_that_is_not_up_is_shown_and_not_relied_on(state: dict[str, str]) -> None:
    reading = read_lefi(utlamnare=[supplier("FK", OK), supplier("PM", state)], utbetalningar=[PAYMENT])

    assert states(reading)["PM"] is SourceState.PARTIAL
    assert data_of(reading)["payments"][0]["date"] == "2026-09-25"


@pytest.mark.parametrize(
    ("avvikelser", "partial"),
    [
        ({"formansinformation": [{"avvikelse": {"kod": "OBEHORIG"}, "formansgrupp": {"kod": "FK:SJP"}}]}, ["FK"]),
        ({"beslut": [{"avvikelse": {"kod": "INTERNT_FEL"}, "formansgrupp": {"kod": "PM:AP"}}]}, ["PM"]),
        ({"utbetalningar": [{"avvikelse": {"kod": "INTERNT_FEL"}, "formansgrupp": {"kod": "PM:AP"}}]}, ["PM"]),
        ({"ovrigInformation": [{"avvikelse": {"kod": "X"}, "ovrigInformationstyp": {"kod": "FK:GEPI"}}]}, ["FK"]),
        ([{"avvikelse": {"kod": "INTERNT_FEL"}, "formansgrupp": {"kod": "FK:SJP"}}], ["FK"]),
        ({"utbetalningar": [{"avvikelse": {"kod": "INTERNT_FEL"}}]}, ["FK", "PM"]),
    ],
)
def test_a_deviation_makes_the_part_of_its_supplier_partial_with_the_code_verbatim(
    avvikelser: Any, partial: list[str]
) -> None:
    reading = read_lefi(avvikelser=avvikelser, formansinformation=FK_PAYMENT)

    found = [part for part in reading.parts if part.state is SourceState.PARTIAL]
    assert [part.name for part in found] == partial
    assert {part.code for part in found} == {data_of(reading)["deviations"][0]["code"]}
    assert reading.state is SourceState.PARTIAL


def test_the_other_supplier_stays_read_in_full_when_one_has_a_value_that_cannot_be_read() -> None:
    reading = read_lefi(formansinformation={"underhallsskuld": [{"belopp": "mycket"}]}, utbetalningar=[PAYMENT])

    assert states(reading) == {"FK": SourceState.PARTIAL, "PM": SourceState.ANSWERED}


def test_content_without_any_list_of_suppliers_is_shown_as_partial() -> None:
    reading = read_json(json.dumps({"formansinformation": FK_PAYMENT}))

    assert reading.state is SourceState.PARTIAL
    assert states(reading) == {"FK": SourceState.PARTIAL}
    assert data_of(reading)["payments"][0]["date"] == "2026-09-25"


def test_a_class_of_information_that_the_contract_lacks_is_content_that_nobody_reads() -> None:
    reading = read_lefi(formansinformation={**FK_PAYMENT, "nyersattningsarende": [{"belopp": 1}]})

    assert (reading.state, reading.deviations) == (SourceState.PARTIAL, ("unknown member: nyersattningsarende",))


@pytest.mark.parametrize("groups", [("FK:AS", "PM:AP"), ("AS", "PM:AP")])
def test_a_supplier_that_was_asked_and_is_not_listed_is_missing_and_never_empty(groups: tuple[str, ...]) -> None:
    reading = with_unlisted(read_lefi(utlamnare=[supplier("FK", OK)]), groups)

    assert reading.state is SourceState.PARTIAL
    assert states(reading) == {"FK": SourceState.ANSWERED_EMPTY, "PM": SourceState.MISSING}


def test_a_supplier_that_was_not_asked_need_not_be_listed() -> None:
    reading = with_unlisted(read_lefi(utlamnare=[supplier("FK", OK)]), ("FK:AS",))

    assert (reading.state, states(reading)) == (SourceState.ANSWERED_EMPTY, {"FK": SourceState.ANSWERED_EMPTY})


def test_the_client_knows_whom_it_asked() -> None:
    root = etree.fromstring(simulated("complete"))
    wrapper = next(root.iter("{*}lefiJsonSvar"))
    wrapper.text = encoded(json.dumps({"utlamnare": [supplier("FK", OK)], "formansinformation": FK_PAYMENT}))
    body = etree.tostring(root)

    both = asked(FakeTransport([ok(body)]), inquiry(groups=("FK:AS", "PM:AP")))[SourceCode.FK]
    one = asked(FakeTransport([ok(body)]), inquiry(groups=("FK:AS",)))[SourceCode.FK]

    assert (both.state, both.parts[1]) == (SourceState.PARTIAL, SourcePart("PM", SourceState.MISSING))
    assert (one.state, len(one.parts)) == (SourceState.ANSWERED, 1)


def test_the_simulated_suppliers_are_told_apart() -> None:
    assert states(readings(simulated("pension_unavailable"))[SourceCode.FK]) == {
        "FK": SourceState.ANSWERED,
        "PM": SourceState.ERROR,
    }
    assert states(readings(simulated("not_entitled"))[SourceCode.FK])["FK"] is SourceState.PARTIAL
    assert states(readings(simulated("nothing_registered"))[SourceCode.FK]) == dict.fromkeys(
        ("FK", "PM"), SourceState.ANSWERED_EMPTY
    )
