"""The service as its callers meet it: over HTTP, with tokens of an issuer that the tests hold the keys of."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from joserfc.jwk import ECKey, KeySet

from shared.tokens.caller import Gatekeeper
from shared.tokens.jose import signed_token
from shared.tokens.keys import HeldKeys
from shared.tokens.proofs import make_proof
from shared.tokens.replay import InProcessReplayStore
from shared.tokens.verifier import ORGANISATION_CLAIM, TokenVerifier, TrustedIssuer

PUBLIC = "https://samrad.example"
PREFIX = "/agreements/v1"
AUDIENCE = PUBLIC + PREFIX
ISSUER = "https://samrad.example"
USUAL_NOW = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)

AF = "2021002114"
UMEA = "2120002627"
MALMO = "2120001124"
A_KASSA = "8029990002"
SUPPLIER = "5599990008"


def no_worker() -> Sequence[str]:
    """What is wrong with the background work of a service that has none."""
    return ()


READ = "samrad:agreements.read"
WRITE = "samrad:agreements.write"
DECIDE = "samrad:decisions.make"
AUDIT = "samrad:audit.read"
GRANT = "samrad:delegations.manage"
SEE_GRANTS = "samrad:delegations.read"
CHECK = "samrad:delegations.check"
MOVE_UNITS = "samrad:units.manage"


class TestClock:
    """Stands still until a test moves it."""

    __test__ = False

    def __init__(self) -> None:
        self.now = USUAL_NOW

    def __call__(self) -> datetime:
        return self.now

    @contextmanager
    def at(self, instant: datetime) -> Iterator[None]:
        """Another time inside the block."""
        self.now = instant
        try:
            yield
        finally:
            self.now = USUAL_NOW


class Issuer:
    """Issues access tokens as the gateway does."""

    def __init__(self, clock: TestClock) -> None:
        self._clock = clock
        self._key = ECKey.generate_key("P-256", {"kid": "test-issuer", "use": "sig"}, private=True)
        self.client_key = ECKey.generate_key("P-256", private=True)

    def gatekeeper(self) -> Gatekeeper:
        """Trusts this issuer alone."""
        issuer = TrustedIssuer(ISSUER, HeldKeys(lambda: KeySet([self._key])))
        verifier = TokenVerifier({ISSUER: issuer}, frozenset({AUDIENCE}))
        return Gatekeeper(
            verifier, InProcessReplayStore(), self._clock, public_url=PUBLIC, actor_header="Samrad-Handler"
        )

    def token(self, organisation: str, scopes: Sequence[str], *, bound: bool) -> str:
        """Five minutes, one audience."""
        issued = int(self._clock().timestamp())
        claims: dict[str, object] = {
            "iss": ISSUER,
            "sub": "test-client",
            "client_id": "test-client",
            "aud": AUDIENCE,
            "iat": issued,
            "exp": issued + 300,
            "jti": secrets.token_urlsafe(12),
            "scope": " ".join(scopes),
            ORGANISATION_CLAIM: organisation,
        }
        if bound:
            claims["cnf"] = {"jkt": self.client_key.thumbprint()}
        return signed_token({"typ": "at+jwt", "alg": "ES256", "kid": "test-issuer"}, claims, self._key)


class Door:
    """Sends requests. Without `organisation` they carry no token."""

    def __init__(self, http: httpx.Client, issuer: Issuer, clock: TestClock) -> None:
        self.http, self.issuer, self.clock = http, issuer, clock

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.send("GET", path, **options)

    def post(self, path: str, body: object, **options: Any) -> httpx.Response:
        return self.send("POST", path, json=body, **options)

    def send(
        self,
        method: str,
        path: str,
        *,
        organisation: str | None = None,
        scopes: Sequence[str] = (),
        bound: bool = True,
        actor: str | None = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        sent = dict(headers or {})
        if actor is not None:
            sent["Samrad-Handler"] = actor
        if organisation is not None:
            sent |= self._authorization(method, path, organisation, scopes, bound=bound)
        return self.http.request(method, PREFIX + path, headers=sent, **options)

    def _authorization(
        self, method: str, path: str, organisation: str, scopes: Sequence[str], *, bound: bool
    ) -> dict[str, str]:
        token = self.issuer.token(organisation, scopes, bound=bound)
        if not bound:
            return {"Authorization": f"Bearer {token}"}
        address = PUBLIC + PREFIX + path.partition("?")[0]
        proof = make_proof(self.issuer.client_key, method, address, self.clock(), token)
        return {"Authorization": f"DPoP {token}", "DPoP": proof}
