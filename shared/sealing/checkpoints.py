"""A checkpoint: a signed statement that the chain of `origin` had this link at this position.

Compact JWS (RFC 7515), ES256, `typ` `audit-checkpoint`, `kid` the key's RFC 7638 thumbprint. Each names the hash of the
one before, so that none can be taken out of the row.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.util import json_b64decode

from shared.tokens.jose import InvalidToken, header_of, signed_token, verified_claims

TYPE = "audit-checkpoint"
ALGORITHM = "ES256"
_WHOLE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}", re.ASCII)


class CheckpointFault(Exception):
    """A checkpoint that can't be made, written or believed. The text says why."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`previous` is the digest of the checkpoint before, None at the first."""

    origin: str
    position: int
    link: bytes
    previous: bytes | None
    at: datetime


def digest_of(line: str) -> bytes:
    """What the next checkpoint calls this one."""
    return hashlib.sha256(line.encode("ascii", "replace")).digest()


def is_whole(line: str) -> bool:
    """Whether a line is a whole checkpoint. A write that was broken off leaves the beginning of one."""
    return _WHOLE.fullmatch(line) is not None


def signed(checkpoint: Checkpoint, key: ECKey) -> str:
    """The checkpoint as a line, without its end."""
    claims = {
        "origin": checkpoint.origin,
        "position": checkpoint.position,
        "link": checkpoint.link.hex(),
        "previous": checkpoint.previous and checkpoint.previous.hex(),
        "at": checkpoint.at.isoformat(),
    }
    return signed_token({"alg": ALGORITHM, "typ": TYPE, "kid": key.thumbprint()}, claims, key)


def believed(line: str, keys: Mapping[str, ECKey]) -> Checkpoint:
    """The checkpoint of a line, signed with one of `keys` (by thumbprint). Raises CheckpointFault."""
    try:
        key = keys[str(header_of(line).get("kid"))]
        return _read(verified_claims(line, key, types=(TYPE,), algorithms=(ALGORITHM,)))
    except KeyError:
        raise CheckpointFault("it is signed with a key that is not among those given") from None
    except InvalidToken:
        raise CheckpointFault("its signature does not hold") from None


def unverified(line: str) -> Checkpoint:
    """The checkpoint of a line that we have written ourselves, whatever key signed it. Raises CheckpointFault."""
    try:
        return _read(json_b64decode(line.split(".")[1].encode("ascii")))
    except (ValueError, IndexError):
        raise CheckpointFault("it cannot be read") from None


def _read(claims: Mapping[str, object]) -> Checkpoint:
    try:
        previous = claims["previous"]
        return Checkpoint(
            origin=str(claims["origin"]),
            position=int(str(claims["position"])),
            link=bytes.fromhex(str(claims["link"])),
            previous=None if previous is None else bytes.fromhex(str(previous)),
            at=datetime.fromisoformat(str(claims["at"])),
        )
    except (KeyError, ValueError, TypeError):
        raise CheckpointFault("it cannot be read") from None


def read_signing_key(path: Path) -> ECKey:
    """The private key of the file, a JWK on P-256 that only its owner may read. Raises CheckpointFault."""
    keys = _keys_in(path)
    if len(keys) != 1 or not keys[0].is_private:
        raise CheckpointFault(f"{path} must hold one private key on P-256 (JWK)")
    if path.stat().st_mode & 0o077:
        raise CheckpointFault(f"{path} may be read by others than its owner; set its mode to 0600")
    return keys[0]


def read_public_keys(path: Path) -> dict[str, ECKey]:
    """The keys of the file, a JWK or a JWK set, by thumbprint. Raises CheckpointFault."""
    keys = {key.thumbprint(): key for key in _keys_in(path)}
    if not keys:
        raise CheckpointFault(f"{path} holds no key")
    return keys


def public_key_set(*keys: ECKey) -> str:
    """The public parts as a JWK set, for those who verify."""
    members = [{**key.as_dict(private=False), "kid": key.thumbprint(), "alg": ALGORITHM, "use": "sig"} for key in keys]
    return json.dumps({"keys": members}, indent=2) + "\n"


def _keys_in(path: Path) -> list[ECKey]:
    try:
        told = json.loads(path.read_text("utf-8"))
        keys = [ECKey.import_key(member) for member in told.get("keys", [told])]
    except (OSError, ValueError, AttributeError, TypeError, KeyError, JoseError):
        raise CheckpointFault(f"{path} cannot be read as a key on P-256 (JWK)") from None
    if any(key.curve_name != "P-256" for key in keys):
        raise CheckpointFault(f"{path} holds a key of another kind than P-256")
    return keys
