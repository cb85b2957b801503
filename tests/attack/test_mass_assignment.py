"""Members that a body must not have: whose it is, in which state, and who answers, is nobody's to say."""

from typing import Any

import pytest

from tests.attack.support import CONSULTATIONS, LOOKUPS, MALMO, UMEA, act, sql
from tests.exchange import NOBODY, Exchange, consultation_body, lookup_body

pytestmark = pytest.mark.attack
MEMBERS: dict[str, Any] = {
    "org": MALMO,
    "organisation": MALMO,
    "organisationNumber": "2120001124",
    "id": NOBODY,
    "consultationId": NOBODY,
    "lookup_outcomes": [],
    "number": "S26-0000-0000",
    "state": "answered",
    "turn": "nobody",
    "version": 99,
    "answeringOrg": UMEA,
    "answering_org": UMEA,
    "answering": UMEA,
    "assignedTo": "hl-1",
    "assigned_to": "hl-1",
    "askedBy": "hl-9",
    "openedAt": "2020-01-01T00:00:00Z",
    "dueAt": "2099-01-01T00:00:00Z",
    "targetSeconds": 1,
    "afItems": ["jobseeker"],
    "lookupOutcomes": [],
    "personMark": "00",
    "personSealed": "00",
    "decisionId": NOBODY,
    "decision": {"permitted": True},
    "handler": "hl-9",
    "actor": "hl-9",
    "scopes": ["samrad:queue.work"],
    "_links": {},
    "__proto__": {"org": MALMO},
    "__class__": "x",
    "constructor": {},
    "$ref": "#",
    "": "",
}


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
def test_a_member_that_is_not_ours_is_refused_and_nothing_is_written(exchange: Exchange, member: str) -> None:
    before = sql(exchange, "SELECT count(*) FROM consultation")
    for path, body in ((CONSULTATIONS, consultation_body()), (LOOKUPS, lookup_body("complete", exchange.clock()))):
        refused = exchange.send("umea", "POST", path, {**body, member: MEMBERS[member]})
        assert (refused.status_code, refused.json()["code"]) == (422, "malformed_request"), path
        assert all(MALMO not in str(error) for error in refused.json()["errors"])
    assert sql(exchange, "SELECT count(*) FROM consultation") == before


def test_a_message_carries_its_text_and_nothing_else(exchange: Exchange) -> None:
    receipt = exchange.open()
    act(exchange, "af-workbench", receipt, "claims", 1)
    for member in ("state", "version", "audience", "org", "consultationId", "at", "actor", "channel"):
        path = f"{CONSULTATIONS}/{receipt['consultationId']}/answers"
        refused = exchange.send("af-workbench", "POST", path, {"text": "x", member: "x"}, version=2)
        assert (refused.status_code, refused.json()["code"]) == (422, "malformed_request")
    assert act(exchange, "af-workbench", receipt, "answers", 2, "x").status_code == 200


def test_what_is_stored_is_what_the_token_says(exchange: Exchange) -> None:
    receipt = exchange.open()

    row = sql(exchange, "SELECT * FROM consultation WHERE number = $1", receipt["number"])[0]

    assert (row["org"], row["state"], row["version"], row["assigned_to"]) == (UMEA, "received", 1, None)
    assert row["asker_name"] == "Umeå kommun"


def test_parameters_in_the_address_do_not_stand_in_for_members(exchange: Exchange) -> None:
    receipt = exchange.open("malmo")
    query = f"?org={MALMO}&organisation={MALMO}&consultationId={receipt['consultationId']}&answering_org={UMEA}"

    listed = exchange.send("umea", "GET", CONSULTATIONS + query)

    assert receipt["number"] not in listed.text
