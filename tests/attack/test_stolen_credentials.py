"""A token without its key, a proof without its request, and both after their time."""

import json
import secrets
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey

from shared.tokens.client import authorization, client_assertion, token_request
from shared.tokens.proofs import make_proof, token_hash
from tests.attack.support import AF, CONSULTATIONS, LOOKUPS, UMEA, credentials, together
from tests.exchange import Exchange, consultation_body
from tests.unit.shared.given import signed

pytestmark = pytest.mark.attack
QUEUE = "/consultation/v1/queue"
HANDLER = {"Samrad-Handler": "hl-1"}


def get(exchange: Exchange, path: str, headers: dict[str, str], *, port: str | None = None) -> int:
    base = exchange.base_url if port is None else f"http://127.0.0.1:{exchange.ports[port]}"
    return exchange.http.get(base + path, headers={**HANDLER, **headers}).status_code


def test_a_stolen_token_is_worth_nothing_without_its_key(exchange: Exchange) -> None:
    token = exchange.client("umea").token_for(CONSULTATIONS).value
    thief = ECKey.generate_key("P-256", private=True)
    address = exchange.base_url + CONSULTATIONS
    own = make_proof(thief, "GET", address, exchange.clock(), token)
    for headers in (
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"DPoP {token}"},
        {"Authorization": f"DPoP {token}", "DPoP": own},
        {"Authorization": f"Bearer {token}", "DPoP": own},
        {"Authorization": token},
        {"DPoP": own},
    ):
        assert get(exchange, CONSULTATIONS, headers) == 401
        assert get(exchange, CONSULTATIONS, headers, port="consultation") == 401


def test_a_proof_that_went_through_the_gateway_does_not_work_at_the_service_behind(exchange: Exchange) -> None:
    headers = credentials(exchange, "umea", "GET", CONSULTATIONS)

    assert get(exchange, CONSULTATIONS, headers) == 200
    assert get(exchange, CONSULTATIONS, headers, port="consultation") == 401
    assert get(exchange, CONSULTATIONS, headers) == 401


def test_token_and_proof_for_one_service_do_not_open_the_other(exchange: Exchange) -> None:
    there = "/agreements/v1/agreements"
    client, now = exchange.client("umea"), exchange.clock()
    token = client.token_for(CONSULTATIONS)
    headers = authorization(client.identity, token, "GET", exchange.base_url + there, now)

    assert get(exchange, there, headers) == 401
    assert get(exchange, there, headers, port="agreements") == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", CONSULTATIONS),
        ("get", CONSULTATIONS),
        ("GET", CONSULTATIONS + "/"),
        ("GET", CONSULTATIONS + "?limit=20"),
        ("GET", "/consultation/v1/queue"),
        ("GET", "/consultation/v1/../v1/consultations"),
        ("GET", "/consultation/v1/%63onsultations"),
        ("GET", "/CONSULTATION/v1/consultations"),
    ],
)
def test_a_proof_for_another_method_or_path_is_refused(exchange: Exchange, method: str, path: str) -> None:
    client = exchange.client("umea")
    token = client.token_for(CONSULTATIONS).value
    # Made by hand: a careful client would leave the query out.
    claims = {
        "jti": secrets.token_urlsafe(16),
        "htm": method,
        "htu": exchange.base_url + path,
        "iat": int(exchange.clock().timestamp()),
        "ath": token_hash(token),
    }
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": client.identity.key.as_dict(private=False)}
    proof = signed(head, json.dumps(claims).encode(), client.identity.key)

    assert get(exchange, CONSULTATIONS, {"Authorization": f"DPoP {token}", "DPoP": proof}) == 401


def test_of_many_who_send_one_proof_at_once_one_gets_in(exchange: Exchange) -> None:
    headers = credentials(exchange, "umea", "GET", CONSULTATIONS)

    statuses = together(*[lambda: get(exchange, CONSULTATIONS, headers)] * 12)

    assert sorted(statuses) == [200] + [401] * 11


def test_an_odd_id_in_a_proof_is_a_proof_like_any_other_and_no_fault(exchange: Exchange) -> None:
    client = exchange.client("umea")
    token = client.token_for(CONSULTATIONS).value
    claims = {
        "jti": "\ud800" * 8 + secrets.token_hex(4),
        "htm": "GET",
        "htu": exchange.base_url + CONSULTATIONS,
        "iat": int(exchange.clock().timestamp()),
        "ath": token_hash(token),
    }
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": client.identity.key.as_dict(private=False)}
    headers = {"Authorization": f"DPoP {token}", "DPoP": signed(head, json.dumps(claims).encode(), client.identity.key)}

    assert [get(exchange, CONSULTATIONS, headers) for _ in range(2)] == [200, 401]


def test_an_old_token_is_refused_although_the_proof_is_fresh(exchange: Exchange) -> None:
    client = exchange.client("umea")
    token = client.token_for(CONSULTATIONS)
    address = exchange.base_url + CONSULTATIONS
    exchange.clock.move_to(exchange.clock() + timedelta(seconds=301))

    assert get(exchange, CONSULTATIONS, authorization(client.identity, token, "GET", address, exchange.clock())) == 401


def test_an_old_proof_is_refused_although_the_token_is_good(exchange: Exchange) -> None:
    headers = credentials(exchange, "umea", "GET", CONSULTATIONS)
    exchange.clock.move_to(exchange.clock() + timedelta(seconds=62))

    assert get(exchange, CONSULTATIONS, headers) == 401


def test_an_assertion_works_once_also_when_it_is_sent_many_times_at_once(exchange: Exchange) -> None:
    identity = exchange.client("umea").identity
    form, headers = token_request(
        identity, f"{exchange.base_url}/consultation", ["samrad:lookups.read"], exchange.clock(), bound=True
    )

    def ask() -> int:
        return exchange.http.post(identity.token_url, data=form, headers=headers).status_code

    assert sorted(together(*[ask] * 8)) == [200] + [401] * 7


def test_a_client_cannot_make_tokens_for_more_than_it_was_given(exchange: Exchange) -> None:
    identity = exchange.client("umea").identity
    for changes in (
        {"scope": "samrad:queue.work"},
        {"scope": "samrad:lookups.read samrad:decisions.make"},
        {"resource": "https://evil.example"},
        {"client_id": "af-workbench"},
        {
            "client_assertion": client_assertion(exchange.client("malmo").identity, exchange.clock()),
            "client_id": "umea",
        },
        {"organisation": AF, "consumer_org": AF, "scope": "samrad:queue.work"},
    ):
        form, headers = token_request(
            identity, f"{exchange.base_url}/consultation", ["samrad:lookups.read"], exchange.clock(), bound=True
        )
        answer = exchange.http.post(identity.token_url, data={**form, **changes}, headers=headers)
        assert answer.status_code in (400, 401), changes


def test_headers_that_name_an_organisation_change_nothing(exchange: Exchange) -> None:
    receipt = exchange.open("malmo")
    path = f"{CONSULTATIONS}/{receipt['consultationId']}"
    for name in (
        "X-Organisation",
        "X-Org",
        "X_Org_Number",
        "Organisation",
        "App.Org",
        "X-Forwarded-User",
        "Samrad-Org",
    ):
        assert exchange.send("umea", "GET", path, headers={name: "2120001124"}).status_code == 404


def test_nobody_answers_a_look_up_for_whoever_stole_only_the_headers(exchange: Exchange) -> None:
    headers = credentials(exchange, "umea", "POST", LOOKUPS)
    first = exchange.http.post(exchange.base_url + LOOKUPS, headers=headers, json=consultation_body())

    assert first.status_code in (400, 422)
    assert exchange.http.post(exchange.base_url + LOOKUPS, headers=headers, json={}).status_code == 401
    assert UMEA not in first.text
