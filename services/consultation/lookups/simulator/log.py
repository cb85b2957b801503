"""What the simulator has been asked, for those who want to see what their system sends: the last ones, in memory."""

from collections import deque
from enum import StrEnum
from typing import Any

from services.consultation.lookups.simulator.question import Question

_Entry = dict[str, Any]


class Outcome(StrEnum):
    """How a request was met."""

    ANSWERED = "answered"
    FAULT = "fault"
    REFUSED = "refused"
    OUTAGE = "outage"


class RequestLog:
    """The latest requests. A person is told by the name that the simulator has for her, never by number."""

    def __init__(self, limit: int = 1000) -> None:
        self._entries: deque[_Entry] = deque(maxlen=limit)
        self._sequence = 0

    def add(
        self,
        version: str,
        operation: str | None,
        outcome: Outcome,
        *,
        person: str | None = None,
        question: Question | None = None,
        problems: tuple[str, ...] = (),
    ) -> None:
        """Keep what may be told of a request. `problems` name elements, never values."""
        self._sequence += 1
        self._entries.append(
            {
                "sequence": self._sequence,
                "version": version,
                "operation": operation,
                "outcome": outcome.value,
                "problems": list(problems),
                "person": person,
                "caseReference": question.case_reference if question is not None else None,
                "correlationId": question.correlation_id if question is not None else None,
                "sources": _periods(question) if question is not None else [],
            }
        )

    def clear(self) -> None:
        """Forget all; the numbering goes on."""
        self._entries.clear()

    def told(self) -> list[_Entry]:
        """The requests in the order they came, in JSON types."""
        return list(self._entries)


def _periods(question: Question) -> list[_Entry]:
    return [
        {"source": code.value, "from": period.first.isoformat(), "to": period.last.isoformat()}
        for code, period in question.periods.items()
    ]
