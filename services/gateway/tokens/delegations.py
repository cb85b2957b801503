"""Whether a client's organisation may act for another: asked of the agreements service for each such token.

Nothing is remembered here. The gateway is the issuer, so it writes the token for its own question itself; there is
no client and no key of its own to register, keep or lose.
"""

import json
import logging
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from joserfc.jwk import ECKey

from services.gateway.tokens.clients import OWN_CLIENT
from services.gateway.tokens.keys import SigningKeys
from shared.clock import Clock
from shared.tokens.jose import signed_token
from shared.tokens.proofs import make_proof
from shared.tokens.verifier import ORGANISATION_CLAIM
from shared.transport.protocol import Transport, TransportError

PATH = "/agreements/v1/delegation-checks"
_SCOPE = "samrad:delegations.check"
_LIFE_SECONDS = 60
_TIMEOUT_SECONDS = 5.0
_MAX_ANSWER_BYTES = 64 * 1024
_log = logging.getLogger("gateway.tokens")


class DelegationsUnavailable(Exception):
    """It can't be told whether there is a delegation. The text says why, without whose."""


class Delegations(Protocol):
    """Finds what lets one organisation act for another. Organisations are ten digits."""

    async def covering(self, consumer: str, supplier: str, scopes: Sequence[str]) -> uuid.UUID | None:
        """A delegation in force that covers all the scopes. Raises DelegationsUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class AgreementsDelegations:
    """Implements `Delegations`. `url` is dialled; `public_url` begins the issuer's name, the audience and proofs.

    `organisation` is who runs the exchange, ten digits: the gateway asks in its name.
    """

    transport: Transport
    url: str
    public_url: str
    organisation: str
    keys: SigningKeys
    clock: Clock
    own_key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", private=True), repr=False)

    async def covering(self, consumer: str, supplier: str, scopes: Sequence[str]) -> uuid.UUID | None:
        """See Delegations."""
        question = {"consumer": consumer, "supplier": supplier, "scopes": list(scopes)}
        try:
            answer = await self.transport.send(
                "POST",
                self.url + PATH,
                headers=self._headers(),
                body=json.dumps(question).encode(),
                timeout_seconds=_TIMEOUT_SECONDS,
                max_answer_bytes=_MAX_ANSWER_BYTES,
            )
        except TransportError as fault:
            raise DelegationsUnavailable(type(fault).__name__) from None
        if answer.status != 200:
            raise DelegationsUnavailable(f"http_{answer.status}")
        return _read(answer.body)

    def _headers(self) -> dict[str, str]:
        token = self._token()
        proof = make_proof(self.own_key, "POST", self.public_url + PATH, self.clock(), token)
        return {"Authorization": f"DPoP {token}", "DPoP": proof, "Content-Type": "application/json"}

    def _token(self) -> str:
        key, issued = self.keys.signing, int(self.clock().timestamp())
        claims: dict[str, Any] = {
            "iss": self.public_url,
            "sub": OWN_CLIENT,
            "client_id": OWN_CLIENT,
            "aud": f"{self.public_url}/agreements",
            "scope": _SCOPE,
            "iat": issued,
            "exp": issued + _LIFE_SECONDS,
            "jti": secrets.token_urlsafe(16),
            "cnf": {"jkt": self.own_key.thumbprint()},
            ORGANISATION_CLAIM: self.organisation,
        }
        return signed_token({"alg": "ES256", "typ": "at+jwt", "kid": key.thumbprint()}, claims, key)


def _read(body: bytes) -> uuid.UUID | None:
    """The delegation of a whole answer. Raises DelegationsUnavailable: half an answer is no yes, and no no."""
    try:
        told = json.loads(body)
        return uuid.UUID(told["delegationId"]) if told["inForce"] is True else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DelegationsUnavailable("unreadable_answer") from None
