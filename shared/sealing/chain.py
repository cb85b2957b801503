"""What a link of the chain is. Pure, so that anyone can count it again with any language's SHA-256.

    link(n) = SHA-256(0x00 ‖ link(n-1) ‖ position ‖ at ‖ SHA-256(entry))

`position` is 1, 2, 3 ... and `at` the entry's time in microseconds since 1970-01-01T00:00:00Z, both eight bytes, the
most significant first; `at` is signed. Before the first comes a link of 32 zero bytes. The entry's hash stands for
its text, so that the text can be erased at the end of its time and the chain still verifies.
"""

import hashlib
import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

BEGINNING = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACE = struct.Struct(">Qq")


def entry_hash(entry: str) -> bytes:
    """SHA-256 of the entry's exact bytes in UTF-8."""
    return hashlib.sha256(entry.encode()).digest()


def next_link(link: bytes, position: int, at: datetime, hashed: bytes) -> bytes:
    """The link at `position`, after `link`. `at` carries a time zone, `hashed` is the entry's hash."""
    place = _PLACE.pack(position, (at - _EPOCH) // _MICROSECOND)
    return hashlib.sha256(b"\x00" + link + place + hashed).digest()


def links_after(link: bytes, position: int, entries: Iterable[tuple[datetime, bytes]]) -> list[bytes]:
    """The links of `entries` (time and hash), which follow on `link` at `position`."""
    made = []
    for place, (at, hashed) in enumerate(entries, position + 1):
        link = next_link(link, place, at, hashed)
        made.append(link)
    return made
