"""Limits per client, and per network address where there is no valid token."""

import httpx

from tests.service.gateway.conftest import Gateway, Run
from tests.service.gateway.servers import Upstream
from tests.service.gateway.test_tokens import refusal

LOOKUP = "/consultation/v1/lookups/1"


def test_every_answer_tells_how_much_is_left(run_gateway: Run, consultation: Upstream) -> None:
    with run_gateway(address_requests=5) as gateway:
        answers = [gateway.get(path) for path in (LOOKUP, "/consultation/v1/nothing", "/consultation/v1/queue")]

    assert [answer.headers["ratelimit-policy"] for answer in answers] == ['"address";q=5;w=60'] * 3
    told = [answer.headers["ratelimit"].partition(";t=") for answer in answers]
    assert [left for left, _, _ in told] == ['"address";r=4', '"address";r=3', '"address";r=2']
    assert all(1 <= int(seconds) <= 60 for _, _, seconds in told)


def test_a_client_over_its_limit_waits_and_others_do_not(run_gateway: Run, consultation: Upstream) -> None:
    with run_gateway(client_requests=2) as gateway:
        umea, malmo = gateway.client(gateway.identity("umea")), gateway.client(gateway.identity("malmo"))
        url = gateway.url + LOOKUP
        answers = [umea.request("GET", url) for _ in range(3)]
        other = malmo.request("GET", url)

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused = answers[-1]
    assert refused.json()["code"] == "too_many_requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit"].startswith('"default";r=0;t=')
    assert refused.headers["ratelimit-policy"] == '"default";q=2;w=60'
    assert other.status_code == 200
    assert len(consultation.seen) == 3


def test_a_forwarded_address_does_not_dodge_the_limit(run_gateway: Run, consultation: Upstream) -> None:
    with run_gateway(address_requests=3) as gateway:
        statuses = [
            gateway.get(LOOKUP, headers={"X-Forwarded-For": f"10.0.0.{number}", "Forwarded": f"for=10.0.0.{number}"})
            for number in range(5)
        ]

    assert [answer.status_code for answer in statuses] == [200, 200, 200, 429, 429]


def test_invented_tokens_count_against_the_address(run_gateway: Run, consultation: Upstream) -> None:
    with run_gateway(address_requests=2) as gateway:
        statuses = [
            gateway.get(LOOKUP, headers={"Authorization": f"Bearer invented{number}"}).status_code
            for number in range(4)
        ]
        client = gateway.client().request("GET", gateway.url + LOOKUP)

    assert statuses == [401, 401, 429, 429]
    assert client.status_code == 200


def test_the_token_endpoint_is_limited_by_address(run_gateway: Run) -> None:
    with run_gateway(token_requests=2) as gateway:
        answers = [ask_badly(gateway) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert refusal(answers[-1]) == (429, "temporarily_unavailable")
    assert "retry-after" in answers[-1].headers


def ask_badly(gateway: Gateway) -> httpx.Response:
    return gateway.http.post(f"{gateway.url}/oauth/token", data={"grant_type": "password"})
