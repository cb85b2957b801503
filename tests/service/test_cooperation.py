"""What counts as cooperation is defined where it is entered, and who is only referred is not counted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.consultation.lookups.simulator.persons import PERSONS
from tests.attack.support import CONSULTATIONS
from tests.exchange import Exchange, consultation_body
from tests.folding import fold_all
from tests.service.given_consultations import HANDLER, claimed

API = "/consultation/v1"
MONDAY = datetime(2034, 3, 6, 9, tzinfo=UTC)  # in a month of its own
pytestmark = pytest.mark.requirement(59)


def stated(exchange: Exchange, receipt: dict[str, Any], name: str = "umea") -> str | None:
    whole = exchange.send(name, "GET", f"{CONSULTATIONS}/{receipt['consultationId']}")
    assert whole.status_code == 200, whole.text
    cooperation: str | None = whole.json()["cooperation"]
    return cooperation


def throughput(exchange: Exchange, more: str = "") -> dict[str, Any]:
    fold_all(exchange)
    day = MONDAY.date()
    path = f"{API}/throughput?from={day}&to={day + timedelta(days=4)}&groupBy=none{more}"
    answer = exchange.send("dashboard", "GET", path, handler=None)
    assert answer.status_code == 200, answer.text
    [group] = answer.json()["groups"]
    return dict(group)


def test_the_definitions_stand_where_the_choice_is_made(exchange: Exchange) -> None:
    types = exchange.http.get(f"{exchange.base_url}{API}/consultation-types").json()
    listed = exchange.http.get(f"{exchange.base_url}{API}/code-lists").json()

    kinds = {each["code"]: each for each in types["cooperationKinds"]}
    assert {code: each["counted"] for code, each in kinds.items()} == {"individual": True, "referral_only": False}
    assert "planeras gemensamt" in kinds["individual"]["texts"]["sv"]
    assert "räknas inte" in kinds["referral_only"]["texts"]["sv"]
    assert all(each["texts"]["sv"] in str(listed) for each in kinds.values())


def test_a_consultation_that_is_a_referral_only_is_not_counted_as_a_cooperation_case(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    for cooperation in ("individual", "referral_only", None, "individual", "referral_only"):
        receipt = exchange.open(**({"cooperation": cooperation} if cooperation else {}))
        assert stated(exchange, receipt) == stated(exchange, receipt, HANDLER) == cooperation

    counted = throughput(exchange)

    assert (counted["opened"], counted["cooperationCases"]) == (5, 2)
    assert throughput(exchange, "&municipalityCode=2480")["cooperationCases"] == 2
    table = exchange.send(
        "dashboard", "GET", f"{API}/throughput?from={MONDAY.date()}&to={MONDAY.date()}&format=csv", handler=None
    ).text.splitlines()
    assert table[0].split(",")[-1] == "cooperationCases"
    assert table[1].split(",")[-1] == "2"


def test_the_next_round_is_of_the_same_kind(exchange: Exchange) -> None:
    receipt = claimed(exchange, cooperation="referral_only")
    path = f"{CONSULTATIONS}/{receipt['consultationId']}"
    assert exchange.send(HANDLER, "POST", f"{path}/answers", {"text": "Ja."}, version=2).status_code == 200

    following = exchange.send("umea", "POST", f"{path}/rounds", {"question": "Och sedan?"}, version=3)

    assert following.status_code == 201, following.text
    assert stated(exchange, following.json()) == "referral_only"


def test_a_call_is_registered_with_it(exchange: Exchange) -> None:
    body = {
        "channel": "phone",
        "askingOrganisation": "2120002627",
        **consultation_body(person=PERSONS["complete"].number, cooperation="individual"),
        "happenedAt": (exchange.clock() - timedelta(minutes=5)).isoformat(),
        "minutes": 6,
    }

    made = exchange.send(HANDLER, "POST", f"{API}/registrations", body)

    assert made.status_code == 201, made.text
    assert stated(exchange, made.json()) == "individual"


@pytest.mark.parametrize("cooperation", ["case", "INDIVIDUAL", "", 1, ["individual"], {}])
def test_what_is_not_in_the_list_is_refused(exchange: Exchange, cooperation: Any) -> None:
    refused = exchange.send("umea", "POST", CONSULTATIONS, consultation_body(cooperation=cooperation))

    assert (refused.status_code, refused.json()["code"]) == (422, "malformed_request")
    assert refused.json()["errors"][0]["field"] == "cooperation"
