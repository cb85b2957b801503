"""Ways to make up a signed text, or to spoil one, for whatever it is to be mistaken for."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jwe
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.util import urlsafe_b64decode

from tests.unit.shared.given import by_hand, coded, signed


@dataclass(frozen=True, slots=True)
class Forge:
    """What a forger has: a genuine text of somebody else's, the public key that it is checked with, keys of its own.

    `claims` are what it would like to be believed, `kind` the type that would be expected, `trap` an address that
    nobody should ever dial.
    """

    genuine: str
    public: dict[str, Any]
    claims: dict[str, Any]
    kind: str | None
    trap: str
    own: ECKey

    def head(self, **changes: Any) -> dict[str, Any]:
        """A header that would be expected; `...` leaves a member out."""
        whole = {"alg": "ES256", "typ": self.kind or ..., "kid": self.public["kid"], **changes}
        return {name: value for name, value in whole.items() if value is not ...}

    def payload(self) -> bytes:
        """The claims."""
        return json.dumps(self.claims).encode()

    def own_signature(self, key: Key | None = None, **changes: Any) -> str:
        """Signed with a key of one's own."""
        return signed(self.head(**changes), self.payload(), key or self.own)

    def shared_secret(self, secret: bytes, **changes: Any) -> str:
        """An HMAC over the claims."""
        return by_hand(self.head(**{"alg": "HS256", **changes}), self.payload(), secret)

    def parts(self) -> list[str]:
        """Header, payload and signature of the genuine one."""
        return self.genuine.split(".")

    def pem(self) -> bytes:
        """The public key as it is often published."""
        return ECKey.import_key(self.public).as_pem(private=False)


def _der(forge: Forge) -> str:
    head, payload, signature = forge.parts()
    raw = urlsafe_b64decode(signature.encode())
    numbers = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    return f"{head}.{payload}.{coded(encode_dss_signature(*numbers))}"


def _changed(forge: Forge) -> str:
    head, _, signature = forge.parts()
    return f"{head}.{coded(forge.payload())}.{signature}"


def _other_header(forge: Forge) -> str:
    _, payload, signature = forge.parts()
    return f"{coded(json.dumps(forge.head(note='x')).encode())}.{payload}.{signature}"


def _encrypted(forge: Forge) -> str:
    key = ECKey.import_key({name: forge.public[name] for name in ("kty", "crv", "x", "y")})
    head = forge.head(alg="ECDH-ES", enc="A128GCM", cty="JWT")
    return jwe.encrypt_compact(head, forge.genuine.encode(), key, algorithms=["ECDH-ES", "A128GCM"])


def _serialised(forge: Forge) -> str:
    head, payload, signature = forge.parts()
    return json.dumps({"protected": head, "payload": payload, "signature": signature})


_ZEROS = coded(bytes(64))
_RSA = RSAKey.generate_key(2048, private=True)
_TWICE = b'{"alg":"none","alg":"ES256","typ":"at+jwt"}'
_DIRECT = coded(b'{"alg":"dir","enc":"A128GCM"}')

FORGERIES: Mapping[str, Callable[[Forge], str]] = {
    "no algorithm": lambda f: by_hand(f.head(alg="none"), f.payload(), None),
    "no algorithm, in other letters": lambda f: by_hand(f.head(alg="nOnE"), f.payload(), None),
    "no algorithm, with a signature": lambda f: f.own_signature(alg="none"),
    "the algorithm left out": lambda f: f.own_signature(alg=...),
    "the public key as a secret, PEM": lambda f: f.shared_secret(f.pem()),
    "the public key as a secret, PEM without its last line": lambda f: f.shared_secret(f.pem().rstrip()),
    "the public key as a secret, JSON": lambda f: f.shared_secret(json.dumps(f.public).encode()),
    "the public key as a secret, its x": lambda f: f.shared_secret(urlsafe_b64decode(f.public["x"].encode())),
    "an empty secret": lambda f: f.shared_secret(b""),
    "a key id that is a path": lambda f: f.shared_secret(b"", kid="../../../../../../dev/null"),
    "a key id that is a file of known content": lambda f: f.shared_secret(b"2\n", kid="/proc/sys/kernel/random"),
    "a key id that is SQL": lambda f: f.shared_secret(b"x", kid="nobody' UNION SELECT 'x' -- "),
    "a key id that is a command": lambda f: f.own_signature(kid="|/usr/bin/id"),
    "a key id that is an address": lambda f: f.own_signature(kid=f"{f.trap}/key"),
    "a key id that is a list": lambda f: f.own_signature(kid=[f.public["kid"]]),
    "a key id that is null": lambda f: f.own_signature(kid=None),
    "no key id": lambda f: f.own_signature(kid=...),
    "an empty key id": lambda f: f.own_signature(kid=""),
    "a key id of one's own": lambda f: f.own_signature(kid=f.own.thumbprint()),
    "the known key id and another key": lambda f: f.own_signature(),
    "a key that it brings along": lambda f: f.own_signature(jwk=f.own.as_dict(private=False)),
    "a key that it brings along, and its id": lambda f: f.own_signature(
        jwk=f.own.as_dict(private=False), kid=f.own.thumbprint()
    ),
    "an address of keys": lambda f: f.own_signature(jku=f"{f.trap}/jwks", kid=f.own.thumbprint()),
    "an address of keys, known id": lambda f: f.own_signature(jku=f"{f.trap}/jwks"),
    "an address of certificates": lambda f: f.own_signature(x5u=f"{f.trap}/x.pem"),
    "a certificate that it brings along": lambda f: f.own_signature(x5c=[coded(b"certificate")]),
    "an extension that must be understood": lambda f: f.own_signature(crit=["b64"], b64=False),
    "a payload that is another": _changed,
    "a header that is another": _other_header,
    "the signature left out": lambda f: ".".join(f.parts()[:2]),
    "the signature emptied": lambda f: ".".join(f.parts()[:2]) + ".",
    "the signature cut": lambda f: f.genuine[:-20],
    "a signature of zeros": lambda f: f"{f.parts()[0]}.{coded(f.payload())}.{_ZEROS}",
    "a signature in another encoding": _der,
    "a signature of another text": lambda f: f"{f.own_signature().rpartition('.')[0]}.{f.parts()[2]}",
    "four parts": lambda f: f"{f.genuine}.{_ZEROS}",
    "a larger curve": lambda f: f.own_signature(ECKey.generate_key("P-384", private=True), alg="ES384"),
    "another curve of the same size": lambda f: f.own_signature(
        ECKey.generate_key("secp256k1", private=True), alg="ES256K"
    ),
    "another kind of key": lambda f: f.own_signature(OKPKey.generate_key("Ed25519", private=True), alg="Ed25519"),
    "an RSA key": lambda f: f.own_signature(_RSA, alg="PS256"),
    "an RSA key, in the old way": lambda f: f.own_signature(_RSA, alg="RS256"),
    "encrypted": _encrypted,
    "encrypted with a key of one's own": lambda _: f"{_DIRECT}..{_ZEROS}.AAAA.AAAA",
    "one within another": lambda f: signed(f.head(cty="JWT"), f.genuine.encode(), f.own),
    "as JSON": _serialised,
    "nothing": lambda _: "x",
    "only points": lambda _: "..",
    "no JSON within": lambda _: f"{coded(b'[')}.{coded(b'[')}.{_ZEROS}",
    "a header that is a list": lambda f: f"{coded(b'[]')}.{f.parts()[1]}.{f.parts()[2]}",
    "a header nested without end": lambda f: f"{coded(b'[' * 3000)}.{f.parts()[1]}.{f.parts()[2]}",
    "a header with members twice": lambda f: f"{coded(_TWICE)}.{f.parts()[1]}.{f.parts()[2]}",
    "letters that look alike": lambda f: f.own_signature(alg="ЕS256"),
    "a huge header": lambda f: f.own_signature(note="x" * 3000),
    "huge": lambda f: f.own_signature() + "A" * 9000,
    "percent signs": lambda f: f.genuine.replace(".", "%2e"),
}
