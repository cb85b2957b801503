"""`/oauth/token`, `/oauth/jwks` and the issuer's metadata, over HTTP."""

import asyncio
import logging
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.gateway.limits.addresses import address_key
from services.gateway.limits.rates import RateLimit
from services.gateway.tokens.form import read_form
from services.gateway.tokens.issue import Issuer, Refused, issue_token
from services.gateway.tokens.metadata import KEYS_PATH, METADATA_PATH, TOKEN_PATH
from shared.tokens.keys import KEEP_SECONDS
from shared.tokens.replay import ReplaysUnavailable

_log = logging.getLogger("gateway.tokens")
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
# As long as our own services keep a key set: rotation reckons with it.
_PUBLIC = {"Cache-Control": f"public, max-age={int(KEEP_SECONDS)}"}


def token_routes(issuer: Issuer, limit: RateLimit, metadata: dict[str, Any], idle_seconds: float) -> list[Route]:
    """The routes. `limit` counts by network address, `idle_seconds` is what a client may take for its form."""

    async def token(request: Request) -> Response:
        """RFC 6749 section 3.2."""
        standing = await limit.hit(address_key(request.scope))
        headers = {**_NO_STORE, **standing.headers()}
        try:
            if not standing.allowed:
                raise Refused("temporarily_unavailable", "Too many requests; wait as Retry-After says", 429)
            body = await _issued(issuer, request, idle_seconds)
        except Refused as refusal:
            _log.info("token refused", extra={"error": refusal.error})
            answer = {"error": refusal.error, "error_description": refusal.description}
            return JSONResponse(answer, refusal.status, headers)
        return JSONResponse(body, headers=headers)

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


async def _issued(issuer: Issuer, request: Request, idle_seconds: float) -> dict[str, Any]:
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
        return await issue_token(issuer, form, request.headers.get("dpop"))
    except ReplaysUnavailable:
        _log.exception("used assertions cannot be asked for")
        raise Refused("temporarily_unavailable", "No tokens can be issued right now", 503) from None
