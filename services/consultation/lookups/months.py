"""Calendar months, in which income is compared and periods are counted."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from services.consultation.lookups.sources.domain import Period

_WRITTEN = re.compile(r"(\d{4})-(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month of one year. Its text is ISO 8601: `2026-11`."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month that holds the day."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> "Month":
        """From `2026-11`, or from a date in the month. Raises ValueError when it is neither."""
        found = _WRITTEN.match(text)
        if found is None:
            raise ValueError("not a month")
        year, number = int(found[1]), int(found[2])
        return cls.of(date(year, number, 1))

    def moved(self, months: int) -> "Month":
        """So many months later, or earlier when negative."""
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, number + 1)

    @property
    def period(self) -> Period:
        """From its first day to its last."""
        following = self.moved(1)
        return Period(date(self.year, self.number, 1), date(following.year, following.number, 1) - timedelta(days=1))
