"""Figures over the latest stretch of time, in memory that does not grow with what is counted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

Slot = TypeVar("Slot")


class Rolling(Generic[Slot]):
    """A ring of slots, each for an equal part of `window`; what is older is forgotten a slot at a time.

    What is read covers between `slots - 1` and `slots` parts of the window, since the newest one is being filled.
    """

    def __init__(self, make: Callable[[], Slot], *, window: timedelta, slots: int) -> None:
        self._make = make
        self._width = window.total_seconds() / slots
        self._count = slots
        self._slots: dict[int, Slot] = {}
        self._latest: tuple[datetime, datetime, Slot] | None = None

    def at(self, now: datetime) -> Slot:
        """The slot that `now` falls in."""
        # Nearly always the one that was asked for last.
        if self._latest is not None and self._latest[0] <= now < self._latest[1]:
            return self._latest[2]
        number = self._number(now)
        if number not in self._slots:
            self._forget_others(number)
            self._slots[number] = self._make()
        begins, ends = (datetime.fromtimestamp(each * self._width, UTC) for each in (number, number + 1))
        self._latest = begins, ends, self._slots[number]
        return self._slots[number]

    def alive(self, now: datetime) -> list[Slot]:
        """The slots that are still within the window."""
        self._forget_others(self._number(now))
        return list(self._slots.values())

    def clear(self) -> None:
        """Forget everything."""
        self._slots.clear()
        self._latest = None

    def _number(self, now: datetime) -> int:
        return int(now.timestamp() // self._width)

    def _forget_others(self, newest: int) -> None:
        # A clock that was set back leaves slots ahead of it: they go too, or they would never be passed.
        for number in [each for each in self._slots if not newest - self._count < each <= newest]:
            del self._slots[number]
            self._latest = None
