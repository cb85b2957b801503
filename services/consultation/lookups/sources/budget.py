"""A source's own time: what is late costs its own sources, and nobody waits longer for it than was agreed."""

import asyncio
from collections.abc import Mapping

from services.consultation.lookups.sources.domain import Inquiry, Source, SourceAnswer, SourceCode
from services.consultation.lookups.sources.failures import TIMEOUT, all_failed


class Budgeted:
    """A source that answers within `seconds`, if only that the time ran out."""

    def __init__(self, source: Source, seconds: float) -> None:
        self._source = source
        self._seconds = seconds

    async def ask(self, inquiry: Inquiry) -> Mapping[SourceCode, SourceAnswer]:
        """See Source."""
        budget = asyncio.timeout(self._seconds)
        try:
            async with budget:
                return await self._source.ask(inquiry)
        except TimeoutError:
            if not budget.expired():
                raise  # somebody else's time-out: the source promised not to raise one
            return all_failed(inquiry, TIMEOUT, took_ms=round(self._seconds * 1000))
