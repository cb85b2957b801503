"""DPoP proofs (RFC 9449): made by clients, checked by resources.

A proof is accepted from 60 seconds back to 10 seconds ahead, once.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from joserfc.jwk import Key

from shared.tokens.jose import (
    InvalidToken,
    embedded_key,
    signed_token,
    signing_algorithm,
    verified_claims,
)
from shared.tokens.replay import ReplayStore

BACK = timedelta(seconds=60)
AHEAD = timedelta(seconds=10)
_LATEST = 2**40  # seconds; beyond it a time is no time, and arithmetic with it overflows
_TYPE = "dpop+jwt"


def make_proof(key: Key, method: str, address: str, now: datetime, access_token: str | None = None) -> str:
    """A fresh proof for one request. `address` is the public one, without query and fragment."""
    claims: dict[str, object] = {
        "jti": secrets.token_urlsafe(16),
        "htm": method,
        "htu": address.partition("?")[0],
        "iat": int(now.timestamp()),
    }
    if access_token is not None:
        claims["ath"] = token_hash(access_token)
    header = {"typ": _TYPE, "alg": signing_algorithm(key), "jwk": key.as_dict(private=False)}
    return signed_token(header, claims, key)


def token_hash(access_token: str) -> str:
    """The `ath` of a token: its SHA-256 in base64url without padding."""
    digest = hashlib.sha256(access_token.encode("ascii")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


async def check_proof(
    proof: str,
    *,
    method: str,
    address: str,
    now: datetime,
    replays: ReplayStore,
    access_token: str | None = None,
    bound_to: str | None = None,
) -> str:
    """The thumbprint of the key that made the proof. Raises InvalidToken, or ReplaysUnavailable.

    The thumbprint is compared before the signature, so that a flood of proofs by other keys costs little.
    """
    key, thumbprint, algorithm = embedded_key(proof.partition(".")[0])
    if bound_to is not None and thumbprint != bound_to:
        raise InvalidToken("the proof is made with another key than the token is bound to")
    claims = verified_claims(proof, key, types=(_TYPE,), algorithms=(algorithm,), proof=True)
    _check_claims(claims, method, address, now, access_token)
    issued = datetime.fromtimestamp(claims["iat"], UTC)
    if not await replays.first_use(thumbprint, claims["jti"], issued=issued, until=now + BACK + AHEAD, now=now):
        raise InvalidToken("the proof has been used before")
    return thumbprint


def _check_claims(
    claims: dict[str, object], method: str, address: str, now: datetime, access_token: str | None
) -> None:
    token_id, issued = claims.get("jti"), claims.get("iat")
    if not isinstance(token_id, str) or not 8 <= len(token_id) <= 256:
        raise InvalidToken("the proof has no usable jti")
    if not isinstance(issued, int | float) or isinstance(issued, bool) or abs(issued) > _LATEST:
        raise InvalidToken("the proof has no time")
    age = now.timestamp() - issued
    if age > BACK.total_seconds() or age < -AHEAD.total_seconds():
        raise InvalidToken("the proof is too old or from the future")
    if claims.get("htm") != method or claims.get("htu") != address:
        raise InvalidToken("the proof is for another request")
    if access_token is not None and claims.get("ath") != token_hash(access_token):
        raise InvalidToken("the proof is for another token")
