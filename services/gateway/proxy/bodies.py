"""The client's body on its way through: counted, and given up when the client falls silent."""

import asyncio
from collections.abc import AsyncIterator

from shared.http.guard import Receive
from shared.http.refusals import REQUEST_TIMEOUT
from shared.problems import BODY_TOO_LARGE, Problem

_HELD_BYTES = 64 * 1024


class ClientGone(Exception):
    """The client closed the connection; nobody waits for an answer."""


class ClientBody:
    """The body of one request."""

    def __init__(self, receive: Receive, *, max_bytes: int, idle_seconds: float) -> None:
        self._receive, self._max_bytes, self._idle_seconds = receive, max_bytes, idle_seconds
        self._size = 0
        self._more = True

    async def open(self, declared: int | None) -> bytes | AsyncIterator[bytes]:
        """All of a small body, which is cheaper to send on, or a larger one piece by piece.

        Raises Problem: 413, 408; or ClientGone.
        """
        if declared is not None and declared > self._max_bytes:
            raise self._too_large()
        held: list[bytes] = []
        while self._more and self._size <= _HELD_BYTES:
            held.append(await self._next())
        return self._streamed(held) if self._more else b"".join(held)

    async def _streamed(self, held: list[bytes]) -> AsyncIterator[bytes]:
        for piece in held:
            yield piece
        while self._more:
            if piece := await self._next():
                yield piece

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(self._idle_seconds):
                message = await self._receive()
        except TimeoutError:
            raise Problem(REQUEST_TIMEOUT, headers={"Connection": "close"}) from None
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = message.get("body", b"")
        self._size += len(piece)
        self._more = message.get("more_body", False)
        if self._size > self._max_bytes:
            raise self._too_large()
        return piece

    def _too_large(self) -> Problem:
        # The rest of it is not waited for.
        return Problem(BODY_TOO_LARGE, headers={"Connection": "close"}, members={"maxBytes": self._max_bytes})
