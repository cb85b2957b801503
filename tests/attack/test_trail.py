"""Whatever is disclosed or refused leaves an entry that is committed before the answer has come."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.consultation.lookups.simulator.persons import PERSONS
from tests.attack.support import CONSULTATIONS, LOOKUPS, act, sql
from tests.exchange import NOBODY, Exchange, consultation_body

pytestmark = pytest.mark.attack


def entries_of(exchange: Exchange, call: Callable[[], httpx.Response]) -> tuple[httpx.Response, list[dict[str, Any]]]:
    """The answer, and the entries that were there when it came and not before."""
    before = {row["id"] for row in sql(exchange, "SELECT id FROM audit_entry")}
    answer = call()
    rows = sql(exchange, "SELECT id, entry FROM audit_entry ORDER BY at")
    return answer, [json.loads(row["entry"]) for row in rows if row["id"] not in before]


@pytest.mark.requirement(107)
def test_each_disclosure_about_a_person_has_its_entry_when_the_answer_comes(exchange: Exchange) -> None:
    receipt = exchange.open()
    whole = f"{CONSULTATIONS}/{receipt['consultationId']}"
    made = exchange.look_up("complete", sources=["AF"]).json()
    calls: list[tuple[str, Callable[[], httpx.Response]]] = [
        ("consultation.opened", lambda: exchange.send("umea", "POST", CONSULTATIONS, consultation_body())),
        ("consultation.read", lambda: exchange.send("umea", "GET", whole)),
        ("consultation.read", lambda: exchange.send("af-workbench", "GET", whole)),
        ("consultation.events_read", lambda: exchange.send("umea", "GET", f"{whole}/events")),
        ("consultation.events_read", lambda: exchange.send("af-workbench", "GET", f"{whole}/events")),
        ("consultation.meetings_read", lambda: exchange.send("umea", "GET", f"{whole}/meetings")),
        ("consultation.meetings_read", lambda: exchange.send("af-workbench", "GET", f"{whole}/meetings")),
        ("consultation.claimed", lambda: act(exchange, "af-workbench", receipt, "claims", 1)),
        ("consultation.asked_back", lambda: act(exchange, "af-workbench", receipt, "questions", 2, "x")),
        ("consultation.replied", lambda: act(exchange, "umea", receipt, "replies", 3, "x")),
        ("consultation.answered", lambda: act(exchange, "af-workbench", receipt, "answers", 4, "x")),
        ("consultation.closed", lambda: act(exchange, "umea", receipt, "closures", 5)),
        ("lookup.disclosed", lambda: exchange.look_up("complete", sources=["AF"])),
        ("lookup.read", lambda: exchange.send("umea", "GET", f"{LOOKUPS}/{made['lookupId']}")),
    ]
    for event, call in calls:
        answer, entries = entries_of(exchange, call)
        assert answer.status_code in (200, 201), event
        assert entries[-1]["event"] == event
        assert entries[-1]["outcome"] == "permitted"
        assert entries[-1]["subject"], event
        assert entries[-1]["actor"]["stated"] == "hl-1"
        assert entries[-1]["token"]
        assert entries[-1]["detail"]["purpose"] == "financial_aid_application"
        assert PERSONS["complete"].number not in json.dumps(entries)


@pytest.mark.requirement(107)
def test_each_refusal_of_a_known_caller_has_exactly_one_entry_that_says_of_what(exchange: Exchange) -> None:
    receipt = exchange.open()
    ident = receipt["consultationId"]
    calls: list[tuple[int, str | None, Callable[[], httpx.Response]]] = [
        (404, ident, lambda: exchange.send("malmo", "GET", f"{CONSULTATIONS}/{ident}")),
        (404, ident, lambda: exchange.send("malmo", "GET", f"{CONSULTATIONS}/{ident}/events")),
        (404, NOBODY, lambda: exchange.send("umea", "GET", f"{LOOKUPS}/{NOBODY}")),
        (404, None, lambda: exchange.send("umea", "GET", f"{LOOKUPS}/not-an-id")),
        (404, ident, lambda: act(exchange, "malmo", receipt, "withdrawals", 1)),
        (403, ident, lambda: act(exchange, "umea", receipt, "claims", 1)),
        (422, NOBODY, lambda: exchange.send("umea", "POST", CONSULTATIONS, consultation_body(lookupId=NOBODY))),
        (403, None, lambda: exchange.send("umea", "GET", "/consultation/v1/queue")),
        (403, None, lambda: exchange.send("umea", "POST", CONSULTATIONS, consultation_body(purpose="curiosity"))),
        (409, ident, lambda: act(exchange, "af-workbench", receipt, "answers", 1, "x")),
        (409, ident, lambda: act(exchange, "umea", receipt, "closures", 1)),
    ]
    for status, object_id, call in calls:
        answer, entries = entries_of(exchange, call)
        assert answer.status_code == status
        assert [entry["event"] for entry in entries] == ["request.refused"]
        assert entries[0]["outcome"] == "refused"
        assert entries[0]["object"]["id"] == object_id
        assert entries[0]["detail"]["reason"] == answer.json()["code"]


@pytest.mark.requirement(106, 107)
def test_a_number_in_an_address_is_in_no_entry(exchange: Exchange) -> None:
    number = PERSONS["complete"].number
    answer, entries = entries_of(exchange, lambda: exchange.send("umea", "GET", f"{LOOKUPS}/{number}"))

    assert answer.status_code == 404
    assert len(entries) == 1
    assert number not in json.dumps(entries)
    assert number not in answer.text


def test_a_call_without_a_person_leaves_no_disclosure_behind(exchange: Exchange) -> None:
    for name, path in (("umea", CONSULTATIONS), ("dashboard", "/consultation/v1/lead-times")):
        _, entries = entries_of(exchange, lambda name=name, path=path: exchange.send(name, "GET", path))  # type: ignore[misc]
        assert entries == []
