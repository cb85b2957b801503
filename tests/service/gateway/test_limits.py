"""Limits per client, and per network address where there is no valid token."""

from dataclasses import replace

import httpx
from joserfc.jwk import ECKey

from shared.clock import system_clock
from shared.tokens.client import token_request
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


def test_the_clients_of_an_organisation_have_a_limit_together_and_others_their_own(
    run_gateway: Run, consultation: Upstream
) -> None:
    with run_gateway(client_requests=5, organisation_requests=6) as gateway:
        url = gateway.url + LOOKUP
        es256, ed25519 = (gateway.client(gateway.identity_of(name)) for name in ("with-es256", "with-ed25519"))
        answers = [client.request("GET", url) for client in (es256, es256, es256, ed25519, ed25519, ed25519, ed25519)]
        other = gateway.client(gateway.identity("malmo")).request("GET", url)

    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    told = [answer.headers["ratelimit"].partition(";t=")[0] for answer in answers]
    assert told == [
        *('"default";r=4', '"default";r=3', '"default";r=2', '"organisation";r=2', '"organisation";r=1'),
        *('"organisation";r=0', '"organisation";r=0'),
    ], "the limit that is nearer is told"
    assert answers[-1].headers["ratelimit-policy"] == '"organisation";q=6;w=60'
    assert other.status_code == 200


def test_a_client_over_its_own_limit_is_refused_though_its_organisation_has_room(
    run_gateway: Run, consultation: Upstream
) -> None:
    with run_gateway(client_requests=1, organisation_requests=100) as gateway:
        client = gateway.client(gateway.identity("umea"))
        assert [client.request("GET", gateway.url + LOOKUP).status_code for _ in range(2)] == [200, 429]


def test_behind_a_trusted_proxy_the_address_that_it_names_is_counted(run_gateway: Run, consultation: Upstream) -> None:
    with run_gateway(address_requests=2, trusted_proxies="127.0.0.0/8, 192.0.2.0/28") as gateway:

        def statuses(*forwarded: str) -> list[int]:
            return [gateway.get(LOOKUP, headers={"X-Forwarded-For": each}).status_code for each in forwarded]

        one = statuses("198.51.100.1", "6.6.6.6, 198.51.100.1", "198.51.100.1, 192.0.2.7")
        another = statuses("198.51.100.2", "198.51.100.1, 198.51.100.3")
        rubbish = statuses("unknown", "198.51.100.9, _hidden", "")

    assert one == [200, 200, 429], "what the client put before its own address changes nothing"
    assert another == [200, 200]
    assert rubbish == [200, 200, 429], "what names no address counts as the proxy's own"


def test_a_proxy_that_is_not_trusted_names_nobody(run_gateway: Run, consultation: Upstream) -> None:
    with run_gateway(address_requests=2, trusted_proxies="192.0.2.0/28") as gateway:
        statuses = [
            gateway.get(LOOKUP, headers={"X-Forwarded-For": f"198.51.100.{number}"}).status_code for number in range(3)
        ]

    assert statuses == [200, 200, 429]


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


def test_a_client_may_ask_for_so_many_tokens_wherever_it_asks_from(run_gateway: Run) -> None:
    with run_gateway(client_token_requests=2, trusted_proxies="127.0.0.1") as gateway:

        def ask_from(number: int, name: str = "umea") -> httpx.Response:
            identity = gateway.identity(name)
            form, headers = token_request(
                identity, gateway.audience(), ["samrad:consultations.read"], system_clock(), bound=True
            )
            sent = {**headers, "X-Forwarded-For": f"198.51.100.{number}"}
            return gateway.http.post(identity.token_url, data=form, headers=sent)

        answers = [ask_from(number) for number in range(3)]
        other = ask_from(3, "malmo")

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert refusal(answers[-1]) == (429, "temporarily_unavailable")
    assert answers[-1].headers["ratelimit-policy"] == '"client-token";q=2;w=60'
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert other.status_code == 200


def test_nobody_uses_up_the_tokens_of_a_client_without_its_key(run_gateway: Run) -> None:
    with run_gateway(client_token_requests=2) as gateway:
        identity = gateway.identity("umea")
        stranger = replace(identity, key=ECKey.generate_key("P-256", private=True))
        for _ in range(4):
            form, headers = token_request(
                stranger, gateway.audience(), ["samrad:consultations.read"], system_clock(), bound=True
            )
            assert gateway.http.post(identity.token_url, data=form, headers=headers).status_code == 401
        gateway.client(identity).token_for("/consultation/v1/queue")


def ask_badly(gateway: Gateway) -> httpx.Response:
    return gateway.http.post(f"{gateway.url}/oauth/token", data={"grant_type": "password"})
