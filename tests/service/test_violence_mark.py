"""Marked for violence in close relationships: for whoever lacks the scope it does not exist (R90)."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.consultation.lookups.simulator.persons import PERSONS
from services.gateway.tokens.demo import DEMO_CLIENTS
from tests.attack.support import CONSULTATIONS, act, sql
from tests.exchange import NOBODY, Exchange, consultation_body
from tests.folding import fold_all
from tests.reading import whole
from tests.service.given_consultations import reached

SPECIAL = {"umea": "umea-violence", "af-workbench": "af-violence"}
SIDES = pytest.mark.parametrize("name", ["umea", "af-workbench"])
LISTS = {"umea": CONSULTATIONS, "af-workbench": "/consultation/v1/queue"}
MARKED = {"violence": True, "matter": "planned_measures", "question": None}
IN_WORDS = {"question": "Vad är planerat?", "matter": None}


@pytest.fixture
def marked(exchange: Exchange) -> dict[str, Any]:
    """Opened with the mark, and claimed."""
    receipt = exchange.open("umea-violence", **MARKED)
    assert act(exchange, "af-violence", receipt, "claims", 1).status_code == 200
    return receipt


def mark(exchange: Exchange, name: str, receipt: dict[str, Any], version: int, removed: str = "") -> httpx.Response:
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/violence-marks{removed}"
    return exchange.send(name, "POST", path, version=version)


def listed(exchange: Exchange, name: str, path: str, at: Callable[[dict[str, Any]], Any], members: str) -> set[Any]:
    """What is said by every page of a list."""
    return {at(each) for each in whole(exchange, name, path, members)}


def in_list(exchange: Exchange, name: str, receipt: dict[str, Any]) -> bool:
    path = LISTS.get(name) or LISTS[next(each for each, special in SPECIAL.items() if special == name)]
    ids = listed(exchange, name, path, lambda each: each["consultationId"], "consultations")
    return receipt["consultationId"] in ids


def events_of(exchange: Exchange, name: str, receipt: dict[str, Any]) -> list[str]:
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/events"
    return [each["kind"] for each in exchange.send(name, "GET", path).json()["events"]]


def in_trail(exchange: Exchange, name: str, receipt: dict[str, Any]) -> list[str]:
    path = f"/consultation/v1/audit-entries?limit=100&objectId={receipt['consultationId']}"
    return [each["event"] for each in exchange.send(name, "GET", path).json()["entries"]]


@pytest.mark.requirement(90)
@SIDES
def test_a_consultation_flagged_as_violence_is_hidden_from_lists_for_everybody_without_the_special_role(
    exchange: Exchange, marked: dict[str, Any], name: str
) -> None:
    assert not in_list(exchange, name, marked)
    assert in_list(exchange, SPECIAL[name], marked)


@pytest.mark.requirement(90)
def test_no_other_client_of_either_organisation_sees_it_in_a_list(exchange: Exchange, marked: dict[str, Any]) -> None:
    for name, client in DEMO_CLIENTS.items():
        for path, scope in ((CONSULTATIONS, "samrad:consultations.read"), (LISTS["af-workbench"], "samrad:queue.work")):
            if scope in client.scopes and name not in SPECIAL.values():
                shown = listed(exchange, name, path, lambda each: each["consultationId"], "consultations")
                assert marked["consultationId"] not in shown, (name, path)


OPERATIONS: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("GET", "/events", None),
    ("GET", "/clock", None),
    ("GET", "/meetings", None),
    ("POST", "/meeting-requests", None),
    ("POST", "/meeting-requests/refusals", {"reason": "no_free_time"}),
    ("GET", "/links", None),
    ("POST", "/claims", None),
    ("POST", "/releases", None),
    ("POST", "/answers", {"text": "svar"}),
    ("POST", "/corrections", {"sequence": 1, "reason": "wrong_channel", "channel": "phone"}),
    ("POST", "/withdrawals", None),
    ("POST", "/closures", None),
    ("POST", "/pulses", {"rating": 3}),
    ("POST", "/rounds", {"question": "igen?"}),
]


@pytest.mark.requirement(90)
@SIDES
def test_to_whoever_lacks_the_scope_it_answers_as_what_does_not_exist(
    exchange: Exchange, marked: dict[str, Any], name: str
) -> None:
    for method, action, body in OPERATIONS:
        theirs, nobodys = (
            exchange.send(name, method, f"{CONSULTATIONS}/{each}{action}", body, version=2)
            for each in (marked["consultationId"], NOBODY)
        )

        assert theirs.status_code == nobodys.status_code, action
        assert theirs.status_code in (403, 404), action
        assert {**theirs.json(), "instance": ""} == {**nobodys.json(), "instance": ""}, action


@pytest.mark.requirement(90)
@SIDES
def test_the_trail_tells_of_it_to_holders_of_the_scope_alone(
    exchange: Exchange, marked: dict[str, Any], name: str
) -> None:
    act(exchange, "af-violence", marked, "claims", 2)  # refused: it has been claimed
    asked_in_vain = exchange.send(name, "GET", f"{CONSULTATIONS}/{marked['consultationId']}")
    assert asked_in_vain.status_code == 404

    # Its own attempts, as they stand there for what does not exist.
    assert set(in_trail(exchange, name, marked)) == {"request.refused"}
    assert "consultation.claimed" in set(in_trail(exchange, SPECIAL[name], marked))
    path = "/consultation/v1/audit-entries"
    events = listed(exchange, name, path, lambda each: (each["objectId"], each["event"]), "entries")
    assert {event for about, event in events if about == marked["consultationId"]} == {"request.refused"}


@pytest.mark.requirement(90)
def test_counts_do_not_give_it_away(exchange: Exchange) -> None:
    def counted() -> tuple[int, int]:
        fold_all(exchange)
        answers = [
            exchange.send("dashboard", "GET", f"/consultation/v1/{path}", handler=None).json()
            for path in ("work-in-progress", "lead-times?groupBy=municipality")
        ]
        groups = {each["key"]: each["count"] for each in answers[1]["groups"]}
        return answers[0]["count"], groups.get("2480", 0)

    before = counted()
    answered, waiting = exchange.open("umea-violence", **MARKED), exchange.open("umea-violence", **MARKED)
    assert act(exchange, "af-violence", answered, "claims", 1).status_code == 200
    assert act(exchange, "af-violence", answered, "answers", 2, "svar").status_code == 200

    assert counted() == before
    assert mark(exchange, "umea-violence", answered, 3, "/removals").status_code == 200
    assert mark(exchange, "umea-violence", waiting, 1, "/removals").status_code == 200
    assert counted() == (before[0] + 1, before[1] + 1)


@pytest.mark.requirement(90)
def test_nothing_of_it_is_told_to_whoever_is_not_let_to_see_it(exchange: Exchange) -> None:
    receipt = reached(exchange, "umea")
    assert mark(exchange, "af-violence", receipt, 5).status_code == 200
    assert mark(exchange, "af-violence", receipt, 6, "/removals").status_code == 200

    # Neither of what was told before it was marked; what comes after the mark was removed is as any other.
    exchange.open("umea")
    query = "SELECT sequence, restricted FROM outbox WHERE consultation_id = $1 ORDER BY sequence"
    rows = sql(exchange, query, uuid.UUID(receipt["consultationId"]))
    assert [(row["sequence"], row["restricted"]) for row in rows] == [(n, "violence") for n in range(1, 8)]


@pytest.mark.requirement(90)
@SIDES
def test_either_side_marks_what_is_there_and_it_is_told_to_nobody_but_the_answering_side(
    exchange: Exchange, name: str
) -> None:
    receipt = exchange.open("umea")
    assert mark(exchange, SPECIAL[name], receipt, 1).json()["version"] == 2

    assert [in_list(exchange, each, receipt) for each in ("umea", "af-workbench")] == [False, False]
    assert events_of(exchange, "af-violence", receipt) == ["opened", "violence_marked"]
    assert events_of(exchange, "umea-violence", receipt) == ["opened"]
    whole = exchange.send(SPECIAL[name], "GET", f"{CONSULTATIONS}/{receipt['consultationId']}").json()
    assert whole["violence"] is True


@pytest.mark.requirement(90)
@SIDES
def test_when_the_mark_is_removed_it_is_seen_as_any_other_and_not_that_it_was_marked(
    exchange: Exchange, marked: dict[str, Any], name: str
) -> None:
    assert mark(exchange, SPECIAL[name], marked, 2, "/removals").status_code == 200

    assert in_list(exchange, name, marked)
    assert events_of(exchange, name, marked) == ["opened", "claimed"]
    assert not [event for event in in_trail(exchange, name, marked) if "violence" in event]
    assert "consultation.violence_mark_removed" in in_trail(exchange, "af-violence", marked)


@pytest.mark.requirement(90)
def test_a_mark_is_set_once_and_one_that_is_not_there_is_not_removed(exchange: Exchange) -> None:
    receipt = exchange.open("umea")

    removed = mark(exchange, "umea-violence", receipt, 1, "/removals")
    assert mark(exchange, "umea-violence", receipt, 1).status_code == 200
    again = mark(exchange, "umea-violence", receipt, 2)

    assert [(each.status_code, each.json()["code"]) for each in (removed, again)] == [(409, "hidden_otherwise")] * 2
    assert [each.json()["restricted"] for each in (removed, again)] == [None, "violence"]


def test_a_mark_takes_the_scope_of_one_s_side_beside_its_own(exchange: Exchange, marked: dict[str, Any]) -> None:
    path = f"{CONSULTATIONS}/{marked['consultationId']}/violence-marks/removals"
    for name, without in (("umea-violence", "samrad:consultations.manage"), ("af-violence", "samrad:queue.work")):
        held = {scope for scope in DEMO_CLIENTS[name].scopes if scope != without}
        headers = {"If-Match": '"2"', "Samrad-Handler": "hl-1"}
        client = exchange.client(name, scopes=held)
        answer = client.request("POST", exchange.base_url + path, headers=headers, json=None)

        assert (answer.status_code, answer.json().get("requiredScope")) == (403, without)


@pytest.mark.requirement(90)
def test_opening_with_the_mark_takes_the_scope(exchange: Exchange) -> None:
    answer = exchange.send("umea", "POST", CONSULTATIONS, consultation_body(**MARKED))

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert answer.json()["requiredScope"] == "samrad:violence.read"


_MATTER = {"type": "employer_contact", "employer": "5560360793", "matter": "Hon är rädd för honom."}


@pytest.mark.requirement(90)
@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"question": "Hon är slagen."}, [("question", "free_text_not_taken")]),
        ({"matter": None}, [("matter", "missing")]),
        ({"category": "planned_measures"}, [("category", "not_with_violence")]),
        ({"type": "employer_contact", "details": _MATTER}, [("details", "free_text_not_taken")]),
        ({"violence": False}, [("question", "missing"), ("matter", "only_with_violence")]),
        ({"matter": "beaten"}, [("matter", "enum")]),
    ],
    ids=["words", "no matter", "category", "words in the form", "not marked", "unknown matter"],
)
def test_nothing_sensitive_stands_in_free_text_when_it_is_opened(
    exchange: Exchange, changes: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    before = sql(exchange, "SELECT count(*) AS number FROM consultation")
    body = consultation_body(**{**MARKED, **changes})
    answer = exchange.send("umea-violence", "POST", CONSULTATIONS, body)

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")
    assert [(each["field"], each["reason"]) for each in answer.json()["errors"]] == errors
    assert sql(exchange, "SELECT count(*) AS number FROM consultation") == before


@pytest.mark.requirement(90)
def test_it_is_asked_by_a_code_and_nothing_is_written(exchange: Exchange, marked: dict[str, Any]) -> None:
    whole = exchange.send("af-violence", "GET", f"{CONSULTATIONS}/{marked['consultationId']}").json()

    assert (whole["violence"], whole["matter"], whole["messages"]) == (True, "planned_measures", [])
    assert whole["person"] == PERSONS["complete"].number


@pytest.mark.requirement(90)
def test_the_next_round_is_hidden_as_well_and_asked_without_words(exchange: Exchange, marked: dict[str, Any]) -> None:
    assert act(exchange, "af-violence", marked, "answers", 2, "svar").status_code == 200
    path = f"{CONSULTATIONS}/{marked['consultationId']}/rounds"

    in_words = exchange.send("umea-violence", "POST", path, IN_WORDS, version=3)
    by_code = exchange.send("umea-violence", "POST", path, {"matter": "referral"}, version=3)

    assert [each["reason"] for each in in_words.json()["errors"]] == ["free_text_not_taken", "missing"]
    assert by_code.status_code == 201, by_code.text
    assert in_list(exchange, "af-violence", by_code.json())
    assert not in_list(exchange, "af-workbench", by_code.json())


def test_what_is_hidden_by_its_queue_keeps_that(exchange: Exchange) -> None:
    receipt = exchange.open("kriminalvarden", type="information_request", purpose="release_planning")

    # Neither scope is enough alone.
    assert mark(exchange, "af-violence", receipt, 1).status_code == 404
