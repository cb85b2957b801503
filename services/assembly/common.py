"""What assembling any service needs: keys, an HTTP client, a gatekeeper."""

import base64

import httpx

from services.assembly.environment import CannotStart
from shared.clock import Clock
from shared.tokens.acting import ActingCheck
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
    audience: str,
    issuer: str,
    jwks_url: str,
    public_url: str,
    http: httpx.AsyncClient,
    clock: Clock,
    *,
    acting: ActingCheck,
) -> Gatekeeper:
    """The gatekeeper of a service whose tokens come from `issuer`. `acting` tells who may act for another."""

    async def fetch() -> dict[str, object]:
        try:
            answer = await http.get(jwks_url)
            answer.raise_for_status()
        except httpx.HTTPError as fault:
            raise OSError("the issuer's keys cannot be fetched") from fault
        keys: dict[str, object] = answer.json()
        return keys

    verifier = TokenVerifier({issuer: TrustedIssuer(issuer, RemoteKeys(fetch))}, frozenset((audience,)))
    return Gatekeeper(
        verifier, InProcessReplayStore(), clock, public_url=public_url, actor_header=ACTOR_HEADER, acting=acting
    )
