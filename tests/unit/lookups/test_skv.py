"""Skatteverket in version 10: names, years, faults, and what stands under unknown names."""

import pytest

from services.consultation.lookups.sources.domain import SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from tests.unit.lookups.given import read

pytestmark = pytest.mark.requirement(1)


def read_person(inner: str) -> Reading:
    return read_string(f"<Svar><PersonuppgiftLista><Personuppgift>{inner}</Personuppgift></PersonuppgiftLista></Svar>")


def read_string(document: str) -> Reading:
    return read(SourceCode.SKV, f"<svar><![CDATA[{document}]]></svar>")


_CAPITAL = (
    "<Kapitaluppgift><Taxeringsar>{year}</Taxeringsar><SummaIntakterPaKapital>1</SummaIntakterPaKapital>"
    "<OverskottPaKapital>{surplus}</OverskottPaKapital></Kapitaluppgift>"
)


def test_several_years_are_told_in_the_order_of_the_answer() -> None:
    years = [_CAPITAL.format(year=year, surplus="1") for year in ("2024", "2025")]

    reading = read_person("".join(years))

    assert (reading.state, reading.deviations) == (SourceState.ANSWERED, ())
    assert reading.data is not None
    assert [row["taxYear"] for row in reading.data["capital"]] == ["2024", "2025"]
    assert reading.data["names"] is None


def test_whom_the_answer_is_about_is_read() -> None:
    reading = read_person("<Identitetsbeteckning>189001049809</Identitetsbeteckning><Efternamn>Prov</Efternamn>")

    assert (reading.subject, reading.state) == ("189001049809", SourceState.ANSWERED_EMPTY)
    assert reading.data is not None
    assert reading.data["names"] == {"given": None, "middle": None, "last": "Prov"}


@pytest.mark.parametrize("inner", ["<Fastighet>1</Fastighet>", "<Inkomst><Belopp>5</Belopp></Inkomst>", "<Namn/>"])
def test_what_stands_under_an_unknown_name_is_no_proof_that_there_is_nothing(inner: str) -> None:
    reading = read_person(inner)

    assert reading.state is SourceState.PARTIAL
    assert reading.deviations[0].startswith("unknown element: ")


def test_an_amount_that_cannot_be_read_makes_the_answer_partial() -> None:
    reading = read_person(_CAPITAL.format(year="2025", surplus="okänt"))

    assert (reading.state, reading.deviations) == (SourceState.PARTIAL, ("not an amount: OverskottPaKapital",))


_FAULT = "<MeddelandeKod>{code}</MeddelandeKod><MeddelandeText>Stängt</MeddelandeText><Systemversion>1</Systemversion>"


@pytest.mark.parametrize("code", ["9071000", "9071999"])
@pytest.mark.parametrize(
    "form", ["{}", "<Exception>{}</Exception>", "<svar><![CDATA[<Exception>{}</Exception>]]></svar>"]
)
def test_a_fault_of_the_web_service_inside_its_data_is_a_logical_error(form: str, code: str) -> None:
    reading = read(SourceCode.SKV, form.format(_FAULT.format(code=code)))

    assert (reading.state, reading.code, reading.messages) == (SourceState.LOGICAL_ERROR, code, ("Stängt",))
    assert (reading.deviations, reading.data) == ((), None)


@pytest.mark.parametrize(
    ("code", "deviation"),
    [
        ("9070999", "unknown value: MeddelandeKod"),
        ("9072000", "unknown value: MeddelandeKod"),
        ("", "missing element: MeddelandeKod"),
    ],
)
def test_a_fault_with_another_code_is_a_fault_all_the_same(code: str, deviation: str) -> None:
    reading = read(SourceCode.SKV, _FAULT.format(code=code))

    assert (reading.state, reading.code) == (SourceState.LOGICAL_ERROR, code or None)
    assert reading.deviations == (deviation,)


@pytest.mark.parametrize(
    ("mark", "protected"), [("J", True), ("true", True), ("1", True), ("N", False), ("false", False), (" ", False)]
)
def test_a_secrecy_mark_protects_wherever_it_stands(mark: str, protected: bool) -> None:
    element = f"<Sekretessmarkering>{mark}</Sekretessmarkering>"

    assert read_person(element).protected is protected
    assert read_string(f"<Svar>{element}</Svar>").protected is protected
