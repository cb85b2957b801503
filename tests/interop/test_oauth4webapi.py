"""The certified library oauth4webapi as a client, and as an independent judge of our tokens and proofs."""

from itertools import product
from typing import Any

import pytest

from services.gateway.tokens.metadata import TOKEN_PATH
from shared.tokens.client import ClientIdentity, MachineClient, authorization
from tests.exchange import Exchange
from tests.interop.clients import ALGORITHMS, TestClient
from tests.interop.node import needs_node, run_script

pytestmark = needs_node
COMBINATIONS = tuple(product(ALGORITHMS, ALGORITHMS))
SCOPE = "samrad:consultations.read"


@pytest.fixture(scope="module")
def outcome(running: Exchange, clients: dict[str, TestClient]) -> dict[str, Any]:
    """What became of the library's calls, and its verdicts on requests that our own client makes."""
    running.clock.back_to_now()
    address = f"{running.base_url}/consultation/v1/consultations"
    requests = {f"by {name}": ours(running, client, address) for name, client in clients.items()}
    token = requests["by ES256"]["headers"]["Authorization"]
    stolen = {**requests["by Ed25519"], "headers": {**requests["by Ed25519"]["headers"], "Authorization": token}}
    bare = {**requests["by ES256"], "headers": {"Authorization": token.replace("DPoP ", "Bearer ")}}
    elsewhere = {**requests["by ES256"], "address": f"{running.base_url}/consultation/v1/queue"}
    plan = {
        "issuer": running.base_url,
        "resource": f"{running.base_url}/consultation",
        "scope": SCOPE,
        "address": f"{address}?limit=1",
        "clients": {name: client.for_node() for name, client in clients.items()},
        "proofKeys": ALGORITHMS,
        "requests": {**requests, "with another key": stolen, "without a proof": bare, "to elsewhere": elsewhere},
    }
    return run_script("call-with-oauth4webapi.mjs", plan)


def ours(running: Exchange, client: TestClient, address: str) -> dict[str, Any]:
    """A request as our own client makes it and our service sees it."""
    identity = ClientIdentity(
        client.client_id, client.key, running.base_url, running.base_url + TOKEN_PATH, running.base_url + TOKEN_PATH
    )
    audience = f"{running.base_url}/consultation"
    machine = MachineClient(
        identity, running.http, running.clock, resources={"/consultation/": audience}, scopes={audience: (SCOPE,)}
    )
    token = machine.token_for("/consultation/v1/consultations")
    headers = authorization(identity, token, "GET", address, running.clock())
    return {"method": "GET", "address": f"{address}?limit=1", "headers": headers}


@pytest.mark.parametrize(("client", "proof"), COMBINATIONS)
def test_a_client_gets_a_bound_token_and_calls_with_each_kind_of_client_key_and_proof_key(
    outcome: dict[str, Any], client: str, proof: str
) -> None:
    call = outcome["calls"][f"{client} {proof}"]

    assert "failed" not in call, call
    assert call["type"] == "dpop"
    assert call["status"] == 200


@pytest.mark.parametrize(("client", "proof"), COMBINATIONS)
def test_the_librarys_own_validator_accepts_our_token_with_its_proof(
    running: Exchange, outcome: dict[str, Any], client: str, proof: str
) -> None:
    verdict = outcome["calls"][f"{client} {proof}"]["judged"]

    assert "accepted" in verdict, verdict
    assert verdict["accepted"]["iss"] == running.base_url
    assert verdict["accepted"]["aud"] == f"{running.base_url}/consultation"
    assert verdict["accepted"]["https://id.oidc.se/claim/orgNumber"] == "2120002627"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_librarys_own_validator_accepts_our_token_with_our_proof(outcome: dict[str, Any], algorithm: str) -> None:
    assert "accepted" in outcome["requests"][f"by {algorithm}"], outcome["requests"]


@pytest.mark.parametrize("name", ["with another key", "without a proof", "to elsewhere"])
def test_the_judge_refuses_what_we_refuse(outcome: dict[str, Any], name: str) -> None:
    assert "refused" in outcome["requests"][name], outcome["requests"]
