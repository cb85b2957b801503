"""Counters in memory for the `limits` library.

Its own memory storage starts a task on every hit that walks all counters, so its cost grows with the number of
callers. Here expired counters leave when a new window begins, and the number of counters is bounded.
"""

from collections import OrderedDict

from limits.aio.storage import Storage

from shared.clock import Clock

_CAPACITY = 100_000


class CounterStorage(Storage):
    """Fixed windows. When full, the oldest counter gives way."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._counters: OrderedDict[str, tuple[int, float]] = OrderedDict()

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = self._clock().timestamp()
        count, ends = self._counters.get(key, (0, 0.0))
        if ends <= now:
            self._forget(now)
            count, ends = 0, now + expiry
            self._counters.pop(key, None)
        self._counters[key] = (count + amount, ends)
        return count + amount

    async def get(self, key: str) -> int:
        count, ends = self._counters.get(key, (0, 0.0))
        return count if ends > self._clock().timestamp() else 0

    async def get_expiry(self, key: str) -> float:
        return self._counters[key][1] if key in self._counters else self._clock().timestamp()

    async def check(self) -> bool:
        return True

    async def reset(self) -> int:
        count = len(self._counters)
        self._counters.clear()
        return count

    async def clear(self, key: str) -> None:
        self._counters.pop(key, None)

    def _forget(self, now: float) -> None:
        # In order of beginning, and all windows of one storage are about as long.
        while self._counters:
            oldest, (_, ends) = next(iter(self._counters.items()))
            if ends > now and len(self._counters) < _CAPACITY:
                return
            del self._counters[oldest]
