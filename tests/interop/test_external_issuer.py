"""Somebody else's issuer, npm's oidc-provider in FAPI 2.0 mode: its tokens are accepted when the settings say so.

The product is `./samrad run` with SAMRAD_ISSUERS_FILE, and nothing else that differs.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.assembly.demo_clients import demo_client
from services.consultation.lookups.simulator.persons import PERSONS
from shared.clock import system_clock
from tests.exchange import lookup_body
from tests.instance import Instance, started
from tests.interop.clients import ALGORITHMS, TestClient, make_client, make_clients
from tests.interop.node import needs_node, run_script
from tests.interop.provider import Provider, issuing

pytestmark = needs_node

CONSULTATION, AGREEMENTS = "https://api.example.se/samrad/consultation", "https://api.example.se/samrad/agreements"
READ, ASK, LOG, OTHER = (f"{CONSULTATION}/{right}" for right in ("read", "ask", "log", "other"))
MAP = {READ: ["samrad:consultations.read"], ASK: ["samrad:lookups.create"], LOG: ["samrad:audit.read"]}
CLAIM = "organization_identifier"
UMEA, MALMO, SKELLEFTEA = "2120002627", "2120001124", "2120002643"
ORGANISATIONS = {**dict.fromkeys(ALGORITHMS, UMEA), "malmo": MALMO, "new": SKELLEFTEA}


def issuer_plan(clients: dict[str, TestClient]) -> dict[str, Any]:
    """One issuer with our clients. All are alike, to the name of the signing key."""
    return {
        "keyId": "signing-1",
        "organisationClaim": CLAIM,
        "clients": [
            {
                "id": client.client_id,
                "key": client.public_key(),
                "algorithm": client.algorithm,
                "organisation": ORGANISATIONS[name],
                "scopes": [*MAP, OTHER],
            }
            for name, client in clients.items()
        ],
        "resources": {CONSULTATION: [*MAP, OTHER], AGREEMENTS: [*MAP, OTHER]},
    }


def issuers_file(trusted: Provider) -> dict[str, Any]:
    """The setting: whose tokens are accepted, and how they are read."""
    return {
        "issuers": [
            {
                "issuer": trusted.issuer,
                "jwksUrl": trusted.jwks_url,
                "audiences": {"consultation": CONSULTATION, "agreements": AGREEMENTS},
                "algorithms": ["ES256"],
                "organisation": {"claim": CLAIM, "form": "digits"},
                "scopes": MAP,
            }
        ]
    }


@pytest.fixture(scope="module")
def systems() -> dict[str, TestClient]:
    """The clients of both issuers, by the names in ORGANISATIONS."""
    return {**make_clients("umea"), "malmo": make_client("malmo"), "new": make_client("new")}


@pytest.fixture(scope="module")
def providers(systems: dict[str, TestClient]) -> Iterator[dict[str, Provider]]:
    with issuing({"trusted": issuer_plan(systems), "stranger": issuer_plan(systems)}) as running:
        yield running


@pytest.fixture(scope="module")
def instance(providers: dict[str, Provider], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    file: Path = tmp_path_factory.mktemp("issuers") / "issuers.json"
    file.write_text(json.dumps(issuers_file(providers["trusted"])), "utf-8")
    with started(more={"SAMRAD_ISSUERS_FILE": str(file)}) as running:
        running.await_ready()
        yield running


@pytest.fixture(scope="module")
def visits(systems: dict[str, TestClient], providers: dict[str, Provider], instance: Instance) -> dict[str, Any]:
    """What became of every visit, by its name, in the order in which they are made."""
    base = f"{instance.base_url}/consultation/v1"
    body = lookup_body("complete", system_clock())
    read = {"name": "read", "method": "GET", "address": f"{base}/consultations"}
    ask = {"name": "ask", "method": "POST", "address": f"{base}/lookups", "body": body}
    log = {"name": "log", "method": "GET", "address": f"{base}/audit-entries?limit=100"}
    elsewhere = {"name": "elsewhere", "method": "GET", "address": f"{instance.base_url}/agreements/v1/audit-entries"}

    def visit(name: str, client: TestClient, scope: str, *calls: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {
            "name": name,
            "issuer": providers["trusted"].issuer,
            "client": client.for_node(),
            "proofKey": client.algorithm,
            "resource": CONSULTATION,
            "scope": scope,
            "calls": calls,
            **more,
        }

    umea = systems["ES256"]
    stolen = [{**read, "name": "another key", "proof": "of another key"}, {**read, "name": "bare", "proof": "none"}]
    planned = [
        *(visit(f"Umeå by {name}", systems[name], f"{READ} {ASK}", read, ask) for name in ALGORITHMS),
        visit("Malmö", systems["malmo"], LOG, log),
        visit("Umeå", umea, LOG, log),
        visit("an organisation without texts", systems["new"], ASK, ask),
        visit("outside the map", umea, OTHER, read, ask),
        visit("another scope of the map", umea, READ, ask),
        visit("stolen", umea, READ, *stolen),
        visit("for the other service", umea, LOG, elsewhere, {**elsewhere, "name": "here"}),
        visit("an issuer that is not in the list", umea, READ, read, issuer=providers["stranger"].issuer),
    ]
    return run_script("call-with-openid-client.mjs", {"visits": planned})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_its_tokens_open_a_read_and_a_look_up_with_keys_of_each_kind(visits: dict[str, Any], algorithm: str) -> None:
    visit = visits[f"Umeå by {algorithm}"]

    assert "refused" not in visit, visit["refused"]
    assert visit["token"]["type"] == "dpop"
    assert visit["token"]["boundToOwnKey"]
    assert visit["calls"]["read"]["status"] == 200, visit["calls"]["read"]
    assert visit["calls"]["ask"]["status"] == 200, visit["calls"]["ask"]
    assert visit["calls"]["ask"]["body"]["lookupId"]


def test_its_clients_act_for_the_organisation_that_the_token_names_and_no_other(
    visits: dict[str, Any], providers: dict[str, Provider]
) -> None:
    umea, malmo = (visits[name]["calls"]["log"] for name in ("Umeå", "Malmö"))

    assert malmo["status"] == umea["status"] == 200
    assert malmo["body"]["entries"] == []
    lookups = {entry["objectId"] for entry in umea["body"]["entries"]}
    assert {visits[f"Umeå by {name}"]["calls"]["ask"]["body"]["lookupId"] for name in ALGORITHMS} <= lookups
    # Whose client it was stays visible: another issuer may have one of the same name.
    assert {entry["client"].partition("#")[0] for entry in umea["body"]["entries"]} == {providers["trusted"].issuer}


def test_an_organisation_that_may_not_ask_is_refused_whoever_issued_its_token(visits: dict[str, Any]) -> None:
    refused = visits["an organisation without texts"]["calls"]["ask"]

    assert (refused["status"], refused["body"]["code"]) == (403, "tenant_not_configured")


@pytest.mark.parametrize(
    ("visit", "call"), [("outside the map", "read"), ("outside the map", "ask"), ("another scope of the map", "ask")]
)
def test_a_scope_that_the_map_does_not_lead_to_the_operation_gives_nothing(
    visits: dict[str, Any], visit: str, call: str
) -> None:
    refused = visits[visit]["calls"][call]

    assert (refused["status"], refused["body"]["code"]) == (403, "scope_missing")


@pytest.mark.parametrize(
    ("visit", "call"),
    [
        ("an issuer that is not in the list", "read"),
        ("for the other service", "elsewhere"),
        ("stolen", "another key"),
        ("stolen", "bare"),
    ],
)
def test_a_token_of_a_stranger_for_another_service_or_without_its_key_is_refused(
    visits: dict[str, Any], visit: str, call: str
) -> None:
    """The stranger's key has the same name as the trusted issuer's, and its tokens say the same but for `iss`."""
    assert "token" in visits[visit], visits[visit]
    refused = visits[visit]["calls"][call]

    assert (refused["status"], refused["body"]["code"]) == (401, "unauthenticated")


def test_our_own_issuer_goes_on_beside_it(instance: Instance) -> None:
    with httpx.Client(timeout=30, trust_env=False) as http:
        client = demo_client("umea", instance.home, instance.base_url, http)
        answer = client.request(
            "GET", f"{instance.base_url}/consultation/v1/consultations", headers={"Samrad-Handler": "hl-1"}
        )

    assert answer.status_code == 200


def test_nobodys_identity_number_or_token_is_in_the_log(instance: Instance, visits: dict[str, Any]) -> None:
    log = instance.log.read_text("utf-8")

    assert PERSONS["complete"].number not in log
    assert "eyJ" not in log
