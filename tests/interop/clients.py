"""Clients with keys of every kind that is accepted, registered while they are needed."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

ALGORITHMS = ("ES256", "Ed25519", "PS256")
UMEA = "2120002627"
SCOPES = ("samrad:consultations.read", "samrad:lookups.create", "samrad:agreements.read", "samrad:audit.read")


@dataclass(frozen=True, slots=True)
class TestClient:
    """A client that a test has made, with its key."""

    __test__ = False

    client_id: str
    algorithm: str
    key: Key

    def for_node(self) -> dict[str, Any]:
        """Its id and private key, as the scripts take them."""
        whole = {**self.key.as_dict(private=True), "alg": self.algorithm, "kid": self.key.thumbprint()}
        return {"id": self.client_id, "key": whole}

    def public_key(self) -> dict[str, Any]:
        """The public key, as registries take it. Without `alg`: what it may be used with is for others to decide."""
        return {**self.key.as_dict(private=False), "kid": self.key.thumbprint()}


def make_client(client_id: str, algorithm: str = "ES256") -> TestClient:
    """A client with a new key."""
    make: Mapping[str, Callable[[], Key]] = {
        "ES256": lambda: ECKey.generate_key("P-256", private=True),
        "Ed25519": lambda: OKPKey.generate_key("Ed25519", private=True),
        "PS256": lambda: RSAKey.generate_key(2048, private=True),
    }
    return TestClient(client_id, algorithm, make[algorithm]())


def make_clients(prefix: str) -> dict[str, TestClient]:
    """One client for each algorithm, by algorithm."""
    return {algorithm: make_client(f"{prefix}-{algorithm.lower()}", algorithm) for algorithm in ALGORITHMS}


@contextmanager
def registered(registry: Path, clients: Mapping[str, TestClient]) -> Iterator[None]:
    """The clients stand in the registry of a running product for as long as the block lasts."""
    before = registry.read_bytes()
    whole = json.loads(before)
    whole["clients"] += [
        {
            "clientId": client.client_id,
            "organisation": UMEA,
            "kind": "municipality",
            "name": f"Testsystem {client.algorithm}",
            "jwks": {"keys": [client.public_key()]},
            "scopes": list(SCOPES),
            "disabled": False,
        }
        for client in clients.values()
    ]
    _replace(registry, json.dumps(whole).encode())
    try:
        yield
    finally:
        _replace(registry, before)


def _replace(file: Path, content: bytes) -> None:
    # In one step: the product may read it at any time.
    draft = file.with_suffix(".draft")
    draft.write_bytes(content)
    draft.replace(file)
