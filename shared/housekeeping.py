"""Small chores that a serving process repeats while it lives."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

_log = logging.getLogger("housekeeping")


@asynccontextmanager
async def repeating(chore: Callable[[], Awaitable[object]], *, every_seconds: float) -> AsyncIterator[None]:
    """Carry out the chore again and again inside the block. A failure is logged and the next turn tries anew."""
    task = asyncio.create_task(_repeat(chore, every_seconds))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _repeat(chore: Callable[[], Awaitable[object]], every_seconds: float) -> None:
    while True:
        await asyncio.sleep(every_seconds)
        try:
            await chore()
        except Exception:
            _log.exception("a chore failed")
