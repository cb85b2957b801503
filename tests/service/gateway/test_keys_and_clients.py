"""Keys rotate under load and clients are shut out while their tokens live, without a restart."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from services.gateway.tokens.demo import demo_identity
from services.gateway.tokens.rotation import rotate, rotate_at_once
from shared.clock import system_clock
from shared.tokens import keys as key_sources
from shared.tokens.jose import header_of
from shared.tokens.profile import PROFILES
from tests.service.gateway.conftest import Gateway, Run
from tests.service.gateway.servers import Upstream, free_socket
from tests.service.gateway.test_proxy import guarded_service
from tests.service.gateway.test_tokens import ask, assertion

LOOKUP = "/consultation/v1/lookups/7"
STATED = {"Samrad-Handler": "hl-4711"}


def test_rotating_keys_under_load_loses_no_request(
    run_gateway: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two gateways on one file, a service that verifies itself, and times that are minutes in production as seconds."""
    monkeypatch.setattr(key_sources, "KEEP_SECONDS", 1.0)
    monkeypatch.setattr(key_sources, "REFETCH_SECONDS", 1.0)
    file, listener = tmp_path / "issuer.jwks", free_socket()
    service = f"http://127.0.0.1:{listener.getsockname()[1]}"
    answers: list[tuple[str, int]] = []
    stop = threading.Event()

    def keep_calling(gateway: Gateway, dialled: str) -> None:
        while not stop.is_set():
            own = demo_identity(gateway.folder, "umea", public_url=gateway.url, dialled_url=dialled)
            client = gateway.client(own)
            for _ in range(3):
                answer = client.request("GET", gateway.url + LOOKUP, headers=STATED)
                answers.append((header_of(client.token_for(LOOKUP).value)["kid"], answer.status_code))

    with (
        run_gateway(keys_file=file, consultation_url=service) as one,
        run_gateway(keys_file=file, consultation_url=service, public_url=one.url) as two,
        guarded_service(one.url, listener),
    ):
        second_address = f"http://127.0.0.1:{two.port}"
        threads = [threading.Thread(target=keep_calling, args=(one, at)) for at in (one.url, second_address) * 2]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        done = rotate(file, system_clock(), timedelta(seconds=3))
        time.sleep(max(0.0, (done.active_from - system_clock()).total_seconds()) + 1)
        stop.set()
        for thread in threads:
            thread.join()

    assert {status for _, status in answers} == {200}
    by_key = [key for key, _ in answers]
    assert by_key.count(done.before) > 20
    assert by_key.count(done.made) > 20


def test_a_token_of_a_key_that_was_replaced_at_once_is_refused_within_a_second(
    run_gateway: Run, tmp_path: Path, consultation: Upstream
) -> None:
    file = tmp_path / "issuer.jwks"
    with run_gateway(keys_file=file) as gateway:
        client = gateway.client()
        assert client.request("GET", gateway.url + LOOKUP).status_code == 200

        rotate_at_once(file, system_clock())
        time.sleep(1.1)

        assert client.request("GET", gateway.url + LOOKUP).status_code == 401
        assert gateway.client().request("GET", gateway.url + LOOKUP).status_code == 200


def test_the_key_set_may_be_kept_for_the_cache_period_that_rotation_reckons_with(gateway: Gateway) -> None:
    answer = gateway.get("/oauth/jwks")

    assert answer.headers["cache-control"] == f"public, max-age={int(key_sources.KEEP_SECONDS)}"


@pytest.mark.parametrize(("setting", "seconds"), [("keys_file", 1.1), ("clients_file", 0)])
def test_a_file_that_breaks_while_running_takes_readiness_and_no_request(
    run_gateway: Run, folder: Path, tmp_path: Path, consultation: Upstream, setting: str, seconds: float
) -> None:
    registry = (folder / "clients.json").read_text("utf-8")
    file = tmp_path / "file"
    if setting == "clients_file":
        file.write_text(registry, "utf-8")
    with run_gateway(**{setting: file}) as gateway:
        assert gateway.get("/health/ready").status_code == 200
        whole = file.read_text("utf-8")
        file.write_text(whole[: len(whole) // 2], "utf-8")
        time.sleep(seconds)

        assert gateway.get("/health/ready").status_code == 503
        assert gateway.client().request("GET", gateway.url + LOOKUP).status_code == 200

        file.write_text(whole, "utf-8")
        time.sleep(seconds)
        assert gateway.get("/health/ready").status_code == 200


# --- the registry ------------------------------------------------------------------------------------------------


@pytest.fixture
def registered(run_gateway: Run, folder: Path, tmp_path: Path) -> Iterator[tuple[Gateway, Path]]:
    """A gateway with a registry of its own."""
    file = tmp_path / "clients.json"
    file.write_text((folder / "clients.json").read_text("utf-8"), "utf-8")
    with run_gateway(clients_file=file) as gateway:
        yield gateway, file


@contextmanager
def changed(file: Path, client_id: str, **members: Any) -> Iterator[None]:
    """The registry with one client changed, or left out when `members` is empty."""
    before = file.read_text("utf-8")
    entries = json.loads(before)["clients"]
    kept = [each for each in entries if members or each["clientId"] != client_id]
    changed = [{**each, **members} if each["clientId"] == client_id else each for each in kept]
    file.write_text(json.dumps({"clients": changed}), "utf-8")
    yield
    file.write_text(before, "utf-8")


@pytest.mark.parametrize("members", [{"disabled": True}, {}, {"organisation": "2120001124"}], ids=str)
def test_a_client_shut_out_is_refused_at_once_though_its_token_still_lives(
    registered: tuple[Gateway, Path], consultation: Upstream, members: dict[str, Any]
) -> None:
    gateway, file = registered
    client, other = gateway.client(), gateway.client(gateway.identity("malmo"))
    assert client.request("GET", gateway.url + LOOKUP).status_code == 200

    with changed(file, "umea", **members):
        refused = client.request("GET", gateway.url + LOOKUP)
        unharmed = other.request("GET", gateway.url + LOOKUP)
    back = client.request("GET", gateway.url + LOOKUP)

    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    assert (unharmed.status_code, back.status_code) == (200, 200)
    assert len(consultation.seen) == 3


def test_a_shut_out_client_is_told_in_the_log(
    registered: tuple[Gateway, Path], consultation: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    gateway, file = registered
    client = gateway.client()
    client.request("GET", gateway.url + LOOKUP)

    with changed(file, "umea", disabled=True):
        client.request("GET", gateway.url + LOOKUP)

    (told,) = [record for record in caplog.records if record.getMessage() == "client refused"]
    assert told.__dict__["client"] == "umea"
    assert "disabled" in told.__dict__["why"]


# --- profiles ----------------------------------------------------------------------------------------------------


def asked(gateway: Gateway, name: str, key: Any, head: dict[str, Any]) -> httpx.Response:
    identity = replace(gateway.identity(), client_id=name, key=key)
    return ask(gateway, assertion(identity, header=head))


ENA = "client-authentication+jwt"


@pytest.mark.parametrize(
    ("profile", "client", "head", "status"),
    [
        ("fapi2", "with-es256", {}, 200),
        ("fapi2", "with-es256", {"typ": "JWT"}, 200),
        ("fapi2", "with-es256", {"typ": ENA}, 200),
        ("fapi2", "with-es256", {"typ": ENA.upper()}, 200),
        ("fapi2", "with-es256", {"typ": "at+jwt"}, 401),
        ("fapi2", "with-es256", {"typ": "dpop+jwt"}, 401),
        ("fapi2", "with-es256", {"typ": ""}, 401),
        ("fapi2", "with-ps256", {"alg": "PS256"}, 200),
        ("fapi2", "with-ps256", {"alg": "RS256"}, 401),
        ("ena", "with-es256", {"typ": ENA}, 200),
        ("ena", "with-es256", {}, 401),
        ("ena", "with-es256", {"typ": "JWT"}, 401),
        ("ena", "with-ps256", {"typ": ENA, "alg": "RS256"}, 200),
        ("ena", "with-ps256", {"typ": ENA, "alg": "PS256"}, 200),
        ("ena", "with-ps256", {"typ": ENA, "alg": "PS384"}, 401),
    ],
    ids=str,
)
def test_each_profile_takes_the_assertions_that_it_should(
    profiled: dict[str, Gateway], keys: dict[str, Any], profile: str, client: str, head: dict[str, Any], status: int
) -> None:
    assert asked(profiled[profile], client, keys[client], head).status_code == status


def test_metadata_tells_what_the_profile_takes(profiled: dict[str, Gateway]) -> None:
    told = {name: each.get("/.well-known/oauth-authorization-server").json() for name, each in profiled.items()}
    member = "token_endpoint_auth_signing_alg_values_supported"

    assert told["fapi2"][member] == ["ES256", "PS256", "Ed25519", "EdDSA"]
    assert told["ena"][member] == ["ES256", "PS256", "Ed25519", "RS256", "EdDSA"]
    assert told["fapi2"]["dpop_signing_alg_values_supported"] == told["ena"]["dpop_signing_alg_values_supported"]


def test_our_own_client_satisfies_both_profiles(profiled: dict[str, Gateway]) -> None:
    for gateway in profiled.values():
        assert gateway.client().token_for(LOOKUP).scheme == "DPoP"


@pytest.fixture(scope="module")
def profiled(run_gateway: Run) -> Iterator[dict[str, Gateway]]:
    with run_gateway() as fapi2, run_gateway({"profile": PROFILES["ena"]}) as ena:
        yield {"fapi2": fapi2, "ena": ena}


# --- without an issuer of our own --------------------------------------------------------------------------------


def test_without_the_issuer_its_addresses_are_not_there_and_its_files_are_not_needed(
    run_gateway: Run, consultation: Upstream
) -> None:
    with run_gateway(issuer_enabled=False, clients_file=None, keys_file=None) as gateway:
        answers = [
            gateway.http.post(f"{gateway.url}/oauth/token", data={"grant_type": "client_credentials"}),
            gateway.get("/oauth/jwks"),
            gateway.get("/.well-known/oauth-authorization-server"),
        ]
        ready, page = gateway.get("/health/ready"), gateway.get("/")
        token = {"Authorization": "Bearer eyJhbGciOiJFUzI1NiJ9.e30.AA"}
        called = gateway.get(LOOKUP, headers=token)

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(404, "not_found")] * 3
    assert ready.status_code == 200
    assert "/oauth/" not in page.text
    assert called.status_code == 401


def test_a_key_of_ones_own_making_opens_nothing_however_it_is_named(gateway: Gateway, consultation: Upstream) -> None:
    forged = replace(gateway.identity(), key=ECKey.generate_key("P-256", private=True))

    with pytest.raises(Exception, match="invalid_client"):
        gateway.client(forged).token_for(LOOKUP)
