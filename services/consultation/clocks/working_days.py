"""Working days, counted as a calendar on the wall shows them: for what is promised in days and not in hours."""

from datetime import date, timedelta

from services.consultation.clocks.domain import BusinessCalendar


def working_days(calendar: BusinessCalendar, first: date, last: date) -> int:
    """How many of the days after `first`, up to and with `last`, the unit is open, for however long.

    0 when `last` is not after `first`. The day itself doesn't count: from a Friday to the Monday after it is one, and
    so it is from the Saturday and the Sunday.
    """
    length = max((last - first).days, 0)
    return sum(calendar.opening_on(first + timedelta(days=number)) is not None for number in range(1, length + 1))
