"""A gateway with two services behind it, and clients with keys of every kind."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from services.gateway.main import World, create_app
from services.gateway.settings import Settings
from services.gateway.tokens.demo import demo_identity, write_demo_clients
from shared.clock import system_clock
from shared.tokens.client import ClientIdentity, MachineClient
from shared.tokens.profile import PROFILES
from shared.tokens.replay import InProcessReplayStore
from tests.service.gateway.servers import Upstream, free_socket, serving

SCOPES = {
    "consultation": ("samrad:consultations.read", "samrad:consultations.create", "samrad:lookups.create"),
    "agreements": ("samrad:agreements.read", "samrad:agreements.write"),
}


@dataclass(frozen=True)
class Gateway:
    """A running gateway, with the folder of its clients' keys."""

    url: str
    port: int
    folder: Path
    http: httpx.Client

    def identity(self, name: str = "umea") -> ClientIdentity:
        return demo_identity(self.folder, name, public_url=self.url)

    def audience(self, service: str = "consultation") -> str:
        return f"{self.url}/{service}"

    def client(self, identity: ClientIdentity | None = None, *, bound: bool = True, **scopes: Any) -> MachineClient:
        """A client that asks for the scopes named by service, or for those of a municipality."""
        asked = {self.audience(service): names for service, names in {**SCOPES, **scopes}.items()}
        resources = {f"/{service}/": self.audience(service) for service in SCOPES}
        known = identity or self.identity()
        return MachineClient(known, self.http, system_clock, resources=resources, scopes=asked, bound=bound)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(self.url + path, **options)


@pytest.fixture(scope="session")
def keys() -> dict[str, Key]:
    """Clients' own keys, one of every kind that is accepted, by client id."""
    return {
        "with-es256": ECKey.generate_key("P-256", private=True),
        "with-ed25519": OKPKey.generate_key("Ed25519", private=True),
        "with-ps256": RSAKey.generate_key(2048, private=True),
        "disabled": ECKey.generate_key("P-256", private=True),
    }


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, keys: dict[str, Key]) -> Path:
    """The demo clients and, beside them, one client for each of the keys."""
    place = tmp_path_factory.mktemp("gateway")
    registry = write_demo_clients(place)
    entries = json.loads(registry.read_text("utf-8"))
    for client_id, key in keys.items():
        entries["clients"].append(
            {
                "clientId": client_id,
                "organisation": "2120002627",
                "kind": "municipality",
                "name": client_id,
                "jwks": {"keys": [key.as_dict(private=False)]},
                "scopes": [name for names in SCOPES.values() for name in names],
                "disabled": client_id == "disabled",
            }
        )
    registry.write_text(json.dumps(entries), "utf-8")
    return place


@pytest.fixture(scope="session")
def _consultation() -> Iterator[Upstream]:
    with _upstream() as upstream:
        yield upstream


@pytest.fixture(scope="session")
def _agreements() -> Iterator[Upstream]:
    with _upstream() as upstream:
        yield upstream


@contextmanager
def _upstream() -> Iterator[Upstream]:
    listener = free_socket()
    upstream = Upstream(port=listener.getsockname()[1])
    with serving(upstream, listener):
        yield upstream


@pytest.fixture
def consultation(_consultation: Upstream) -> Upstream:
    _consultation.reset()
    return _consultation


@pytest.fixture
def agreements(_agreements: Upstream) -> Upstream:
    _agreements.reset()
    return _agreements


_WORLD: dict[str, Any] = {
    "clock": system_clock,
    "profile": PROFILES["fapi2"],
    "database": None,
    "external": {},
}
Run = Callable[..., AbstractContextManager[Gateway]]


@pytest.fixture(scope="session")
def run_gateway(folder: Path, _consultation: Upstream, _agreements: Upstream) -> Run:
    """Runs a gateway of its own, with settings that differ, or with something else in its world."""

    @contextmanager
    def run(world: dict[str, Any] | None = None, **changes: Any) -> Iterator[Gateway]:
        listener = free_socket()
        port = listener.getsockname()[1]
        values: dict[str, Any] = {
            "public_url": f"http://127.0.0.1:{port}",
            "consultation_url": f"http://127.0.0.1:{_consultation.port}",
            "agreements_url": f"http://127.0.0.1:{_agreements.port}",
            "clients_file": folder / "clients.json",
            "keys_file": folder / "issuer.json",
            "replays": "memory",
            "token_requests": 10_000,
            "address_requests": 10_000,
        }
        settings = Settings(**{**values, **changes})
        app = create_app(settings, World(**{**_WORLD, "replays": InProcessReplayStore(), **(world or {})}))
        with serving(app, listener), httpx.Client(timeout=10.0) as http:
            yield Gateway(settings.public_url, port, folder, http)

    return run


@pytest.fixture(scope="session")
def gateway(run_gateway: Run) -> Iterator[Gateway]:
    """The gateway that most tests share."""
    with run_gateway() as running:
        yield running
