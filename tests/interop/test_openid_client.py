"""A case system on the certified client library openid-client: metadata, tokens and calls, and what it is refused."""

from itertools import product
from typing import Any

import pytest

from services.gateway.scopes import all_scope_names
from tests.exchange import Exchange
from tests.interop.clients import ALGORITHMS, TestClient
from tests.interop.node import needs_node, run_script

pytestmark = needs_node
COMBINATIONS = tuple(product(ALGORITHMS, ALGORITHMS))


@pytest.fixture(scope="module")
def visits(running: Exchange, clients: dict[str, TestClient]) -> dict[str, Any]:
    """What became of every visit, by its name. One process makes them all."""
    running.clock.back_to_now()
    read = {"name": "read", "method": "GET", "address": f"{running.base_url}/consultation/v1/consultations?limit=1"}
    other = {"name": "other", "method": "GET", "address": f"{running.base_url}/agreements/v1/agreements"}

    def visit(name: str, client: str = "ES256", proof: str = "ES256", **more: Any) -> dict[str, Any]:
        return {
            "name": name,
            "issuer": running.base_url,
            "client": clients[client].for_node(),
            "proofKey": proof,
            "resource": f"{running.base_url}/consultation",
            "scope": "samrad:consultations.read",
            "calls": [read],
            **more,
        }

    stolen = [
        {**read, "name": "with its own key"},
        {**read, "name": "with another key", "proof": "of another key"},
        {**read, "name": "without a proof", "proof": "none"},
        {**other, "name": "at the other service"},
        {**read, "name": "with its own key again"},
    ]
    planned = [
        *(visit(f"{client} {proof}", client, proof) for client, proof in COMBINATIONS),
        visit("typed as Ena wants", assertion={"typ": "client-authentication+jwt"}),
        visit("typed as an access token", assertion={"typ": "at+jwt"}),
        visit("audience in a list", assertion={"aud": [running.base_url]}),
        visit("one token tried in several ways", calls=stolen),
        visit("a scope of another service", scope="samrad:agreements.read"),
    ]
    return run_script("call-with-openid-client.mjs", {"visits": planned})


@pytest.mark.parametrize(("client", "proof"), COMBINATIONS)
def test_a_client_gets_a_bound_token_and_calls_with_each_kind_of_client_key_and_proof_key(
    visits: dict[str, Any], client: str, proof: str
) -> None:
    visit = visits[f"{client} {proof}"]

    assert "refused" not in visit, visit
    # The library writes the type in lower case.
    assert visit["token"]["type"] == "dpop"
    assert visit["token"]["seconds"] == 300
    assert visit["token"]["boundToOwnKey"]
    assert visit["calls"]["read"]["status"] == 200, visit["calls"]
    assert "consultations" in visit["calls"]["read"]["body"]


def test_the_library_finds_in_our_metadata_all_that_a_client_needs(running: Exchange, visits: dict[str, Any]) -> None:
    metadata = visits["ES256 ES256"]["metadata"]

    assert metadata["issuer"] == running.base_url
    assert metadata["token_endpoint"] == f"{running.base_url}/oauth/token"
    assert metadata["jwks_uri"] == f"{running.base_url}/oauth/jwks"
    assert metadata["grant_types_supported"] == ["client_credentials"]
    assert metadata["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    # `EdDSA` is what Ed25519 was called before RFC 9864.
    assert set(metadata["token_endpoint_auth_signing_alg_values_supported"]) == {*ALGORITHMS, "EdDSA"}
    assert set(metadata["dpop_signing_alg_values_supported"]) == {*ALGORITHMS, "EdDSA"}
    assert metadata["scopes_supported"] == all_scope_names()
    assert set(metadata["protected_resources"]) == {
        f"{running.base_url}/{service}" for service in ("consultation", "agreements")
    }


def test_an_assertion_of_the_type_that_ena_prescribes_is_accepted(visits: dict[str, Any]) -> None:
    assert visits["typed as Ena wants"]["calls"]["read"]["status"] == 200


@pytest.mark.parametrize("name", ["typed as an access token", "audience in a list"])
def test_an_assertion_that_could_be_meant_for_something_else_is_refused(visits: dict[str, Any], name: str) -> None:
    assert visits[name]["refused"]["status"] == 401
    assert visits[name]["refused"]["error"] == "invalid_client"


def test_a_scope_of_another_service_than_the_resource_is_refused(visits: dict[str, Any]) -> None:
    assert visits["a scope of another service"]["refused"]["status"] == 400
    assert visits["a scope of another service"]["refused"]["error"] == "invalid_scope"


@pytest.mark.parametrize("name", ["with another key", "without a proof", "at the other service"])
def test_a_token_is_of_no_use_with_another_key_without_a_proof_or_at_the_other_service(
    visits: dict[str, Any], name: str
) -> None:
    """The library reads our challenges too: it tells DPoP and Bearer apart, and the algorithms."""
    calls = visits["one token tried in several ways"]["calls"]

    assert calls[name]["status"] == 401, calls[name]
    assert calls[name]["body"]["code"] == "unauthenticated"
    dpop, bearer = calls[name]["challenges"]
    assert dpop["scheme"] == "dpop"
    assert dpop["parameters"] == {"error": "invalid_token", "algs": "ES256 PS256 Ed25519"}
    assert bearer["scheme"] == "bearer"


@pytest.mark.parametrize("name", ["with its own key", "with its own key again"])
def test_the_same_token_holds_where_it_belongs_before_and_after(visits: dict[str, Any], name: str) -> None:
    assert visits["one token tried in several ways"]["calls"][name]["status"] == 200
