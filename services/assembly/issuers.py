"""The external issuers that are trusted beside our own, or in its place, from the file of SAMRAD_ISSUERS_FILE."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.assembly.environment import CannotStart, read_file
from services.gateway.scopes import all_scope_names
from services.sandbox import LOOPBACK
from shared.http.answers import json_answer
from shared.tokens.keys import KeySource, RemoteKeys
from shared.tokens.organisations import Form, OrganisationClaim
from shared.tokens.profile import SecurityProfile
from shared.tokens.verifier import External, TrustedIssuer

SERVICES = ("consultation", "agreements")
_METADATA = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class OrganisationEntry(_Strict):
    """Which claim names the organisation: its name, or the path to it when the claim is an object; and its form."""

    claim: str | list[str]
    form: Form

    def reader(self) -> OrganisationClaim:
        """The same as a mechanism."""
        return OrganisationClaim((self.claim,) if isinstance(self.claim, str) else tuple(self.claim), self.form)


class IssuerEntry(_Strict):
    """One external issuer, as it stands in the file."""

    issuer: str
    jwks_url: str | None = Field(default=None, alias="jwksUrl")
    audiences: dict[str, str]
    algorithms: list[str]
    organisation: OrganisationEntry
    scopes: dict[str, list[str]]
    require_dpop: bool = Field(default=True, alias="requireDpop")

    @field_validator("issuer", "jwks_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://none.example")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("is no address without query and fragment")
        return value

    @field_validator("issuer", "jwks_url")
    @classmethod
    def _secured(cls, value: str | None) -> str | None:
        # Keys are fetched there, or looked for, and whoever stands between could then make tokens.
        if value and not value.startswith("https://") and urlsplit(value).hostname not in LOOPBACK:
            raise ValueError("must begin with https://")
        return value


class IssuersFile(_Strict):
    """The whole file."""

    issuers: list[IssuerEntry] = Field(min_length=1)


def read_issuers(path: Path, profile: SecurityProfile, own: str) -> list[IssuerEntry]:
    """The issuers of the file. `own` is the name of our issuer, which is none of them. Raises CannotStart."""
    entries = read_file(path, IssuersFile, "a file of issuers (see docs/operations.md)").issuers
    faults = [fault for entry in entries for fault in _entry_faults(entry, profile)]
    names = [entry.issuer for entry in entries]
    if len(set(names)) != len(names) or own in names:
        faults.append("an issuer is named twice, or is our own")
    if faults:
        raise CannotStart(f"{path} cannot be used:\n  " + "\n  ".join(faults))
    return entries


def _entry_faults(entry: IssuerEntry, profile: SecurityProfile) -> list[str]:
    known, ours = frozenset(all_scope_names()), {scope for names in entry.scopes.values() for scope in names}
    wrong = {
        "audiences name no service of ours": entry.audiences.keys() - set(SERVICES),
        f"algorithms are not all in the profile {profile.name}": set(entry.algorithms) - {*profile.token_algorithms},
        "scopes lead to some that do not exist": ours - known,
        "scopes of theirs hold a blank, which no token can": {name for name in entry.scopes if not name or " " in name},
    }
    faults = [f"{entry.issuer}: {what}: {', '.join(sorted(which))}" for what, which in wrong.items() if which]
    if not entry.audiences or not entry.algorithms:
        faults.append(f"{entry.issuer}: audiences and algorithms must not be empty")
    if len(set(entry.audiences.values())) != len(entry.audiences):
        faults.append(f"{entry.issuer}: two services have the same audience, so a token for one would do for the other")
    return faults


def trusted_issuers(
    entries: Sequence[IssuerEntry], http: httpx.AsyncClient, services: Sequence[str] = SERVICES
) -> Mapping[str, Sequence[TrustedIssuer]]:
    """By service, those whose tokens it accepts. The keys of an issuer are fetched once for all of them."""
    keys = {entry.issuer: RemoteKeys(_fetch(entry, http)) for entry in entries}
    return {
        service: [_trusted(entry, service, keys[entry.issuer]) for entry in entries if service in entry.audiences]
        for service in services
    }


def _trusted(entry: IssuerEntry, service: str, keys: KeySource) -> TrustedIssuer:
    return TrustedIssuer(
        name=entry.issuer,
        keys=keys,
        algorithms=tuple(entry.algorithms),
        organisation=entry.organisation.reader(),
        external=External(
            audience=entry.audiences[service],
            others=frozenset(audience for name, audience in entry.audiences.items() if name != service),
            scopes={theirs: tuple(ours) for theirs, ours in entry.scopes.items()},
            bound_only=entry.require_dpop,
        ),
    )


def _fetch(entry: IssuerEntry, http: httpx.AsyncClient) -> Callable[[], Awaitable[dict[str, object]]]:
    async def fetch() -> dict[str, object]:
        return await fetch_document(http, entry.jwks_url or await discovered_keys_url(http, entry.issuer))

    return fetch


async def discovered_keys_url(http: httpx.AsyncClient, issuer: str) -> str:
    """Where the issuer's own metadata says that its keys are: RFC 8414 section 3, else OpenID Connect Discovery.

    Raises OSError when neither document is there, or is about another issuer.
    """
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    addresses = (f"{parts.scheme}://{parts.netloc}{_METADATA[0]}{path}", f"{issuer.rstrip('/')}{_METADATA[1]}")
    for address in addresses:
        try:
            document = await fetch_document(http, address)
        except OSError:
            continue
        if document.get("issuer") != issuer or not isinstance(document.get("jwks_uri"), str):
            raise OSError("the metadata is about another issuer, or names no keys")
        found = str(document["jwks_uri"])
        if urlsplit(found).scheme != parts.scheme:
            raise OSError("the metadata names keys at a less secure address")
        return found
    raise OSError("the issuer publishes no metadata")


async def fetch_document(http: httpx.AsyncClient, address: str) -> dict[str, object]:
    """A JSON object from an address. Raises OSError."""
    try:
        status, document = await json_answer(http, "GET", address, headers={"Accept": "application/json"})
    except (httpx.HTTPError, ValueError) as fault:
        raise OSError("the document cannot be fetched") from fault
    if status != 200:
        raise OSError("the document cannot be fetched")
    if not isinstance(document, dict):
        raise OSError("the document is no object")
    return document
