"""`/oauth/token`, `/oauth/jwks` and the issuer's metadata, over HTTP."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.gateway.limits.addresses import address_key
from services.gateway.limits.rates import RateLimit, Standing
from services.gateway.tokens.form import read_form
from services.gateway.tokens.issue import CountClient, Issuer, Refused, issue_token
from services.gateway.tokens.metadata import KEYS_PATH, METADATA_PATH, TOKEN_PATH
from shared.addresses import Proxies
from shared.tokens.keys import KEEP_SECONDS
from shared.tokens.replay import ReplaysUnavailable

_log = logging.getLogger("gateway.tokens")
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
# As long as our own services keep a key set: rotation reckons with it.
_PUBLIC = {"Cache-Control": f"public, max-age={int(KEEP_SECONDS)}"}


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """How often tokens may be asked for: by network address, and by client when it has proved who it is."""

    addresses: RateLimit
    clients: RateLimit
    proxies: Proxies


def token_routes(issuer: Issuer, limits: TokenLimits, metadata: dict[str, Any], idle_seconds: float) -> list[Route]:
    """The routes. `idle_seconds` is what a client may take for its form."""

    async def token(request: Request) -> Response:
        """RFC 6749 section 3.2."""
        standing = await limits.addresses.hit(address_key(request.scope, limits.proxies))

        async def count(client_id: str) -> None:
            nonlocal standing
            standing = standing.tighter(await limits.clients.hit(client_id))
            _refuse_beyond(standing)

        try:
            _refuse_beyond(standing)
            body = await _issued(issuer, request, idle_seconds, count)
        except Refused as refusal:
            _log.info("token refused", extra={"error": refusal.error})
            answer = {"error": refusal.error, "error_description": refusal.description}
            return JSONResponse(answer, refusal.status, {**_NO_STORE, **_ended(refusal.status), **standing.headers()})
        return JSONResponse(body, headers={**_NO_STORE, **standing.headers()})

    async def keys(_: Request) -> Response:
        """RFC 7517 section 5: the public keys."""
        return JSONResponse(issuer.keys.public().as_dict(private=False), headers=_PUBLIC)

    async def about(_: Request) -> Response:
        """RFC 8414 section 3."""
        return JSONResponse(metadata, headers=_PUBLIC)

    return [
        Route(TOKEN_PATH, token, methods=["POST"]),
        Route(KEYS_PATH, keys, methods=["GET"]),
        Route(METADATA_PATH, about, methods=["GET"]),
    ]


def _refuse_beyond(standing: Standing) -> None:
    if not standing.allowed:
        raise Refused("temporarily_unavailable", "Too many requests; wait as Retry-After says", 429)


def _ended(status: int) -> dict[str, str]:
    # The rest of such a form is not waited for.
    return {"Connection": "close"} if status in (408, 413) else {}


async def _issued(issuer: Issuer, request: Request, idle_seconds: float, count: CountClient) -> dict[str, Any]:
    if "authorization" in request.headers:
        raise Refused("invalid_request", "A client authenticates with its assertion only")
    try:
        async with asyncio.timeout(idle_seconds):
            form = await read_form(request)
    except TimeoutError:
        raise Refused("invalid_request", "The form did not arrive in time", 408) from None
    if "client_secret" in form:
        raise Refused("invalid_request", "A client authenticates with its assertion only")
    try:
        return await issue_token(issuer, form, request.headers.get("dpop"), count)
    except ReplaysUnavailable:
        _log.exception("used assertions cannot be asked for")
        raise Refused("temporarily_unavailable", "No tokens can be issued right now", 503) from None
