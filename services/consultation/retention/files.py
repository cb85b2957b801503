"""Files outside the database: that one is to go is committed with its record's end, and done here, until it is done."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import Clock

_log = logging.getLogger("retention")

EraseFile = Callable[[str], Awaitable[None]]
"""Removes the file of a key; nothing when there is none, so that it can be done again. Raises whatever it likes."""

_MOST = 1000
# Those that have been tried longest ago first, so that one that can't be removed keeps no other waiting.
_NEXT = text(
    """
    UPDATE file_to_erase f SET tried_at = :now
    FROM (SELECT key FROM file_to_erase WHERE coalesce(tried_at, noted_at) < :begun
          ORDER BY coalesce(tried_at, noted_at), key LIMIT 1 FOR UPDATE SKIP LOCKED) AS oldest
    WHERE f.key = oldest.key RETURNING f.key
    """
)
_DONE = text("DELETE FROM file_to_erase WHERE key = :key")


async def erase_files(
    begin: Callable[[], AbstractAsyncContextManager[AsyncConnection]],
    erase_file: EraseFile,
    clock: Clock,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Erase the files whose records are gone, each tried once; answers how many. No transaction waits for a file."""
    begun, erased = clock(), 0
    for _ in range(_MOST):
        if stopping():
            break
        async with begin() as connection:
            key = (await connection.execute(_NEXT, {"now": clock(), "begun": begun})).scalar_one_or_none()
        if key is None:
            break
        try:
            await erase_file(key)
        except Exception as fault:
            _log.warning("a file could not be erased, and is tried again", extra={"why": type(fault).__name__})
            continue
        async with begin() as connection:
            await connection.execute(_DONE, {"key": key})
        erased += 1
    return erased
