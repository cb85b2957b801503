"""What keeps the gateway from starting, and what it starts with."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey

from services.gateway.scopes import CATALOGUE, all_scope_names
from services.gateway.settings import Settings
from services.gateway.startup import startup_faults
from services.gateway.tokens.clients import KINDS, ClientRegistry, RegistryUnusable
from services.gateway.tokens.demo import DEMO_CLIENTS, write_demo_clients
from services.gateway.tokens.keys import KeysUnusable, read_or_make_keys
from services.gateway.tokens.metadata import issuer_metadata
from shared.clock import system_clock
from shared.tokens.profile import PROFILES


def settings(folder: Path, **changes: Any) -> Settings:
    values = {
        "public_url": "http://127.0.0.1:8000",
        "consultation_url": "http://127.0.0.1:8001",
        "agreements_url": "http://127.0.0.1:8002",
        "clients_file": folder / "clients.json",
        "keys_file": folder / "keys.json",
        "replays": "memory",
    }
    return Settings(**{**values, **changes})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("demo")
    write_demo_clients(place)
    return place


@pytest.mark.parametrize(("host", "url"), [("127.0.0.1", "http://localhost:8000"), ("::1", "http://[::1]:8000")])
def test_demo_clients_are_allowed_on_loopback(folder: Path, host: str, url: str) -> None:
    assert startup_faults(settings(folder, public_url=url), host) == []


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 (what is refused)
        ("127.0.0.1", "https://samrad.example"),
        ("::", "http://localhost:8000"),
        ("gateway.internal", "http://localhost:8000"),
    ],
)
def test_demo_clients_on_a_public_address_keep_it_from_starting(folder: Path, host: str, url: str) -> None:
    assert any("demo clients" in fault for fault in startup_faults(settings(folder, public_url=url), host))


def test_demo_clients_on_a_public_address_can_be_forced(folder: Path) -> None:
    forced = settings(folder, public_url="https://samrad.example", allow_demo_clients=True)

    assert startup_faults(forced, "127.0.0.1") == []


def test_a_public_address_without_tls_keeps_it_from_starting(folder: Path) -> None:
    faults = startup_faults(settings(folder, public_url="http://samrad.example", allow_demo_clients=True), "::")

    assert [fault for fault in faults if "https" in fault] == faults != []


def test_a_missing_registry_is_told(tmp_path: Path) -> None:
    assert "cannot be read" in startup_faults(settings(tmp_path), "127.0.0.1")[0]


def test_a_scope_that_does_not_exist_is_told(tmp_path: Path) -> None:
    change(write_demo_clients(tmp_path), scopes=["samrad:everything"])

    assert "umea" in startup_faults(settings(tmp_path), "127.0.0.1")[0]


@pytest.mark.parametrize("url", ["samrad.example", "http://a/b", "http://a?b", "ftp://a", "http://"])
def test_an_address_is_scheme_and_host_only(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="scheme, host and port"):
        settings(tmp_path, public_url=url)


def test_demo_keys_are_private_kept_and_of_known_scopes(tmp_path: Path) -> None:
    registry = write_demo_clients(tmp_path)
    before = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    write_demo_clients(tmp_path)

    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == before
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("*.jwk")} == {0o600}
    clients = ClientRegistry(registry).all()
    assert {client.client_id for client in clients} == set(DEMO_CLIENTS)
    assert all(client.demo and client.scopes <= set(all_scope_names()) for client in clients)
    assert not re.search(r'"d"', registry.read_text("utf-8"))


def test_a_client_is_disabled_without_a_restart(tmp_path: Path) -> None:
    path = write_demo_clients(tmp_path)
    registry = ClientRegistry(path)
    assert registry.find("umea") is not None

    change(path, disabled=True, name="changed")

    assert registry.find("umea") is None


@pytest.mark.parametrize(
    "entry",
    [
        {"jwks": {"keys": [ECKey.generate_key("P-256", private=True).as_dict(private=True)]}},
        {"jwks": {"keys": [ECKey.generate_key("P-384", private=True).as_dict(private=False)]}},
        {"jwks": {"keys": [OKPKey.generate_key("X25519", private=True).as_dict(private=False)]}},
        {"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}},
        {"organisation": "2120002628"},
        {"organisation": "9112121212"},
        {"clientId": "malmo"},
        {"clientId": "https://idp.example#umea"},
        {"clientId": "gateway"},
        {"kind": "municipal"},
        {"kind": "Municipality"},
        {"kind": None},
        {"kind": ["municipality"]},
    ],
)
def test_a_registry_with_unfit_clients_is_not_used(tmp_path: Path, entry: dict[str, Any]) -> None:
    path = write_demo_clients(tmp_path)
    change(path, **entry)

    with pytest.raises(RegistryUnusable):
        ClientRegistry(path).all()


@pytest.mark.parametrize("member", ["clientId", "organisation", "kind", "name", "jwks", "scopes"])
def test_a_registry_with_a_client_that_lacks_a_member_says_which(tmp_path: Path, member: str) -> None:
    path = write_demo_clients(tmp_path)
    registry = json.loads(path.read_text("utf-8"))
    del registry["clients"][0][member]
    path.write_text(json.dumps(registry), "utf-8")

    with pytest.raises(RegistryUnusable, match=f"has no {member}$"):
        ClientRegistry(path).all()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_organisation_can_be_registered(tmp_path: Path, kind: str) -> None:
    path = write_demo_clients(tmp_path)
    change(path, kind=kind)

    assert ClientRegistry(path).all()[0].kind == kind


def test_a_registry_that_breaks_is_told_and_the_last_good_one_serves_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_demo_clients(tmp_path)
    registry, whole = ClientRegistry(path), path.read_text("utf-8")
    for broken in (whole[: len(whole) // 2], "", whole.replace("municipality", "town")):
        path.write_text(broken, "utf-8")
        assert registry.find("umea") is not None
        assert len(registry.faults()) == 1
    path.unlink()
    assert "FileNotFoundError" in registry.faults()[0]
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 4

    path.write_text(whole, "utf-8")
    assert registry.faults() == []


@pytest.mark.parametrize("name", ["clients_file", "keys_file", "database_url"])
def test_what_issuing_needs_must_be_set_and_is_not_asked_for_without_it(folder: Path, name: str) -> None:
    lacking = {"replays": "postgres", "database_url": "postgresql+asyncpg://a@b/c", name: None}

    (fault,) = startup_faults(settings(folder, **lacking), "127.0.0.1")
    assert f"SAMRAD_GATEWAY_{name.upper()}" in fault
    assert startup_faults(settings(folder, **lacking, issuer_enabled=False), "127.0.0.1") == []


def test_signing_keys_are_made_once_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"
    made, read = read_or_make_keys(path, system_clock), read_or_make_keys(path, system_clock)

    assert made.signing.thumbprint() == read.signing.thumbprint() == read.public().keys[0].kid
    assert path.stat().st_mode & 0o777 == 0o600


def test_signing_keys_that_others_may_read_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    read_or_make_keys(path, system_clock)
    path.chmod(0o640)

    with pytest.raises(KeysUnusable, match="0600"):
        read_or_make_keys(path, system_clock)


def test_a_retired_key_is_published_and_does_not_sign(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    keys = [ECKey.generate_key("P-256", private=True) for _ in range(2)]
    path.write_text(json.dumps({"keys": [key.as_dict(private=True) for key in keys]}), "utf-8")
    path.chmod(0o600)

    read = read_or_make_keys(path, system_clock)

    assert read.signing.thumbprint() == keys[0].thumbprint()
    assert [key.kid for key in read.public().keys] == [key.thumbprint() for key in keys]


def test_metadata_on_a_public_address_holds_to_the_standard() -> None:
    about = issuer_metadata(
        "https://samrad.example", {"a": "https://samrad.example/a"}, "https://docs.example", PROFILES["fapi2"]
    )

    assert about["jwks_uri"] == "https://samrad.example/oauth/jwks"


def test_every_scope_is_told_in_both_languages() -> None:
    scopes = [scope for known in CATALOGUE.values() for scope in known]

    assert all(scope.allows.sv and scope.allows.en for scope in scopes)
    assert {scope.name for scope in scopes if scope.bearer_allowed} == {
        "samrad:statistics.read",
        "samrad:faq.read",
        "samrad:sources.read",
        "samrad:agreements.read",
    }


def change(path: Path, **members: Any) -> None:
    """Change the first client of a registry."""
    registry = json.loads(path.read_text("utf-8"))
    registry["clients"][0].update(members)
    path.write_text(json.dumps(registry), "utf-8")
