"""When the time is over, against a calendar that is counted day by day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.consultation.retention.periods import CalendarYears, Length

STOCKHOLM = ZoneInfo("Europe/Stockholm")
_FIRST, _LAST = (datetime(year, 1, 1, tzinfo=UTC) for year in (1995, 2060))
INSTANTS = st.timedeltas(timedelta(0), _LAST - _FIRST).map(lambda passed: _FIRST + passed)


def is_over(began: datetime, years: int, now: datetime) -> bool:
    """By counting New Year's days in Sweden: the first ends the year in which it began, the others a year each."""
    day, today, passed = began.astimezone(STOCKHOLM).date(), now.astimezone(STOCKHOLM).date(), 0
    while day < today:
        day += timedelta(days=1)
        passed += (day.month, day.day) == (1, 1)
    return passed > years


@given(INSTANTS, st.integers(0, 12), st.timedeltas(timedelta(0), timedelta(days=5500)))
@example(datetime(2022, 12, 31, 22, 59, 59, tzinfo=UTC), 3, timedelta(days=365 * 3 + 1, seconds=1))
@example(datetime(2022, 12, 31, 23, 0, 0, tzinfo=UTC), 3, timedelta(days=365 * 3 + 1))
@example(datetime(2024, 2, 29, 12, tzinfo=UTC), 1, timedelta(days=366))
def test_years_count_from_the_end_of_the_swedish_calendar_year(began: datetime, years: int, passed: timedelta) -> None:
    now = began + passed

    assert (began < CalendarYears(years).before(now)) is is_over(began, years, now)


@pytest.mark.parametrize("years", [0, 1, 3, 5])
@pytest.mark.parametrize("year", [2023, 2024, 2025])
def test_the_last_second_of_the_year_is_swedish_and_not_utc(years: int, year: int) -> None:
    last_second = datetime(year, 12, 31, 23, 59, 59, tzinfo=STOCKHOLM)
    first_second = last_second.astimezone(UTC) + timedelta(seconds=1)
    assert first_second.date() == date(year, 12, 31), "in UTC it is still the old year"
    due = datetime(year + years + 1, 1, 1, tzinfo=STOCKHOLM)
    period = CalendarYears(years)

    assert last_second < period.before(due)
    assert not last_second < period.before(due.astimezone(UTC) - timedelta(microseconds=1))
    assert not first_second < period.before(due)


@given(INSTANTS, st.timedeltas(timedelta(minutes=1), timedelta(days=400)))
def test_a_length_is_as_long_whatever_the_clocks_in_sweden_do(now: datetime, length: timedelta) -> None:
    assert now - Length(length).before(now) == length
