"""Arbetsförmedlingen's answer, read."""

import pytest

from services.consultation.lookups.sources.domain import SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from tests.unit.lookups.given import read, readings, simulated

pytestmark = pytest.mark.requirement(1)

_STATUS = "<StatusSokandeinformationKod>0</StatusSokandeinformationKod>"


def read_svar(inner: str) -> Reading:
    return read(SourceCode.AF, f"<Fraga/><Svar>{inner}</Svar>")


def decision(kind: str, first: str, last: str) -> str:
    return (
        f"<Beslut><ErsattningTyp>{kind}</ErsattningTyp><Omfattning>50</Omfattning>"
        f"<BeslutFrom>{first}</BeslutFrom><BeslutTom>{last}</BeslutTom></Beslut>"
    )


def test_a_jobseeker_is_read_in_full() -> None:
    reading = readings(simulated("complete"))[SourceCode.AF]

    assert reading.state is SourceState.ANSWERED
    assert reading.deviations == ()
    assert reading.items == (
        "jobseeker",
        "registered",
        "category",
        "extent",
        "activityReport",
        "decisions",
        "unemploymentFund",
        "status",
    )
    assert reading.data == {
        "jobseeker": True,
        "category": "Sökande i program",
        "registered": "2026-02-13",
        "extent": 100,
        "deregistered": None,
        "activityReport": {
            "presence": "received",
            "message": "Senaste aktivitetsrapport inkom i tid",
            "latest": "2026-11-14",
        },
        "decisions": [{"type": "Aktivitetsstöd", "extent": 100, "from": "2026-09-01", "to": "2026-11-30"}],
        "unemploymentFund": "Exempelkassan",
        "person": {"givenName": "Test", "familyName": "Exempelsson"},
        "status": {"code": "0", "text": "OK"},
        "reference": "EB-2026-000123",
        "schemaVersion": "2.0",
    }


@pytest.mark.requirement(19)
def test_an_absent_report_date_is_told_in_the_sources_own_words() -> None:
    reading = readings(simulated("without_activity_report"))[SourceCode.AF]

    assert reading.data is not None
    assert reading.data["activityReport"] == {
        "presence": "absent",
        "message": "Det finns ingen inlämnad aktivitetsrapport för personen",
        "latest": None,
    }
    assert reading.messages == ("Det finns ingen inlämnad aktivitetsrapport för personen",)
    assert "activityReport" in reading.items


@pytest.mark.requirement(19)
@pytest.mark.parametrize(
    ("report", "presence"),
    [
        ("<SenasteAktivitetsRapportDatum>2026-11-14</SenasteAktivitetsRapportDatum>", "received"),
        ("<SenasteAktivitetsRapportDatum>i fredags</SenasteAktivitetsRapportDatum>", "notRead"),
        ("<SenasteAktivitetsRapportDatum/>", "notRead"),
        ("<AktivitetsRapportMeddelande>Ingen</AktivitetsRapportMeddelande>", "absent"),
        ("", "notTold"),
    ],
)
def test_why_there_is_no_report_date_is_told_and_never_guessed(report: str, presence: str) -> None:
    info = f"<ArbetssokandeInfo><AktivetetsRapportDatum>{report}</AktivetetsRapportDatum></ArbetssokandeInfo>"

    reading = read_svar(info + _STATUS)

    assert reading.data is not None
    assert reading.data["activityReport"]["presence"] == presence


def test_what_af_adds_where_its_contract_has_room_for_it_is_noted_and_no_proof_of_emptiness() -> None:
    reading = read_svar(f"{_STATUS}<Tillagg>1</Tillagg>")

    assert reading.state is SourceState.PARTIAL
    assert "unknown element: Tillagg" in reading.deviations


@pytest.mark.requirement(21)
def test_overlapping_decisions_are_all_kept_and_sorted_by_start() -> None:
    reading = readings(simulated("overlapping_decisions"))[SourceCode.AF]

    assert reading.data is not None
    first, second = reading.data["decisions"]
    assert first["from"] < second["from"] <= first["to"] < second["to"]


@pytest.mark.requirement(21)
def test_decisions_with_the_same_start_are_sorted_by_end() -> None:
    inner = decision("A", "2026-02-01", "2026-12-31") + decision("B", "2026-01-01", "2026-12-31")
    inner += decision("C", "2026-01-01", "2026-01-31")

    reading = read_svar(f"<BeslutInfo><EkonomiskaBeslut>{inner}</EkonomiskaBeslut></BeslutInfo>{_STATUS}")

    assert reading.data is not None
    assert [each["type"] for each in reading.data["decisions"]] == ["C", "B", "A"]


def test_a_status_code_other_than_zero_is_a_logical_error_with_the_sources_text() -> None:
    reading = readings(simulated("af_other_status"))[SourceCode.AF]

    assert reading.state is SourceState.LOGICAL_ERROR
    assert reading.code == "3"
    assert reading.messages == ("Sökandeinformation kunde inte hämtas",)


def test_not_enrolled_with_status_zero_is_proven_empty() -> None:
    reading = readings(simulated("nothing_registered"))[SourceCode.AF]

    assert reading.state is SourceState.ANSWERED_EMPTY
    assert reading.items == ("status",)


def test_an_answer_without_status_and_content_is_no_proof_of_emptiness() -> None:
    assert read_svar("").state is SourceState.UNPARSEABLE
    assert read(SourceCode.AF, "").state is SourceState.UNPARSEABLE


def test_an_answer_that_breaks_its_schema_is_read_and_the_deviations_are_named() -> None:
    reading = readings(simulated("af_deviating"))[SourceCode.AF]

    assert reading.state is SourceState.ANSWERED
    assert reading.data is not None
    assert (reading.data["jobseeker"], reading.data["category"]) == (True, "11")
    assert reading.data["registered"] == "2026-09-01"
    assert {
        "missing element: Fraga",
        "missing element: Schemaversion",
        "unknown element: Handlaggarteam",
        "padded value: ArbetssokandeSKAT",
    } <= set(reading.deviations)


@pytest.mark.parametrize(("value", "mark"), [("true", True), ("1", True), ("J", True), ("false", False), ("", False)])
def test_a_secrecy_mark_that_is_not_plainly_no_protects(value: str, mark: bool) -> None:
    assert read_svar(f"<Sekretessmarkering>{value}</Sekretessmarkering>{_STATUS}").protected is mark


def test_a_secrecy_mark_counts_though_the_rest_holds_no_answer() -> None:
    reading = read_svar("<Sekretessmarkering>true</Sekretessmarkering>")

    assert (reading.state, reading.protected) == (SourceState.UNPARSEABLE, True)


def test_one_of_two_secrecy_marks_is_enough() -> None:
    marks = "<Sekretessmarkering>false</Sekretessmarkering><Sekretessmarkering>true</Sekretessmarkering>"

    assert read_svar(marks + _STATUS).protected


@pytest.mark.parametrize("value", ["2026-02-30", "igår", "2026-1-1", "20260101"])
def test_a_date_that_cannot_be_read_makes_the_answer_partial(value: str) -> None:
    info = f"<ArbetssokandeInfo><ArbetssokandeRegistrerad>{value}</ArbetssokandeRegistrerad></ArbetssokandeInfo>"

    reading = read_svar(info + "<Akassetillhorighet>Kassan</Akassetillhorighet>" + _STATUS)

    assert reading.state is SourceState.PARTIAL
    assert "not a date: ArbetssokandeRegistrerad" in reading.deviations
    assert not any(value in text for text in reading.deviations)


@pytest.mark.parametrize("written", ["2026-03-01+14:00", "2026-03-01-12:00", "2026-03-01Z", "2026-03-01"])
def test_an_offset_on_a_date_never_moves_the_day(written: str) -> None:
    info = f"<ArbetssokandeInfo><ArbetssokandeRegistrerad>{written}</ArbetssokandeRegistrerad></ArbetssokandeInfo>"
    reading = read_svar(info + _STATUS)

    assert reading.data is not None
    assert reading.data["registered"] == "2026-03-01"
