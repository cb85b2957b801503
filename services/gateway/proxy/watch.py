"""Stops an exchange with a service when the client it is for has gone away or does not read."""

import asyncio
from types import TracebackType
from typing import Self

from shared.http.guard import Receive

# Most exchanges are over by then; a task for each would cost more than forwarding it.
_BEGIN_SECONDS = 0.25


class ClientWatch:
    """A block that ends early, without an exception, when the client is gone or `seconds` have passed.

    To be entered when the request's body is complete, since it reads what comes after. pyreqwest 0.15 lets go of a
    service only when the head of its answer has come; before that the exchange runs on, unseen, until its time-out.
    """

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive, self._seconds = receive, seconds
        self._loop = asyncio.get_running_loop()
        self._watched = asyncio.current_task()
        self._watcher: asyncio.Task[None] | None = None
        self._over = self._stopped = False

    def __enter__(self) -> Self:
        self._timer = self._loop.call_later(_BEGIN_SECONDS, self._begin)
        return self

    def answered(self) -> None:
        """Say that the answer is complete: the server now tells of a disconnect that is none."""
        self._over = True

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._over = True
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._stopped and self._watched is not None and kind is asyncio.CancelledError:
            return self._watched.uncancel() == 0
        return False

    def _begin(self) -> None:
        self._watcher = self._loop.create_task(self._watch())

    async def _watch(self) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            pass
        if not self._over and self._watched is not None:
            self._stopped = True
            self._watched.cancel()
