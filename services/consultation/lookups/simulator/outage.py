"""The switch: the whole service or single sources are down until they are up again."""

import json

from services.consultation.lookups.simulator.faults import Fault
from services.consultation.lookups.sources.domain import SourceCode

FORM = '{"state": "down" or "up"}, and "source" for one source alone'


class NotAnOutage(ValueError):
    """The body is not understood."""


class Outage:
    """What is down."""

    def __init__(self) -> None:
        self.whole = False
        self.sources: frozenset[SourceCode] = frozenset()

    def switch(self, body: bytes) -> None:
        """Take one source or the whole service down or up; up without a source is everything. Raises NotAnOutage."""
        try:
            wanted = json.loads(body)
        except (ValueError, RecursionError):
            raise NotAnOutage from None
        if not isinstance(wanted, dict) or not set(wanted) <= {"state", "source"}:
            raise NotAnOutage
        state, source = wanted.get("state"), wanted.get("source")
        if state not in ("down", "up") or (source is not None and source not in [code.value for code in SourceCode]):
            raise NotAnOutage
        self._switch(state == "down", None if source is None else SourceCode(source))

    def _switch(self, down: bool, source: SourceCode | None) -> None:
        if source is not None:
            self.sources = self.sources | {source} if down else self.sources - {source}
        else:
            self.whole = down
            self.sources = self.sources if down else frozenset()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The same as what a header could ask for: the composite service does not reach the sources."""
        return tuple(Fault("late", source=code) for code in SourceCode if code in self.sources)

    def told(self) -> dict[str, object]:
        """In JSON types."""
        return {
            "state": "down" if self.whole else "up",
            "sources": [code for code in SourceCode if code in self.sources],
        }
