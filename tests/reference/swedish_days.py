"""The days Swedish authorities are closed, by the rules of the calendar and not from a library.

Sources: lag (1989:253) om allmänna helgdagar; semesterlag (1977:480) 7 § for the three eves.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

MONTH_AND_DAY = ((1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31))
DAYS_FROM_EASTER = {"Good Friday": -2, "Easter": 0, "Easter Monday": 1, "Ascension": 39, "Whit Sunday": 49}
FRIDAY, SATURDAY = 4, 5


def easter(year: int) -> date:
    """Easter Sunday, by the algorithm of Meeus, Jones and Butcher for the Gregorian calendar."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


@cache
def closed_days(year: int) -> frozenset[date]:
    """Holidays and the eves that count as such, from 2005 on; weekends are not listed for their own sake."""
    return frozenset(_closed_days(year))


def _closed_days(year: int) -> Iterator[date]:
    yield from (date(year, month, day) for month, day in MONTH_AND_DAY)
    yield from (easter(year) + timedelta(days=days) for days in DAYS_FROM_EASTER.values())
    midsummer_eve = _first(FRIDAY, date(year, 6, 19))
    yield midsummer_eve
    yield midsummer_eve + timedelta(days=1)
    yield _first(SATURDAY, date(year, 10, 31))


def _first(weekday: int, day: date) -> date:
    while day.weekday() != weekday:
        day += timedelta(days=1)
    return day
