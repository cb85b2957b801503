"""What the tests of the shared mechanisms are given: an issuer's key, tokens that hold, and ways to spoil them."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Coroutine
from datetime import UTC, datetime
from types import EllipsisType
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from shared.tokens.keys import HeldKeys
from shared.tokens.verifier import ORGANISATION_CLAIM, AccessToken, TokenVerifier, TrustedIssuer

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ISSUER = "https://samrad.example"
AUDIENCE = "https://samrad.example/consultation"
ISSUER_KEY = ECKey.generate_key("P-256", {"kid": "issuer-1"}, private=True)
CLIENT_KEY = ECKey.generate_key("P-256", private=True)
ED25519_KEY = OKPKey.generate_key("Ed25519", private=True)
RSA_KEY = RSAKey.generate_key(2048, private=True)

Result = TypeVar("Result")
Change = str | int | float | bool | list[Any] | dict[str, Any] | EllipsisType | None


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine."""
    return asyncio.run(work)


class _Generous(JWSRegistry):
    max_header_length = 1_000_000
    max_payload_length = 10_000_000


def signed(header: dict[str, Any], payload: bytes, key: Key = ISSUER_KEY) -> str:
    """A signature that holds, over any bytes, also those that no honest issuer would sign."""
    if isinstance(key, ECKey) and key.curve_name == "P-256":
        return signed_text(json.dumps(header).encode(), payload, key)
    registry = _Generous(algorithms=[header["alg"]], strict_check_header=False)
    return jws.serialize_compact(header, payload, key, registry=registry)


def by_hand(header: dict[str, Any], payload: bytes, secret: bytes | None) -> str:
    """A token put together without a library: HMAC with `secret`, or no signature at all."""
    start = f"{coded(json.dumps(header).encode())}.{coded(payload)}"
    signature = hmac.new(secret, start.encode(), hashlib.sha256).digest() if secret is not None else b""
    return f"{start}.{coded(signature)}"


def signed_text(header: bytes, payload: bytes, key: ECKey) -> str:
    """An ES256 signature that holds over texts that no library would write, such as members that are repeated."""
    start = f"{coded(header)}.{coded(payload)}"
    secret = key.get_op_key("sign")
    assert isinstance(secret, EllipticCurvePrivateKey)
    numbers = decode_dss_signature(secret.sign(start.encode(), ECDSA(SHA256())))
    return f"{start}.{coded(b''.join(number.to_bytes(32, 'big') for number in numbers))}"


def coded(value: bytes) -> str:
    """In base64url, without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def uncoded(value: str) -> bytes:
    """What stands in base64url without padding."""
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


def claims(**changes: Change) -> dict[str, Any]:
    """Claims that hold; `...` leaves one out."""
    whole: dict[str, Any] = {
        "iss": ISSUER,
        "sub": "umea",
        "client_id": "umea",
        "aud": AUDIENCE,
        "scope": "samrad:lookups.create samrad:lookups.read",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 300,
        "jti": "0123456789abcdef",
        "cnf": {"jkt": CLIENT_KEY.thumbprint()},
        ORGANISATION_CLAIM: "2120002627",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def header(**changes: Change) -> dict[str, Any]:
    """A header that holds; `...` leaves one member out."""
    whole: dict[str, Any] = {"alg": "ES256", "typ": "at+jwt", "kid": "issuer-1", **changes}
    return {name: value for name, value in whole.items() if value is not ...}


def token(key: Key = ISSUER_KEY, head: dict[str, Any] | None = None, **changes: Change) -> str:
    """A signed access token."""
    return signed(head or header(), json.dumps(claims(**changes)).encode(), key)


def verifier(*keys: Key, algorithms: tuple[str, ...] = ("ES256", "PS256", "Ed25519")) -> TokenVerifier:
    """A resource server that trusts the issuer's key, or these."""
    held = KeySet(list(keys or (ISSUER_KEY,)))
    return TokenVerifier({ISSUER: TrustedIssuer(ISSUER, HeldKeys(lambda: held), algorithms)}, frozenset((AUDIENCE,)))


def verified(value: str, now: datetime = NOW) -> AccessToken:
    """What the token says. Raises what the verifier raises."""
    return run(verifier().verify(value, now))[0]
