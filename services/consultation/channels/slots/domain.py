"""Which slots a day has room for. Pure."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.clocks.zone import SWEDEN


def slots_on(day: date, minutes: int, calendar: BusinessCalendar) -> Iterator[datetime]:
    """When the slots of a Swedish day begin, in UTC: one after the other from the opening, each within opening hours.

    None on a day that is closed.
    """
    length = timedelta(minutes=minutes)
    at = calendar.next_open(datetime.combine(day, time(), SWEDEN))
    while at.astimezone(SWEDEN).date() == day and calendar.open_seconds(at, at + length) == minutes * 60:
        yield at
        at += length
