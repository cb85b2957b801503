"""CSN: what is told of counters, marks, unknown values and contradictions."""

import pytest

from services.consultation.lookups.sources.domain import SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from tests.unit.lookups.given import encoded, read
from tests.unit.lookups.golden_xml import document_of

pytestmark = pytest.mark.requirement(1)

_GOLDEN = document_of("csn.xml").decode()


def read_changed(*changes: tuple[str, str]) -> Reading:
    """The golden answer with texts replaced, each once."""
    document = _GOLDEN
    for old, new in changes:
        assert old in document, old
        document = document.replace(old, new, 1)
    return read(SourceCode.CSN, f"<svar>{encoded(document)}</svar>")


def test_the_golden_answer_is_read_in_full() -> None:
    reading = read_changed()

    assert (reading.state, reading.deviations) == (SourceState.ANSWERED, ())


def test_cases_that_are_announced_but_not_there_make_the_answer_partial() -> None:
    reading = read_changed(("<t:studiehjalp>1<", "<t:studiehjalp>3<"))

    assert reading.state is SourceState.PARTIAL
    assert reading.deviations == ("another number of cases than announced: Studiehjalp",)


def test_more_cases_than_announced_are_all_read_and_the_count_is_named() -> None:
    reading = read_changed(("<t:studiemedel>2<", "<t:studiemedel>1<"))

    assert reading.state is SourceState.ANSWERED
    assert reading.deviations == ("another number of cases than announced: Studiemedel",)


def test_a_kind_of_support_that_lost_its_cases_is_not_an_empty_one() -> None:
    start, end = _GOLDEN.index("<p:Omstallningsstudiestod>"), _GOLDEN.index("</p:Omstallningsstudiestod>")

    reading = read_changed((_GOLDEN[start:end], "<p:Omstallningsstudiestod>"))

    assert reading.state is SourceState.PARTIAL


def test_cases_beside_no_hit_are_told_as_a_contradiction() -> None:
    reading = read_changed(('Status="          "', 'Status="Ej träff"'))

    assert reading.state is SourceState.PARTIAL
    assert reading.data is not None
    assert len(reading.data["cases"]) == 6
    assert reading.data["person"]["status"] == "Ej träff"


@pytest.mark.parametrize(
    "change",
    [
        ('sekretess="  "', 'sekretess="S"'),
        ('lopnummer="41"', 'lopnummer="41" sekretess="S"'),
        ("<k:Resultat>", '<k:Resultat sekretess="1">'),
    ],
)
def test_a_secrecy_mark_protects_wherever_it_stands(change: tuple[str, str]) -> None:
    assert read_changed(change).protected


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (("<t:utbetstatus>Utbetald<", "<t:utbetstatus>Återkrävd<"), "utbetstatus"),
        ((">AVSLUTAT<", ">VILANDE<"), "status"),
        (("<t:takt>75<", "<t:takt>25<"), "takt"),
    ],
)
def test_a_value_outside_of_the_contracts_list_is_named_and_told_as_it_is(change: tuple[str, str], name: str) -> None:
    reading = read_changed(change)

    assert reading.state is SourceState.ANSWERED
    assert reading.deviations == (f"unknown value: {name}",)
    assert change[1].split(">")[1].rstrip("<") in str(reading.data)


def test_a_form_of_support_that_no_list_has_is_told_as_it_is() -> None:
    reading = read_changed((">GRUND<", ">NYSTÖD<"))

    assert reading.deviations == ()
    assert reading.data is not None
    assert reading.data["cases"][0]["form"]["code"] == "NYSTÖD"


@pytest.mark.parametrize(
    ("spelt", "loan", "deviations"),
    [
        ("<t:soktlan>J</t:soktlan>", True, ()),
        ("<t:soktlan> </t:soktlan>", False, ()),
        ("", None, ()),
        ("<t:soktlan>N</t:soktlan>", None, ("unknown value: soktlan",)),
    ],
)
def test_whether_a_loan_was_applied_for_is_yes_no_or_not_told(
    spelt: str, loan: bool | None, deviations: tuple[str, ...]
) -> None:
    reading = read_changed(("<t:soktlan>J</t:soktlan>", spelt))

    assert reading.data is not None
    assert reading.data["cases"][0]["applied"][0]["loan"] is loan
    assert reading.deviations == deviations


def test_a_day_that_is_not_set_is_none_and_no_deviation() -> None:
    reading = read_changed()

    assert reading.data is not None
    equipment = next(case for case in reading.data["cases"] if case["kind"] == "homeEquipmentLoan")
    assert [payment["date"] for payment in equipment["payments"]] == ["2026-10-05", None]
    assert equipment["payments"][1]["total"] == {"amount": "9036.00", "currency": "SEK"}


@pytest.mark.parametrize(
    ("change", "deviation"),
    [
        (("20260925", "20260931"), "not a date: utbetdatum"),
        (("202636", "202654"), "not a week: starttid"),
        ((">9001<", ">9 001<"), "not an amount: belopp"),
        ((">9001<", ">nio<"), "not an amount: belopp"),
        (("</sm:stodform>", "</sm:stodform>prosa"), "text after an element: stodform"),
        (("<sm:soktaTider>", "<sm:soktaTider>prosa"), "text where elements are expected: soktaTider"),
        ((">9001<", "><b>9001</b><"), "elements where text is expected: belopp"),
    ],
)
def test_what_cannot_be_read_makes_the_answer_partial_and_is_named(change: tuple[str, str], deviation: str) -> None:
    reading = read_changed(change)

    assert reading.state is SourceState.PARTIAL
    assert deviation in reading.deviations


def test_amounts_with_decimals_or_noughts_first_are_read_though_the_contract_has_neither() -> None:
    reading = read_changed((">9001<", ">9001.50<"), (">9002<", ">009002<"))

    assert reading.data is not None
    amount = reading.data["cases"][0]["granted"][0]["amounts"][0]
    assert (amount["amount"]["amount"], amount["total"]["amount"]) == ("9001.50", "9002.00")
    assert reading.state is SourceState.ANSWERED


def test_of_two_results_the_one_that_refuses_counts() -> None:
    second = "<k:Resultat><k:ResultatKod>-7</k:ResultatKod><k:ResultatText>Nej</k:ResultatText></k:Resultat>"

    reading = read_changed(("</k:Resultat>", f"</k:Resultat>{second}"))

    assert (reading.state, reading.code, reading.messages) == (SourceState.LOGICAL_ERROR, "-7", ("Nej",))


def test_an_answer_of_endlessly_many_names_fills_no_memory_and_is_still_read() -> None:
    for number in range(300):
        reading = read_changed(("http://schema.csn.se/v4.0/csntyper", f"urn:{number}"))
        assert reading.state is SourceState.ANSWERED
