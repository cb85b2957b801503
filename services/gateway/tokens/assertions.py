"""Client authentication with `private_key_jwt` (RFC 7523 section 2.2, as narrowed by FAPI 2.0 and Ena).

An unknown client and a bad signature take the same path and answer alike.
"""

import functools
from datetime import UTC, datetime
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.util import json_b64decode

from services.gateway.tokens.clients import Client, ClientRegistry
from shared.tokens.client import ASSERTION_KIND
from shared.tokens.jose import InvalidToken, accepted_algorithms, header_of, verified_claims
from shared.tokens.profile import SecurityProfile
from shared.tokens.replay import ReplayStore

MAX_LIFE_SECONDS = 120
LEEWAY_SECONDS = 10
_LAST_TIME = 2**40


class NotAuthenticated(Exception):
    """The client did not prove who it is. The text is for tests and says nothing of the content."""


async def authenticate(
    form: dict[str, str],
    *,
    clients: ClientRegistry,
    issuer: str,
    profile: SecurityProfile,
    replays: ReplayStore,
    now: datetime,
) -> Client:
    """The client that made the assertion of a token request. Raises NotAuthenticated, or ReplaysUnavailable."""
    assertion = form.get("client_assertion", "")
    if form.get("client_assertion_type") != ASSERTION_KIND or not assertion:
        raise NotAuthenticated("no assertion of the one kind that is accepted")
    try:
        header = header_of(assertion)
        client = clients.find(_stated_client(assertion, form))
        key = _key_for(client, header)
        algorithms = accepted_algorithms(key, profile.assertion_algorithms)
        claims = verified_claims(assertion, key, types=profile.assertion_types, algorithms=algorithms)
    except (InvalidToken, RecursionError):
        raise NotAuthenticated("the assertion does not hold") from None
    if client is None:
        raise NotAuthenticated("no such client")
    _check_claims(claims, client, issuer, now.timestamp())
    issued, expires = (datetime.fromtimestamp(claims[name], UTC) for name in ("iat", "exp"))
    owner = f"assertion:{client.client_id}"
    if not await replays.first_use(owner, claims["jti"], issued=issued, until=expires, now=now):
        raise NotAuthenticated("the assertion has been used before")
    return client


def _stated_client(assertion: str, form: dict[str, str]) -> str:
    """Who the assertion says it is from, unverified: it only chooses the key."""
    try:
        payload: Any = json_b64decode(assertion.split(".")[1].encode("ascii"))
        stated = payload["sub"]
    except (IndexError, KeyError, TypeError, ValueError, JoseError):
        raise InvalidToken("the assertion names no client") from None
    if not isinstance(stated, str) or form.get("client_id", stated) != stated:
        raise InvalidToken("the assertion names another client than the form")
    return stated


def _key_for(client: Client | None, header: dict[str, Any]) -> Key:
    """The registered key that the header names, or one that nobody holds, so that the work is the same."""
    key_id, keys = header.get("kid"), client.jwks.keys if client else []
    if key_id is None and len(keys) == 1:
        return keys[0]
    for key in keys:
        if key_id in (key.kid, key.thumbprint()):
            return key
    return _nobodys_keys().get(str(header.get("alg")), _nobodys_keys()["ES256"])


@functools.cache
def _nobodys_keys() -> dict[str, Key]:
    ed25519, rsa = OKPKey.generate_key("Ed25519", private=False), RSAKey.generate_key(2048, private=False)
    return {
        "ES256": ECKey.generate_key("P-256", private=False),
        "Ed25519": ed25519,
        "EdDSA": ed25519,
        "PS256": rsa,
        "RS256": rsa,
    }


def _check_claims(claims: dict[str, Any], client: Client, issuer: str, now: float) -> None:
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        raise NotAuthenticated("issuer and subject must both be the client")
    # As a text only: a list could name another server too, and that server could then use the assertion here.
    if claims.get("aud") != issuer:
        raise NotAuthenticated("the audience must be the issuer, as a single text")
    issued, expires = _instant(claims, "iat"), _instant(claims, "exp")
    if expires <= now or expires - issued > MAX_LIFE_SECONDS or issued > now + LEEWAY_SECONDS:
        raise NotAuthenticated("the assertion is not valid now, or lives too long")
    if "nbf" in claims and _instant(claims, "nbf") > now + LEEWAY_SECONDS:
        raise NotAuthenticated("the assertion is not valid yet")
    token_id = claims.get("jti")
    if not isinstance(token_id, str) or not 8 <= len(token_id) <= 256:
        raise NotAuthenticated("the assertion has no usable jti")


def _instant(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_TIME:
        raise NotAuthenticated(f"{name} is missing or no time")
    return float(value)
