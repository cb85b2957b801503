"""The load: requests made beforehand, sent over connections that are kept, each as soon as the last is answered.

It runs in a process of its own, on its own core. It reads no more of an answer than it must, so that it is never what
is measured: status, length and when the last byte came.
"""

import asyncio
import math
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import cast

import uvloop

GRACE_SECONDS = 30.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Load:
    """What to send to a port of this machine, and how.

    It ends after `seconds`, or when all requests have been sent once unless they are to `repeat`. An answer with
    another status than `expected` is a failure.
    """

    port: int
    requests: Sequence[bytes]
    seconds: float
    connections: int
    expected: int
    repeat: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went. `failures` counts wrong answers by status, 0 for a broken connection. Times are in milliseconds."""

    answered: int
    seconds: float
    p50: float
    p95: float
    p99: float
    failures: dict[int, int]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds


def run(load: Load) -> Outcome:
    """Send it all. Raises OSError when there is no connection, TimeoutError when answers stay away."""
    return uvloop.run(_run(load))


async def _run(load: Load) -> Outcome:
    loop = asyncio.get_running_loop()
    sender = _Sender(cycle(load.requests) if load.repeat else iter(load.requests), load.expected)
    lines = [
        (await loop.create_connection(lambda: _Line(sender), "127.0.0.1", load.port))[1]
        for _ in range(load.connections)
    ]
    started = time.perf_counter()
    sender.until = started + load.seconds
    for line in lines:
        line.send_next()
    async with asyncio.timeout(load.seconds + GRACE_SECONDS):
        await asyncio.gather(*(line.ended for line in lines))
    seconds = time.perf_counter() - started
    for line in lines:
        line.close()
    times = sorted(sender.times)
    p50, p95, p99 = (percentile(times, share) for share in (0.50, 0.95, 0.99))
    return Outcome(len(times), seconds, p50, p95, p99, dict(sender.failures))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of the ordered values do not pass; milliseconds for seconds."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] * 1000


@dataclass(slots=True)
class _Sender:
    """What the connections share: the requests that are left, and what came of those that went."""

    left: Iterator[bytes]
    expected: int
    until: float = 0.0
    times: list[float] = field(default_factory=list)
    failures: Counter[int] = field(default_factory=Counter)

    def next(self, now: float) -> bytes | None:
        """The next request, or None when it is over."""
        return next(self.left, None) if now < self.until else None

    def answered(self, status: int, seconds: float) -> None:
        """Count one answer."""
        self.times.append(seconds)
        if status != self.expected:
            self.failures[status] += 1


class _Line(asyncio.Protocol):
    """One connection. `ended` is done when it has nothing more to send."""

    def __init__(self, sender: _Sender) -> None:
        self._sender = sender
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._sent = 0.0
        self._received = b""
        self._size: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's in all but their class.
        self._transport = cast("asyncio.Transport", transport)

    def send_next(self) -> None:
        """Send the next request, or end."""
        now = time.perf_counter()
        request = self._sender.next(now)
        if request is None or self._transport is None:
            self._end()
            return
        self._sent = now
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        if self._size is None:
            self._size = _size(self._received)
        if self._size is None or len(self._received) < self._size:
            return
        status = int(self._received[9:12])
        self._received, self._size = self._received[self._size :], None
        self._sender.answered(status, time.perf_counter() - self._sent)
        self.send_next()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.ended.done():
            self._sender.failures[0] += 1
        self._end()

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def _size(received: bytes) -> int | None:
    """Bytes of the whole answer, or None while its head is incomplete. Raises ValueError without a length."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = _LENGTH.search(received, 0, end + 2)
    if length is None:
        raise ValueError("an answer without Content-Length")
    return end + 4 + int(length[1])
