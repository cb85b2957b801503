"""The client side: fetch a token with `private_key_jwt`, prove possession on every call.

One set of functions, and two thin holders: one that waits (services) and one that blocks (command line, tests).
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from joserfc.jwk import Key

from shared.clock import Clock
from shared.tokens.jose import signed_token, signing_algorithm
from shared.tokens.profile import ASSERTION_TYPE
from shared.tokens.proofs import make_proof

_ASSERTION_SECONDS = 60
_RENEW_SECONDS = 30
_BACK_SECONDS = 5
_MAX_ANSWER_BYTES = 64 * 1024
ASSERTION_KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class TokenRefused(Exception):
    """The issuer gave no token. `error` is its OAuth error code, or how the exchange failed."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """A registered client and its private key. `issuer` is the issuer's name, `token_url` where it is dialled.

    `public_token_url` is what proofs are made for; it differs from `token_url` when the call goes inside.
    """

    client_id: str
    key: Key
    issuer: str
    token_url: str
    public_token_url: str


@dataclass(frozen=True, slots=True)
class HeldToken:
    """A token with its scheme and the instants (seconds) between which it is used."""

    value: str
    scheme: str
    fetched_at: float
    renew_at: float

    def usable(self, now: datetime) -> bool:
        """Whether it may be sent now. A clock that was set back makes a token one from the future."""
        return self.fetched_at - _BACK_SECONDS <= now.timestamp() < self.renew_at


def client_assertion(identity: ClientIdentity, now: datetime) -> str:
    """A `private_key_jwt` assertion (RFC 7523), valid for a minute, with the issuer as its only audience."""
    issued = int(now.timestamp())
    header = {"typ": ASSERTION_TYPE, "alg": signing_algorithm(identity.key), "kid": identity.key.thumbprint()}
    claims = {
        "iss": identity.client_id,
        "sub": identity.client_id,
        "aud": identity.issuer,
        "iat": issued,
        "exp": issued + _ASSERTION_SECONDS,
        "jti": secrets.token_urlsafe(16),
    }
    return signed_token(header, claims, identity.key)


def token_request(
    identity: ClientIdentity,
    resource: str,
    scopes: Sequence[str],
    now: datetime,
    *,
    bound: bool,
    on_behalf_of: str | None = None,
) -> tuple[dict[str, str], dict[str, str]]:
    """Form and headers of a token request. `bound` asks for a DPoP token, else for a plain bearer token.

    `on_behalf_of` is the number, ten digits, of the organisation that the client acts for.
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": identity.client_id,
        "client_assertion_type": ASSERTION_KIND,
        "client_assertion": client_assertion(identity, now),
        "resource": resource,
        "scope": " ".join(scopes),
        **({} if on_behalf_of is None else {"consumer_org": on_behalf_of}),
    }
    proof = make_proof(identity.key, "POST", identity.public_token_url, now)
    return form, {"DPoP": proof} if bound else {}


def read_token(answer: httpx.Response, now: datetime) -> HeldToken:
    """The token of an answer. Raises TokenRefused."""
    unread = TokenRefused(f"http_{answer.status_code}")
    try:
        body: Any = answer.json()
    except ValueError:
        raise unread from None
    if answer.status_code != 200 or not isinstance(body, dict):
        raise TokenRefused(str(body["error"])) if isinstance(body, dict) and "error" in body else unread
    fetched_at = now.timestamp()
    try:
        renew_at = fetched_at + float(body["expires_in"]) - _RENEW_SECONDS
        return HeldToken(str(body["access_token"]), str(body["token_type"]), fetched_at, renew_at)
    except (KeyError, TypeError, ValueError):
        raise TokenRefused("unreadable_answer") from None


def authorization(
    identity: ClientIdentity, token: HeldToken, method: str, address: str, now: datetime
) -> dict[str, str]:
    """Headers of one call. `address` is public."""
    headers = {"Authorization": f"{token.scheme} {token.value}"}
    if token.scheme.lower() == "dpop":
        headers["DPoP"] = make_proof(identity.key, method, address, now, token.value)
    return headers


class ServiceTokens:
    """Tokens of a service that calls another, fetched once and shared by its requests."""

    def __init__(
        self,
        identity: ClientIdentity,
        http: httpx.AsyncClient,
        clock: Clock,
        *,
        resource: str,
        scopes: Sequence[str],
        bound: bool = True,
    ) -> None:
        """`bound` asks for tokens that are bound to the key (DPoP), else for plain bearer tokens."""
        self._identity, self._http, self._clock = identity, http, clock
        self._resource, self._scopes, self._bound = resource, tuple(scopes), bound
        self._held: HeldToken | None = None
        self._fetching = asyncio.Lock()

    async def headers(self, method: str, public_address: str) -> Mapping[str, str]:
        """Headers for one call. Raises TokenRefused."""
        now, held = self._clock(), self._held
        if held is None or not held.usable(now):
            now, held = await self._renewed()
        return authorization(self._identity, held, method, public_address, now)

    def forget(self, refused: Mapping[str, str]) -> None:
        """The token in these headers was not accepted: fetch another for the next call, unless one has come since."""
        if self._held is not None and refused.get("Authorization", "").endswith(f" {self._held.value}"):
            self._held = None

    async def _renewed(self) -> tuple[datetime, HeldToken]:
        async with self._fetching:
            now = self._clock()
            # Somebody else may have fetched it while we waited.
            if self._held is None or not self._held.usable(now):
                self._held = await self._fetch(now)
            return now, self._held

    async def _fetch(self, now: datetime) -> HeldToken:
        form, headers = token_request(self._identity, self._resource, self._scopes, now, bound=self._bound)
        # httpx limits neither: an answer may be endless, or unpack to something large.
        headers["Accept-Encoding"] = "identity"
        try:
            async with self._http.stream("POST", self._identity.token_url, data=form, headers=headers) as answer:
                body = await _limited(answer)
        except httpx.HTTPError as fault:
            raise TokenRefused(type(fault).__name__) from None
        return read_token(httpx.Response(answer.status_code, content=body), now)


async def _limited(answer: httpx.Response) -> bytes:
    pieces, size = [], 0
    async for piece in answer.aiter_raw():
        size += len(piece)
        if size > _MAX_ANSWER_BYTES:
            raise TokenRefused("answer_too_large")
        pieces.append(piece)
    return b"".join(pieces)


class MachineClient:
    """A registered client as a blocking HTTP client: the command line, the demo and the tests."""

    def __init__(
        self,
        identity: ClientIdentity,
        http: httpx.Client,
        clock: Clock,
        *,
        resources: Mapping[str, str],
        scopes: Mapping[str, Sequence[str]],
        bound: bool = True,
        on_behalf_of: str | None = None,
    ) -> None:
        """`resources` maps a path prefix to its audience, `scopes` the audience to the scopes to ask for."""
        self.identity, self._http, self._clock, self._on_behalf_of = identity, http, clock, on_behalf_of
        self._resources, self._scopes, self._bound = resources, scopes, bound
        self._held: dict[str, HeldToken] = {}

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """Send one call with token and proof. Raises TokenRefused, or httpx.HTTPError."""
        now = self._clock()
        token = self.token_for(httpx.URL(url).path)
        own = authorization(self.identity, token, method, url, now)
        return self._http.request(method, url, headers={**own, **(headers or {})}, **options)

    def token_for(self, path: str) -> HeldToken:
        """The token for the service behind a path, fetched anew when it is about to end."""
        resource = next((value for prefix, value in self._resources.items() if path.startswith(prefix)), None)
        if resource is None:
            raise TokenRefused("no_such_service")
        held = self._held.get(resource)
        if held is None or not held.usable(self._clock()):
            held = self._held[resource] = self._fetch(resource)
        return held

    def _fetch(self, resource: str) -> HeldToken:
        now = self._clock()
        form, headers = token_request(
            self.identity,
            resource,
            self._scopes[resource],
            now,
            bound=self._bound,
            on_behalf_of=self._on_behalf_of,
        )
        return read_token(self._http.post(self.identity.token_url, data=form, headers=headers), now)
