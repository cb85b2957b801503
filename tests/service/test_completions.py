"""What failed in a look-up asked again alone, through the gateway, on a real database."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.consultation.clocks.zone import SWEDEN
from services.consultation.lookups.asking import permit
from services.consultation.lookups.completion import complete as completing
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.collect import collect
from tests.attack.support import sql, together
from tests.exchange import NOBODY, Exchange, lookup_body
from tests.service.given_persons import Answering, answering, cells, somebody
from tests.service.test_access import ground_ends

BASE = "/consultation/v1"


@pytest.fixture
def answer_like(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return answering(monkeypatch)


def looked_up(exchange: Exchange, person: str, name: str = "umea", **changes: Any) -> dict[str, Any]:
    body = {**lookup_body("complete", exchange.clock(), **changes), "person": person}
    answer = exchange.send(name, "POST", f"{BASE}/lookups", body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def looked_up_when(
    exchange: Exchange, answer_like: Answering, sources_answer: str, name: str = "umea", **changes: Any
) -> tuple[str, dict[str, Any]]:
    """Somebody new about whom the sources answer as about that simulated person, and the first look-up."""
    person = somebody()
    answer_like(person, sources_answer)
    return person, looked_up(exchange, person, name, **changes)


def completed(
    exchange: Exchange, lookup: dict[str, Any], body: Any = None, name: str = "umea", **more: Any
) -> httpx.Response:
    return exchange.send(name, "POST", f"{BASE}/lookups/{lookup['lookupId']}/completions", body, **more)


def sources(answer: dict[str, Any]) -> dict[str, Any]:
    return {source["source"]: source for source in answer["sources"]}


def kept(exchange: Exchange, lookup: dict[str, Any]) -> list[Any]:
    return sql(exchange, "SELECT expires_at FROM kept_lookup WHERE lookup_id = $1", lookup["lookupId"])


def asked_since(exchange: Exchange, act: Callable[[], Any]) -> tuple[Any, list[tuple[str, str]]]:
    """What the act answers, and which cells it has asked about."""
    before = len(exchange.sent_to_sources)
    answer = act()
    return answer, cells(exchange.sent_to_sources[before:])


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.requirement(1)
def test_only_what_failed_is_asked_again_and_the_whole_is_told_with_its_age(
    exchange: Exchange, answer_like: Answering
) -> None:
    person, first = looked_up_when(exchange, answer_like, "late_and_failed")
    answer_like(person, "complete")
    exchange.clock.move_to(datetime.now(UTC) + timedelta(minutes=4))

    answer, asked = asked_since(exchange, lambda: completed(exchange, first, handler="hl-2"))

    assert answer.status_code == 200, answer.text
    assert asked == [(person, "AF"), (person, "FK")]
    whole, before = sources(answer.json()), sources(first)
    assert answer.json()["complete"] is True
    assert answer.json()["lookupId"] == first["lookupId"]
    for name in ("CSN", "SKV", "SO", "TNS", "MIV"):
        assert {**whole[name], "age": 0} == before[name], "as it was read, when it was read"
        assert whole[name]["age"] >= 239
    for name in ("AF", "FK"):
        assert whole[name]["data"]
        assert whole[name]["age"] == 0
        assert whole[name]["answeredAt"] > before[name]["answeredAt"]


def test_both_attempts_are_told_with_who_asked_and_how_each_source_answered(
    exchange: Exchange, answer_like: Answering
) -> None:
    person, first = looked_up_when(exchange, answer_like, "late_and_failed")
    answer_like(person, "fk_failed")

    answer = completed(exchange, first, handler="hl-2").json()

    record = exchange.send("umea", "GET", f"{BASE}/lookups/{first['lookupId']}").json()
    assert record["attempts"] == answer["attempts"]
    assert answer["attempts"][:1] == first["attempts"]
    assert [(each["number"], each["handler"]) for each in answer["attempts"]] == [(1, "hl-1"), (2, "hl-2")]
    told = [{each["source"]: each["state"] for each in attempt["sources"]} for attempt in answer["attempts"]]
    assert (told[0]["AF"], told[0]["FK"], len(told[0])) == ("error", "error", 7)
    assert told[1] == {"AF": "answered", "FK": "error"}
    assert {each["source"]: each["state"] for each in record["sources"]} == {
        name: each["state"] for name, each in sources(answer).items()
    }
    assert (record["complete"], "completions" in record["_links"]) == (False, True)


def test_what_is_kept_is_gone_as_soon_as_nothing_is_left_to_ask(exchange: Exchange, answer_like: Answering) -> None:
    person, first = looked_up_when(exchange, answer_like, "late_and_failed")
    (at_first,) = kept(exchange, first)
    answer_like(person, "fk_failed")
    completed(exchange, first)
    assert kept(exchange, first) == [at_first], "to complete does not make it stay longer"
    answer_like(person, "complete")

    assert completed(exchange, first).json()["complete"] is True

    assert kept(exchange, first) == []
    assert refused(completed(exchange, first)) == (409, "lookup_complete")
    assert kept(exchange, looked_up(exchange, person)) == [], "nothing failed, nothing is kept"


def test_what_has_expired_is_out_of_reach_before_it_has_been_removed(
    exchange: Exchange, answer_like: Answering
) -> None:
    _, first = looked_up_when(exchange, answer_like, "fk_failed")
    exchange.clock.move_to(datetime.now(UTC) + timedelta(minutes=60, seconds=1))

    answer, asked = asked_since(exchange, lambda: completed(exchange, first))

    assert refused(answer) == (409, "lookup_content_expired")
    assert asked == []


def test_a_part_that_was_read_is_not_lost_when_asking_again_fails(exchange: Exchange, answer_like: Answering) -> None:
    person, first = looked_up_when(exchange, answer_like, "pension_unavailable")
    before = sources(first)["FK"]
    assert (before["state"], bool(before["data"])) == ("partial", True)
    answer_like(person, "fk_failed")
    exchange.clock.move_to(datetime.now(UTC) + timedelta(minutes=1))

    answer = completed(exchange, first).json()

    now = sources(answer)["FK"]
    assert {**now, "age": 0} == before
    assert now["age"] >= 59
    assert [(each["state"], each["origin"]) for each in answer["attempts"][1]["sources"]] == [("error", "BT")]
    assert answer["complete"] is False


def test_the_caller_may_choose_among_what_failed_and_nothing_else(exchange: Exchange, answer_like: Answering) -> None:
    person, first = looked_up_when(exchange, answer_like, "late_and_failed")

    answer, asked = asked_since(exchange, lambda: completed(exchange, first, {"sources": ["CSN", "AF"]}))
    assert refused(answer) == (422, "source_not_failed")
    assert answer.json()["failedSources"] == ["AF", "FK"]
    assert asked == []

    answer_like(person, "complete")
    answer, asked = asked_since(exchange, lambda: completed(exchange, first, {"sources": ["AF"]}))
    assert asked == [(person, "AF")]
    assert (sources(answer.json())["AF"]["state"], sources(answer.json())["FK"]["state"]) == ("answered", "error")


def test_anothers_look_up_and_one_that_does_not_exist_cannot_be_told_apart(
    exchange: Exchange, answer_like: Answering
) -> None:
    _, theirs = looked_up_when(exchange, answer_like, "fk_failed", "malmo")

    answers = [completed(exchange, each) for each in (theirs, {"lookupId": NOBODY})]

    assert [refused(each) for each in answers] == [(404, "not_found")] * 2


def test_a_completion_is_a_disclosure_of_its_own_in_the_trail(exchange: Exchange, answer_like: Answering) -> None:
    person, first = looked_up_when(exchange, answer_like, "fk_failed")
    answer_like(person, "complete")
    answer = completed(exchange, first, handler="hl-2").json()

    path = f"{BASE}/audit-entries?objectId={first['lookupId']}"
    entries = exchange.send("umea", "GET", path).json()["entries"]

    assert [(each["event"], each["actor"], each["detail"]["attempt"]) for each in entries] == [
        ("lookup.disclosed", "hl-2", 2),
        ("lookup.asked", "hl-2", 2),
        ("lookup.disclosed", "hl-1", 1),
        ("lookup.asked", "hl-1", 1),
    ]
    disclosed, asked, before, _ = (each["detail"] for each in entries)
    assert asked["sources"] == ["FK"]
    assert asked["decision"]["id"] == disclosed["decision"]["id"] == answer["decision"]["decisionId"]
    assert disclosed["newSources"] == ["FK"]
    assert set(disclosed["fields"]) == {*before["fields"], "FK"}
    assert "FK" not in before["newSources"]


def test_a_consultation_opened_afterwards_brings_along_what_is_known_after_both_attempts(
    exchange: Exchange, answer_like: Answering
) -> None:
    person, first = looked_up_when(exchange, answer_like, "late_and_failed")
    answer_like(person, "fk_failed")
    whole = completed(exchange, first).json()

    receipt = exchange.open(lookupId=first["lookupId"], caseReference=first["caseReference"], person=person)
    path = f"{BASE}/consultations/{receipt['consultationId']}"
    seen = exchange.send("af-workbench", "GET", path).json()

    assert {each["source"]: each["state"] for each in seen["lookupSources"]} == {
        name: each["state"] for name, each in sources(whole).items()
    }
    assert (sources(first)["AF"]["state"], sources(whole)["AF"]["state"]) == ("error", "answered")
    assert seen["afItems"] == sources(whole)["AF"]["items"] != []


def test_a_completed_recovery_is_told_what_was_paid_and_nothing_else(
    exchange: Exchange, answer_like: Answering
) -> None:
    person, first = looked_up_when(
        exchange, answer_like, "fk_failed", purpose="financial_aid_recovery", comparison={"month": "2026-10"}
    )
    answer_like(person, "complete")
    at_once = looked_up(exchange, person, purpose="financial_aid_recovery", comparison={"month": "2026-10"})

    answer = completed(exchange, first).json()

    assert all(each["leftOut"] for each in sources(answer).values() if each["state"] != "not_asked")
    assert "programmes" in sources(answer)["FK"]["leftOut"]["fields"]
    for name in ("payments", "changes", "complete", "withheld"):
        assert answer[name] == at_once[name]
    assert [{**each, "lookupId": None} for each in answer["consultationDrafts"]] == [
        {**each, "lookupId": None} for each in at_once["consultationDrafts"]
    ]
    for name, each in sources(answer).items():
        assert [each[key] for key in ("state", "data", "items", "parts", "leftOut")] == [
            sources(at_once)[name][key] for key in ("state", "data", "items", "parts", "leftOut")
        ]


def test_who_has_been_marked_since_is_told_of_without_content(exchange: Exchange, answer_like: Answering) -> None:
    person, first = looked_up_when(exchange, answer_like, "fk_failed")
    assert not first["withheld"]
    answer_like(person, "complete")
    marked = exchange.send("malmo", "POST", f"{BASE}/protected-persons", {"person": person})
    assert marked.status_code == 201

    answer = completed(exchange, first).json()

    assert (answer["protectedIdentity"], answer["withheld"], answer["complete"]) == (True, True, True)
    assert not any(each["data"] or each["items"] or each["messages"] for each in answer["sources"])
    path = f"{BASE}/audit-entries?objectId={first['lookupId']}"
    assert exchange.send("umea", "GET", path).json()["entries"][0]["event"] == "lookup.withheld"


def test_a_protected_persons_failed_source_is_asked_again_and_its_state_is_told(
    exchange: Exchange, answer_like: Answering
) -> None:
    person = somebody()
    answer_like(person, "protected_by_csn")
    assert looked_up(exchange, person)["withheld"]
    answer_like(person, "fk_failed")
    first = looked_up(exchange, person, sources=["AF", "FK"])
    answer_like(person, "complete")

    answer, asked = asked_since(exchange, lambda: completed(exchange, first))

    assert asked == [(person, "FK")]
    told = answer.json()
    assert (told["withheld"], sources(told)["FK"]["state"], sources(told)["FK"]["data"]) == (True, "answered", None)
    with_scope = looked_up(exchange, person, "umea-protected", sources=["AF"])
    assert sources(with_scope)["AF"]["data"]


def test_todays_grounds_hold_for_what_was_read_before_as_well(exchange: Exchange, answer_like: Answering) -> None:
    _, first = looked_up_when(exchange, answer_like, "fk_failed", sources=["FK", "TNS"])
    assert sources(first)["TNS"]["data"]
    less = "UPDATE ground SET fields = $1 WHERE information_set = 'lookup.tns' RETURNING id"
    (before,) = sql(
        exchange, "SELECT DISTINCT fields FROM ground WHERE information_set = 'lookup.tns'", database="agreements"
    )
    sql(exchange, less, [], database="agreements")
    try:
        exchange.clock.move_to(datetime.now(UTC) + timedelta(seconds=6))
        narrower = sources(completed(exchange, first).json())["TNS"]
    finally:
        sql(exchange, less, before["fields"], database="agreements")
    exchange.clock.move_to(datetime.now(UTC) + timedelta(seconds=12))
    wider = sources(completed(exchange, first).json())["TNS"]

    assert not narrower["data"]
    assert narrower["leftOut"]["fields"] == ["vehicles", "status"]
    assert not wider["data"]
    assert wider["leftOut"] == narrower["leftOut"], "what was removed is not there to be told, and says so"


def test_without_a_ground_today_nothing_is_asked_again_and_nothing_told(
    exchange: Exchange, answer_like: Answering
) -> None:
    # Sources that no other test asks together: the refusal is remembered for seconds of a time that has yet to come.
    _, first = looked_up_when(exchange, answer_like, "fk_failed", sources=["FK", "TNS", "MIV"])
    with ground_ends(exchange, "lookup.tns", datetime.now(SWEDEN).date() - timedelta(days=1)):
        exchange.clock.move_to(datetime.now(UTC) + timedelta(seconds=6))
        answer, asked = asked_since(exchange, lambda: completed(exchange, first))

    assert refused(answer) == (403, "no_ground")
    assert [item["informationSet"] for item in answer.json()["items"]] == ["lookup.tns"]
    assert asked == []
    (asked_first,) = recorded(exchange, first, "lookup.asked")
    (refusal,) = recorded(exchange, first, "request.refused")
    assert refusal["subject"] == asked_first["subject"], "the person can have out that somebody tried"


def recorded(exchange: Exchange, lookup: dict[str, Any], event: str) -> list[Any]:
    """The entries of an event about the look-up, by the rows."""
    query = "SELECT subject FROM audit_entry WHERE object_id::text = $1 AND event = $2"
    return sql(exchange, query, lookup["lookupId"], event)


def test_another_attempt_under_way_is_waited_for_and_an_abandoned_one_taken_over(
    exchange: Exchange, answer_like: Answering
) -> None:
    person, first = looked_up_when(exchange, answer_like, "fk_failed")
    completed(exchange, first, handler="hl-gone")
    died = "UPDATE lookup_attempt SET answered_at = NULL, outcomes = NULL WHERE lookup_id = $1 AND number = 2"
    sql(exchange, died, first["lookupId"])
    answer_like(person, "complete")

    waiting, asked = asked_since(exchange, lambda: completed(exchange, first))
    assert refused(waiting) == (409, "completion_in_progress")
    assert int(waiting.headers["retry-after"]) > 0
    assert asked == []

    exchange.clock.move_to(datetime.now(UTC) + timedelta(seconds=61))
    taken_over = completed(exchange, first)
    assert taken_over.json()["complete"] is True
    attempts = taken_over.json()["attempts"]
    assert [(each["number"], each["handler"], each["answeredAt"] is None) for each in attempts] == [
        (1, "hl-1", False),
        (2, "hl-gone", True),
        (3, "hl-1", False),
    ]


def test_an_abandoned_attempt_that_ends_after_all_is_not_overwritten_by_one_that_has_not_seen_it(
    exchange: Exchange, answer_like: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, first = looked_up_when(exchange, answer_like, "fk_failed")
    completed(exchange, first)
    again = "UPDATE lookup_attempt SET asked_at = asked_at - interval '2 min', answered_at = {}, outcomes = {} "
    where = "WHERE lookup_id = $1 AND number = 2"
    sql(exchange, again.format("NULL", "NULL") + where, first["lookupId"])

    async def meanwhile(*needs: Any) -> Any:
        # Between the reading of the look-up and the beginning of the attempt.
        await asyncio.to_thread(sql, exchange, again.format("now()", "'[]'") + where, first["lookupId"])
        return await permit(*needs)

    monkeypatch.setattr(completing, "permit", meanwhile)
    answer, asked = asked_since(exchange, lambda: completed(exchange, first))

    assert refused(answer) == (409, "completion_in_progress")
    assert asked == []
    monkeypatch.undo()
    answer_like(person, "complete")
    assert completed(exchange, first).json()["attempts"][-1]["number"] == 3


def test_an_attempt_that_has_been_taken_over_tells_nothing_and_changes_nothing(
    exchange: Exchange, answer_like: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, first = looked_up_when(exchange, answer_like, "fk_failed")

    async def for_over_a_minute(*needs: Any, **more: Any) -> Any:
        # While it waits for the sources a minute goes by, and somebody else completes the look-up.
        answers = await collect(*needs, **more)
        monkeypatch.setattr(completing, "collect", collect)
        answer_like(person, "complete")
        exchange.clock.move_to(datetime.now(UTC) + timedelta(seconds=61))
        other.append(await asyncio.to_thread(completed, exchange, first, handler="hl-2"))
        return answers

    other: list[httpx.Response] = []
    monkeypatch.setattr(completing, "collect", for_over_a_minute)
    late = completed(exchange, first)

    assert refused(late) == (409, "completion_in_progress")
    assert "FK" not in late.text
    record = exchange.send("umea", "GET", f"{BASE}/lookups/{first['lookupId']}").json()
    assert (record["complete"], record["attempts"]) == (True, other[0].json()["attempts"])
    assert [(each["number"], each["answeredAt"] is None) for each in record["attempts"]] == [
        (1, False),
        (2, True),
        (3, False),
    ]


def test_of_two_completions_at_once_one_asks_and_the_other_is_told_so(
    exchange: Exchange, answer_like: Answering
) -> None:
    person, first = looked_up_when(exchange, answer_like, "fk_failed")
    answer_like(person, "complete", seconds=0.7)

    answers, asked = asked_since(exchange, lambda: together(*[lambda: completed(exchange, first)] * 2))

    assert sorted(each.status_code for each in answers) == [200, 409]
    assert [each.json()["code"] for each in answers if each.status_code == 409] == ["completion_in_progress"]
    assert asked == [(person, "FK")]
    assert len(sql(exchange, "SELECT FROM lookup_attempt WHERE lookup_id = $1", first["lookupId"])) == 2


def test_a_look_up_that_was_never_answered_has_nothing_to_be_completed_with(exchange: Exchange) -> None:
    first = looked_up(exchange, somebody())
    died = "UPDATE lookup SET answered_at = NULL, outcomes = NULL, complete = NULL WHERE id = $1"
    sql(exchange, died, first["lookupId"])

    assert refused(completed(exchange, first)) == (409, "completion_in_progress")
    exchange.clock.move_to(datetime.now(UTC) + timedelta(seconds=61))
    assert refused(completed(exchange, first)) == (409, "lookup_content_expired")


def test_a_look_up_from_before_answers_were_kept_is_told_of_and_asked_anew(
    exchange: Exchange, answer_like: Answering
) -> None:
    _, first = looked_up_when(exchange, answer_like, "fk_failed")
    sql(exchange, "DELETE FROM kept_lookup WHERE lookup_id = $1", first["lookupId"])

    record = exchange.send("umea", "GET", f"{BASE}/lookups/{first['lookupId']}").json()

    assert record["attempts"] == first["attempts"]
    assert refused(completed(exchange, first)) == (409, "lookup_content_expired")


def test_a_completion_sent_again_with_its_key_asks_once(exchange: Exchange, answer_like: Answering) -> None:
    person, key = somebody(), str(uuid.uuid4())
    answer_like(person, "fk_failed")
    first = looked_up(exchange, person)
    answer_like(person, "complete")

    answers, asked = asked_since(exchange, lambda: [completed(exchange, first, key=key) for _ in range(2)])

    assert asked == [(person, "FK")]
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert answers[0].json() == answers[1].json()


def test_a_body_that_is_not_json_is_refused_though_none_is_needed(exchange: Exchange) -> None:
    first = looked_up(exchange, PERSONS["fk_failed"].number)

    assert refused(completed(exchange, first, {"sources": ["FK"], "all": True})) == (422, "malformed_request")
    assert refused(completed(exchange, first, {"sources": []})) == (422, "source_not_failed")
