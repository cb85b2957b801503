"""Who calls, as far as the gateway needs it: for limits, and so that invented tokens go no further.

The service decides about scopes and proofs. The proof is not looked at here: what is used once must be used there.
A client that has been shut out is refused here, whatever tokens it still holds.
"""

import logging
from collections.abc import Callable

from services.gateway.limits.addresses import address_key
from services.gateway.limits.rates import Limits, Standing
from services.gateway.tokens.clients import ClientRegistry
from shared.addresses import Proxies
from shared.clock import Clock
from shared.http.guard import Scope
from shared.problems import TOO_MANY_REQUESTS, UNAVAILABLE, Problem
from shared.tokens.caller import unauthenticated
from shared.tokens.jose import InvalidToken
from shared.tokens.keys import KeysUnavailable
from shared.tokens.verifier import AccessToken, TokenVerifier, canonical_organisation

_log = logging.getLogger("gateway.admission")


class Admission:
    """Admits requests to one service. `proxies` are those in front of us, whose word is taken for an address.

    `shut_out` tells why a token's client may not call although the token holds, or None when it may.
    """

    def __init__(
        self,
        verifier: TokenVerifier,
        clock: Clock,
        limits: Limits,
        proxies: Proxies,
        *,
        shut_out: Callable[[AccessToken], str | None],
    ) -> None:
        self._verifier, self._clock = verifier, clock
        self._limits, self._proxies = limits, proxies
        self._shut_out = shut_out

    async def admit(self, scope: Scope, headers: dict[str, str]) -> tuple[Standing, Problem | None]:
        """How the caller stands, and the refusal if there is one: 401, 429 or 503."""
        refusal: Problem | None = None
        try:
            token = await self._token(headers)
        except InvalidToken:
            token = None
            refusal = unauthenticated("token godtas inte", "the token is not accepted", "invalid_token")
        except KeysUnavailable:
            token, refusal = None, Problem(UNAVAILABLE, headers={"Retry-After": "5"})
        if token is None:
            standing = await self._limits.addresses.hit(address_key(scope, self._proxies))
        else:
            scope["state"]["client_id"] = token.client_id
            standing = await self._limits.clients.hit(token.client_id)
            standing = standing.tighter(await self._limits.organisations.hit(token.organisation))
        return standing, refusal if standing.allowed else Problem(TOO_MANY_REQUESTS)

    async def _token(self, headers: dict[str, str]) -> AccessToken | None:
        """The verified token, or None when there is none. Raises InvalidToken, KeysUnavailable."""
        stated = headers.get("authorization")
        if stated is None:
            return None
        scheme, _, value = stated.partition(" ")
        bound = scheme.lower() == "dpop"
        if not bound and scheme.lower() != "bearer":
            raise InvalidToken("the scheme is unknown")
        try:
            token, _ = await self._verifier.verify(value, self._clock())
        except RecursionError:
            raise InvalidToken("the token is nested too deeply") from None
        if token.bound_to is not None and not (bound and "dpop" in headers):
            raise InvalidToken("a bound token needs its proof")
        if (why := self._shut_out(token)) is not None:
            _log.warning("client refused", extra={"client": token.client_id, "why": why})
            raise InvalidToken(why)
        return token


def registered(clients: ClientRegistry, issuer: str) -> Callable[[AccessToken], str | None]:
    """Holds tokens of our own issuer to its registry as it is now; other issuers keep their own."""

    def shut_out(token: AccessToken) -> str | None:
        if token.issuer != issuer:
            return None
        client = clients.find(token.client_id)
        if client is None:
            return "the client is disabled or not registered"
        if token.client_organisation != canonical_organisation(client.organisation):
            return "the client is registered for another organisation"
        return None

    return shut_out


def anyone(_: AccessToken) -> None:
    """Nobody is shut out: there is no registry here."""
