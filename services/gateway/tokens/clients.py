"""The client registry: which systems may ask for tokens, for whom, with which keys and for which scopes."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, import_key

from services.gateway.tokens.files import stamp_of
from shared.tokens.jose import FAPI_ALGORITHMS, InvalidToken, accepted_algorithms
from shared.tokens.verifier import FOREIGN, canonical_organisation

_log = logging.getLogger("gateway.tokens")

_PRIVATE_MEMBERS = frozenset(("d", "p", "q", "dp", "dq", "qi", "k"))


KINDS = (
    "municipality",
    "a_kassa",
    "state_agency",
    "region",
    "supplier",
    "association",
    "international",
    "operator",
)
"""What an organisation can be. `operator` is who runs the exchange, for clients that are its own services."""


OWN_CLIENT = "gateway"
"""The id by which the gateway itself asks the services; nobody is registered by it."""


class UnfitClient(Exception):
    """An entry cannot be used. The text says which and why."""


class RegistryUnusable(Exception):
    """The registry cannot be used. The text says why."""


@dataclass(frozen=True, slots=True)
class Client:
    """A registered system. `organisation` is ten digits; `kind` is what the organisation is, of KINDS.

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
    """The clients of a JSON file, read again when it has changed, so that disabling one needs no restart.

    A file that has become unusable is told in the log and by `faults`, and the clients that were read last serve on:
    what was disabled in it is then not.
    """

    def __init__(self, path: Path) -> None:
        """Raises RegistryUnusable."""
        self._path = path
        self._stamp = stamp_of(path)
        self._clients = _read(path)
        self._fault: str | None = None

    def find(self, client_id: str) -> Client | None:
        """The client, or None when it is unknown or disabled."""
        client = self._current().get(client_id)
        return None if client is None or client.disabled else client

    def all(self) -> list[Client]:
        """Every client."""
        return list(self._current().values())

    def faults(self) -> list[str]:
        """Why the file that lies there now is not used; empty when it is."""
        self._current()
        return [self._fault] if self._fault else []

    def _current(self) -> dict[str, Client]:
        # One look at the file, two microseconds.
        stamp = stamp_of(self._path)
        if stamp != self._stamp:
            self._stamp = stamp
            self._read_again()
        return self._clients

    def _read_again(self) -> None:
        try:
            self._clients, self._fault = _read(self._path), None
        except RegistryUnusable as fault:
            self._fault = str(fault)
            _log.error("client registry unusable, the last one serves on", extra={"fault": self._fault})


_REQUIRED = ("clientId", "organisation", "kind", "name", "jwks", "scopes")


def _read(path: Path) -> dict[str, Client]:
    try:
        clients = [_client(entry) for entry in json.loads(path.read_text("utf-8"))["clients"]]
    except OSError as fault:
        raise RegistryUnusable(f"{path} cannot be read ({type(fault).__name__})") from None
    except UnfitClient as fault:
        raise RegistryUnusable(f"{path}: {fault}") from None
    except (JoseError, InvalidToken, ValueError, KeyError, TypeError) as fault:
        raise RegistryUnusable(f"{path} is not a client registry ({type(fault).__name__})") from None
    found = {client.client_id: client for client in clients}
    if len(found) != len(clients):
        raise RegistryUnusable(f"{path} names a client twice")
    return found


def _client(entry: dict[str, Any]) -> Client:
    client_id = str(entry.get("clientId") or "without clientId")
    absent = [name for name in _REQUIRED if name not in entry]
    if absent:
        raise UnfitClient(f"client {client_id} has no {', '.join(absent)}")
    kind = entry["kind"]
    if kind not in KINDS:
        raise UnfitClient(f"the kind of client {client_id} is none of {', '.join(KINDS)}")
    if client_id == OWN_CLIENT:
        raise UnfitClient(f"client {client_id} has the id that the gateway itself asks the services by")
    if FOREIGN in client_id:
        raise UnfitClient(f"client {client_id} has {FOREIGN} in its id, which marks clients of other issuers")
    keys = [_public_key(member) for member in entry["jwks"]["keys"]]
    return Client(
        client_id=client_id,
        organisation=canonical_organisation(entry["organisation"]).removeprefix("0007:"),
        kind=kind,
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
    if not accepted_algorithms(key, FAPI_ALGORITHMS):
        raise ValueError("keys are P-256, Ed25519 or RSA of 2048 bits and more")
    return key
