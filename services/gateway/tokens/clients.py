"""The client registry: which systems may ask for tokens, for whom, with which keys and for which scopes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey, import_key

from shared.tokens.jose import InvalidToken
from shared.tokens.verifier import canonical_organisation

_PRIVATE_MEMBERS = frozenset(("d", "p", "q", "dp", "dq", "qi", "k"))


class RegistryUnusable(Exception):
    """The registry cannot be used. The text says why."""


@dataclass(frozen=True, slots=True)
class Client:
    """A registered system. `organisation` is ten digits; `kind` is what the organisation is, for people.

    `jwks` holds public keys: P-256, Ed25519 or RSA of 2048 bits and more. `demo` marks keys that anyone may hold.
    `scopes` are for its own organisation. `delegated_scopes` are the most that it may have for another, which must
    have delegated them.
    """

    client_id: str
    organisation: str
    kind: str
    name: str
    jwks: KeySet
    scopes: frozenset[str]
    disabled: bool = False
    demo: bool = False
    delegated_scopes: frozenset[str] = frozenset()


class ClientRegistry:
    """The clients of a JSON file, read again when it has changed, so that disabling one needs no restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at: tuple[int, int] | None = None
        self._clients: dict[str, Client] = {}

    def find(self, client_id: str) -> Client | None:
        """The client, or None when it is unknown or disabled. Raises RegistryUnusable."""
        client = self._current().get(client_id)
        return None if client is None or client.disabled else client

    def all(self) -> list[Client]:
        """Every client. Raises RegistryUnusable."""
        return list(self._current().values())

    def _current(self) -> dict[str, Client]:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp != self._read_at:
                self._clients = _read(self._path)
                self._read_at = stamp
        except OSError:
            raise RegistryUnusable(f"{self._path} cannot be read") from None
        return self._clients


def _read(path: Path) -> dict[str, Client]:
    try:
        clients = [_client(entry) for entry in json.loads(path.read_text("utf-8"))["clients"]]
    except (JoseError, InvalidToken, ValueError, KeyError, TypeError) as fault:
        raise RegistryUnusable(f"{path} is not a client registry ({type(fault).__name__})") from None
    found = {client.client_id: client for client in clients}
    if len(found) != len(clients):
        raise RegistryUnusable(f"{path} names a client twice")
    return found


def _client(entry: dict[str, Any]) -> Client:
    keys = [_public_key(member) for member in entry["jwks"]["keys"]]
    return Client(
        client_id=str(entry["clientId"]),
        organisation=canonical_organisation(entry["organisation"]).removeprefix("0007:"),
        kind=str(entry["kind"]),
        name=str(entry["name"]),
        jwks=KeySet(keys),
        scopes=frozenset(entry["scopes"]),
        disabled=bool(entry.get("disabled", False)),
        demo=bool(entry.get("demo", False)),
        delegated_scopes=frozenset(entry.get("delegatedScopes", ())),
    )


def _public_key(member: dict[str, Any]) -> Key:
    if member.keys() & _PRIVATE_MEMBERS:
        raise ValueError("a registry holds public keys only")
    key = import_key(member)
    match key:
        case ECKey() if key.curve_name == "P-256":
            return key
        case OKPKey() if key.curve_name == "Ed25519":
            return key
        case RSAKey() if key.raw_value.key_size >= 2048:
            return key
    raise ValueError("keys are P-256, Ed25519 or RSA of 2048 bits and more")
