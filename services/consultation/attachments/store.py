"""The store of contents is the one that the database knows.

A volume that is not mounted looks like an empty directory, in which every file seems to be gone; another installation's
looks like one that is full of what no row leads to. So a store is made once, and from then on it is to be there.
"""

import logging
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.blobs.protocol import Blobs

MISSING = "attachments: their store is not there; is the volume mounted?"
ANOTHER = "attachments: the store is another one than this database's"
UNUSABLE = "attachments: their store can't be read or made"
_log = logging.getLogger("attachments")

_KNOWN = text("SELECT id, made_at FROM attachment_store")
# Locked: of two that start at once and see different directories, one makes the store and the other looks for it.
_UNMADE = text("SELECT id FROM attachment_store WHERE made_at IS NULL FOR UPDATE")
_MADE = text("UPDATE attachment_store SET made_at = :now")


async def store_faults(connection: AsyncConnection, blobs: Blobs, now: datetime) -> list[str]:
    """Why nothing can be kept or found; logged, and empty when all is well. The first who asks makes the store."""
    faults = await _faults(connection, blobs, now)
    for fault in faults:
        _log.error(fault)
    return faults


async def _faults(connection: AsyncConnection, blobs: Blobs, now: datetime) -> list[str]:
    known = (await connection.execute(_KNOWN)).one()
    unmade = known.made_at is None and (await connection.execute(_UNMADE)).one_or_none() is not None
    try:
        found = await blobs.identity()
        if found is None and unmade:
            await blobs.make(known.id)
            found = known.id
    except OSError as fault:
        return [f"{UNUSABLE} ({type(fault).__name__})"]
    if found != known.id:
        return [MISSING if found is None else ANOTHER]
    if unmade:
        await connection.execute(_MADE, {"now": now})
    return []
