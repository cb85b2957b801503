"""JPEG (ITU-T T.81): segments from SOI to EOI. Several pictures after each other are one file (CIPA DC-007), as phones
write it; anything else after the last one is a refusal.
"""

import re
import struct

from services.consultation.attachments.contents.domain import Unfit, Unfitness
from services.consultation.attachments.contents.png import MOST_PIXELS

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
# A marker within the coded picture: neither a stuffed byte, nor a restart, nor padding.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# What says how large the picture is: all of the frame headers.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MOST_SEGMENTS = 20_000


def check_jpeg(content: bytes) -> None:
    """Raises Unfit."""
    at = 0
    while at < len(content):
        if content[at : at + 3] != b"\xff\xd8\xff":
            raise Unfit(Unfitness.SEVERAL_TYPES)
        at = _end_of_picture(content, at + 2)


def _end_of_picture(content: bytes, at: int) -> int:
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.match(content, at)
        if found is None:
            raise Unfit(Unfitness.BROKEN)
        marker = content[at + 1]
        if marker == _EOI:
            return at + 2
        at = _end_of_segment(content, at, marker)
        if marker == _SOS:
            following = _MARKER.search(content, at)
            at = following.start() if following else len(content)
    raise Unfit(Unfitness.BROKEN)


def _end_of_segment(content: bytes, at: int, marker: int) -> int:
    if marker == _SOI or at + 4 > len(content):
        raise Unfit(Unfitness.BROKEN)
    length = int.from_bytes(content[at + 2 : at + 4], "big")
    if length < 2 or at + 2 + length > len(content):
        raise Unfit(Unfitness.BROKEN)
    if marker in _FRAMES and length >= 7:
        height, width = struct.unpack_from(">HH", content, at + 5)
        if width * height > MOST_PIXELS:
            raise Unfit(Unfitness.EXPANDS_TOO_MUCH)
    return at + 2 + length
