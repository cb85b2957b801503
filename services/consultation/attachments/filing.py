"""What giving and fetching files needs of the world."""

import asyncio
import logging
import uuid
from dataclasses import dataclass, field
from typing import cast

from starlette.requests import Request

from services.consultation.attachments.contents.recognise import recognise
from services.consultation.consultations.attachments.domain import Limits, MediaType, Scan
from services.consultation.consultations.attachments.problems import ATTACHMENTS_UNAVAILABLE
from shared.blobs.protocol import Blobs, BlobsUnavailable, Draft
from shared.problems import Problem

_EXAMINED_AT_ONCE = 4
_AGAIN_SECONDS = "30"
_log = logging.getLogger("attachments")


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

    async def discard(self, key: uuid.UUID) -> None:
        """Erase a content that no row leads to. Where the store is not there, that is left to the sweep."""
        try:
            await self.blobs.erase(key)
        except BlobsUnavailable as fault:
            _log.warning("a content is left to be swept", extra={"why": str(fault)})

    async def examine(self, draft: Draft) -> MediaType:
        """What the file is. Raises Unfit."""
        async with self._examining:
            return await asyncio.to_thread(recognise, await draft.read())


def unavailable(fault: BlobsUnavailable) -> Problem:
    """The refusal when the store is not there: of no file does it say that it is lost."""
    _log.error("the store of attachments is not to be had", extra={"why": str(fault)})
    return Problem(ATTACHMENTS_UNAVAILABLE, headers={"Retry-After": _AGAIN_SECONDS})


def filing_of(request: Request) -> Filing:
    """That of the application that serves the request."""
    return cast(Filing, request.app.state.filing)
