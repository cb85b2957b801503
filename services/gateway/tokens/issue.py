"""Issue an access token (RFC 9068) for one service to a client that has proved who it is."""

import logging
import secrets
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from services.gateway.scopes import scopes_of, services_with
from services.gateway.tokens.assertions import NotAuthenticated, authenticate
from services.gateway.tokens.clients import Client, ClientRegistry
from services.gateway.tokens.delegations import Delegations, DelegationsUnavailable
from services.gateway.tokens.keys import SigningKeys
from shared.clock import Clock
from shared.tokens.acting import ACTOR_CLAIM, DELEGATION_MEMBER
from shared.tokens.jose import InvalidToken, signed_token
from shared.tokens.profile import SecurityProfile
from shared.tokens.proofs import check_proof
from shared.tokens.replay import ReplayStore
from shared.tokens.verifier import ORGANISATION_CLAIM, canonical_organisation

_log = logging.getLogger("gateway.tokens")
_MAX_SCOPE_CHARACTERS = 1000


class Refused(Exception):
    """No token. `error` is of RFC 6749 section 5.2, RFC 8707 or RFC 9449; `description` never repeats input."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.description, self.status = error, description, status


@dataclass(frozen=True, slots=True)
class Issuer:
    """What issuing needs. `audiences` are by service; `token_url` is the public one that proofs are made for."""

    name: str
    token_url: str
    audiences: dict[str, str]
    token_seconds: int
    keys: SigningKeys
    clients: ClientRegistry
    replays: ReplayStore
    clock: Clock
    profile: SecurityProfile
    delegations: Delegations


@dataclass(frozen=True, slots=True)
class _OnBehalf:
    """Whose rights a token carries, ten digits, and the delegation that lets the client use them."""

    consumer: str
    delegation: uuid.UUID


CountClient = Callable[[str], Awaitable[None]]
"""Counts a request of a client that has proved who it is. Raises Refused when it is one too many."""


async def issue_token(
    issuer: Issuer, form: dict[str, str], proof: str | None, count: CountClient | None = None
) -> dict[str, Any]:
    """The answer of RFC 6749 section 5.1. `proof` is the DPoP header. Raises Refused, or ReplaysUnavailable.

    With `consumer_org` in the form the rights are that organisation's, as far as it has delegated them.

    The order matters: nothing about scopes or audiences is told before the client has proved who it is.
    """
    if form.get("grant_type") != "client_credentials":
        raise Refused("unsupported_grant_type", "grant_type must be client_credentials")
    try:
        client = await authenticate(
            form,
            clients=issuer.clients,
            issuer=issuer.name,
            profile=issuer.profile,
            replays=issuer.replays,
            now=issuer.clock(),
        )
    except NotAuthenticated:
        raise Refused("invalid_client", "The client assertion is not accepted", 401) from None
    if count is not None:
        await count(client.client_id)
    consumer = form.get("consumer_org")
    scopes = _granted(client.scopes if consumer is None else client.delegated_scopes, form.get("scope", ""))
    service = _service(issuer, scopes, form.get("resource"))
    bound_to = await _binding(issuer, scopes, service, proof)
    on_behalf = None if consumer is None else await _delegated(issuer, client, consumer, scopes)
    return _answer(issuer, client, scopes, service, bound_to, on_behalf)


def _granted(held: frozenset[str], asked: str) -> list[str]:
    names = asked.split(" ") if asked and len(asked) <= _MAX_SCOPE_CHARACTERS else []
    if not names:
        raise Refused("invalid_scope", "Name the scopes that are needed in scope")
    if not held.issuperset(names):
        raise Refused("invalid_scope", "A scope is unknown or not granted to this client")
    return sorted(set(names))


async def _delegated(issuer: Issuer, client: Client, consumer: str, scopes: list[str]) -> _OnBehalf:
    """What lets the client act for the consumer.

    The delegation is the grant (RFC 6749 section 1.3), so its absence is `invalid_grant`. The answer is one and the
    same whether the consumer does not exist, has delegated nothing, less than is asked for, or no longer.
    """
    try:
        number = canonical_organisation(consumer).removeprefix("0007:")
        found = await issuer.delegations.covering(number, client.organisation, scopes)
    except InvalidToken:
        number, found = "", None
    except DelegationsUnavailable as fault:
        _log.error("delegations cannot be asked for", extra={"kind": str(fault)})
        raise Refused("temporarily_unavailable", "No delegations can be checked right now", 503) from None
    if found is None:
        raise Refused("invalid_grant", "No delegation in force from consumer_org covers the scopes")
    return _OnBehalf(number, found)


def _service(issuer: Issuer, scopes: list[str], resource: str | None) -> str:
    """The one service that the token is for (RFC 8707)."""
    fitting = services_with(scopes)
    if resource is None and len(fitting) != 1:
        raise Refused("invalid_target", "Name exactly one service in resource")
    if resource is None:
        return fitting[0]
    service = next((name for name, audience in issuer.audiences.items() if audience == resource), None)
    if service is None:
        raise Refused("invalid_target", "The resource is not a service here")
    if service not in fitting:
        raise Refused("invalid_scope", "A scope belongs to another service than the resource")
    return service


async def _binding(issuer: Issuer, scopes: list[str], service: str, proof: str | None) -> str | None:
    """The thumbprint that the token is bound to, or None for a plain bearer token where that is enough."""
    if proof is None:
        known = scopes_of(service)
        if all(known[name].bearer_allowed for name in scopes):
            return None
        raise Refused("invalid_dpop_proof", "DPoP is required for these scopes; send a proof in the DPoP header")
    try:
        return await check_proof(
            proof, method="POST", address=issuer.token_url, now=issuer.clock(), replays=issuer.replays
        )
    except (InvalidToken, RecursionError, OverflowError):
        raise Refused("invalid_dpop_proof", "The DPoP proof is not accepted") from None


def _answer(
    issuer: Issuer,
    client: Client,
    scopes: list[str],
    service: str,
    bound_to: str | None,
    on_behalf: _OnBehalf | None,
) -> dict[str, Any]:
    key, issued = issuer.keys.signing, int(issuer.clock().timestamp())
    claims: dict[str, Any] = {
        "iss": issuer.name,
        "sub": client.client_id,
        "client_id": client.client_id,
        "aud": issuer.audiences[service],
        "scope": " ".join(scopes),
        "iat": issued,
        "exp": issued + issuer.token_seconds,
        "jti": secrets.token_urlsafe(16),
        ORGANISATION_CLAIM: client.organisation,
    }
    if on_behalf is not None:
        claims[ORGANISATION_CLAIM] = on_behalf.consumer
        claims[ACTOR_CLAIM] = {
            "sub": client.client_id,
            ORGANISATION_CLAIM: client.organisation,
            DELEGATION_MEMBER: str(on_behalf.delegation),
        }
    if bound_to is not None:
        claims["cnf"] = {"jkt": bound_to}
    header = {"alg": "ES256", "typ": "at+jwt", "kid": key.thumbprint()}
    return {
        "access_token": signed_token(header, claims, key),
        "token_type": "Bearer" if bound_to is None else "DPoP",
        "expires_in": issuer.token_seconds,
        "scope": claims["scope"],
    }
