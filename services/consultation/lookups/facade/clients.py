"""Whose certificate it is: the register of those who may ask over the facade, in a file."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from services.consultation.lookups.purposes import PURPOSES
from services.consultation.scopes import SCOPES
from shared.http.bodies import WireModel
from shared.tokens.jose import InvalidToken
from shared.tokens.organisations import canonical_organisation

_log = logging.getLogger("facade")


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A case system, known by its certificate. `organisation` is canonical; `purpose` is asked for when the question
    does not tell. It may ask to and including `last_day`.
    """

    client_id: str
    organisation: str
    name: str
    scopes: frozenset[str]
    purpose: str | None
    last_day: date | None


class ClientsUnfit(Exception):
    """The file of clients can't be used. The text says where in it."""


class RegisteredClients:
    """The clients of a file, read anew when it has changed, so that a removed certificate opens nothing from then on.

    A file that has become unfit registers nobody until it is put right: it may have been about a withdrawal.
    """

    def __init__(self, file: Path) -> None:
        """Raises ClientsUnfit."""
        self._file = file
        self._seen = self._stamp()
        self._clients = read_clients(file)

    def find(self, fingerprint: str) -> RegisteredClient | None:
        """Who has the certificate with this SHA-256, in hexadecimal; None when nobody is registered with it."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._clients = read_clients(self._file)
            except ClientsUnfit:
                self._clients = {}
                _log.exception("the register of facade clients has become unfit: nobody is let in")
        return self._clients.get(fingerprint)

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _fingerprint(written: str) -> str:
    digits = written.replace(":", "").lower()
    if len(digits) != 64 or set(digits) - set("0123456789abcdef"):
        raise ValueError("no SHA-256 in hexadecimal")
    return digits


def _known_purpose(code: str) -> str:
    if code not in PURPOSES:
        raise ValueError("no such purpose")
    return code


def _known_scope(name: str) -> str:
    if name not in SCOPES:
        raise ValueError("no such scope")
    return name


def _organisation(number: str) -> str:
    try:
        return canonical_organisation(number)
    except InvalidToken:
        raise ValueError("no organisation number of ten digits") from None


class _Entry(WireModel):
    fingerprint: Annotated[str, AfterValidator(_fingerprint)]
    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    organisation_number: Annotated[str, AfterValidator(_organisation)]
    name: str
    scopes: list[Annotated[str, AfterValidator(_known_scope)]]
    purpose: Annotated[str, AfterValidator(_known_purpose)] | None = None
    last_day: date | None = None


_ENTRIES: TypeAdapter[Sequence[_Entry]] = TypeAdapter(list[_Entry])


def read_clients(file: Path) -> Mapping[str, RegisteredClient]:
    """The clients by fingerprint. Raises ClientsUnfit."""
    try:
        entries = _ENTRIES.validate_python(json.loads(file.read_bytes())["clients"])
    except ValidationError as fault:
        places = sorted({".".join(map(str, error["loc"])) for error in fault.errors(include_input=False)})
        raise ClientsUnfit(f"{file}: clients: {', '.join(places)}") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise ClientsUnfit(f"{file} is not a file of clients; see docs/facade.md") from None
    found = {
        each.fingerprint: RegisteredClient(
            client_id=each.client_id,
            organisation=each.organisation_number,
            name=each.name,
            scopes=frozenset(each.scopes),
            purpose=each.purpose,
            last_day=each.last_day,
        )
        for each in entries
    }
    if len(found) != len(entries):
        raise ClientsUnfit(f"{file} has the same fingerprint twice")
    return found
