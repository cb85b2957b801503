"""Calendars of units: half days, own closed days, and versions that follow one another."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.clocks.domain import LAST_YEAR, OFFICE_WEEK, BusinessCalendar, OpeningHours, Week
from services.consultation.clocks.opening_rules import HalfDay, HalfDayRule, OpeningRules
from services.consultation.clocks.swedish import is_holiday, swedish_calendar
from services.consultation.clocks.unit_calendars import CalendarVersion, UnitCalendars
from tests.sizes import sample_or_full

pytestmark = pytest.mark.requirement(11)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NATIONAL = OpeningRules(OFFICE_WEEK, is_holiday)
EARLY = HalfDay(HalfDayRule.DAY_BEFORE_HOLIDAY, time(13))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Stockholm"))


def hours_on(day: str, *half_days: HalfDay, closed: frozenset[date] = frozenset()) -> float:
    rules = OpeningRules(OFFICE_WEEK, is_holiday, closed, half_days)
    opening = rules.opening_on(date.fromisoformat(day))
    return 0 if opening is None else (opening[1] - opening[0]) / 3600


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        ("2025-04-17", 5),  # Maundy Thursday
        ("2025-04-30", 5),  # the eve of 1 May
        ("2025-05-28", 5),  # before Ascension
        ("2025-12-23", 5),  # before Christmas Eve, which counts as a holiday
        ("2025-05-30", 9),  # the day after one
        ("2025-04-18", 0),
    ],
)
def test_the_day_before_a_holiday_closes_early_where_the_unit_says_so(day: str, hours: int) -> None:
    assert hours_on(day, EARLY) == hours


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        ("2025-05-02", 4),  # between 1 May and Saturday
        ("2025-05-30", 4),  # between Ascension and Saturday
        ("2025-06-05", 9),  # before the national day, a Friday: nothing is closed before it
        ("2025-09-05", 9),  # a Friday like any other
    ],
)
def test_a_bridge_day_lies_between_a_holiday_and_another_closed_day(day: str, hours: int) -> None:
    assert hours_on(day, HalfDay(HalfDayRule.BRIDGE_DAY, time(12))) == hours


def test_a_date_decides_over_a_rule_and_of_rules_the_earliest_hour() -> None:
    dated = HalfDay(date(2025, 4, 30), time(15))
    bridge = HalfDay(HalfDayRule.BRIDGE_DAY, time(11))

    assert hours_on("2025-04-30", EARLY, dated) == 7
    assert hours_on("2026-01-05", EARLY, bridge) == 3  # both: Monday, and Epiphany on Tuesday


def test_a_half_day_never_makes_a_day_longer_and_one_that_closes_before_it_opens_is_closed() -> None:
    assert hours_on("2025-04-30", HalfDay(date(2025, 4, 30), time(19))) == 9
    assert hours_on("2025-04-30", HalfDay(date(2025, 4, 30), time(8))) == 0


def test_the_units_own_closed_days_are_closed() -> None:
    assert hours_on("2025-09-12", closed=frozenset({date(2025, 9, 12)})) == 0


def test_a_calendar_that_changes_half_way_counts_each_day_by_the_version_of_that_day() -> None:
    short = OpeningRules((OpeningHours(time(9), time(12)),) * 5 + (None, None), is_holiday)
    versions = [
        CalendarVersion("norr", date(2025, 9, 10), LONG_AGO, short),
        CalendarVersion("norr", date(2025, 9, 12), LONG_AGO, None),
    ]
    calendar = UnitCalendars(NATIONAL, versions).of("norr", NOW)

    monday, friday_evening = local("2025-09-08 00:00"), local("2025-09-12 23:00")

    assert calendar.open_seconds(monday, friday_evening) == (9 + 9 + 3 + 3 + 9) * 3600
    assert calendar.add(local("2025-09-09 16:00"), 2 * 3600) == local("2025-09-10 10:00")
    assert calendar.subtract(local("2025-09-12 09:00"), 2 * 3600) == local("2025-09-11 11:00")


def test_of_two_versions_for_the_same_day_the_one_recorded_last_counts() -> None:
    closed = OpeningRules(OFFICE_WEEK, is_holiday, frozenset({date(2025, 9, 8)}))
    versions = [
        CalendarVersion("norr", date(2025, 9, 1), LONG_AGO + timedelta(days=1), NATIONAL),
        CalendarVersion("norr", date(2025, 9, 1), LONG_AGO, closed),
    ]
    calendars = UnitCalendars(NATIONAL, versions)
    day = local("2025-09-08 00:00"), local("2025-09-09 00:00")

    assert calendars.of("norr", LONG_AGO).open_seconds(*day) == 0
    assert calendars.of("norr", NOW).open_seconds(*day) == 9 * 3600


def test_a_unit_without_a_calendar_of_its_own_has_the_national_one() -> None:
    calendars = UnitCalendars(NATIONAL, [CalendarVersion("norr", date(2025, 9, 8), LONG_AGO, NATIONAL)])
    office = swedish_calendar()

    for unit in ("kust", None):
        assert calendars.of(unit, NOW).opening_on(date(2025, 12, 23)) == office.opening_on(date(2025, 12, 23))


@given(st.dates(date(2024, 1, 1), date(2027, 12, 31)))
@settings(max_examples=sample_or_full(100, 1000), deadline=None)
def test_a_calendar_lays_out_only_the_years_that_are_asked_about(day: date) -> None:
    asked: list[int] = []

    def holiday(each: date) -> bool:
        asked.append(each.year)
        return is_holiday(each)

    calendar = UnitCalendars(OpeningRules(OFFICE_WEEK, holiday)).of(None, NOW)
    noon = datetime.combine(day, time(12), UTC)

    calendar.open_seconds(noon, noon + timedelta(minutes=1))

    assert set(asked) <= {day.year - 1, day.year, day.year + 1}


def test_the_longest_target_is_reached_in_the_shortest_week_within_the_years_that_are_known() -> None:
    week: Week = (OpeningHours(time(8), time(9)), None, None, None, None, None, None)
    always_early = tuple(HalfDay(rule, time(8)) for rule in HalfDayRule)
    calendar = BusinessCalendar(OpeningRules(week, is_holiday, half_days=always_early).opening_on)

    assert calendar.add(datetime(2040, 1, 1, tzinfo=UTC), 30_000 * 60).year < LAST_YEAR
