"""CSN, Skatteverket, Transportstyrelsen and Migrationsverket, read."""

import pytest
from lxml import etree

from services.consultation.lookups.sources.domain import SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element, parse
from tests.unit.lookups.given import encoded, read, readings, simulated
from tests.unit.lookups.golden_xml import data_of, document_of

pytestmark = pytest.mark.requirement(1)

_RESULT = (
    "<GemensamtSvarEkbistand><Resultat><ResultatKod>{code}</ResultatKod><ResultatText>text</ResultatText>"
    "</Resultat></GemensamtSvarEkbistand><GemensamtFragaEkbistand/>"
)


def read_csn(persons: str | None, code: str = "0") -> Reading:
    listed = "" if persons is None else f"<Personer>{persons}</Personer>"
    document = f'<CSNSvar schemaVersion="4.0">{_RESULT.format(code=code)}{listed}</CSNSvar>'
    return read(SourceCode.CSN, f"<svar>{encoded(document)}</svar>")


def read_skv(document: str) -> Reading:
    return read(SourceCode.SKV, f"<svar><![CDATA[{document}]]></svar>")


def test_csns_payments_are_read_with_weeks_and_amounts() -> None:
    reading = readings(simulated("complete"))[SourceCode.CSN]

    assert (reading.state, reading.deviations) == (SourceState.ANSWERED, ())
    assert reading.items == ("cases", "applications", "grantedTimes", "payments")
    assert reading.data is not None
    case = reading.data["cases"][0]
    assert case["form"]["code"] == "GRUND"
    assert case["granted"][0]["fromWeek"] == "2026-W36"
    assert [each["status"] for each in case["payments"]] == ["Utbetald", "Utbetald", "Planerad"]
    assert case["payments"][0]["total"] == {"amount": "12184.00", "currency": "SEK"}
    assert [each["type"]["code"] for each in case["payments"][0]["parts"][0]["amounts"]] == ["GRUNDB", "GRUNDL"]


def test_a_result_code_other_than_zero_is_csns_logical_error() -> None:
    reading = read_csn("", code="-1005")

    assert (reading.state, reading.code, reading.messages) == (SourceState.LOGICAL_ERROR, "-1005", ("text",))


def test_no_hit_at_csn_is_proven_empty() -> None:
    assert readings(simulated("nothing_registered"))[SourceCode.CSN].state is SourceState.ANSWERED_EMPTY
    assert read_csn("").state is SourceState.ANSWERED_EMPTY


def test_csn_without_a_person_list_or_a_result_is_no_proof() -> None:
    assert read_csn(None).state is SourceState.UNPARSEABLE
    document = '<CSNSvar schemaVersion="4.0"><Personer/></CSNSvar>'
    assert read(SourceCode.CSN, f"<svar>{encoded(document)}</svar>").state is SourceState.UNPARSEABLE


def test_a_person_that_csn_knows_without_any_kind_of_support_is_not_proven_empty() -> None:
    assert read_csn('<Person personnummer="9001049809" sekel="18"/>').state is SourceState.PARTIAL
    assert read_csn('<Person personnummer="9001049809" sekel="18" Status="Okänd"/>').state is SourceState.PARTIAL
    assert read_csn('<Person Status="Ej träff  "/>').state is SourceState.ANSWERED_EMPTY


@pytest.mark.parametrize(("mark", "protected"), [("J", True), ("1 ", True), ("  ", False), ("", False)])
def test_any_secrecy_mark_at_csn_protects(mark: str, protected: bool) -> None:
    person = f'<Person personnummer="9001049809" sekel="18" sekretess="{mark}"/>'

    assert read_csn(person).protected is protected
    assert read_csn(person, code="7").protected is protected


def test_an_unknown_schema_version_at_csn_is_named() -> None:
    document = f'<CSNSvar schemaVersion="5.0">{_RESULT.format(code="0")}<Personer/></CSNSvar>'
    reading = read(SourceCode.CSN, f"<svar>{encoded(document)}</svar>")

    assert "unknown schema version: CSNSvar" in reading.deviations


@pytest.mark.parametrize("svar", ["", "<svar/>", "<svar>inte base64!</svar>", f"<svar>{encoded('<a>')}</svar>"])
def test_csn_without_a_readable_inner_document_is_unparseable(svar: str) -> None:
    assert read(SourceCode.CSN, svar).state is SourceState.UNPARSEABLE


def test_skatteverkets_capital_is_read() -> None:
    reading = readings(simulated("complete"))[SourceCode.SKV]

    assert reading.state is SourceState.ANSWERED
    assert reading.data is not None
    assert reading.data["capital"] == [
        {
            "taxYear": "2025",
            "income": {"amount": "1843.00", "currency": "SEK"},
            "surplus": {"amount": "1843.00", "currency": "SEK"},
        }
    ]


def test_skatteverkets_inner_document_may_declare_another_encoding_than_it_has() -> None:
    document = '<?xml version="1.0" encoding="ISO-8859-1"?><Svar><PersonuppgiftLista/></Svar>'

    assert read_skv(document).state is SourceState.ANSWERED_EMPTY


@pytest.mark.parametrize("document", ["", "<a>", "prosa", "<Annat/>"])
def test_skatteverket_without_its_document_is_unparseable(document: str) -> None:
    assert read_skv(document).state is SourceState.UNPARSEABLE


def test_a_vehicle_is_read_and_an_empty_holding_is_proven_empty() -> None:
    reading = readings(simulated("complete"))[SourceCode.TNS]

    assert reading.data == {
        "vehicles": [
            {
                "registration": "XXX00X",
                "make": "EXEMPELBIL",
                "year": "2009",
                "kind": "PERSONBIL",
                "model": "TEST KOMBI",
            }
        ],
        "result": "OK",
        "errors": [],
    }
    assert read(SourceCode.TNS, "<resultat>OK</resultat>").state is SourceState.ANSWERED_EMPTY
    assert read(SourceCode.TNS, "").state is SourceState.UNPARSEABLE


def test_a_list_of_things_under_an_unknown_name_is_not_an_empty_list() -> None:
    reading = read(SourceCode.TNS, "<resultat>OK</resultat><fordonsinnehav><bat/></fordonsinnehav>")

    assert (reading.state, reading.deviations) == (SourceState.PARTIAL, ("unknown element: bat",))


def test_an_error_inside_transportstyrelsens_data_is_a_logical_error() -> None:
    reading = readings(simulated("tns_refused"))[SourceCode.TNS]

    assert (reading.state, reading.code) == (SourceState.LOGICAL_ERROR, "2")
    assert reading.messages == ("Personen kan inte behandlas",)


def test_a_permit_is_read_with_its_last_day() -> None:
    reading = readings(simulated("coordination_permit"))[SourceCode.MIV]

    assert reading.items == ("homeCountry", "permits")
    assert reading.data is not None
    permit = reading.data["permits"][0]
    assert permit["decision"] == {"code": "BEV", "text": "Bevilja"}
    assert (permit["to"], permit["validity"]) == ("2028-08-21", "TIDBEGRANSAT")


def test_migrationsverket_without_a_case_is_proven_empty() -> None:
    nil = "<response><correlationid>1</correlationid><svarCollection><svar/></svarCollection></response>"

    assert read(SourceCode.MIV, nil).state is SourceState.ANSWERED_EMPTY
    assert read(SourceCode.MIV, "").state is SourceState.ANSWERED_EMPTY


@pytest.mark.parametrize("name", ["af", "tns", "csn"])
def test_content_from_a_source_that_does_not_tell_how_it_went_is_no_whole_answer(name: str) -> None:
    code = SourceCode(name.upper())
    verdict = {"af": "StatusSokandeinformationKod", "tns": "resultat", "csn": "ResultatKod"}[name]
    document = parse(document_of(f"{name}.xml"), max_bytes=100_000)
    whole = read_source(V10.readers[code], [wrapping(data_of(code, etree.tostring(document)))])[0]
    (element,) = document.iter(f"{{*}}{verdict}")
    found = element.getparent()
    assert found is not None
    found.remove(element)

    reading = read_source(V10.readers[code], [wrapping(data_of(code, etree.tostring(document)))])[0]

    assert (whole.state, reading.state) == (SourceState.ANSWERED, SourceState.PARTIAL)
    assert reading.deviations == (f"missing element: {verdict}",)
    assert reading.items


def wrapping(data: Element) -> Element:
    source = etree.Element("source")
    source.append(data)
    return source
