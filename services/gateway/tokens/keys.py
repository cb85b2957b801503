"""The issuer's signing keys: a JWK set in a file that only the gateway may read.

The first key signs. The others are published only: put the next key last one cache period (5 minutes) before it
moves first, and keep a retired one as long as tokens live.
"""

import contextlib
import json
import os
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

_MODE = 0o600


class KeysUnusable(Exception):
    """The key file cannot be used. The text says why, without its content."""


class SigningKeys:
    """The keys of one issuer, each P-256 and named by its RFC 7638 thumbprint."""

    def __init__(self, keys: list[ECKey]) -> None:
        self._keys = keys
        self._public = KeySet(
            [ECKey.import_key({**key.as_dict(private=False), **_public_members(key)}) for key in keys]
        )

    @property
    def signing(self) -> ECKey:
        """The key that signs now."""
        return self._keys[0]

    def public(self) -> KeySet:
        """What is published and verified with: no private part."""
        return self._public


def read_or_make_keys(path: Path) -> SigningKeys:
    """The keys of the file, which is made with one new key when absent. Raises KeysUnusable."""
    with contextlib.suppress(FileExistsError):
        _make(path)
    if path.stat().st_mode & 0o077:
        raise KeysUnusable(f"{path} may be read by others than its owner; set its mode to 0600")
    try:
        members = json.loads(path.read_text("utf-8"))["keys"]
        keys = [ECKey.import_key(member) for member in members]
    except (JoseError, ValueError, KeyError, TypeError):
        raise KeysUnusable(f"{path} is not a JWK set of EC keys") from None
    if not keys or any(not key.is_private or key.curve_name != "P-256" for key in keys):
        raise KeysUnusable(f"{path} must hold private keys on P-256")
    return SigningKeys(keys)


def write_private(path: Path, text: str) -> None:
    """A new file that only its owner reads. Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _make(path: Path) -> None:
    if path.exists():
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    key = ECKey.generate_key("P-256", private=True)
    write_private(path, json.dumps({"keys": [key.as_dict(private=True)]}))


def _public_members(key: ECKey) -> dict[str, str]:
    return {"kid": key.thumbprint(), "alg": "ES256", "use": "sig"}
