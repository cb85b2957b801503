"""Look-ups through the gateway, against the simulator of the real contract."""

import base64
import json
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.ssbtek.rules import violations
from services.consultation.lookups.sources.ssbtek.v10 import V10
from tests.contract.ssbtek_contract import needs_contract, schema
from tests.exchange import NOBODY, Exchange, consultation_body, lookup_body

NAMESPACE = "{http://schema.forsakringskassan.se/integration/ssbt/10}"


def states(answer: dict[str, Any]) -> dict[str, str]:
    return {source["source"]: source["state"] for source in answer["sources"]}


def sources(answer: dict[str, Any]) -> dict[str, Any]:
    return {source["source"]: source for source in answer["sources"]}


@pytest.mark.requirement(1)
def test_a_late_source_and_a_failed_source_are_told_apart_from_five_that_answered(exchange: Exchange) -> None:
    answer = exchange.look_up("late_and_failed")

    assert answer.status_code == 200
    told = sources(answer.json())
    assert (told["AF"]["state"], told["AF"]["origin"]) == ("error", "SSBT")
    assert (told["FK"]["state"], told["FK"]["origin"]) == ("error", "BT")
    read = [name for name, each in told.items() if each["state"] in ("answered", "answered_empty")]
    assert read == ["CSN", "SKV", "SO", "TNS", "MIV"]
    assert answer.json()["complete"] is False
    assert all(told[name]["data"] is None for name in ("AF", "FK"))


@pytest.mark.requirement(1)
def test_when_one_of_seven_times_out_six_are_answered_and_it_is_never_shown_as_nothing(exchange: Exchange) -> None:
    told = sources(exchange.look_up("af_late").json())

    assert told["AF"]["state"] == "error"
    assert told["AF"]["origin"] == "SSBT"
    assert sum(each["state"] in ("answered", "answered_empty") for each in told.values()) == 6


def test_nothing_registered_is_proven_empty_and_complete(exchange: Exchange) -> None:
    answer = exchange.look_up("nothing_registered").json()

    assert set(states(answer).values()) == {"answered_empty"}
    assert answer["complete"] is True


@pytest.mark.parametrize("person", ["csn_unreadable", "fk_unreadable", "skv_unreadable"])
def test_a_broken_inner_document_leaves_the_other_six_intact(exchange: Exchange, person: str) -> None:
    broken = person.partition("_")[0].upper()
    whole = sources(exchange.look_up("complete").json())
    told = sources(exchange.look_up(person).json())

    assert told[broken]["state"] == "unparseable"
    others = [name for name in told if name != broken]
    assert [told[name]["state"] for name in others] == [whole[name]["state"] for name in others]
    assert all(told[name]["data"] for name in others)


def test_all_sources_down_is_still_an_answer(exchange: Exchange) -> None:
    for person in ("all_down", "service_fault", "generic_fault"):
        answer = exchange.look_up(person)
        assert answer.status_code == 200
        assert set(states(answer.json()).values()) == {"error"}
        assert answer.json()["complete"] is False


def test_only_chosen_sources_are_asked(exchange: Exchange) -> None:
    answer = exchange.look_up("complete", sources=["AF", "SO"]).json()

    assert [name for name, state in states(answer).items() if state != "not_asked"] == ["AF", "SO"]
    assert included(exchange.sent_to_sources[-1]) == ["AF", "SO"]


def test_a_purpose_keeps_sources_out_that_it_does_not_need(exchange: Exchange) -> None:
    allowed = exchange.look_up("complete", purpose="financial_aid_recovery")
    assert included(exchange.sent_to_sources[-1]) == ["AF", "CSN", "FK", "SO"]
    assert allowed.status_code == 200

    before = len(exchange.sent_to_sources)
    refused = exchange.look_up("complete", purpose="financial_aid_recovery", sources=["AF", "TNS"])
    assert (refused.status_code, refused.json()["code"]) == (422, "source_outside_purpose")
    assert refused.json()["allowedSources"] == ["AF", "CSN", "FK", "SO"]
    assert len(exchange.sent_to_sources) == before


@needs_contract
@pytest.mark.parametrize("person", ["complete", "coordination_permit", "late_and_failed"])
def test_the_request_that_leaves_is_valid_by_the_official_schema(exchange: Exchange, person: str) -> None:
    exchange.look_up(person)

    schema().assertValid(question_of(exchange.sent_to_sources[-1]))


def test_the_request_that_leaves_carries_who_why_and_for_which_case(exchange: Exchange) -> None:
    body = lookup_body("complete", exchange.clock(), caseReference="EB-2026/000123")
    answer = exchange.send("umea", "POST", "/consultation/v1/lookups", body, handler="hl-4711")
    assert answer.status_code == 200

    question = question_of(exchange.sent_to_sources[-1])
    assert violations(exchange.sent_to_sources[-1], V10) == []
    general = question[0]
    assert text(general, "ingivare/handlaggare") == "hl-4711"
    assert text(general, "ingivare/organisationsnummer") == "162120002627"
    assert text(general, "arendeidentitet") == "EB-2026/000123"
    assert text(general, "syfte") == "Handläggning av ansökan om ekonomiskt bistånd"
    assert text(general, "lagtext") == answer.json()["legalText"]
    assert text(general, "fraganSkallInkluderasISvaret") == "false"


@pytest.mark.parametrize(
    ("day", "law"),
    [
        (datetime(2025, 6, 30, 21, 59, tzinfo=UTC), "2001:453"),
        (datetime(2025, 6, 30, 22, 1, tzinfo=UTC), "2025:400"),
    ],
)
def test_the_legal_text_is_the_one_in_force_on_the_swedish_day(exchange: Exchange, day: datetime, law: str) -> None:
    exchange.clock.move_to(day)

    answer = exchange.look_up("complete", sources=["AF"])

    assert law in answer.json()["legalText"]
    assert law in text(question_of(exchange.sent_to_sources[-1])[0], "lagtext")


def test_a_case_reference_of_32_characters_is_refused_before_anything_is_asked(exchange: Exchange) -> None:
    before = len(exchange.sent_to_sources)

    assert exchange.look_up("complete", caseReference="E" * 31).status_code == 200
    refused = exchange.look_up("complete", caseReference="E" * 32)

    assert (refused.status_code, refused.json()["code"]) == (422, "case_reference_invalid")
    assert len(exchange.sent_to_sources) == before + 1


@pytest.mark.parametrize("reference", ["", "   ", "EB 189001049809", "EB-900104-9809", "a\nb"])
def test_a_case_reference_that_cannot_travel_is_refused(exchange: Exchange, reference: str) -> None:
    refused = exchange.look_up("complete", caseReference=reference)

    assert refused.status_code == 422
    assert "900104" not in refused.text


@pytest.mark.requirement(106)
def test_a_wrong_check_digit_is_refused_without_repeating_the_number(exchange: Exchange) -> None:
    number = PERSONS["complete"].number
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    body = {**lookup_body("complete", exchange.clock()), "person": wrong}

    refused = exchange.send("umea", "POST", "/consultation/v1/lookups", body)

    assert (refused.status_code, refused.json()["code"]) == (422, "person_number_invalid")
    assert wrong not in refused.text


@pytest.mark.requirement(106)
def test_a_samordningsnummer_is_accepted(exchange: Exchange) -> None:
    assert exchange.look_up("coordination_permit").status_code == 200


@pytest.mark.parametrize("person", ["protected_by_af", "protected_by_fk", "protected_by_csn"])
def test_protected_identity_in_any_source_withholds_all_content(exchange: Exchange, person: str) -> None:
    answer = exchange.look_up(person).json()

    assert answer["protectedIdentity"] is True
    assert answer["withheld"] is True
    assert all(not source["data"] and not source["items"] and not source["messages"] for source in answer["sources"])


def test_a_consultation_about_a_person_with_protected_identity_is_sent_to_the_phone(exchange: Exchange) -> None:
    lookup = exchange.look_up("protected_by_af").json()
    body = consultation_body(lookupId=lookup["lookupId"], caseReference=lookup["caseReference"])
    del body["person"]

    refused = exchange.send("umea", "POST", "/consultation/v1/consultations", body)

    assert (refused.status_code, refused.json()["code"]) == (409, "protected_identity")


@pytest.mark.requirement(21)
def test_two_overlapping_decisions_are_both_returned_in_order_of_start(exchange: Exchange) -> None:
    data = sources(exchange.look_up("overlapping_decisions").json())["AF"]["data"]

    starts = [decision["from"] for decision in data["decisions"]]
    assert len(starts) >= 2
    assert starts == sorted(starts)


@pytest.mark.requirement(19)
def test_a_missing_activity_report_is_told_in_the_sources_own_words(exchange: Exchange) -> None:
    data = sources(exchange.look_up("without_activity_report").json())["AF"]["data"]

    assert data["activityReport"]["latest"] is None
    assert data["activityReport"]["message"]


def test_a_lookup_needs_a_handler(exchange: Exchange) -> None:
    body = lookup_body("complete", exchange.clock())

    for handler in (None, "", "a b", "900104-9809", "189001049809"):
        refused = exchange.send("umea", "POST", "/consultation/v1/lookups", body, handler=handler)
        assert (refused.status_code, refused.json()["code"]) == (400, "actor_required")


@pytest.mark.requirement(6)
def test_an_a_kassa_is_refused_a_financial_aid_lookup_by_its_kind(exchange: Exchange) -> None:
    refused = exchange.look_up("complete", "akassa")

    assert (refused.status_code, refused.json()["code"]) == (403, "kind_not_permitted")
    opened = exchange.send(
        "akassa",
        "POST",
        "/consultation/v1/consultations",
        consultation_body(type="information_request", purpose="unemployment_insurance"),
    )
    assert opened.status_code == 201


def test_on_a_day_without_a_ground_in_force_nothing_is_asked(exchange: Exchange) -> None:
    before = len(exchange.sent_to_sources)
    exchange.clock.move_to(datetime(2010, 6, 1, 12, tzinfo=UTC))

    refused = exchange.look_up("complete")

    assert (refused.status_code, refused.json()["code"]) == (403, "no_ground")
    assert {item["reason"] for item in refused.json()["items"]} == {"no_ground_in_force"}
    assert len(exchange.sent_to_sources) == before


def span(first: int, last: int) -> dict[str, str]:
    today = datetime.now(UTC).date()
    return {"from": str(today + timedelta(days=first)), "to": str(today + timedelta(days=last))}


@pytest.mark.parametrize("period", [span(1, 0), span(-800, 0), span(0, 900)])
def test_a_period_that_no_source_accepts_is_refused(exchange: Exchange, period: dict[str, str]) -> None:
    refused = exchange.look_up("complete", period=period)

    assert (refused.status_code, refused.json()["code"]) == (422, "period_invalid")


def test_a_lookup_can_be_read_afterwards_without_its_content(exchange: Exchange) -> None:
    made = exchange.look_up("late_and_failed").json()

    read = exchange.send("umea", "GET", f"/consultation/v1/lookups/{made['lookupId']}")

    record = read.json()
    assert {each["source"]: each["state"] for each in record["sources"]} == states(made)
    assert record["handler"] == "hl-1"
    assert PERSONS["late_and_failed"].number not in read.text
    assert exchange.send("malmo", "GET", f"/consultation/v1/lookups/{made['lookupId']}").status_code == 404
    assert exchange.send("umea", "GET", f"/consultation/v1/lookups/{NOBODY}").status_code == 404


def test_a_lookup_sent_again_with_its_key_asks_the_sources_once(exchange: Exchange) -> None:
    body, key = lookup_body("complete", exchange.clock()), str(uuid.uuid4())
    before = len(exchange.sent_to_sources)

    first = exchange.send("umea", "POST", "/consultation/v1/lookups", body, key=key)
    second = exchange.send("umea", "POST", "/consultation/v1/lookups", body, key=key)
    other = exchange.send("umea", "POST", "/consultation/v1/lookups", {**body, "sources": ["AF"]}, key=key)

    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(exchange.sent_to_sources) == before + 1
    entries = audit_of(exchange, first.json()["lookupId"])
    assert [entry["event"] for entry in entries].count("lookup.disclosed") == 2


@pytest.mark.requirement(107)
def test_the_trail_holds_the_question_before_and_the_disclosure_after(exchange: Exchange) -> None:
    made = exchange.look_up("complete").json()

    entries = {entry["event"]: entry for entry in audit_of(exchange, made["lookupId"])}

    assert set(entries) == {"lookup.asked", "lookup.disclosed"}
    disclosed = entries["lookup.disclosed"]
    assert disclosed["actor"] == "hl-1"
    assert disclosed["detail"]["fields"]["AF"]
    assert disclosed["detail"]["decision"]["id"] == made["decision"]["decisionId"]
    assert PERSONS["complete"].number not in json.dumps(entries)


def audit_of(exchange: Exchange, object_id: str) -> list[dict[str, Any]]:
    answer = exchange.send("umea", "GET", f"/consultation/v1/audit-entries?objectId={object_id}")
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries


def question_of(request: bytes) -> etree._Element:
    return etree.fromstring(request)[-1][0]


def included(request: bytes) -> list[str]:
    specific = question_of(request)[1]
    return [etree.QName(each).localname for each in specific if each.get("inkludera") == "true"]


def text(element: etree._Element, path: str) -> str:
    found = element.findtext("/".join(NAMESPACE + part for part in path.split("/")))
    assert found is not None
    return found


def test_fk_is_asked_only_for_the_purposes_groups(exchange: Exchange) -> None:
    exchange.look_up("complete", purpose="financial_aid_recovery", sources=["FK"])
    coded = question_of(exchange.sent_to_sources[-1]).findtext(f".//{NAMESPACE}lefiJsonFraga")
    assert coded is not None
    question = json.loads(base64.b64decode(coded))

    assert question["personnummer"] == PERSONS["complete"].number
    assert "PJOB" not in json.dumps(question)
    assert date.fromisoformat(question["period"]["from"]) < date.fromisoformat(question["period"]["tom"])
