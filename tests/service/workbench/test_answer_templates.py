"""Answer templates over the API: editions, who may what, the order for a consultation, and what is filled in."""

import uuid
from typing import Any

import httpx
import pytest

from services.consultation.answer_templates.domain import TemplateField
from services.consultation.lookups.simulator.persons import PERSONS, number
from tests.attack.support import sql, together
from tests.exchange import NOBODY, Exchange
from tests.service.given_consultations import claimed
from tests.service.test_protected_identity import marked
from tests.service.workbench.support import asked, refusal, send, trail_of

TEMPLATES = "/consultation/v1/answer-templates"


def write(exchange: Exchange, text: str = "Svar.", **changes: Any) -> httpx.Response:
    body = {"name": f"Mall {uuid.uuid4().hex[:8]}", "text": text, **changes}
    return exchange.send("af-lead", "POST", TEMPLATES, body)


def written(exchange: Exchange, text: str = "Svar.", **changes: Any) -> dict[str, Any]:
    answer = write(exchange, text, **changes)
    assert answer.status_code == 201, answer.text
    template: dict[str, Any] = answer.json()
    return template


def filled(exchange: Exchange, receipt: dict[str, Any], template: dict[str, Any]) -> dict[str, Any]:
    body = {"templateId": template["templateId"]}
    answer = send(exchange, "af-workbench", "POST", receipt, "template-fillings", body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def put(exchange: Exchange, template: dict[str, Any], edition: int, text: str) -> httpx.Response:
    address = f"{TEMPLATES}/{template['templateId']}"
    return exchange.send("af-lead", "PUT", address, {"name": template["name"], "text": text}, version=edition)


def test_a_template_is_filled_from_the_consultation_and_says_what_could_not_be(exchange: Exchange) -> None:
    receipt = asked(exchange, caseReference="EB-2026-17")
    template = written(exchange, "Svar på {{caseReference}}: {{askedSets}}, {{questionCategory}}. {{unitName}}")

    told = filled(exchange, receipt, template)

    assert told["text"].startswith("Svar på EB-2026-17: Program och perioder, {{questionCategory}}. ")
    assert told["unfilled"] == ["questionCategory"]
    assert (told["templateId"], told["edition"]) == (template["templateId"], 1)


def test_every_field_that_there_is_can_be_filled_and_none_tells_who_the_person_or_the_handler_is(
    exchange: Exchange,
) -> None:
    receipt = claimed(exchange, category="planned_measures")
    template = written(exchange, " | ".join(f"{{{{{field.value}}}}}" for field in TemplateField))

    told = filled(exchange, receipt, template)

    assert told["unfilled"] == ["askedSets"]
    assert receipt["number"] in told["text"]
    assert "Umeå" in told["text"]
    person = PERSONS["complete"].number
    assert not any(secret in told["text"] for secret in (person, person[2:], "hl-1"))


def test_filling_stores_nothing_and_is_told_in_the_own_sides_trail(exchange: Exchange) -> None:
    receipt = claimed(exchange)
    template = written(exchange, "{{caseReference}}")
    before = send(exchange, "umea", "GET", receipt, "").json()

    filled(exchange, receipt, template)

    assert send(exchange, "umea", "GET", receipt, "").json() == before
    assert trail_of(exchange, "af-workbench", receipt)[0]["event"] == "consultation.template_filled"
    assert "consultation.template_filled" not in {each["event"] for each in trail_of(exchange, "umea", receipt)}


@pytest.mark.parametrize("text", ["{{person}}", "{{caseReference.__class__}}", "{{caseReference"])
def test_a_hostile_template_is_refused_when_it_is_saved_and_the_fields_are_listed(
    exchange: Exchange, text: str
) -> None:
    refused = write(exchange, text)

    assert refusal(refused) == (422, "template_fields_invalid")
    assert refused.json()["allowedFields"] == [field.value for field in TemplateField]


def test_a_template_that_names_somebody_or_is_too_long_is_refused(exchange: Exchange) -> None:
    somebody = number("18981212", "980")

    for changes in ({"text": f"Om {somebody}"}, {"name": somebody}, {"text": "x" * 5001}, {"name": ""}):
        assert refusal(write(exchange, **changes)) == (422, "malformed_request")


def test_editing_makes_a_new_edition_and_of_two_editors_the_slower_one_is_told(exchange: Exchange) -> None:
    receipt, template = claimed(exchange), written(exchange, "Första.")
    address = f"{TEMPLATES}/{template['templateId']}"

    answers = together(*(lambda text=text: put(exchange, template, 1, text) for text in ("Andra.", "Annan.")))

    assert sorted(each.status_code for each in answers) == [200, 412]
    kept = min(answers, key=lambda each: each.status_code).json()
    told = filled(exchange, receipt, template)
    assert (told["edition"], told["text"]) == (2, kept["text"])
    assert exchange.send("af-workbench", "GET", address).headers["ETag"] == '"2"'
    editions = sql(exchange, "SELECT body FROM answer_template WHERE id = $1 ORDER BY edition", template["templateId"])
    assert [row["body"] for row in editions] == ["Första.", kept["text"]]


def test_a_removed_template_is_found_by_nobody(exchange: Exchange) -> None:
    receipt, template = claimed(exchange), written(exchange)
    address = f"{TEMPLATES}/{template['templateId']}"

    assert exchange.send("af-lead", "DELETE", address, version=1).status_code == 200

    assert refusal(exchange.send("af-workbench", "GET", address)) == (404, "not_found")
    assert refusal(put(exchange, template, 2, "Åter.")) == (404, "not_found")
    body = {"templateId": template["templateId"]}
    assert refusal(send(exchange, "af-workbench", "POST", receipt, "template-fillings", body)) == (
        422,
        "malformed_request",
    )
    listed = exchange.send("af-workbench", "GET", TEMPLATES).json()["templates"]
    assert template["templateId"] not in {each["templateId"] for each in listed}


def test_those_for_a_consultation_come_most_specific_first_and_others_not_at_all(exchange: Exchange) -> None:
    receipt = claimed(exchange, category="deregistration")
    unit = sql(exchange, "SELECT unit FROM consultation WHERE id = $1", receipt["consultationId"])[0]["unit"]
    placings: list[dict[str, Any]] = [
        {"type": "consultation", "category": "deregistration", "unit": unit},
        {"type": "consultation", "category": "deregistration"},
        {"type": "consultation"},
        {"category": "deregistration"},
        {"unit": unit},
        {},
    ]
    expected = [written(exchange, **placing)["templateId"] for placing in placings]
    others = [{"type": "study_transition"}, {"category": "other"}, {"unit": "nowhere"}]
    left_out = {written(exchange, **placing)["templateId"] for placing in others}

    told = send(exchange, "af-workbench", "GET", receipt, "answer-templates").json()["templates"]

    found = [each["templateId"] for each in told]
    assert [each for each in found if each in expected] == expected
    assert left_out.isdisjoint(found)


def test_the_sandbox_has_a_starter_set_that_says_that_it_is_invented(exchange: Exchange) -> None:
    listed = exchange.send("af-workbench", "GET", TEMPLATES).json()["templates"]

    starters = [each for each in listed if each["name"].startswith("Exempel: ")]
    assert len(starters) == 4
    assert all("påhittad" in each["text"] for each in starters)


def test_handlers_use_and_do_not_write_and_another_organisation_does_neither(exchange: Exchange) -> None:
    template = written(exchange)
    body = {"name": "Mall", "text": "Svar."}

    assert refusal(exchange.send("af-workbench", "POST", TEMPLATES, body)) == (403, "scope_missing")
    assert refusal(exchange.send("umea", "GET", f"{TEMPLATES}/{template['templateId']}")) == (403, "scope_missing")
    assert refusal(exchange.send("af-workbench", "GET", f"{TEMPLATES}/{NOBODY}")) == (404, "not_found")


def test_no_template_is_filled_of_a_person_with_protected_identity(exchange: Exchange) -> None:
    person = number("18950316", "103")
    receipt, template = claimed(exchange, person=person), written(exchange, "{{caseReference}}")

    with marked(exchange, person):
        body = {"templateId": template["templateId"]}
        refused = send(exchange, "af-workbench", "POST", receipt, "template-fillings", body)

    assert refusal(refused) == (409, "protected_identity")
