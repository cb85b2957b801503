"""A handler's draft: saved as she writes, found by nobody else, and gone when it has served."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.consultation.consultations.drafts.repository import forget_expired
from services.consultation.lookups.simulator.persons import number
from services.consultation.tables import WORKER_ROLE
from tests.attack.support import sql, together
from tests.exchange import NOBODY, Exchange
from tests.folding import as_role
from tests.service.given_consultations import claimed
from tests.service.test_protected_identity import marked
from tests.service.workbench.support import ANSWER, APPROVER, asked, refusal, send, trail_of

FORM = {
    "text": "Personen är inskriven sedan",
    "disclosures": [
        {"informationSet": "programme", "decision": "partly", "content": "Garantin", "attachments": [NOBODY]}
    ],
    "closingCode": "referred",
    "attachments": [],
}


def save(exchange: Exchange, receipt: dict[str, Any], version: int = 0, **changes: Any) -> httpx.Response:
    handler = changes.pop("handler", "hl-1")
    body = {**FORM, **changes}
    return send(exchange, "af-workbench", "PUT", receipt, "draft", body, version=version, handler=handler)


def saved(exchange: Exchange, receipt: dict[str, Any], version: int = 0, **changes: Any) -> int:
    answer = save(exchange, receipt, version, **changes)
    assert answer.status_code == 200, answer.text
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    return int(answer.json()["version"])


def read(exchange: Exchange, receipt: dict[str, Any], handler: str = "hl-1") -> httpx.Response:
    return send(exchange, "af-workbench", "GET", receipt, "draft", handler=handler)


def test_the_whole_unfinished_form_survives(exchange: Exchange) -> None:
    receipt = asked(exchange)

    version = saved(exchange, receipt)
    found = read(exchange, receipt)

    left_out = {"legalBasis": None, "reason": None, "explanation": None}
    assert found.json()["draft"] == {**FORM, "disclosures": [{**FORM["disclosures"][0], **left_out}]}  # type: ignore[dict-item]
    assert (found.json()["version"], found.headers["ETag"]) == (version, f'"{version}"')


def test_of_two_tabs_the_slower_one_is_told_and_overwrites_nothing(exchange: Exchange) -> None:
    receipt = asked(exchange)
    version = saved(exchange, receipt)

    answers = together(*(lambda tab=tab: save(exchange, receipt, version, text=tab) for tab in ("ena", "andra")))

    assert sorted(each.status_code for each in answers) == [200, 412]
    kept, lost = sorted(answers, key=lambda each: each.status_code)
    assert lost.json()["version"] == kept.json()["version"]
    assert read(exchange, receipt).json()["version"] == kept.json()["version"]


def test_of_two_tabs_that_begin_at_once_one_begins(exchange: Exchange) -> None:
    receipt = asked(exchange)

    answers = together(*(lambda tab=tab: save(exchange, receipt, text=tab) for tab in ("ena", "andra")))

    assert sorted(each.status_code for each in answers) == [200, 412]


def test_a_version_does_not_come_back_when_a_draft_is_removed_and_begun_again(exchange: Exchange) -> None:
    receipt = asked(exchange)
    version = saved(exchange, receipt)
    removed = send(exchange, "af-workbench", "DELETE", receipt, "draft", version=version)
    again = saved(exchange, receipt, text="Ny början")

    by_the_old_tab = save(exchange, receipt, version, text="Gammal")

    assert removed.status_code == 200
    assert refusal(by_the_old_tab) == (412, "version_changed")
    assert by_the_old_tab.json()["version"] == again != version


def test_a_draft_that_is_gone_is_not_saved_over_nor_removed_in_another_version(exchange: Exchange) -> None:
    receipt = asked(exchange)

    assert refusal(save(exchange, receipt, 17)) == (412, "version_changed")
    version = saved(exchange, receipt)
    refused = send(exchange, "af-workbench", "DELETE", receipt, "draft", version=version + 1)
    assert (refusal(refused), refused.json()["version"]) == ((412, "version_changed"), version)
    assert send(exchange, "af-workbench", "DELETE", receipt, "draft", version=version).status_code == 200
    assert refusal(send(exchange, "af-workbench", "DELETE", receipt, "draft", version=version)) == (404, "not_found")
    assert refusal(read(exchange, receipt)) == (404, "not_found")


def test_no_colleague_finds_it_and_only_the_one_who_has_the_consultation_saves(exchange: Exchange) -> None:
    receipt = asked(exchange)
    saved(exchange, receipt)

    assert refusal(read(exchange, receipt, "hl-2")) == (404, "not_found")
    assert refusal(save(exchange, receipt, handler="hl-2")) == (409, "not_held")
    assert refusal(save(exchange, exchange.open())) == (409, "not_held")


@pytest.mark.parametrize("name", ["umea", "malmo"])
def test_the_asking_side_has_no_such_thing(exchange: Exchange, name: str) -> None:
    receipt = asked(exchange)
    saved(exchange, receipt)

    refused = send(exchange, name, "GET", receipt, "draft")

    assert refusal(refused) == (403, "scope_missing")


def forget(exchange: Exchange, days: int) -> None:
    """What the background job does, so many days from now."""
    now = exchange.clock() + timedelta(days=days)
    as_role(exchange, WORKER_ROLE, lambda connection: forget_expired(connection, now))


def ends(exchange: Exchange, receipt: dict[str, Any], what: str) -> None:
    """What makes a draft superfluous, from version 2."""
    match what:
        case "answered":
            answer = send(exchange, "af-workbench", "POST", receipt, "answers", ANSWER, version=2)
        case "withdrawn":
            answer = send(exchange, "umea", "POST", receipt, "withdrawals", version=2)
        case "assigned to another":
            answer = send(exchange, "af-lead", "POST", receipt, "assignments", {"handler": APPROVER}, version=2)
        case _:
            moved = {"unit": "af-01-a", "reason": "wrong_unit"}
            answer = send(exchange, "af-lead", "POST", receipt, "hand-overs", moved, version=2)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("what", ["answered", "withdrawn", "assigned to another", "handed over"])
def test_it_is_removed_when_it_has_served_or_another_has_the_consultation(exchange: Exchange, what: str) -> None:
    receipt = asked(exchange)
    saved(exchange, receipt)

    ends(exchange, receipt, what)

    assert refusal(read(exchange, receipt)) == (404, "not_found")
    query = "SELECT FROM answer_draft WHERE consultation_id = $1"
    assert sql(exchange, query, receipt["consultationId"]) == []


def test_it_waits_for_its_author_when_she_gives_the_consultation_back_or_asks_something(exchange: Exchange) -> None:
    receipt = asked(exchange)
    saved(exchange, receipt)
    body = {"text": "Vilken period?"}
    assert send(exchange, "af-workbench", "POST", receipt, "questions", body, version=2).status_code == 200
    assert send(exchange, "af-workbench", "POST", receipt, "releases", version=3).status_code == 200

    assert read(exchange, receipt).json()["draft"]["text"] == FORM["text"]


def test_it_is_forgotten_when_its_author_does_not_come_back(exchange: Exchange) -> None:
    receipt = asked(exchange)
    saved(exchange, receipt)
    query = "SELECT FROM answer_draft WHERE consultation_id = $1"

    forget(exchange, 13)
    assert len(sql(exchange, query, receipt["consultationId"])) == 1
    forget(exchange, 15)
    assert sql(exchange, query, receipt["consultationId"]) == []


def test_saving_is_no_event_and_not_in_the_trail_and_reading_is_for_ones_own_side(exchange: Exchange) -> None:
    receipt = asked(exchange)
    before = send(exchange, "umea", "GET", receipt, "").json()
    known = {each["entryId"] for each in trail_of(exchange, "af-workbench", receipt)}

    version = saved(exchange, receipt)
    saved(exchange, receipt, version)
    after_saving = {each["entryId"] for each in trail_of(exchange, "af-workbench", receipt)}
    read(exchange, receipt)

    assert after_saving == known
    assert trail_of(exchange, "af-workbench", receipt)[0]["event"] == "consultation.draft_read"
    assert "consultation.draft_read" not in {each["event"] for each in trail_of(exchange, "umea", receipt)}
    assert send(exchange, "umea", "GET", receipt, "").json() == before


def test_nothing_is_drafted_of_a_person_with_protected_identity(exchange: Exchange) -> None:
    person = number("18950316", "102")
    receipt = claimed(exchange, person=person)
    version = saved(exchange, receipt, disclosures=[])

    with marked(exchange, person):
        assert refusal(save(exchange, receipt, version)) == (409, "protected_identity")
        assert refusal(read(exchange, receipt)) == (409, "protected_identity")


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "x" * 10_001},
        {"text": None},
        {"disclosures": [{"informationSet": "nothing"}]},
        {"disclosures": [{"informationSet": "programme"}] * 10},
        {"person": "x"},
        {"closingCode": "withdrawn"},
    ],
    ids=["too long", "null", "unknown set", "too many sets", "unknown member", "no such code"],
)
def test_a_form_that_there_is_not_is_refused_and_nothing_is_saved(exchange: Exchange, changes: dict[str, Any]) -> None:
    receipt = asked(exchange)

    assert refusal(save(exchange, receipt, **changes)) == (422, "malformed_request")
    assert refusal(read(exchange, receipt)) == (404, "not_found")
