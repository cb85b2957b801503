"""What the answering side may do in others' names, and what it and the asking side are told beside the consultation."""

from datetime import timedelta
from typing import Any

import pytest

from services.consultation.lookups.simulator.persons import PERSONS
from shared.tokens.client import authorization
from tests.attack.support import BASE, CONSULTATIONS, act, sql
from tests.exchange import Exchange
from tests.service.test_protected_identity import marked, somebody, trail
from tests.service.workers import workers

pytestmark = pytest.mark.attack
AF, UMEA = "af-workbench", "umea"
REGISTRATIONS = f"{BASE}/registrations"


def registration(exchange: Exchange, **changes: Any) -> dict[str, Any]:
    """A call from Umeå, as somebody writes it down."""
    return {
        "askingOrganisation": "2120002627",
        "type": "consultation",
        "purpose": "financial_aid_application",
        "caseReference": "EB-2026-SVARSSIDA",
        "person": PERSONS["complete"].number,
        "question": "Är personen kvar i programmet?",
        "happenedAt": (exchange.clock() - timedelta(minutes=12)).isoformat(),
        "minutes": 6,
        **changes,
    }


def test_whoever_works_a_queue_but_does_not_answer_registers_nothing_in_anothers_name(exchange: Exchange) -> None:
    """Försäkringskassan answers here, and Arbetsförmedlingen is an authority like any other with the scope."""
    answering = {"SAMRAD_CONSULTATION_ANSWERING_ORGANISATION": "2021005521"}
    before = sql(exchange, "SELECT count(*) AS rows FROM consultation")[0]["rows"]
    with workers(("consultation",), exchange.clock, answering) as (address,):
        client = exchange.client(AF)
        token, public = client.token_for(REGISTRATIONS), exchange.base_url + REGISTRATIONS
        headers = authorization(client.identity, token, "POST", public, exchange.clock())
        refused = exchange.http.post(
            address + REGISTRATIONS, json=registration(exchange), headers={**headers, "Samrad-Handler": "hl-1"}
        )

    assert (refused.status_code, refused.json()["code"]) == (403, "not_answering"), refused.text
    assert sql(exchange, "SELECT count(*) AS rows FROM consultation")[0]["rows"] == before


# --- when and where somebody can be met ----------------------------------------------------------------------------


def test_of_a_person_with_protected_identity_no_meeting_is_told_without_the_scope(exchange: Exchange) -> None:
    person = somebody()
    receipt = exchange.open(UMEA, person=person)
    assert act(exchange, AF, receipt, "claims", 1).status_code == 200
    path = f"{CONSULTATIONS}/{receipt['consultationId']}"
    starts_at = (exchange.clock() + timedelta(days=2)).isoformat()
    meeting = {"kind": "physical", "startsAt": starts_at, "minutes": 30, "participants": ["municipality", "person"]}
    booked = exchange.send(AF, "POST", f"{path}/meetings", meeting, version=2).json()
    seen = {name: exchange.send(name, "GET", f"{path}/meetings").json() for name in (UMEA, AF)}
    assert all([each["meetingId"] for each in told["meetings"]] == [booked["meetingId"]] for told in seen.values())

    with marked(exchange, person):
        for name in (UMEA, AF):
            told = exchange.send(name, "GET", f"{path}/meetings").json()
            assert (told["withheld"], told["meetings"]) == (True, [])
            events = exchange.send(name, "GET", f"{path}/events").text
            assert not any(fact in events for fact in (booked["meetingId"], "physical"))
        with_scope = exchange.send("umea-protected", "GET", f"{path}/meetings").json()

    assert (with_scope["withheld"], len(with_scope["meetings"])) == (False, 1)
    entries = trail(exchange, UMEA, "consultation.meetings_read", receipt["consultationId"])
    assert sorted(entry["outcome"] for entry in entries) == ["permitted"] * 3 + ["refused"] * 2
