"""Consultations through the gateway: opened, worked from the queue, answered, read by both sides."""

import asyncio
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from services.consultation.lookups.simulator.persons import PERSONS
from tests.attack.support import act
from tests.exchange import NOBODY, Exchange, consultation_body
from tests.reading import every_page, whole_list
from tests.sizes import sample_or_full

BASE = "/consultation/v1/consultations"


def read(exchange: Exchange, name: str, receipt: dict[str, Any]) -> dict[str, Any]:
    answer = exchange.send(name, "GET", f"{BASE}/{receipt['consultationId']}")
    assert answer.status_code == 200, answer.text
    whole: dict[str, Any] = answer.json()
    return whole


def whole_queue(
    exchange: Exchange, query: str = "", *, limit: int = 100, handler: str = "hl-1"
) -> list[dict[str, Any]]:
    """Every page of the queue, put together."""
    pages = every_page(exchange, "af-workbench", f"/consultation/v1/queue?limit={limit}{query}", handler=handler)
    return [each for page in pages for each in page["consultations"]]


@pytest.mark.requirement(82, 11)
def test_the_asker_has_a_number_and_an_expected_date_at_once(exchange: Exchange) -> None:
    exchange.clock.move_to(datetime(2026, 11, 20, 15, 30, tzinfo=UTC))  # a Friday, half past four in Sweden

    receipt = exchange.open()

    assert receipt["number"].startswith("S26-")
    assert receipt["state"] == "received"
    # Three working days of nine hours: half an hour on Friday, then Monday to Wednesday at half past four.
    assert receipt["dueAt"].startswith("2026-11-25T15:30")
    expected = receipt["expectedAnswer"]
    assert (expected["at"], expected["basis"]) == (receipt["dueAt"], "target")
    assert (expected["withinWorkingMinutes"], expected["probability"], expected["n"]) == (None, None, None)
    assert "200" in expected["texts"]["sv"]


@pytest.mark.requirement(4)
def test_a_consultation_from_a_lookup_carries_what_af_told_and_nothing_of_other_sources(exchange: Exchange) -> None:
    lookup = exchange.look_up("complete").json()
    body = consultation_body(lookupId=lookup["lookupId"], caseReference=lookup["caseReference"])
    del body["person"]
    answer = exchange.send("umea", "POST", BASE, body)
    assert answer.status_code == 201, answer.text

    whole = read(exchange, "af-workbench", answer.json())

    af = next(source for source in lookup["sources"] if source["source"] == "AF")
    assert whole["lookupId"] == lookup["lookupId"]
    assert whole["afItems"] == af["items"]
    assert {each["source"]: each["state"] for each in whole["lookupSources"]} == {
        source["source"]: source["state"] for source in lookup["sources"]
    }
    assert all(set(each) == {"source", "state", "origin", "code"} for each in whole["lookupSources"])
    assert whole["person"] == PERSONS["complete"].number


def test_a_lookup_of_another_case_person_or_organisation_cannot_be_tied(exchange: Exchange) -> None:
    lookup = exchange.look_up("complete").json()
    own = {"lookupId": lookup["lookupId"], "caseReference": lookup["caseReference"]}
    for name, changes in (
        ("umea", {**own, "caseReference": "EB-OTHER"}),
        ("umea", {**own, "person": PERSONS["af_late"].number}),
        ("umea", {**own, "lookupId": NOBODY}),
        ("malmo", own),
    ):
        refused = exchange.send(name, "POST", BASE, consultation_body(**changes))
        assert (refused.status_code, refused.json()["code"]) == (422, "lookup_not_usable")


@pytest.mark.requirement(4)
def test_the_whole_way_from_question_to_answer_with_a_question_back(exchange: Exchange) -> None:
    receipt = exchange.open(question="Vilka insatser är planerade?")

    assert act(exchange, "af-workbench", receipt, "claims", 1).json()["state"] == "in_progress"
    asked = act(exchange, "af-workbench", receipt, "questions", 2, "Vilken period?")
    assert (asked.json()["state"], asked.json()["turn"]) == ("waiting_for_municipality", "municipality")
    replied = act(exchange, "umea", receipt, "replies", 3, "Våren.")
    assert (replied.json()["state"], replied.json()["turn"]) == ("in_progress", "answering_authority")
    assert act(exchange, "af-workbench", receipt, "answers", 4, "Praktik från mars.").json()["state"] == "answered"
    whole = read(exchange, "umea", receipt)
    assert act(exchange, "umea", receipt, "closures", 5).json()["state"] == "closed"

    assert [(each["side"], each["kind"], each["text"]) for each in whole["messages"]] == [
        ("municipality", "opened", "Vilka insatser är planerade?"),
        ("answering_authority", "asked_back", "Vilken period?"),
        ("municipality", "replied", "Våren."),
        ("answering_authority", "answered", "Praktik från mars."),
    ]
    assert whole["leadTime"] is not None


def test_each_side_sees_its_part_of_the_timeline(exchange: Exchange) -> None:
    receipt = exchange.open()
    act(exchange, "af-workbench", receipt, "claims", 1, handler="af-12")
    act(exchange, "af-workbench", receipt, "releases", 2, handler="af-12")
    path = f"{BASE}/{receipt['consultationId']}/events"

    municipality = exchange.send("umea", "GET", path).json()["events"]
    authority = exchange.send("af-workbench", "GET", path).json()["events"]

    assert [event["kind"] for event in municipality] == ["opened", "claimed"]
    assert [event["kind"] for event in authority] == ["opened", "claimed", "released"]
    assert [event["actor"] for event in municipality] == ["hl-1", None]
    assert [event["actor"] for event in authority] == [None, "af-12", "af-12"]


def test_lists_and_queue_hold_nothing_about_the_person(exchange: Exchange) -> None:
    receipt = exchange.open(question="Känslig fråga")

    listed = list(whole_list(exchange, "umea", "consultations"))
    queued = whole_queue(exchange)

    for told in (str(listed), str(queued)):
        assert PERSONS["complete"].number not in told
        assert "Känslig" not in told
    own = next(each for each in listed if each["number"] == receipt["number"])
    waiting = next(each for each in queued if each["number"] == receipt["number"])
    assert own["caseReference"] is not None
    assert waiting["caseReference"] is None


def test_the_queue_comes_due_first_first_and_pages_without_gaps(exchange: Exchange) -> None:
    made = {exchange.open()["number"] for _ in range(5)}

    seen = whole_queue(exchange, limit=3)

    due = [each["dueAt"] for each in seen]
    assert due == sorted(due)
    assert made <= {each["number"] for each in seen}
    assert len({each["number"] for each in seen}) == len(seen)


def test_mine_and_nobodys_part_the_queue(exchange: Exchange) -> None:
    mine, free = exchange.open(), exchange.open()
    act(exchange, "af-workbench", mine, "claims", 1, handler="af-mine")

    def numbers(assigned: str) -> set[str]:
        return {each["number"] for each in whole_queue(exchange, f"&assigned={assigned}", handler="af-mine")}

    assert mine["number"] in numbers("me")
    assert mine["number"] not in numbers("nobody")
    assert free["number"] in numbers("nobody")
    assert free["number"] not in numbers("me")


def test_a_cursor_that_we_did_not_make_is_refused(exchange: Exchange) -> None:
    for cursor in ("x", "W10", "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwiMCJd"):
        refused = exchange.send("af-workbench", "GET", f"/consultation/v1/queue?cursor={cursor}")
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("name", "action", "text"),
    [
        ("af-workbench", "releases", None),
        ("af-workbench", "questions", "x"),
        ("af-workbench", "answers", "x"),
        ("umea", "replies", "x"),
        ("umea", "closures", None),
    ],
)
def test_a_move_that_is_not_legal_names_those_that_are_legal_for_one_s_own_side(
    exchange: Exchange, name: str, action: str, text: str | None
) -> None:
    receipt = exchange.open()

    refused = act(exchange, name, receipt, action, 1, text)

    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")
    legal = refused.json()["legalActions"]
    assert ("claimed" in legal, "withdrawn" in legal) == (name == "af-workbench", name == "umea")
    assert read(exchange, "umea", receipt)["version"] == 1


def test_only_the_handler_who_has_it_may_answer(exchange: Exchange) -> None:
    receipt = exchange.open()
    act(exchange, "af-workbench", receipt, "claims", 1, handler="af-1")

    refused = act(exchange, "af-workbench", receipt, "answers", 2, "x", handler="af-2")

    assert (refused.status_code, refused.json()["code"]) == (409, "claimed_by_another")
    assert refused.json()["assignedTo"] == "af-1"


def test_a_withdrawn_consultation_leaves_the_queue_and_cannot_be_answered(exchange: Exchange) -> None:
    receipt = exchange.open()
    act(exchange, "af-workbench", receipt, "claims", 1)
    assert act(exchange, "umea", receipt, "withdrawals", 2).json()["state"] == "withdrawn"

    assert act(exchange, "af-workbench", receipt, "answers", 3, "x").status_code == 409
    assert receipt["number"] not in {each["number"] for each in whole_queue(exchange)}


def test_a_change_needs_the_version_that_was_read(exchange: Exchange) -> None:
    receipt = exchange.open()
    path = f"{BASE}/{receipt['consultationId']}/claims"

    missing = exchange.send("af-workbench", "POST", path)
    garbled = exchange.send("af-workbench", "POST", path, headers={"If-Match": "*"})

    assert [answer.status_code for answer in (missing, garbled)] == [428, 428]
    assert missing.json()["code"] == "precondition_required"


@pytest.mark.parametrize("text", ["", "x" * 10_001])
def test_a_message_is_neither_empty_nor_boundless(exchange: Exchange, text: str) -> None:
    receipt = exchange.open()
    act(exchange, "af-workbench", receipt, "claims", 1)

    refused = act(exchange, "af-workbench", receipt, "answers", 2, text)

    assert (refused.status_code, refused.json()["code"]) == (422, "malformed_request")


def test_text_that_a_database_cannot_hold_is_refused_and_not_a_fault_of_ours(exchange: Exchange) -> None:
    refused = exchange.send("umea", "POST", BASE, consultation_body(question="noll\u0000tecken"))

    assert refused.status_code == 422


def test_two_handlers_racing_for_one_consultation_get_one_winner_each_time(exchange: Exchange) -> None:
    rounds = sample_or_full(15, 200)
    ready = threading.Barrier(2)

    def try_to_claim(handler: str, receipt: dict[str, Any]) -> httpx.Response:
        ready.wait()
        return act(exchange, "af-workbench", receipt, "claims", 1, handler=handler)

    exchange.client("af-workbench").token_for(BASE)
    with ThreadPoolExecutor(2) as pool:
        for _ in range(rounds):
            receipt = exchange.open()
            tries = [pool.submit(try_to_claim, handler, receipt) for handler in ("af-1", "af-2")]
            answers = [each.result() for each in tries]
            won = [answer for answer in answers if answer.status_code == 200]
            lost = [answer for answer in answers if answer.status_code in (409, 412)]
            assert (len(won), len(lost)) == (1, 1), [answer.text for answer in answers]
            assert lost[0].json()["assignedTo"] == won[0].json()["assignedTo"]


def test_a_consultation_sent_again_with_its_key_is_opened_once(exchange: Exchange) -> None:
    body, key = consultation_body(), str(uuid.uuid4())

    first = exchange.send("umea", "POST", BASE, body, key=key)
    again = exchange.send("umea", "POST", BASE, body, key=key)
    other = exchange.send("umea", "POST", BASE, {**body, "question": "En annan fråga"}, key=key)
    foreign = exchange.send("malmo", "POST", BASE, body, key=key)

    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert foreign.json()["consultationId"] != first.json()["consultationId"]
    search = {"caseReference": body["caseReference"]}
    found = exchange.send("umea", "POST", "/consultation/v1/consultation-searches", search).json()["consultations"]
    assert [each["consultationId"] for each in found] == [first.json()["consultationId"]]


def test_twins_sent_at_the_same_time_have_one_effect(exchange: Exchange) -> None:
    exchange.client("umea").token_for(BASE)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(sample_or_full(5, 50)):
            body, key = consultation_body(), str(uuid.uuid4())
            tries = [pool.submit(exchange.send, "umea", "POST", BASE, body, key=key) for _ in range(4)]
            assert len({each.result().json()["consultationId"] for each in tries}) == 1


def test_a_claim_sent_again_with_its_key_answers_the_same(exchange: Exchange) -> None:
    receipt, key = exchange.open(), str(uuid.uuid4())

    first = act(exchange, "af-workbench", receipt, "claims", 1, key=key)
    again = act(exchange, "af-workbench", receipt, "claims", 1, key=key)
    fresh = act(exchange, "af-workbench", receipt, "claims", 1, key=str(uuid.uuid4()))

    assert first.status_code == again.status_code == 200
    assert again.json() == first.json()
    assert again.headers["etag"] == first.headers["etag"]
    assert fresh.status_code == 412


def test_a_refused_request_leaves_its_key_free(exchange: Exchange) -> None:
    receipt, key = exchange.open(), str(uuid.uuid4())
    assert act(exchange, "af-workbench", receipt, "answers", 1, "x", key=key).status_code == 409
    act(exchange, "af-workbench", receipt, "claims", 1)

    assert act(exchange, "af-workbench", receipt, "claims", 9, key=key).status_code == 412


def test_a_key_is_forgotten_after_an_hour(exchange: Exchange) -> None:
    body, key = consultation_body(), str(uuid.uuid4())
    first = exchange.send("umea", "POST", BASE, body, key=key)

    exchange.clock.move_to(datetime.now(UTC) + timedelta(minutes=61))
    second = exchange.send("umea", "POST", BASE, body, key=key)

    assert second.json()["consultationId"] != first.json()["consultationId"]


@pytest.mark.requirement(107)
def test_every_reading_and_refusal_is_in_the_trail_of_both_sides(exchange: Exchange) -> None:
    receipt = exchange.open()
    read(exchange, "af-workbench", receipt)
    act(exchange, "af-workbench", receipt, "answers", 1, "x")
    read(exchange, "umea", receipt)

    path = f"/consultation/v1/audit-entries?objectId={receipt['consultationId']}"
    owner = exchange.send("umea", "GET", path).json()["entries"]
    authority = exchange.send("af-workbench", "GET", path).json()["entries"]

    assert {(each["event"], each["client"]) for each in owner} == {
        ("consultation.opened", "umea"),
        ("consultation.read", "umea"),
        ("consultation.read", "af-workbench"),
    }
    refusals = [each["detail"]["reason"] for each in authority if each["outcome"] == "refused"]
    assert refusals == ["illegal_transition"]
    persons = {each["subject"] for each in owner}
    assert len(persons) == 1
    assert PERSONS["complete"].number not in str(owner)


def test_a_foreign_reading_is_refused_and_recorded_with_the_one_who_tried(exchange: Exchange) -> None:
    receipt = exchange.open()
    assert exchange.send("malmo", "GET", f"{BASE}/{receipt['consultationId']}").status_code == 404

    path = f"/consultation/v1/audit-entries?objectId={receipt['consultationId']}"
    (entry,) = exchange.send("malmo", "GET", path).json()["entries"]

    assert (entry["event"], entry["client"], entry["actor"]) == ("request.refused", "malmo", "hl-1")
    assert entry["detail"]["reason"] == "not_found"


def test_another_handler_cannot_have_the_answer_kept_for_the_first(exchange: Exchange) -> None:
    body, key = consultation_body(), str(uuid.uuid4())
    exchange.send("umea", "POST", BASE, body, key=key, handler="hl-1")

    refused = exchange.send("umea", "POST", BASE, body, key=key, handler="hl-2")

    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


def test_a_request_carried_out_once_answers_the_same_when_it_would_be_refused_today(exchange: Exchange) -> None:
    body, key = consultation_body(), str(uuid.uuid4())
    first = exchange.send("umea", "POST", BASE, body, key=key)
    # Before the grounds of the register begin; the kept answer is from the future, and still the same request's.
    exchange.clock.move_to(datetime(2021, 6, 1, 10, tzinfo=UTC))
    again = exchange.send("umea", "POST", BASE, body, key=key)
    fresh = exchange.send("umea", "POST", BASE, body, key=str(uuid.uuid4()))

    assert again.json() == first.json()
    assert (fresh.status_code, fresh.json()["code"]) == (403, "no_ground")


def test_what_people_write_is_not_readable_in_the_database(exchange: Exchange) -> None:
    receipt = exchange.open(question="Ovanlig fråga om praktik")

    async def stored() -> bytes:
        connection = await asyncpg.connect(
            database="consultation", user="postgres", host=str(exchange.postgres.socket_directory)
        )
        try:
            query = "SELECT sealed FROM consultation_message WHERE consultation_id = $1"
            sealed: bytes = await connection.fetchval(query, uuid.UUID(receipt["consultationId"]))
            return sealed
        finally:
            await connection.close()

    assert b"Ovanlig" not in asyncio.run(stored())
    assert read(exchange, "af-workbench", receipt)["messages"][0]["text"] == "Ovanlig fråga om praktik"
