"""Who calls: the dependency that every guarded operation names in its signature.

`Requires(scope)` answers 401 without a valid token and proof, 403 without the scope. It is `async def` all
the way: a thread-pool hop alone costs as much as verifying a token.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request

from shared.clock import Clock
from shared.problems import (
    ACTOR_REQUIRED,
    DELEGATION_ENDED,
    SCOPE_MISSING,
    UNAUTHENTICATED,
    UNAVAILABLE,
    Problem,
    Words,
)
from shared.tokens.acting import Acting, ActingCheck
from shared.tokens.jose import InvalidToken
from shared.tokens.keys import KeysUnavailable
from shared.tokens.proofs import check_proof
from shared.tokens.replay import ReplayStore, ReplaysUnavailable
from shared.tokens.scopes import Scope
from shared.tokens.verifier import AccessToken, TokenVerifier

_ACTOR = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_LONG_NUMBER = re.compile(r"\d{6}[-_.]?\d{4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Caller:
    """The organisation that calls, through which client, and the person as stated by that client.

    Rights belong to `organisation`. `acting` is set when the client is another's, which acts for it. `channel` is the
    way in, when it is another than the API.
    """

    organisation: str
    client_id: str
    scopes: frozenset[str]
    token_id: str
    actor: str | None
    request_id: str
    traceparent: str
    acting: Acting | None = None
    channel: str | None = None


class Gatekeeper:
    """Verifies the token and proof of a request to one service.

    `public_url` is what clients see; proofs are made for it, whatever address is dialled.
    `actor_header` is the header in which a client states the person. `acting` tells whether who acts for another
    still may; without it nobody acts for another here.
    """

    def __init__(
        self,
        verifier: TokenVerifier,
        replays: ReplayStore,
        clock: Clock,
        *,
        public_url: str,
        actor_header: str,
        acting: ActingCheck | None = None,
    ) -> None:
        self._verifier, self._replays, self._clock = verifier, replays, clock
        self._acting = acting
        self._public_url = public_url.rstrip("/")
        self._actor_header = actor_header.lower()

    async def admit(self, request: Request, scope: Scope, *, actor_required: bool) -> Caller:
        """Raises Problem: 401, 403, 400 for a missing or unfit actor, 503 when keys, used proofs or delegations can't
        be had.
        """
        token = await self._token(request)
        state = request.scope["state"]
        state["client_id"] = token.client_id
        caller = state["caller"] = Caller(
            organisation=token.organisation,
            client_id=token.client_id,
            scopes=token.scopes,
            token_id=token.token_id,
            actor=self._stated_actor(request),
            request_id=state["request_id"],
            traceparent=state["traceparent"].decode("ascii"),
            acting=token.acting,
        )
        await self._check_acting(token)
        if scope.name not in token.scopes:
            raise Problem(SCOPE_MISSING, members={"requiredScope": scope.name})
        if token.bound_to is None and not scope.bearer_allowed:
            raise unauthenticated("Den här uppgiften kräver DPoP", "This operation requires DPoP", "invalid_token")
        if caller.actor is None and (actor_required or self._actor_header in request.headers):
            raise Problem(ACTOR_REQUIRED, members={"header": self._actor_header})
        return caller

    async def _check_acting(self, token: AccessToken) -> None:
        if token.acting is None:
            return
        if self._acting is None:
            raise unauthenticated(
                "Token för någon annans räkning godtas inte här",
                "Tokens for another are not accepted here",
                "invalid_token",
            )
        if not await self._acting.still_allowed(token.acting, token.organisation, token.scopes):
            raise Problem(DELEGATION_ENDED)

    async def _token(self, request: Request) -> AccessToken:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("dpop", "bearer") or not value:
            raise unauthenticated("Token saknas", "The token is missing")
        now = self._clock()
        try:
            token, _ = await self._verifier.verify(value, now)
            if token.bound_to is not None:
                await self._check_proof(request, scheme, value, token.bound_to)
            elif scheme.lower() != "bearer":
                raise InvalidToken("a token without binding is sent as Bearer")
        except InvalidToken:
            raise unauthenticated(
                "Token eller bevis godtas inte", "Token or proof not accepted", "invalid_token"
            ) from None
        except (KeysUnavailable, ReplaysUnavailable):
            raise Problem(UNAVAILABLE, headers={"Retry-After": "5"}) from None
        return token

    async def _check_proof(self, request: Request, scheme: str, token: str, bound_to: str) -> None:
        proof = request.headers.get("dpop")
        if scheme.lower() != "dpop" or proof is None:
            raise InvalidToken("a bound token needs its proof")
        path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
        await check_proof(
            proof,
            method=request.method,
            address=self._public_url + path.partition(b"?")[0].decode("latin-1"),
            now=self._clock(),
            replays=self._replays,
            access_token=token,
            bound_to=bound_to,
        )

    def _stated_actor(self, request: Request) -> str | None:
        values = request.headers.getlist(self._actor_header)
        stated = values[0] if len(values) == 1 else None
        return stated if stated is not None and is_fit_as_actor(stated) else None


def is_fit_as_actor(stated: str) -> bool:
    """Whether a client may state it as a person's id: short, of plain characters, and without a long number."""
    return bool(_ACTOR.fullmatch(stated)) and not _LONG_NUMBER.search(stated)


def unauthenticated(sv: str, en: str, error: str | None = None) -> Problem:
    """401 with the challenges of RFC 6750 and RFC 9449."""
    cause = f' error="{error}",' if error else ""
    challenge = f'DPoP{cause} algs="ES256 PS256 Ed25519", Bearer'
    return Problem(UNAUTHENTICATED, Words(_sentence(sv), _sentence(en)), headers={"WWW-Authenticate": challenge})


def _sentence(words: str) -> str:
    # Not `capitalize`, which writes the rest in lower case: "DPoP" is a name.
    return words[:1].upper() + words[1:]


class Disclosing(Protocol):
    """Whether anything may be disclosed now; stands as `disclosing` in the state of the application."""

    async def require(self) -> None:
        """Raises Problem 503 while nothing may."""
        ...


class Requires:
    """A FastAPI dependency that admits callers with one scope. The scope is readable for tests and OpenAPI.

    What a plain bearer token is not enough for is also closed while nothing may be disclosed.
    """

    def __init__(self, scope: Scope, *, actor: bool = True) -> None:
        self.scope = scope
        self.actor = actor

    async def __call__(self, request: Request) -> Caller:
        gatekeeper: Gatekeeper = request.app.state.gatekeeper
        caller = await gatekeeper.admit(request, self.scope, actor_required=self.actor)
        disclosing: Disclosing | None = request.app.state.disclosing
        if disclosing is not None and not self.scope.bearer_allowed:
            await disclosing.require()
        return caller


def described(scopes: Mapping[str, Scope]) -> dict[str, Any]:
    """Scope names with their words, for an OpenAPI security scheme."""
    return {name: f"{scope.allows.en} / {scope.allows.sv}" for name, scope in scopes.items()}
