"""How many different persons may be asked about, and what is known when it is too many."""

import json
from dataclasses import dataclass
from typing import Any

HOUR, DAY = 3_600, 86_400
WINDOWS = {"handler": HOUR, "case": DAY}
"""Seconds back in time that count, by what is counted. The function `count_person` has the same."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Different persons that one handler may ask about in an hour, and that may be asked about in one case in a day."""

    per_handler: int
    per_case: int

    def of(self, counted_by: str) -> int:
        """The limit by `handler` or by `case`."""
        return self.per_handler if counted_by == "handler" else self.per_case

    def values(self) -> dict[str, Any]:
        """For the statements that count."""
        return {"persons_per_handler": self.per_handler, "persons_per_case": self.per_case}


@dataclass(frozen=True, slots=True)
class Braked:
    """One person too many. `alert` is for the first refusal of a window; the later ones repeat it."""

    counted_by: str
    retry_seconds: int
    alert: bool

    @classmethod
    def read(cls, told: str) -> "Braked":
        """What `count_person` tells when the person may not be asked about."""
        return cls(**json.loads(told))
