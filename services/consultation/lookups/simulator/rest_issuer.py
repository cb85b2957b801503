"""The authorization server of the simulated REST sources: tokens for one client that proves itself with its key."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from joserfc.jwk import Key

from shared.clock import Clock
from shared.tokens.client import ASSERTION_KIND
from shared.tokens.jose import FAPI_ALGORITHMS, InvalidToken, accepted_algorithms, verified_claims
from shared.tokens.profile import ASSERTION_TYPE
from shared.tokens.proofs import check_proof
from shared.tokens.replay import InProcessReplayStore

CLIENT_ID = "samrad-demo"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address, not a secret
LIFE_SECONDS = 300


class Refused(Exception):
    """No token, or no access. `error` is the OAuth error code."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True)
class _Issued:
    until: float
    bound_to: str | None


class SimulatedIssuer:
    """Issues and checks tokens. `name` is its public address, and the audience of assertions."""

    def __init__(self, name: str, key: Key, clock: Clock) -> None:
        """`key` is the client's; the public part is enough."""
        self.name, self._key, self._clock = name, key, clock
        self._issued: dict[str, _Issued] = {}
        self._replays = InProcessReplayStore()

    async def issue(self, form: Mapping[str, str], proof: str | None) -> dict[str, object]:
        """The answer to a token request. Raises Refused."""
        if form.get("grant_type") != "client_credentials":
            raise Refused("unsupported_grant_type")
        now = self._clock()
        try:
            await self._authenticate(form, now)
        except (InvalidToken, KeyError, TypeError, ValueError):
            raise Refused("invalid_client") from None
        bound_to = await self._prover(proof, TOKEN_PATH, now) if proof is not None else None
        token = secrets.token_urlsafe(32)
        self._issued[token] = _Issued(now.timestamp() + LIFE_SECONDS, bound_to)
        return {
            "access_token": token,
            "token_type": "Bearer" if bound_to is None else "DPoP",
            "expires_in": LIFE_SECONDS,
            "scope": form.get("scope", ""),
        }

    async def admit(self, authorization: str, proof: str | None, path: str) -> None:
        """Let a call in. Raises Refused."""
        scheme, _, token = authorization.partition(" ")
        issued, now = self._issued.get(token), self._clock()
        expected = "bearer" if issued is None or issued.bound_to is None else "dpop"
        if issued is None or issued.until <= now.timestamp() or scheme.lower() != expected:
            raise Refused("invalid_token")
        if issued.bound_to is not None:
            await self._prover(proof or "", path, now, token, issued.bound_to)

    def revoke_all(self) -> None:
        """No token that has been issued is accepted any more."""
        self._issued.clear()

    async def _authenticate(self, form: Mapping[str, str], now: datetime) -> None:
        algorithms = accepted_algorithms(self._key, FAPI_ALGORITHMS)
        claims = verified_claims(
            form.get("client_assertion", ""), self._key, types=(None, "jwt", ASSERTION_TYPE), algorithms=algorithms
        )
        stated = (form.get("client_assertion_type"), claims["iss"], claims["sub"], claims["aud"])
        if stated != (ASSERTION_KIND, CLIENT_ID, CLIENT_ID, self.name) or claims["exp"] <= now.timestamp():
            raise InvalidToken("the assertion is for somebody else, or too old")
        issued, until = (datetime.fromtimestamp(claims[name], UTC) for name in ("iat", "exp"))
        if not await self._replays.first_use("assertion", claims["jti"], issued=issued, until=until, now=now):
            raise InvalidToken("the assertion has been used before")

    async def _prover(
        self, proof: str, path: str, now: datetime, token: str | None = None, bound_to: str | None = None
    ) -> str:
        try:
            return await check_proof(
                proof,
                method="POST",
                address=self.name + path,
                now=now,
                replays=self._replays,
                access_token=token,
                bound_to=bound_to,
            )
        except InvalidToken:
            raise Refused("invalid_dpop_proof") from None
