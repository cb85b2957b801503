"""The working seconds of a year on one axis, on which everything in the simulation happens."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.clocks.zone import SWEDEN

_MIDNIGHT = time()


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The open days from `first` on, which are all as long: second `n` of the axis is in day `n // day_seconds`."""

    days: tuple[date, ...]
    openings: tuple[datetime, ...]
    day_seconds: int

    @property
    def seconds(self) -> int:
        """How long the axis is."""
        return len(self.days) * self.day_seconds

    def instant(self, second: int) -> datetime:
        """When it is, in UTC. What lies past the axis is at its end."""
        day, rest = divmod(min(second, self.seconds - 1), self.day_seconds)
        return self.openings[day] + timedelta(seconds=rest)


def working_days(calendar: BusinessCalendar, first: date, last: date) -> WorkingDays:
    """The days of the calendar between the two, both included."""
    days, openings = [], []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        hours = calendar.opening_on(day)
        if hours is not None:
            days.append(day)
            midnight = datetime.combine(day, _MIDNIGHT, SWEDEN)
            # By the wall clock: no opening hours span the hour that changes.
            openings.append((midnight + timedelta(seconds=hours[0])).astimezone(UTC))
    return WorkingDays(tuple(days), tuple(openings), calendar.working_day_seconds)
