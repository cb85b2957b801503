"""How a content is sealed: in chunks, so that neither side ever holds all of it.

    magic  sealed data key  chunk 0  chunk 1 ... last chunk

The data key is random and of this content alone. It is sealed by the vault for the content's place, so a content that
is put in the place of another does not open. Each chunk is AES-256-GCM of 64 KiB, the last one shorter, with its
position and whether it is the last one in the nonce (the STREAM construction: Hoang, Reyhanitabar, Rogaway and Vizár,
2015): chunks that are changed, moved, repeated or cut off don't open either.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.blobs.protocol import BlobDamaged
from shared.vault import CannotOpen, Vault

CHUNK_BYTES = 64 * 1024
_MAGIC = b"SBL1"
_KEY_BYTES, _TAG_BYTES = 32, 16
# Version, nonce, key and tag, as the vault seals.
_SEALED_KEY_BYTES = 1 + 12 + _KEY_BYTES + _TAG_BYTES


class Sealer:
    """Seals one content, chunk by chunk. `header` comes first."""

    def __init__(self, vault: Vault, place: str) -> None:
        key = os.urandom(_KEY_BYTES)
        self._cipher = AESGCM(key)
        self._position = 0
        self.header = _MAGIC + vault.seal(key, _purpose(place))

    def chunk(self, plain: bytes, *, last: bool) -> bytes:
        """The next one. All but the last are `CHUNK_BYTES` long."""
        sealed = self._cipher.encrypt(_nonce(self._position, last=last), plain, None)
        self._position += 1
        return sealed


def opened(vault: Vault, place: str, file: BinaryIO) -> Iterator[bytes]:
    """The chunks of a content. Raises BlobDamaged, at the chunk that does not open."""
    header = file.read(len(_MAGIC) + _SEALED_KEY_BYTES)
    if not header.startswith(_MAGIC):
        raise BlobDamaged("the content does not begin as one")
    try:
        cipher = AESGCM(vault.open(header[len(_MAGIC) :], _purpose(place)))
        sealed, position, last = file.read(CHUNK_BYTES + _TAG_BYTES), 0, False
        while not last:
            following = file.read(CHUNK_BYTES + _TAG_BYTES)
            last = not following
            yield cipher.decrypt(_nonce(position, last=last), sealed, None)
            sealed, position = following, position + 1
    except (CannotOpen, InvalidTag, ValueError):
        raise BlobDamaged("the content does not open") from None


def _nonce(position: int, *, last: bool) -> bytes:
    return position.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _purpose(place: str) -> str:
    return f"blob:{place}"
