"""The calendar of Swedish public authorities."""

from datetime import date
from functools import cache

from holidays.constants import DE_FACTO, PUBLIC
from holidays.countries.sweden import Sweden

from services.consultation.clocks.domain import OFFICE_WEEK, BusinessCalendar, Week
from services.consultation.clocks.opening_rules import OpeningRules


def is_holiday(day: date) -> bool:
    """Public holidays, and the eves of Midsummer, Christmas and New Year.

    The holidays are in lagen (1989:253) om allmänna helgdagar; semesterlagen (1977:480) 7 § adds the eves.
    """
    return day in _holidays_of(day.year)


@cache
def _holidays_of(year: int) -> frozenset[date]:
    return frozenset(Sweden(years=year, include_sundays=False, categories=(PUBLIC, DE_FACTO)))


def swedish_calendar(week: Week = OFFICE_WEEK) -> BusinessCalendar:
    """Open in `week` but on holidays. Years are laid out when they are first asked about."""
    rules = OpeningRules(week, is_holiday)
    return BusinessCalendar(rules.opening_on, rules.working_day_seconds)
