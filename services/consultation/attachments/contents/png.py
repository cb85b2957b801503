"""PNG (ISO/IEC 15948): a signature, then chunks, the first IHDR and the last IEND, and nothing after."""

import struct

from services.consultation.attachments.contents.domain import Unfit, Unfitness

_SIGNATURE_BYTES, _FRAME_BYTES = 8, 12
_MOST_CHUNKS = 20_000
MOST_PIXELS = 200_000_000
"""What a picture may unfold to: a page scanned at 600 dots an inch is 35 million."""


def check_png(content: bytes) -> None:
    """Raises Unfit."""
    at, seen, kind = _SIGNATURE_BYTES, 0, b""
    while at < len(content) and kind != b"IEND" and seen < _MOST_CHUNKS:
        if at + _FRAME_BYTES > len(content):
            raise Unfit(Unfitness.BROKEN)
        length, kind = struct.unpack_from(">I4s", content, at)
        if not kind.isalpha() or (seen == 0) != (kind == b"IHDR"):
            raise Unfit(Unfitness.BROKEN)
        if seen == 0:
            _check_size(content, at, length)
        at, seen = at + _FRAME_BYTES + length, seen + 1
    if kind != b"IEND" or at > len(content):
        raise Unfit(Unfitness.BROKEN)
    if at < len(content):
        raise Unfit(Unfitness.SEVERAL_TYPES)


def _check_size(content: bytes, at: int, length: int) -> None:
    if length != 13 or at + _FRAME_BYTES + length > len(content):
        raise Unfit(Unfitness.BROKEN)
    width, height = struct.unpack_from(">II", content, at + 8)
    if width * height > MOST_PIXELS:
        raise Unfit(Unfitness.EXPANDS_TOO_MUCH)
