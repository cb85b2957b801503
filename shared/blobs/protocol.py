"""What whoever keeps large contents needs of where they are kept."""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class BlobDamaged(Exception):
    """What is kept is gone, cut short, exchanged or changed, or was sealed with another key."""


class BlobsUnavailable(OSError):
    """The store itself is not there, or refuses, such as a volume that is not mounted or is full.

    Of no content does it say anything.
    """


@dataclass(frozen=True, slots=True)
class Digest:
    """How long a content is, in bytes, and its SHA-256."""

    size: int
    sha256: bytes


class Draft(Protocol):
    """A content on its way in. Nobody finds it until it is kept; what is not kept is gone."""

    async def write(self, piece: bytes) -> None:
        """Add to it."""
        ...

    async def whole(self) -> Digest:
        """Nothing more is added, and all of it has reached the disk."""
        ...

    async def read(self) -> bytes:
        """All that was written, as it will be read one day."""
        ...

    async def keep(self) -> None:
        """From now on it is found by its key, whatever happens to the machine."""
        ...


class Blobs(Protocol):
    """A store. `key` is random and says nothing; `place` is what the content belongs to, and it opens nowhere else.

    One that has not been made raises BlobsUnavailable, whatever it is asked.
    """

    async def identity(self) -> uuid.UUID | None:
        """Which store it is; None for one that has not been made, or is not there."""
        ...

    async def make(self, identity: uuid.UUID) -> None:
        """From now on it is that store."""
        ...

    def draft(self, key: uuid.UUID, place: str, at: datetime) -> AbstractAsyncContextManager[Draft]:
        """Begin a content at that time."""
        ...

    async def digest(self, key: uuid.UUID, place: str) -> Digest:
        """Of the whole content, read to its end. Raises BlobDamaged."""
        ...

    def stream(self, key: uuid.UUID, place: str) -> AsyncIterator[bytes]:
        """The content piece by piece. Raises BlobDamaged, on the way too."""
        ...

    async def erase(self, key: uuid.UUID) -> None:
        """It is gone afterwards, whether it was there or not."""
        ...

    async def forget_drafts(self, before: datetime) -> int:
        """Remove what was begun before that time and never kept; answers how many."""
        ...

    async def kept_before(self, before: datetime, part: int) -> Sequence[uuid.UUID]:
        """Keys of what has been kept since before that time, of one part of `PARTS`."""
        ...


PARTS = 256
"""A store is gone through in so many parts, so that looking at one stays short however much there is."""
