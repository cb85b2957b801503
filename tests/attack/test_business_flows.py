"""What is meant for one case at a time, done without a case, out of turn, or for everybody at once.

Who looks many people up is held back by the brake in test_enumeration.py; here is what each single call must have.
"""

from typing import Any

import pytest

from services.consultation.lookups.simulator.persons import PERSONS
from tests.attack.support import CONSULTATIONS, LOOKUPS, act, sql
from tests.exchange import Exchange, consultation_body, lookup_body

pytestmark = pytest.mark.attack


@pytest.mark.parametrize("missing", ["person", "caseReference", "purpose", "handler"])
def test_a_look_up_without_a_case_a_purpose_or_a_handler_asks_nobody(exchange: Exchange, missing: str) -> None:
    body = lookup_body("complete", exchange.clock())
    body.pop(missing, None)
    before = len(exchange.sent_to_sources)

    refused = exchange.send("umea", "POST", LOOKUPS, body, handler=None if missing == "handler" else "hl-1")

    assert refused.status_code == (400 if missing == "handler" else 422)
    assert len(exchange.sent_to_sources) == before


@pytest.mark.parametrize(
    ("name", "changes", "statuses"),
    [
        ("af-workbench", {}, (403,)),
        ("dashboard", {}, (401, 403)),
        ("umea", {"purpose": "curiosity"}, (403, 422)),
        ("umea", {"person": ["189001049802", "189002119811"]}, (422,)),
        ("umea", {"person": "%"}, (422,)),
        ("umea", {"person": "18900104*"}, (422,)),
        ("umea", {"persons": []}, (422,)),
        ("umea", {"period": {"from": "1950-01-01", "to": "2026-01-01"}}, (422,)),
        ("umea", {"sources": ["AF"] * 50}, (422,)),
        ("umea", {"sources": ["*"]}, (422,)),
    ],
    ids=lambda part: str(part)[:40],
)
def test_who_has_no_such_business_and_who_asks_for_more_than_one_asks_nobody(
    exchange: Exchange, name: str, changes: dict[str, Any], statuses: tuple[int, ...]
) -> None:
    before = len(exchange.sent_to_sources)

    refused = exchange.send(name, "POST", LOOKUPS, {**lookup_body("complete", exchange.clock()), **changes})

    assert refused.status_code in statuses
    assert len(exchange.sent_to_sources) == before


STEPS: dict[str, list[tuple[str, str, str | None]]] = {
    "received": [
        ("af-workbench", "answers", "x"),
        ("af-workbench", "questions", "x"),
        ("af-workbench", "releases", None),
        ("umea", "replies", "x"),
        ("umea", "closures", None),
    ],
    "answered": [
        ("af-workbench", "claims", None),
        ("af-workbench", "answers", "x"),
        ("af-workbench", "questions", "x"),
        ("af-workbench", "releases", None),
        ("umea", "replies", "x"),
        ("umea", "withdrawals", None),
    ],
    "withdrawn": [
        ("af-workbench", "claims", None),
        ("af-workbench", "answers", "x"),
        ("umea", "replies", "x"),
        ("umea", "closures", None),
        ("umea", "withdrawals", None),
    ],
}
ROAD: dict[str, list[tuple[str, str, str | None]]] = {
    "received": [],
    "answered": [("af-workbench", "claims", None), ("af-workbench", "answers", "svar")],
    "withdrawn": [("umea", "withdrawals", None)],
}


@pytest.mark.parametrize("state", STEPS)
def test_no_step_is_taken_out_of_turn(exchange: Exchange, state: str) -> None:
    receipt = exchange.open()
    for version, (name, action, text) in enumerate(ROAD[state], 1):
        assert act(exchange, name, receipt, action, version, text).status_code == 200
    version = len(ROAD[state]) + 1

    for name, action, text in STEPS[state]:
        refused = act(exchange, name, receipt, action, version, text)
        assert refused.status_code == 409, (name, action)
    row = sql(exchange, "SELECT state, version FROM consultation WHERE number = $1", receipt["number"])[0]
    assert (row["state"], row["version"]) == (state, version)


def test_what_a_colleague_has_claimed_is_not_answered_by_another(exchange: Exchange) -> None:
    receipt = exchange.open()
    assert act(exchange, "af-workbench", receipt, "claims", 1, handler="af-1").status_code == 200

    for action, text in (("claims", None), ("answers", "x"), ("questions", "x"), ("releases", None)):
        refused = act(exchange, "af-workbench", receipt, action, 2, text, handler="af-2")
        assert refused.status_code == 409, action


def test_no_list_is_a_way_to_harvest_people(exchange: Exchange) -> None:
    """Lists hold cases; who a case is about is told one at a time, and each time it is written down."""
    exchange.open(question="kanariefågel")
    lists = {
        CONSULTATIONS: "umea",
        "/consultation/v1/queue": "af-workbench",
        "/consultation/v1/audit-entries": "umea",
        "/consultation/v1/lead-times": "dashboard",
        "/consultation/v1/work-in-progress": "dashboard",
    }
    for path, name in lists.items():
        told = exchange.send(name, "GET", path if name == "dashboard" else f"{path}?limit=100")
        assert told.status_code == 200
        for person in PERSONS.values():
            assert person.number not in told.text
            assert person.number[2:] not in told.text
        assert "kanarie" not in told.text


def test_a_look_up_is_read_again_without_its_content(exchange: Exchange) -> None:
    made = exchange.look_up("complete").json()

    again = exchange.send("umea", "GET", f"{LOOKUPS}/{made['lookupId']}")

    assert again.status_code == 200
    assert all(source.get("data") is None for source in again.json()["sources"])


def test_a_statistician_is_told_no_case_and_no_handler(exchange: Exchange) -> None:
    body = consultation_body()
    exchange.send("umea", "POST", CONSULTATIONS, body, handler="hl-canary")
    for path in ("/consultation/v1/lead-times", "/consultation/v1/work-in-progress"):
        told = exchange.send("dashboard", "GET", path).text
        assert body["caseReference"] not in told
        assert "hl-canary" not in told
