"""`Idempotency-Key` in the hands of somebody who guesses, repeats, mixes up and comes late."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from tests.attack.support import CONSULTATIONS, LOOKUPS, act, credentials, raw, sql, together, wire
from tests.exchange import Exchange, consultation_body, lookup_body

pytestmark = pytest.mark.attack
AGREEMENTS = "/agreements/v1/agreements"
DRAFT = {
    "kind": "project",
    "title": "Utkast",
    "status": "draft",
    "validFrom": "2026-03-01",
    "parties": [{"organisationNumber": "2021002114"}, {"municipalityCode": "2480"}],
}


def new_key() -> str:
    return f"key-{uuid.uuid4()}"


def open_with(exchange: Exchange, name: str, key: str, body: dict[str, Any], **more: Any) -> httpx.Response:
    return exchange.send(name, "POST", CONSULTATIONS, body, key=key, **more)


def test_a_key_that_another_organisation_has_used_answers_like_one_that_nobody_has(exchange: Exchange) -> None:
    """There is nothing to probe: neither status, headers nor body say that the key is known elsewhere."""
    used = new_key()
    assert open_with(exchange, "malmo", used, consultation_body()).status_code == 201
    for body in ({"question": "x"}, consultation_body(purpose="curiosity"), consultation_body()):
        tried = [open_with(exchange, "umea", key, body) for key in (used, new_key())]
        assert tried[0].status_code == tried[1].status_code
        assert {*tried[0].headers} == {*tried[1].headers}
        assert "idempotent-replayed" not in tried[0].headers
        assert tried[0].json().keys() == tried[1].json().keys()


def test_a_key_is_of_one_service_and_one_client(exchange: Exchange) -> None:
    key = new_key()
    opened = open_with(exchange, "umea", key, consultation_body())
    registered = exchange.send("umea", "POST", AGREEMENTS, DRAFT, key=key)

    assert (opened.status_code, registered.status_code) == (201, 201)
    assert "agreementId" in registered.json()


@pytest.mark.parametrize(
    "changes", [{"question": "annan"}, {"caseReference": "EB-OTHER"}, {"type": "information_request"}], ids=str
)
def test_a_key_with_another_body_is_refused_and_changes_nothing(exchange: Exchange, changes: dict[str, str]) -> None:
    key, body = new_key(), consultation_body()
    first = open_with(exchange, "umea", key, body).json()
    before = sql(exchange, "SELECT count(*) FROM consultation")

    refused = open_with(exchange, "umea", key, {**body, **changes})

    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert first["consultationId"] not in refused.text
    assert sql(exchange, "SELECT count(*) FROM consultation") == before


def test_a_key_of_one_operation_does_not_answer_for_another(exchange: Exchange) -> None:
    receipt, key = exchange.open(), new_key()
    assert act(exchange, "af-workbench", receipt, "claims", 1, key=key).status_code == 200

    for action, version, text in (("releases", 2, None), ("answers", 2, "x"), ("claims", 2, None)):
        refused = act(exchange, "af-workbench", receipt, action, version, text, key=key)
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused"), action
    assert act(exchange, "af-workbench", receipt, "claims", 1, key=key).headers["idempotent-replayed"] == "true"


def test_a_kept_answer_is_told_only_with_a_token_a_proof_and_the_right(exchange: Exchange) -> None:
    key, body = new_key(), consultation_body()
    opened = open_with(exchange, "umea", key, body).json()
    address, sent = exchange.base_url + CONSULTATIONS, {"Samrad-Handler": "hl-1", "Idempotency-Key": key}
    once = credentials(exchange, "umea", "POST", CONSULTATIONS)
    assert exchange.http.post(address, json=body, headers={**once, **sent}).status_code == 201
    narrow = exchange.client("umea", scopes={"samrad:consultations.read"})

    for answer in (
        exchange.http.post(address, json=body, headers=sent),
        exchange.http.post(address, json=body, headers={**once, **sent}),
        narrow.request("POST", address, json=body, headers=sent),
        open_with(exchange, "akassa", key, body),
    ):
        assert opened["consultationId"] not in answer.text
        assert "idempotent-replayed" not in answer.headers


def test_a_kept_answer_is_told_for_an_hour_and_then_the_request_is_a_new_one(exchange: Exchange) -> None:
    key, body = new_key(), consultation_body()
    first = open_with(exchange, "umea", key, body)
    exchange.clock.move_to(exchange.clock() + timedelta(minutes=59))
    kept = open_with(exchange, "umea", key, body)
    exchange.clock.move_to(exchange.clock() + timedelta(minutes=2))
    anew = open_with(exchange, "umea", key, body)
    again = open_with(exchange, "umea", key, body)

    assert kept.json() == first.json()
    assert anew.status_code == 201
    assert anew.json()["consultationId"] != first.json()["consultationId"]
    assert again.json() == anew.json()


def test_a_race_with_one_key_and_two_bodies_has_one_effect_and_one_refusal(exchange: Exchange) -> None:
    key, bodies = new_key(), [consultation_body(), consultation_body()]

    answers = together(*[partial(open_with, exchange, "umea", key, body) for body in bodies * 3])

    assert {answer.status_code for answer in answers} == {201, 422}
    assert len({answer.json()["consultationId"] for answer in answers if answer.status_code == 201}) == 1
    references = [body["caseReference"] for body in bodies]
    rows = sql(exchange, "SELECT count(*) AS n FROM consultation WHERE case_reference = ANY($1)", references)
    assert rows[0]["n"] == 1


def test_a_race_of_two_organisations_with_one_key_has_both_effects(exchange: Exchange) -> None:
    key, body = new_key(), consultation_body()

    answers = together(*[partial(open_with, exchange, name, key, body) for name in ("umea", "malmo") * 3])

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["consultationId"] for answer in answers}) == 2
    assert answers[0].json() == answers[2].json()
    assert answers[1].json() == answers[3].json()


def test_a_look_up_with_a_key_asks_the_sources_once_however_often_it_is_sent(exchange: Exchange) -> None:
    key, body = new_key(), lookup_body("complete", exchange.clock(), sources=["AF"])
    before = len(exchange.sent_to_sources)

    answers = together(*[partial(exchange.send, "umea", "POST", LOOKUPS, body, key=key)] * 6)

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len(exchange.sent_to_sources) == before + 1
    assert exchange.send("umea", "POST", LOOKUPS, body, key=key).headers["idempotent-replayed"] == "true"


def test_a_refusal_is_not_kept_and_takes_no_key(exchange: Exchange) -> None:
    key = new_key()
    assert open_with(exchange, "umea", key, consultation_body(purpose="curiosity")).status_code == 403
    assert open_with(exchange, "umea", key, {"question": "x"}).status_code == 422

    assert open_with(exchange, "umea", key, consultation_body()).status_code == 201


@pytest.mark.parametrize("value", ["", "x" * 256], ids=["empty", "256 characters"])
def test_a_key_of_an_odd_length_is_refused(exchange: Exchange, value: str) -> None:
    refused = open_with(exchange, "umea", value, consultation_body())

    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")


def test_two_keys_are_refused(exchange: Exchange) -> None:
    own = [*credentials(exchange, "umea", "POST", CONSULTATIONS).items(), ("Samrad-Handler", "hl-1")]
    keys = [("Idempotency-Key", new_key()), ("Idempotency-Key", new_key())]

    for door in ("gateway", "consultation"):
        first = f"POST {CONSULTATIONS} HTTP/1.1"
        answer = raw(exchange, wire(first, [("Host", "x"), *own, *keys, ("Content-Length", "0")]), port=door)
        assert answer.startswith(b"HTTP/1.1 400")


def test_what_is_kept_is_readable_by_nobody_who_reads_the_database(exchange: Exchange) -> None:
    key, body = new_key(), consultation_body(question="kanariefågel")
    opened = open_with(exchange, "umea", key, body).json()

    rows = sql(exchange, "SELECT r::text AS row FROM idempotency_record r")

    assert rows
    whole = " ".join(row["row"] for row in rows)
    for secret in (key, body["person"], "kanarie", opened["number"]):
        assert secret not in whole
        assert secret.encode().hex() not in whole
