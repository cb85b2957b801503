"""A source's own time: what is late costs its own sources, and nobody waits longer for it than was agreed."""

import asyncio
from collections.abc import Mapping
from typing import Any

from services.consultation.lookups.sources.domain import Inquiry, Source, SourceAnswer, SourceCode
from services.consultation.lookups.sources.failures import TIMEOUT, all_failed


class Budgeted:
    """A source that answers within `seconds`, if only that the time ran out.

    All who wait for it have the same time, so it runs out in the order in which they began: one timer does for all of
    them, where `asyncio.timeout` sets one for each. That is a fiftieth of a look-up at seven sources.
    """

    def __init__(self, source: Source, seconds: float) -> None:
        self._source = source
        self._seconds = seconds
        self._ends: dict[asyncio.Task[Any], float] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def ask(self, inquiry: Inquiry) -> Mapping[SourceCode, SourceAnswer]:
        """See Source."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        before = task.cancelling()
        self._ends[task] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._break_off)
        try:
            return await self._source.ask(inquiry)
        except asyncio.CancelledError:
            if task in self._ends or task.cancelling() - 1 > before:
                raise  # somebody else breaks it off, alone or at the same time
            return all_failed(inquiry, TIMEOUT, took_ms=round(self._seconds * 1000))
        finally:
            if self._ends.pop(task, None) is None:
                task.uncancel()
            self._stop_when_nobody_waits()

    def _break_off(self) -> None:
        """Those whose time has run out, and wait for the next."""
        loop, self._timer = asyncio.get_running_loop(), None
        for task, ends in list(self._ends.items()):
            if ends > loop.time():
                self._timer = loop.call_at(ends, self._break_off)
                break
            del self._ends[task]
            task.cancel()

    def _stop_when_nobody_waits(self) -> None:
        if self._timer is not None and not self._ends:
            self._timer.cancel()
            self._timer = None
