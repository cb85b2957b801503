"""A source whose answers are counted: outermost around an adapter, so that what was never sent is seen too."""

from collections.abc import Mapping

from services.consultation.lookups.sources.domain import Inquiry, Source, SourceAnswer, SourceCode
from services.consultation.lookups.sources.failures import ADAPTER_FAULT, all_failed
from services.consultation.lookups.sources.health import SourceHealth
from services.consultation.lookups.sources.metrics import told_answer


class Observed:
    """Counts every answer in the health of the sources and in the metrics, and changes nothing."""

    def __init__(self, source: Source, health: SourceHealth) -> None:
        self._source = source
        self._health = health

    async def ask(self, inquiry: Inquiry) -> Mapping[SourceCode, SourceAnswer]:
        """See Source."""
        try:
            answers = await self._source.ask(inquiry)
        except Exception:
            # Counted and passed on: what broke is for `collect` to log and to answer for.
            self._count(all_failed(inquiry, ADAPTER_FAULT))
            raise
        self._count(answers)
        return answers

    def _count(self, answers: Mapping[SourceCode, SourceAnswer]) -> None:
        self._health.record(answers.values())
        for answer in answers.values():
            told_answer(answer)
