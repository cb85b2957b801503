"""The measures of the lead-time reports: ages in working days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.consultation.clocks.domain import BusinessCalendar

AGE_LIMITS = (1, 3, 5, 10, 20)
"""Working days. Open items are counted up to each limit and beyond the last one."""

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class AgeBoundary:
    """An item is at most `working_days` old exactly when it was opened at `opened_from` (UTC) or later."""

    working_days: int
    opened_from: datetime


def age_boundaries(
    now: datetime, calendar: BusinessCalendar, limits: Sequence[int] = AGE_LIMITS
) -> tuple[AgeBoundary, ...]:
    """The instant behind each limit, so that open items can be counted by `opened_at >= opened_from`.

    An age is the working time between opening and `now`, counted in working days of the calendar.
    ValueError when a limit is negative or reaches past the calendar's first year.
    """
    return tuple(AgeBoundary(days, _opened_from(now, days, calendar)) for days in limits)


def _opened_from(now: datetime, working_days: int, calendar: BusinessCalendar) -> datetime:
    # The second after the last instant that is too old, since closed hours before an opening add no age.
    return calendar.subtract(now, working_days * calendar.working_day_seconds + 1) + _SECOND
