"""Entries as they are told to people."""

import csv
import io
import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit import extract, review
from services.audit.told import Told, read_entries
from shared.problems import Words
from shared.tokens.acting import Acting
from tests.trail import UMEA, an_entry

NAMES = {UMEA: "Umeå kommun"}
PURPOSES = {"financial_aid_application": Words("Ansökan", "Application")}
DECISION = {"id": "d-1", "version": 1}


def told(**changes: object) -> Told:
    (one,) = read_entries([an_entry().parameters()["audit_entry"]], NAMES)
    return replace(one, **changes)  # type: ignore[arg-type]


def extracted(*lines: Told, form: str = "csv", language: str = "both", with_handlers: bool = False) -> str:
    made_at = datetime(2026, 11, 21, tzinfo=UTC)
    return extract.rendered(
        lines, purposes=PURPOSES, made_at=made_at, form=form, language=language, with_handlers=with_handlers
    )


def test_the_grounds_of_a_decision_are_told_with_everything_that_rests_on_it() -> None:
    asked = an_entry(event="lookup.asked", detail={"decision": {**DECISION, "grounds": ["5 § förordningen"]}})
    disclosed = an_entry(detail={"decision": DECISION})
    other = an_entry(detail={"decision": {**DECISION, "id": "d-2"}})

    lines = read_entries([entry.parameters()["audit_entry"] for entry in (asked, disclosed, other)], NAMES)

    assert [line.grounds for line in lines] == [("5 § förordningen",), ("5 § förordningen",), ()]


def test_a_supplier_that_acted_is_told_by_name_and_else_by_number_in_extract_and_review() -> None:
    acting = Acting("0007:5599990008", uuid.UUID(int=1))
    entry = an_entry()
    entry = replace(entry, caller=replace(entry.caller, acting=acting))
    written = entry.parameters()["audit_entry"]

    (named,) = read_entries([written], {**NAMES, acting.organisation: "Exempelsystem AB"})
    (numbered,) = read_entries([written], NAMES)

    assert (named.acting, numbered.acting, told().acting) == ("Exempelsystem AB", "5599990008", None)
    (event,) = json.loads(extracted(named, form="json"))["events"]
    assert (event["organisation"], event["actingOrganisation"]) == ("Umeå kommun", "Exempelsystem AB")


@pytest.mark.parametrize(
    ("utc", "local"),
    [
        ("2026-07-01T22:30:00+00:00", "2026-07-02 00:30:00"),
        ("2026-11-20T23:30:00+00:00", "2026-11-21 00:30:00"),
    ],
)
def test_time_is_told_as_swedish_clocks_show_it_and_in_utc(utc: str, local: str) -> None:
    line = told(at=datetime.fromisoformat(utc))
    assert (line.local, line.utc) == (local, utc.replace("+00:00", "Z"))


def test_one_language_has_its_own_headings_and_words_and_both_has_both() -> None:
    def head(language: str) -> list[str]:
        return next(csv.reader(io.StringIO(extracted(told(), language=language).removeprefix("\ufeff"))))

    assert head("sv")[2:4] == ["Händelse", "Utfall"]
    assert head("en")[2:4] == ["Event", "Outcome"]
    assert head("both")[2:6] == ["Händelse", "Event", "Utfall", "Outcome"]
    only = json.loads(extracted(told(), form="json", language="en"))
    assert only["events"][0]["event"] == {"en": "Answers from the registers were disclosed"}
    assert only["events"][0]["purpose"] == {"en": "Application"}


def test_handlers_are_told_only_when_asked_for() -> None:
    assert "hl-1" not in extracted(told()) + extracted(told(), form="json")
    assert "hl-1" in extracted(told(), with_handlers=True)
    assert json.loads(extracted(told(), form="json", with_handlers=True))["events"][0]["handler"] == "hl-1"


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_a_spreadsheet_finds_no_formula_in_a_cell(formula: str) -> None:
    rows = list(csv.reader(io.StringIO(extracted(told(case_reference=formula)))))
    assert f"'{formula}" in rows[1]
    assert formula not in rows[1]


def test_an_organisation_or_event_that_is_not_known_is_told_as_it_stands() -> None:
    line = told(organisation="0007:2120001124", organisation_name=None, event="lookup.forgotten", purpose="other")
    (row,) = json.loads(extracted(line, form="json"))["events"]
    assert (row["organisation"], row["organisationNumber"]) == (None, "2120001124")
    assert row["event"]["sv"] == "lookup.forgotten"
    assert row["purpose"]["en"] == "other"


@given(st.integers(0, 30), st.integers(1, 30), st.text(max_size=5))
def test_a_sample_is_drawn_alike_each_time_and_in_order(size: int, number: int, seed: str) -> None:
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    lines = [told(id=str(place), at=begun + timedelta(hours=place)) for place in range(size)]

    drawn = review.drawn(lines, number, seed)

    assert drawn == review.drawn(lines, number, seed)
    assert len(drawn) == min(size, number)
    assert drawn == sorted(drawn, key=lambda line: line.at)
    # What is added afterwards changes nothing about who was drawn among the earlier.
    later = review.drawn([*lines, told(id="later", at=begun + timedelta(days=99))], number, seed)
    assert {line.id for line in later} - {"later"} <= {line.id for line in drawn}


def test_a_review_counts_persons_cases_refusals_and_what_lies_outside_working_time() -> None:
    night = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    lines = [told(), told(id="b", person="ab" * 32, case_reference="EB-9"), told(id="c", at=night, outcome="refused")]

    answer = json.loads(
        review.rendered(
            lines,
            handler="hl-1",
            organisation="2120002627",
            name="Umeå kommun",
            first=None,
            last=None,
            sample=1,
            purposes=PURPOSES,
            working=lambda at: at != night,
            made_at=night,
            form="json",
        )
    )

    figures = ("number", "persons", "cases", "refused", "outsideWorkingTime", "shown")
    assert [answer[figure] for figure in figures] == [3, 2, 2, 1, 1, 1]
    assert len(answer["events"][0]["person"]) == 12, "a mark, cut short"
