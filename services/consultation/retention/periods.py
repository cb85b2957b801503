"""How long something is kept. Years count from the end of the calendar year, as in lag (2002:546) 16 §."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.consultation.clocks.zone import SWEDEN


@dataclass(frozen=True, slots=True)
class CalendarYears:
    """So many whole years after the end of the calendar year, in Sweden, in which it began to count."""

    years: int

    def before(self, now: datetime) -> datetime:
        """What began to count before this moment is due at `now`."""
        return datetime(now.astimezone(SWEDEN).year - self.years, 1, 1, tzinfo=SWEDEN)


@dataclass(frozen=True, slots=True)
class Length:
    """So long from the instant at which it began to count: days of 24 hours, or minutes."""

    time: timedelta

    def before(self, now: datetime) -> datetime:
        """What began to count before this moment is due at `now`."""
        return now - self.time


Period = CalendarYears | Length
