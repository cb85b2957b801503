"""Verifies an access token for one audience, and remembers the outcome for a while.

Verifying costs about 170 microseconds, remembering about one. What is kept are the claims, never a decision.
"""

import hashlib
import re
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.tokens.acting import ACTOR_CLAIM, DELEGATION_MEMBER, Acting
from shared.tokens.jose import (
    FAPI_ALGORITHMS,
    InvalidToken,
    accepted_algorithms,
    header_of,
    stated_issuer,
    verified_claims,
)
from shared.tokens.keys import KeySource
from shared.tokens.organisations import ORGANISATION_CLAIM, OrganisationClaim, canonical_organisation

__all__ = [
    "FOREIGN",
    "ORGANISATION_CLAIM",
    "AccessToken",
    "External",
    "TokenVerifier",
    "TrustedIssuer",
    "canonical_organisation",
]

FOREIGN = "#"
"""Stands between an external issuer's name, which has no fragment (RFC 8414 section 2), and its client's id."""
_KEEP_SECONDS = 60.0
_LEEWAY_SECONDS = 10.0
_CAPACITY = 10_000
_LATEST = 2**40
# What RFC 6749 appendix A.1 lets a client id be made of, without the blank.
_CLIENT_ID = re.compile(r"[\x21-\x7e]{1,512}")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a verified token says. `organisation` is canonical: ICD 0007 and ten digits, `0007:2120000142`.

    `organisation` is whose rights they are. `acting` tells who uses them when that is another one. `client_id` of an
    external issuer's client begins with the issuer and `#`, so that no two issuers' clients are taken for one another.
    """

    client_id: str
    organisation: str
    scopes: frozenset[str]
    token_id: str
    expires: float
    bound_to: str | None
    issuer: str
    acting: Acting | None = None

    @property
    def client_organisation(self) -> str:
        """The organisation that the client belongs to."""
        return self.organisation if self.acting is None else self.acting.organisation


@dataclass(frozen=True, slots=True)
class External:
    """How the tokens of somebody else's issuer are read.

    `audience` is this service's there, and `others` those of the services beside it. `scopes` are theirs with ours;
    a scope is looked up whole and one without a place in the map gives nothing. `bound_only` refuses plain bearer
    tokens whatever the scope.
    """

    audience: str
    others: frozenset[str]
    scopes: Mapping[str, tuple[str, ...]]
    bound_only: bool


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """Whose tokens are accepted: its name in `iss`, its keys and its algorithms. `external` unless it is our own."""

    name: str
    keys: KeySource
    algorithms: tuple[str, ...] = FAPI_ALGORITHMS
    organisation: OrganisationClaim = field(default_factory=OrganisationClaim)
    external: External | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """A token that was verified at an instant, with its audience and the key that it was verified with."""

    at: float
    token: AccessToken
    audience: str
    key_id: str


class TokenVerifier:
    """Accepts tokens of the trusted issuers for one of the audiences, which are our own issuer's."""

    def __init__(self, issuers: Mapping[str, TrustedIssuer], audiences: frozenset[str]) -> None:
        self._issuers = issuers
        self._audiences = audiences
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    async def verify(self, token: str, now: datetime) -> tuple[AccessToken, str]:
        """The token's content and its audience. Raises InvalidToken, or KeysUnavailable."""
        instant = now.timestamp()
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = self._known.get(digest)
        if known is None or not self._holds(known, instant):
            known = self._known[digest] = await self._read(token, instant)
            if len(self._known) > _CAPACITY:
                self._known.popitem(last=False)
        return known.token, known.audience

    def _holds(self, known: _Known, instant: float) -> bool:
        """Whether what was verified before need not be again: for a minute, and while its key is published."""
        if abs(instant - known.at) >= _KEEP_SECONDS or instant >= known.token.expires:
            return False
        return self._issuers[known.token.issuer].keys.holds(known.key_id)

    async def _read(self, token: str, instant: float) -> _Known:
        # Unverified: it only chooses whose keys are tried, and is compared again when the signature has held.
        issuer = self._issuers.get(stated_issuer(token))
        if issuer is None:
            raise InvalidToken("the token is from nobody who is trusted")
        key_id = header_of(token).get("kid")
        if not isinstance(key_id, str):
            raise InvalidToken("the token names no key")
        key = await issuer.keys.find(key_id)
        algorithms = accepted_algorithms(key, issuer.algorithms)
        claims = verified_claims(token, key, types=("at+jwt", "application/at+jwt"), algorithms=algorithms)
        if claims.get("iss") != issuer.name:
            raise InvalidToken("the token is from another issuer than its key")
        accepted = _accept(issuer, claims, instant)
        return _Known(instant, accepted, _audience(issuer, claims, self._audiences, accepted), key_id)


def _accept(issuer: TrustedIssuer, claims: Mapping[str, object], instant: float) -> AccessToken:
    expires, issued = _number(claims, "exp"), _number(claims, "iat")
    begins = _number(claims, "nbf") if "nbf" in claims else issued
    if instant >= expires or max(issued, begins) > instant + _LEEWAY_SECONDS:
        raise InvalidToken("the token is not valid at this time")
    client_id, token_id, scope = _text(claims, "client_id"), _text(claims, "jti"), claims.get("scope", "")
    if not isinstance(scope, str):
        raise InvalidToken("the scope is not text")
    organisation = issuer.organisation.read(claims)
    return AccessToken(
        client_id=_canonical_client(issuer, client_id),
        organisation=organisation,
        scopes=_scopes(issuer, scope.split()),
        token_id=token_id,
        expires=expires,
        bound_to=_thumbprint(claims.get("cnf")),
        issuer=issuer.name,
        acting=_acting(claims, organisation),
    )


def _audience(issuer: TrustedIssuer, claims: Mapping[str, object], own: frozenset[str], accepted: AccessToken) -> str:
    """The audience of the token when it is for this service. Raises InvalidToken."""
    stated, external = claims.get("aud"), issuer.external
    if external is None:
        if isinstance(stated, str) and stated in own:
            return stated
        raise InvalidToken("the token is for another service")
    if external.bound_only and accepted.bound_to is None:
        raise InvalidToken("the issuer's tokens must be bound")
    named = {stated} if isinstance(stated, str) else _texts(stated)
    if external.audience not in named or named & external.others:
        raise InvalidToken("the token is for another service, or for several of ours")
    if len(named) > 1 and accepted.bound_to is None:
        # Whoever else it is for could send it here.
        raise InvalidToken("a token that is for others too must be bound")
    return external.audience


def _texts(value: object) -> set[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InvalidToken("the audience is neither a text nor a list of texts")
    return set(value)


def _canonical_client(issuer: TrustedIssuer, client_id: str) -> str:
    if issuer.external is None:
        return client_id
    if _CLIENT_ID.fullmatch(client_id) is None:
        raise InvalidToken("the client id holds characters that it may not")
    return f"{issuer.name}{FOREIGN}{client_id}"


def _scopes(issuer: TrustedIssuer, stated: list[str]) -> frozenset[str]:
    if issuer.external is None:
        return frozenset(stated)
    return frozenset(ours for theirs in stated for ours in issuer.external.scopes.get(theirs, ()))


def _acting(claims: Mapping[str, object], organisation: str) -> Acting | None:
    """Who acts, when the token says that somebody does (RFC 8693 section 4.1). Raises InvalidToken.

    A claim that is not understood in full must not be read as none.
    """
    if ACTOR_CLAIM not in claims:
        return None
    stated = claims[ACTOR_CLAIM]
    if not isinstance(stated, dict) or ACTOR_CLAIM in stated:
        raise InvalidToken("who acts cannot be read, or acts through somebody else")
    if stated.get("sub") != claims.get("client_id"):
        raise InvalidToken("who acts is not the client")
    acting = canonical_organisation(_text(stated, ORGANISATION_CLAIM))
    if acting == organisation:
        raise InvalidToken("nobody acts for itself")
    try:
        return Acting(acting, uuid.UUID(_text(stated, DELEGATION_MEMBER)))
    except ValueError:
        raise InvalidToken("the token names no delegation") from None


def _number(claims: Mapping[str, object], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LATEST:
        raise InvalidToken(f"{name} is missing")
    return float(value)


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= 512:
        raise InvalidToken("a required claim is missing")
    return value


def _thumbprint(confirmation: object) -> str | None:
    if confirmation is None:
        return None
    if isinstance(confirmation, dict) and isinstance(confirmation.get("jkt"), str):
        return str(confirmation["jkt"])
    # A binding that is not understood must not be read as none.
    raise InvalidToken("the token is bound in a way that is not supported")
