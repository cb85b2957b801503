"""Remembers what may be used once: proofs and client assertions."""

import hashlib
from collections import OrderedDict
from datetime import datetime
from typing import Protocol


class ReplaysUnavailable(Exception):
    """It cannot be told whether this has been used before, so it must be refused."""


class ReplayStore(Protocol):
    """Tells a first use from a second."""

    async def first_use(self, owner: str, token_id: str, *, issued: datetime, until: datetime, now: datetime) -> bool:
        """Whether this is the first use of `token_id` by `owner`; it is remembered until `until`.

        `issued` is when it says it was made. Raises ReplaysUnavailable.
        """
        ...


def replay_key(owner: str, token_id: str) -> bytes:
    """32 bytes that stand for the id, which is never stored itself."""
    return hashlib.sha256(f"{owner}\0{token_id}".encode("utf-8", "surrogatepass")).digest()


class InProcessReplayStore:
    """For a service that runs as one process. Bounded: when full, the oldest entry gives way."""

    def __init__(self, capacity: int = 500_000) -> None:
        self._seen: OrderedDict[bytes, float] = OrderedDict()
        self._capacity = capacity

    async def first_use(
        self,
        owner: str,
        token_id: str,
        *,
        issued: datetime,  # noqa: ARG002 - what was used before a restart is forgotten, whenever it was made
        until: datetime,
        now: datetime,
    ) -> bool:
        """See ReplayStore."""
        return self.remember(replay_key(owner, token_id), until, now)

    def remember(self, key: bytes, until: datetime, now: datetime) -> bool:
        """The same for a `replay_key`."""
        key = key[:16]
        instant = now.timestamp()
        known = self._seen.get(key)
        if known is not None and known >= instant:
            return False
        self._seen[key] = until.timestamp()
        self._seen.move_to_end(key)
        self._forget(instant)
        return True

    def forget(self, key: bytes) -> None:
        """Take back what `remember` said."""
        self._seen.pop(key[:16], None)

    def _forget(self, instant: float) -> None:
        while self._seen:
            oldest = next(iter(self._seen.items()))
            if oldest[1] >= instant and len(self._seen) <= self._capacity:
                return
            del self._seen[oldest[0]]
