"""Sweep: contents that no row leads to are erased. They come of uploads that broke off, and of erasing that did.

One part of the store in each run, by the clock: all of it within a day, and no state to keep.
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from services.consultation.attachments.store import store_faults
from shared.blobs.protocol import PARTS, Blobs, BlobsUnavailable
from shared.jobs.job import Outing

EVERY_SECONDS = 300
LEFT_ALONE = timedelta(days=1)
"""What is younger may be on its way: its row is written after it."""

_AT_ONCE = 1000
_log = logging.getLogger("attachments")
_LED_TO = text("SELECT blob FROM attachment WHERE blob = ANY(CAST(:keys AS uuid[]))")


@dataclass(frozen=True, slots=True)
class Sweeping:
    """Through which store."""

    blobs: Blobs

    async def sweep(self, outing: Outing) -> None:
        """One run. Raises BlobsUnavailable when the store is not this database's: there nothing is led to."""
        now = outing.clock()
        async with outing.begin() as connection:
            faults = await store_faults(connection, self.blobs, now)
        if faults:
            raise BlobsUnavailable(*faults)
        before = now - LEFT_ALONE
        erased = await self.blobs.forget_drafts(before)
        part = int(now.timestamp() // EVERY_SECONDS) % PARTS
        kept = await self.blobs.kept_before(before, part)
        for first in range(0, len(kept), _AT_ONCE):
            for key in await self._astray(outing, kept[first : first + _AT_ONCE]):
                await self.blobs.erase(key)
                erased += 1
        if erased:
            _log.info("contents that nothing led to were erased", extra={"number": erased})

    async def _astray(self, outing: Outing, keys: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        async with outing.begin() as connection:
            led_to = (await connection.execute(_LED_TO, {"keys": list(keys)})).scalars()
            return set(keys) - set(led_to)
