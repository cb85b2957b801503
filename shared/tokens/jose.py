"""The few things asked of joserfc, with the traps of JOSE closed in one place.

A token with a wrong `typ`, an algorithm outside the list, or an embedded key where none belongs is refused
before its claims are looked at.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey, import_key
from joserfc.jws import JWSRegistry
from joserfc.util import json_b64decode

FAPI_ALGORITHMS = ("ES256", "PS256", "Ed25519")

_MAX_TOKEN_BYTES = 8192
_MAX_PROOF_HEADER = 1024
_PRIVATE_MEMBERS = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))


class InvalidToken(Exception):
    """The token or proof is not acceptable. The text says why, without its content."""


class _ProofRegistry(JWSRegistry):
    # An RSA key in the header is larger than joserfc's 512 bytes.
    max_header_length = _MAX_PROOF_HEADER


def header_of(token: str) -> dict[str, Any]:
    """The unverified header: for choosing the key, never for deciding anything."""
    try:
        found = json_b64decode(token.split(".", 1)[0].encode("ascii"))
    except (ValueError, TypeError, UnicodeError, RecursionError):
        raise InvalidToken("the header cannot be read") from None
    if not isinstance(found, dict):
        raise InvalidToken("the header is not an object")
    return found


def verified_claims(
    token: str,
    key: Key | KeySet,
    *,
    types: Sequence[str | None],
    algorithms: Sequence[str],
    proof: bool = False,
) -> dict[str, Any]:
    """Claims of a signed token whose `typ` is one of `types`. Raises InvalidToken."""
    if len(token) > _MAX_TOKEN_BYTES:
        raise InvalidToken("the token is too large")
    registry = (_ProofRegistry if proof else JWSRegistry)(algorithms=list(algorithms))
    try:
        signed = jws.deserialize_compact(token, key, registry=registry)
        claims = json.loads(signed.payload or b"", parse_constant=_refuse_constant)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise InvalidToken("the signature or form does not hold") from None
    kind = signed.headers().get("typ")
    if (kind.lower() if isinstance(kind, str) else kind) not in types:
        raise InvalidToken("the token is of another type")
    if not isinstance(claims, dict):
        raise InvalidToken("the claims are not an object")
    return claims


def signed_token(header: Mapping[str, Any], claims: Mapping[str, Any], key: Key) -> str:
    """A compact JWS of the claims."""
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False)
    registry = _ProofRegistry(algorithms=[header["alg"]])
    return jws.serialize_compact(dict(header), payload, key, registry=registry)


@lru_cache(maxsize=4096)
def embedded_key(header_segment: str) -> tuple[Key, str, str]:
    """The public key in a proof's header, its thumbprint, and the algorithm that goes with it.

    The header of one client key is the same in every proof, so the import is done once.
    Raises InvalidToken.
    """
    if len(header_segment) > _MAX_PROOF_HEADER:
        raise InvalidToken("the header of the proof is too large")
    header = header_of(header_segment + ".")
    value = header.get("jwk")
    if not isinstance(value, dict) or value.keys() & _PRIVATE_MEMBERS:
        raise InvalidToken("the proof carries no public key")
    try:
        key = import_key(value)
        return key, key.thumbprint(), _algorithm_for(key, header.get("alg"))
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise InvalidToken("the key of the proof cannot be read") from None


def _algorithm_for(key: Key, stated: object) -> str:
    match key:
        case ECKey() if key.curve_name == "P-256":
            expected = "ES256"
        case OKPKey() if key.curve_name == "Ed25519":
            expected = "Ed25519"
        case RSAKey() if key.raw_value.key_size >= 2048:
            expected = "PS256"
        case _:
            raise InvalidToken("the key is of a kind that is not accepted")
    if stated != expected:
        raise InvalidToken("algorithm and key do not belong together")
    return expected


def signing_algorithm(key: Key) -> str:
    """The algorithm that our own keys sign with: ES256, Ed25519 or PS256 by the kind of key."""
    return {"EC": "ES256", "OKP": "Ed25519", "RSA": "PS256"}[key.key_type]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
