"""An event loop that waits for nothing: when all are waiting, it is later. Hours take no time, and are told exactly."""

import asyncio
import selectors


class _Waitless(selectors.DefaultSelector):
    """The time that would have passed is over at once."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0
        return super().select(0)


class HeldTime(asyncio.SelectorEventLoop):
    """For coroutines that wait for each other and for the time, and for nothing outside. It is 0 at first."""

    def __init__(self) -> None:
        self._selector_without_waits = _Waitless()
        super().__init__(self._selector_without_waits)

    def time(self) -> float:
        return self._selector_without_waits.now
