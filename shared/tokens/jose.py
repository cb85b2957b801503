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
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey, import_key
from joserfc.jws import JWSRegistry
from joserfc.util import json_b64decode

FAPI_ALGORITHMS = ("ES256", "PS256", "Ed25519")
"""What FAPI 2.0 allows, by the names of RFC 9864. `accepted_algorithms` adds the older spelling of the last."""

_MAX_TOKEN_BYTES = 8192
_MAX_PROOF_HEADER = 2048
_SMALLEST_RSA_BITS = 2048
_PRIVATE_MEMBERS = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))


class InvalidToken(Exception):
    """The token or proof is not acceptable. The text says why, without its content."""


class _Registry(JWSRegistry):
    def get_alg(self, name: str) -> JWSAlgModel:
        # Much software still writes `EdDSA`, of which joserfc warns on every token. With an Ed25519 key, and no other
        # key is let through here, it is the same algorithm.
        if name == "EdDSA" and self.allowed and name in self.allowed:
            return self.algorithms["Ed25519"]
        return super().get_alg(name)


class _ProofRegistry(_Registry):
    # An RSA key in the header is larger than joserfc's 512 bytes: with 4096 bits and its own members 1108.
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


def stated_issuer(token: str) -> str:
    """The unverified `iss`: for choosing whose keys to try, never for deciding anything. Raises InvalidToken."""
    if len(token) > _MAX_TOKEN_BYTES:
        raise InvalidToken("the token is too large")
    try:
        issuer = json_b64decode(token.split(".")[1].encode("ascii"))["iss"]
    except (IndexError, KeyError, ValueError, TypeError, UnicodeError, RecursionError):
        raise InvalidToken("the token names no issuer") from None
    if not isinstance(issuer, str):
        raise InvalidToken("the token names no issuer")
    return issuer


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
    if not algorithms:
        # An empty list would mean joserfc's own choice.
        raise InvalidToken("no algorithm is accepted for the key")
    registry = (_ProofRegistry if proof else _Registry)(algorithms=list(algorithms))
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
    if not isinstance(stated, str) or stated not in accepted_algorithms(key, FAPI_ALGORITHMS):
        raise InvalidToken("algorithm and key do not belong together")
    return stated


def accepted_algorithms(key: Key, listed: Sequence[str]) -> tuple[str, ...]:
    """Which of the listed algorithms a public key may be used with, in every spelling; none for an unfit key."""
    match key:
        case ECKey() if key.curve_name == "P-256":
            fitting: tuple[str, ...] = ("ES256",)
        case OKPKey() if key.curve_name == "Ed25519":
            return ("Ed25519", "EdDSA") if "Ed25519" in listed else ()
        case RSAKey() if key.raw_value.key_size >= _SMALLEST_RSA_BITS:
            fitting = ("PS256", "RS256")
        case _:
            return ()
    return tuple(name for name in fitting if name in listed)


def signing_algorithm(key: Key) -> str:
    """The algorithm that our own keys sign with: ES256, Ed25519 or PS256 by the kind of key."""
    return {"EC": "ES256", "OKP": "Ed25519", "RSA": "PS256"}[key.key_type]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
