"""The Swedish day of an instant: statutes and agreements begin and end at midnight in Sweden."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

_SWEDEN = ZoneInfo("Europe/Stockholm")


def swedish_day(instant: datetime) -> date:
    """The date on a Swedish calendar. `instant` has a time zone."""
    return instant.astimezone(_SWEDEN).date()
