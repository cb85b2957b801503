"""Where the answer to a creation says that it is told, it is told."""

from datetime import timedelta
from typing import Any

import pytest

from tests.exchange import Exchange
from tests.service.given_consultations import ended
from tests.service.test_protected_identity import somebody

API = "/consultation/v1"
FILTERS = {"name": "Mina brådskande", "shared": False, "filters": {"tab": "late"}}


@pytest.mark.parametrize(
    ("maker", "path", "body", "reader"),
    [
        ("umea", "consultations", {"type": "consultation", "question": "Vad är planerat?"}, "umea"),
        ("af-workbench", "queue/views", FILTERS, "af-workbench"),
        ("af-manager", "unit-calendars", {"unit": "af-24", "opening": None}, "umea"),
        ("af-manager", "unit-targets", {"unit": None, "type": "joint_planning", "workingMinutes": None}, "umea"),
        ("af-lead", "interventions", {"name": "Fler i telefonen", "day": "2026-10-01"}, "af-lead"),
        (
            "af-lead",
            "answer-templates",
            {"name": "Plats", "type": None, "category": None, "unit": None, "text": "."},
            "af-workbench",
        ),
        ("af-manager", "approval-rules", {"unit": "af-24", "type": None, "covers": None}, "af-workbench"),
        ("umea", "protected-persons", {}, "umea"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_has_been_made_is_told_at_its_location(
    exchange: Exchange, maker: str, path: str, body: dict[str, Any], reader: str
) -> None:
    sent = dict(body)
    if path == "consultations":
        sent |= {"purpose": "financial_aid_application", "caseReference": "EB-PLATS", "person": somebody()}
    elif path == "protected-persons":
        sent |= {"person": somebody()}
    elif path.startswith(("unit-", "approval-")):
        sent |= {"validFrom": str(exchange.clock().date() + timedelta(days=300))}

    made = exchange.send(maker, "POST", f"{API}/{path}", sent)
    found = exchange.send(reader, "GET", made.headers["Location"].removeprefix(exchange.base_url))

    assert (made.status_code, found.status_code) == (201, 200), found.text
    own = next((value for name, value in made.json().items() if name.endswith("Id")), None)
    assert str(own) in found.text


def test_what_belongs_to_a_consultation_is_told_beside_it(exchange: Exchange) -> None:
    other, hidden = exchange.open(), exchange.open()
    receipt = ended(exchange, "umea", other)
    link = {"to": hidden["consultationId"], "kind": "follows"}

    for part, body, told in (
        ("links", link, hidden["consultationId"]),
        ("notes", {"text": "Ring i morgon."}, "Ring i morgon."),
        ("retention-holds", {"reason": "appeal"}, "appeal"),
    ):
        made = exchange.send("umea", "POST", f"{API}/consultations/{receipt['consultationId']}/{part}", body)
        found = exchange.send("umea", "GET", made.headers["Location"].removeprefix(exchange.base_url))
        assert (made.status_code, told in found.text) == (201, True), part


def test_a_mark_that_has_ended_is_told_no_more(exchange: Exchange) -> None:
    person = {"person": somebody()}
    made = exchange.send("umea", "POST", f"{API}/protected-persons", person)
    address = made.headers["Location"].removeprefix(exchange.base_url)
    assert exchange.send("malmo", "GET", address).status_code == 404

    exchange.send("umea", "POST", f"{API}/protected-persons/removals", person)

    assert exchange.send("umea", "GET", address).status_code == 404
