"""The calendar of Swedish public authorities."""

from holidays.constants import DE_FACTO, PUBLIC
from holidays.countries.sweden import Sweden

from services.consultation.clocks.domain import FIRST_YEAR, LAST_YEAR, OFFICE_WEEK, BusinessCalendar, Week


def swedish_calendar(week: Week = OFFICE_WEEK) -> BusinessCalendar:
    """Open in `week`, closed on public holidays and on the eves of Midsummer, Christmas and New Year.

    The holidays are in lagen (1989:253) om allmänna helgdagar; semesterlagen (1977:480) 7 § adds the eves.
    """
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    red_days = frozenset(Sweden(years=years, include_sundays=False, categories=(PUBLIC, DE_FACTO)))
    return BusinessCalendar(is_closed=red_days.__contains__, week=week)
