"""What assembling any service needs: keys, an HTTP client, a gatekeeper."""

import base64

import httpx

from services.assembly.environment import CannotStart
from shared.clock import Clock
from shared.http.answers import json_answer
from shared.tokens.caller import Gatekeeper
from shared.tokens.keys import RemoteKeys
from shared.tokens.replay import InProcessReplayStore
from shared.tokens.verifier import TokenVerifier, TrustedIssuer

ACTOR_HEADER = "Samrad-Handler"
# Shorter than the servers keep a connection, so that no request meets a closing one.
LIMITS = httpx.Limits(keepalive_expiry=4)


def vault_key(secret: str, name: str) -> bytes:
    """32 bytes from base64. Raises CannotStart."""
    try:
        key = base64.b64decode(secret, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise CannotStart(f"{name} must be 32 bytes in base64: openssl rand -base64 32")
    return key


def http_client() -> httpx.AsyncClient:
    """For questions between services."""
    return httpx.AsyncClient(timeout=10, limits=LIMITS, trust_env=False)


def make_gatekeeper(
    audience: str, issuer: str, jwks_url: str, public_url: str, http: httpx.AsyncClient, clock: Clock
) -> Gatekeeper:
    """The gatekeeper of a service whose tokens come from `issuer`."""

    async def fetch() -> dict[str, object]:
        try:
            status, found = await json_answer(http, "GET", jwks_url)
        except httpx.HTTPError as fault:
            raise OSError("the issuer's keys cannot be fetched") from fault
        if status != 200:
            raise OSError("the issuer's keys cannot be fetched")
        keys: dict[str, object] = found
        return keys

    verifier = TokenVerifier({issuer: TrustedIssuer(issuer, RemoteKeys(fetch))}, frozenset((audience,)))
    return Gatekeeper(verifier, InProcessReplayStore(), clock, public_url=public_url, actor_header=ACTOR_HEADER)
