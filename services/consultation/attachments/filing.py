"""What giving and fetching files needs of the world."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

from starlette.requests import Request

from services.consultation.attachments.contents.recognise import recognise
from services.consultation.consultations.attachments.domain import Limits, MediaType, Scan
from shared.blobs.protocol import Blobs, Draft

_EXAMINED_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Filing:
    """Where contents are kept, what may be given, and whether a scanner looks at it.

    A file is examined in memory, so only so many are at once.
    """

    blobs: Blobs
    limits: Limits
    scanned: bool
    _examining: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_EXAMINED_AT_ONCE))

    @property
    def first_scan(self) -> Scan:
        """What is said of a new file."""
        return Scan.PENDING if self.scanned else Scan.NOT_SCANNED

    async def examine(self, draft: Draft) -> MediaType:
        """What the file is. Raises Unfit."""
        async with self._examining:
            return await asyncio.to_thread(recognise, await draft.read())


def filing_of(request: Request) -> Filing:
    """That of the application that serves the request."""
    return cast(Filing, request.app.state.filing)
