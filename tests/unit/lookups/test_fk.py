"""Försäkringskassan's and Pensionsmyndigheten's answer through LEFI, read."""

import json
from typing import Any

import pytest

from services.consultation.lookups.sources.domain import SourceCode, SourceState
from tests.unit.lookups.given import readings, simulated
from tests.unit.lookups.given_fk import DOWN, OK, data_of, read_json, read_lefi, supplier

pytestmark = pytest.mark.requirement(1)


def test_the_payments_of_fk_are_read_from_formansinformation() -> None:
    reading = readings(simulated("complete"))[SourceCode.FK]

    assert (reading.state, reading.deviations) == (SourceState.ANSWERED, ())
    assert reading.items == ("payments", "preliminaryPayments", "programmes", "jobDays", "cases")
    payment = data_of(reading)["payments"][0]
    rows = payment.pop("rows")
    assert payment == {
        "supplier": "FK",
        "preliminary": False,
        "date": "2026-09-25",
        "from": "2026-09-01",
        "to": "2026-09-30",
        "execution": {"code": "1", "text": "Månad"},
        "payer": {"code": "1001", "text": "Försäkringskassan"},
        "benefitFamily": {"code": "AS", "text": "Aktivitetsstöd"},
        "gross": {"amount": "8030.00", "currency": "SEK"},
        "tax": {"amount": "1928.50", "currency": "SEK"},
        "deductions": {"amount": "2428.50", "currency": "SEK"},
        "net": {"amount": "5601.50", "currency": "SEK"},
    }
    assert [(row["amountType"]["code"], row["isDeduction"]) for row in rows] == [
        ("AS", False),
        ("PS", True),
        ("SOC", True),
    ]
    assert [each["preliminary"] for each in data_of(reading)["payments"]] == [False, False, True]


def test_the_payments_of_pm_are_read_from_its_own_lists_in_its_own_model() -> None:
    reading = readings(simulated("pensioner"))[SourceCode.FK]

    payment = data_of(reading)["payments"][0]
    assert (payment["supplier"], payment["from"], payment["to"]) == ("PM", "2026-09-01", "2026-09-30")
    assert payment["gross"] == {"amount": "9120.00", "currency": "SEK"}
    assert payment["tax"] == payment["deductions"] == {"amount": "1650.00", "currency": "SEK"}
    assert payment["net"] == {"amount": "7470.00", "currency": "SEK"}
    assert [row["isDeduction"] for row in payment["rows"]] == [False, True]
    assert [each["preliminary"] for each in data_of(reading)["payments"]] == [False, False, True]


def test_the_claims_and_decisions_of_pm_are_read() -> None:
    data = data_of(readings(simulated("pensioner"))[SourceCode.FK])

    assert data["pensionClaims"] == [
        {
            "claimId": "A-1",
            "received": "2026-09-01",
            "benefitGroup": {"code": "PM:AP", "text": "Allmän pension"},
            "from": "2026-09-01",
            "to": None,
        }
    ]
    decision = data["pensionDecisions"][0]
    assert (decision["status"]["code"], decision["outcome"]["code"]) == ("SLUTLIGT", "BIFALL")
    assert decision["compensations"][0]["amount"] == {"amount": "9120.00", "currency": "SEK"}
    assert decision["compensations"][0]["frequency"] == {"code": "MANAD", "text": "Per månad"}


def test_a_supplier_that_is_down_makes_the_answer_partial_though_no_deviation_is_named() -> None:
    reading = readings(simulated("pension_unavailable"))[SourceCode.FK]

    assert (reading.state, reading.code) == (SourceState.PARTIAL, "OTILLGANGLIG")
    assert data_of(reading)["deviations"] == []


def test_no_supplier_up_is_never_an_empty_answer() -> None:
    reading = read_lefi(utlamnare=[supplier("FK", DOWN), supplier("PM", DOWN)])

    assert (reading.state, reading.code) == (SourceState.LOGICAL_ERROR, "OTILLGANGLIG")


def test_an_empty_answer_needs_suppliers_that_say_ok() -> None:
    assert read_lefi(formansinformation={}, avvikelser={}).state is SourceState.ANSWERED_EMPTY
    assert read_lefi(formansinformation={"utbetalningsuppgift": []}).state is SourceState.ANSWERED_EMPTY
    assert read_json("{}").state is SourceState.UNPARSEABLE
    assert read_json('{"utlamnare": []}').state is SourceState.UNPARSEABLE


def test_an_empty_answer_from_pm_alone_does_not_prove_that_fk_has_nothing() -> None:
    assert read_lefi(utlamnare=[supplier("PM", OK)]).state is SourceState.PARTIAL


def test_a_mark_for_protected_identity_counts_though_the_rest_cannot_be_read() -> None:
    reading = read_lefi(utlamnare=[], formansinformation={"generellPersoninformation": [{"skyddad": True}]})

    assert (reading.state, reading.protected) == (SourceState.UNPARSEABLE, True)


@pytest.mark.parametrize("wrap", [lambda each: {"utbetalningar": [each]}, lambda each: [each]])
def test_deviations_are_read_from_an_object_and_from_an_array(wrap: Any) -> None:
    reason = {"kod": "INTERNT_FEL", "beskrivning": "Delsystem svarar inte"}
    named = {"avvikelse": reason, "formansgrupp": {"kod": "FK:SJP", "beskrivning": "Sjukpenning"}}

    reading = read_lefi(avvikelser=wrap(named))

    assert (reading.state, reading.code) == (SourceState.PARTIAL, "INTERNT_FEL")
    assert reading.messages == ("Delsystem svarar inte",)
    assert data_of(reading)["deviations"][0]["group"] == {"code": "FK:SJP", "text": "Sjukpenning"}


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ([{"antalForbrukade": 10, "harForbrukatMaxAntal": True}], "yes"),
        ([{"antalForbrukade": 10, "harForbrukatMaxAntal": False}], "no"),
        ([{"antalForbrukade": 10}], "notRead"),
        ([], "notRead"),
        (None, "notRead"),
    ],
)
def test_job_days_are_yes_no_or_not_read(days: Any, told: str) -> None:
    reading = read_lefi(formansinformation={"programjobdagar": days})

    assert data_of(reading)["jobDays"]["allUsed"] == told


def test_a_programme_assigned_by_af_is_read() -> None:
    reading = readings(simulated("complete"))[SourceCode.FK]

    assert data_of(reading)["programmes"] == [
        {
            "program": {"code": "53", "text": "Jobb- och utvecklingsgaranti"},
            "from": "2026-09-01",
            "to": None,
            "extent": {"numerator": 1, "denominator": 1},
        }
    ]


@pytest.mark.parametrize(("mark", "protected"), [(True, True), ("true", True), (False, False), (None, False)])
def test_a_protected_identity_is_read_from_the_person_block(mark: object, protected: bool) -> None:
    reading = read_lefi(formansinformation={"generellPersoninformation": [{"skyddad": mark}]})

    assert reading.protected is protected


def test_an_error_answer_from_lefi_is_a_logical_error() -> None:
    reading = read_json('{"meddelande": "Ej behörig", "timestamp": "2026-12-01T08:30:00Z"}')

    assert (reading.state, reading.messages) == (SourceState.LOGICAL_ERROR, ("Ej behörig",))


def test_a_period_may_lack_its_day_and_its_end() -> None:
    reading = read_lefi(formansinformation={"utbetalningsuppgift": [{"period": {"fran": "2022-09"}}]})

    payment = data_of(reading)["payments"][0]
    assert (payment["from"], payment["to"], reading.state) == ("2022-09", None, SourceState.ANSWERED)


def test_amounts_are_never_rounded_through_a_float() -> None:
    payment = '{"bruttobelopp": {"summa": 0.1000000000000000055, "valuta": "SEK"}, "nettobelopp": {"summa": 1e3}}'
    suppliers = json.dumps([supplier("FK", OK)])

    reading = read_json(f'{{"utlamnare": {suppliers}, "formansinformation": {{"utbetalningsuppgift": [{payment}]}}}}')

    assert data_of(reading)["payments"][0]["gross"]["amount"] == "0.1000000000000000055"
    assert data_of(reading)["payments"][0]["net"] == {"amount": "1000.00", "currency": "SEK"}


@pytest.mark.parametrize("amount", ['"mycket"', "1e400000", "true", "[1]", '{"summa": "x"}', "9" * 30])
def test_an_amount_of_another_kind_makes_the_answer_partial(amount: str) -> None:
    suppliers = json.dumps([supplier("PM", OK)])
    reading = read_json(f'{{"utlamnare": {suppliers}, "utbetalningar": [{{"nettobelopp": {amount}}}]}}')

    assert reading.state is SourceState.PARTIAL
    assert data_of(reading)["payments"][0]["net"] is None


def test_an_unknown_code_is_kept_verbatim() -> None:
    payment = {"formansfamilj": {"id": "ÖÖÖ-9", "beskrivning": "Ny förmån"}}
    reading = read_lefi(formansinformation={"utbetalningsuppgift": [payment]})

    assert data_of(reading)["payments"][0]["benefitFamily"] == {"code": "ÖÖÖ-9", "text": "Ny förmån"}


def test_a_key_that_is_not_a_name_is_not_repeated() -> None:
    reading = read_lefi(formansinformation={"utbetalningsuppgift": [{"189001019802": 1}], "19 890": [1]})

    assert reading.deviations == ("unknown member: a key that is not a name",)


@pytest.mark.parametrize("mark", ["ja", "true", 1, {}, [], [False]])
def test_another_person_with_a_protection_mark_is_told_of_by_the_mark_alone(mark: object) -> None:
    child = {"personnummer": "189001019802", "namn": "Barn", "foddes": "1890-01-01", "skyddad": mark}
    reading = read_lefi(formansinformation={"generellPersoninformation": [{"skyddad": False, "barn": [child]}]})

    nothing = dict.fromkeys(("personNumber", "born", "name", "deceased"))
    assert data_of(reading)["person"]["children"] == [{**nothing, "protected": True}]
    assert reading.protected is False


@pytest.mark.parametrize(
    "information",
    [
        '{"generellPersoninformation": [{"skyddad": true, "skyddad": false}]}',
        '{"generellPersoninformation": [{"skyddad": true}], "generellPersoninformation": []}',
        '{"generellPersoninformation": ["oläsligt"]}',
    ],
)
def test_a_person_block_that_may_hold_a_mark_is_taken_as_marked(information: str) -> None:
    suppliers = json.dumps([supplier("FK", OK)])

    assert read_json(f'{{"utlamnare": {suppliers}, "formansinformation": {information}}}').protected


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"text"',
        b'{"utlamnare": NaN}',
        '{"utlamnare": "å"}'.encode("latin-1"),
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"utlamnare": ' + b"9" * 5000 + b"}",
    ],
    ids=[
        "empty",
        "cut",
        "array",
        "null",
        "number",
        "text",
        "nan",
        "latin",
        "deep array",
        "deep object",
        "long number",
    ],
)
def test_a_document_that_is_not_lefis_is_unparseable_and_its_text_is_not_repeated(document: bytes) -> None:
    reading = read_json(document)

    assert reading.state is SourceState.UNPARSEABLE
    assert reading.data is None
    assert not any('utlamnare": ' in text for text in reading.deviations)


def test_a_member_that_comes_twice_with_other_content_is_noted_and_the_answer_is_not_whole() -> None:
    suppliers = json.dumps([supplier("FK", OK)])
    reading = read_json(f'{{"utlamnare": [], "utlamnare": {suppliers}}}')

    assert (reading.state, reading.deviations) == (SourceState.PARTIAL, ("repeated member: utlamnare",))


def test_a_member_that_comes_twice_with_the_same_content_is_noted_and_nothing_is_lost() -> None:
    suppliers = json.dumps([supplier("FK", OK)])
    reading = read_json(f'{{"utlamnare": {suppliers}, "utlamnare": {suppliers}}}')

    assert (reading.state, reading.deviations) == (SourceState.ANSWERED_EMPTY, ("repeated member: utlamnare",))
