"""Values stored so that a copy of the database tells nothing: sealed for reading, marked for finding.

Sealing is AES-256-GCM with the purpose as associated data, so a sealed value moved to another column does
not open. Finding is HMAC-SHA-256 under a key of its own: the number of plausible identity numbers is so
small that a bare hash falls in seconds.
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_VERSION = b"\x01"


class CannotOpen(Exception):
    """The value was sealed with another key, for another purpose, or has been changed."""


class Vault:
    """Holds the two keys. Both are 32 bytes."""

    def __init__(self, sealing_key: bytes, marking_key: bytes) -> None:
        if len(sealing_key) != 32 or len(marking_key) != 32:
            raise ValueError("both keys of the vault are 32 bytes")
        self._cipher = AESGCM(sealing_key)
        self._marking_key = marking_key

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Version byte, nonce, ciphertext and tag."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plain, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Raises CannotOpen."""
        if sealed[:1] != _VERSION:
            raise CannotOpen("unknown version of a sealed value")
        nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, rest, purpose.encode())
        except (InvalidTag, ValueError):
            raise CannotOpen("the value does not open with this key for this purpose") from None

    def mark(self, value: str, purpose: str) -> bytes:
        """32 bytes, the same for the same value and purpose."""
        return marked(self._marking_key, value, purpose)


def marked(marking_key: bytes, value: str, purpose: str) -> bytes:
    """The mark, for who holds the marking key and no more."""
    return hmac.new(marking_key, f"{purpose}\0{value}".encode(), hashlib.sha256).digest()
