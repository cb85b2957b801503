from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from services.consultation.clocks.domain import BusinessCalendar, OpeningHours
from services.consultation.clocks.opening_rules import OpeningRules
from services.consultation.clocks.swedish import is_holiday, swedish_calendar
from services.consultation.clocks.turns import minutes
from services.consultation.leadtimes.domain import age_boundaries
from tests.reference.lead_times import Hours, open_minutes
from tests.reference.swedish_days import closed_days
from tests.sizes import sample_or_full

pytestmark = pytest.mark.requirement(11)

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MINUTE = timedelta(minutes=1)
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
MINUTES_2024_TO_2028 = (datetime(2029, 1, 1, tzinfo=UTC) - FIRST) // MINUTE
CLOCK_CHANGES = [
    datetime.fromisoformat(text + " 01:00+00:00")
    for text in ("2024-03-31", "2024-10-27", "2025-03-30", "2025-10-26", "2028-03-26", "2028-10-29")
]

ALL_DAY = OpeningHours(time(0), time(0))
OFFICE = swedish_calendar()
AROUND_THE_CLOCK = BusinessCalendar(OpeningRules((ALL_DAY,) * 7, lambda _: False).opening_on)

many = settings(max_examples=sample_or_full(100, 2000), deadline=None)
near_clock_change = st.builds(
    lambda change, offset: change + offset * MINUTE, st.sampled_from(CLOCK_CHANGES), st.integers(-180, 180)
)
any_minute = st.integers(0, MINUTES_2024_TO_2028 - 1).map(lambda minute: FIRST + minute * MINUTE)
whole_minutes = st.one_of(any_minute, near_clock_change)
zones = st.sampled_from([UTC, STOCKHOLM])
instants = st.builds(
    lambda minute, microseconds, zone: (minute + timedelta(microseconds=microseconds)).astimezone(zone),
    whole_minutes,
    st.one_of(st.just(0), st.integers(0, 59_999_999)),
    zones,
)
working_seconds = st.one_of(st.integers(0, 3 * 9 * 3600), st.integers(0, 500 * 9 * 3600))
working_days = st.integers(0, 60).map(lambda days: days * 9 * 3600)
calendars = st.sampled_from([OFFICE, AROUND_THE_CLOCK])


def local(text: str, *, again: bool = False) -> datetime:
    """Local time in Stockholm; `again` for the second time the clock shows it in October."""
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM, fold=int(again))


def in_order(*times: datetime) -> list[datetime]:
    return sorted(times, key=lambda instant: instant.astimezone(UTC))


def second_of(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2025-09-05 16:59", "2025-09-08 08:01", 2),
        ("2025-09-05 17:00", "2025-09-08 08:00", 0),
        ("2025-09-08 07:30", "2025-09-08 17:30", 9 * 60),
        ("2024-06-20 16:59", "2024-06-24 08:01", 2),  # Midsummer Eve is a Friday
        ("2025-12-23 16:59", "2025-12-29 08:01", 2),  # Christmas Eve is a Wednesday
        ("2024-12-31 00:00", "2025-01-02 08:05", 5),
        ("2025-03-28 16:00", "2025-03-31 09:00", 120),  # the clocks change in between
    ],
)
def test_time_runs_only_in_office_hours_of_working_days(start: str, end: str, expected: int) -> None:
    assert OFFICE.open_seconds(local(start), local(end)) == expected * 60


def test_midsummer_eve_is_closed_all_day() -> None:
    assert OFFICE.open_seconds(local("2026-06-19 00:00"), local("2026-06-22 08:00")) == 0


@pytest.mark.parametrize("year", range(2020, 2036))
def test_the_closed_days_are_those_of_the_references_own_rules(year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(366)]

    closed = {day for day in days if day.year == year and is_holiday(day)}

    assert closed == closed_days(year)


@pytest.mark.parametrize(
    ("day", "hours"), [("2025-03-30", 23), ("2025-10-26", 25), ("2024-03-31", 23), ("2025-06-01", 24)]
)
def test_around_the_clock_a_day_is_as_long_as_its_hours(day: str, hours: int) -> None:
    midnight = local(f"{day} 00:00")

    assert AROUND_THE_CLOCK.open_seconds(midnight, midnight + timedelta(days=1)) == hours * 3600


def test_the_repeated_hour_is_counted_even_when_both_instants_show_the_same_time() -> None:
    first, second = local("2025-10-26 02:30"), local("2025-10-26 02:30", again=True)

    assert AROUND_THE_CLOCK.open_seconds(first, second) == 3600
    with pytest.raises(ValueError, match="before the start"):
        AROUND_THE_CLOCK.open_seconds(second, first)


@given(
    st.sampled_from([1, 2, 3, 4]),
    st.integers(-180, 180),
    st.integers(-180, 180),
    st.integers(0, 239),
    st.integers(1, 239),
)
@many
def test_hours_at_night_follow_the_wall_clock_where_it_changes(
    change: int, before: int, after: int, opens: int, length: int
) -> None:
    closes = opens + length
    hours = OpeningHours(time(opens // 60, opens % 60), time(closes // 60, closes % 60))
    night = BusinessCalendar(OpeningRules((hours,) * 7, is_holiday).opening_on)
    start, end = in_order(CLOCK_CHANGES[change] + before * MINUTE, CLOCK_CHANGES[change] + after * MINUTE)

    expected = open_minutes(start, end, Hours(opens, closes, range(7)))

    assert night.open_seconds(start, end) == expected * 60


@given(whole_minutes, whole_minutes, zones)
@many
def test_open_time_equals_the_minute_by_minute_reference(one: datetime, two: datetime, zone: ZoneInfo) -> None:
    start, end = in_order(one, two)

    seconds = OFFICE.open_seconds(start.astimezone(zone), end.astimezone(zone))

    assert minutes(seconds) == open_minutes(start, end)
    assert seconds % 60 == 0


@given(instants, instants)
@many
def test_around_the_clock_open_time_is_elapsed_time(one: datetime, two: datetime) -> None:
    start, end = in_order(one, two)

    elapsed = second_of(end) - second_of(start)

    assert AROUND_THE_CLOCK.open_seconds(start, end) == elapsed.total_seconds()


@given(instants, instants, instants, calendars)
@many
def test_parts_add_up_to_the_whole_and_none_is_negative(
    one: datetime, two: datetime, three: datetime, calendar: BusinessCalendar
) -> None:
    start, middle, end = in_order(one, two, three)

    parts = [calendar.open_seconds(earlier, later) for earlier, later in pairwise([start, middle, end])]

    assert min(parts) >= 0
    assert sum(parts) == calendar.open_seconds(start, end)


@given(st.dates(date(2024, 1, 1), date(2028, 12, 30)))
@many
@example(date(2024, 12, 24))
@example(date(2026, 6, 19))
def test_a_day_holds_nine_hours_or_none(day: date) -> None:
    midnight = datetime.combine(day, time(), STOCKHOLM)
    closed = day.weekday() > 4 or day in closed_days(day.year)

    seconds = OFFICE.open_seconds(midnight, midnight + timedelta(days=1))

    assert seconds == (0 if closed else OFFICE.working_day_seconds)


@given(instants, st.one_of(working_seconds, working_days), calendars)
@many
def test_add_gives_the_first_instant_with_that_much_time_passed(
    start: datetime, seconds: int, calendar: BusinessCalendar
) -> None:
    assume(seconds > 0)

    due = calendar.add(start, seconds)

    assert due.tzinfo is UTC
    assert calendar.open_seconds(start, due) == seconds
    assert calendar.open_seconds(start, due - timedelta(seconds=1)) == seconds - 1


@given(instants, st.one_of(working_seconds, working_days), calendars)
@many
def test_subtract_gives_the_last_instant_with_that_much_time_left(
    end: datetime, seconds: int, calendar: BusinessCalendar
) -> None:
    assume(seconds > 0)

    begun = calendar.subtract(end, seconds)

    assert begun.tzinfo is UTC
    assert calendar.open_seconds(begun, end) == seconds
    assert calendar.open_seconds(begun + timedelta(seconds=1), end) == seconds - 1


@given(instants, instants)
@many
def test_no_time_leads_nowhere_and_later_starts_never_end_earlier(one: datetime, two: datetime) -> None:
    first, second = in_order(one, two)

    assert OFFICE.add(first, 0) == OFFICE.subtract(first, 0) == second_of(first)
    assert OFFICE.add(first, 3600) <= OFFICE.add(second, 3600)
    assert OFFICE.subtract(first, 3600) <= OFFICE.subtract(second, 3600)


def test_a_working_day_ends_at_closing_time_and_begins_at_opening_time() -> None:
    friday_morning, friday_evening = local("2025-09-05 08:00"), local("2025-09-05 19:00")

    assert OFFICE.working_day_seconds == 9 * 3600
    assert OFFICE.add(friday_morning, 9 * 3600) == local("2025-09-05 17:00")
    assert OFFICE.add(friday_morning, 9 * 3600 + 1) == local("2025-09-08 08:00:01")
    assert OFFICE.subtract(friday_evening, 9 * 3600) == friday_morning


def test_the_last_hour_of_one_year_and_the_first_of_the_next_stay_in_their_years() -> None:
    last_close, first_opening = local("2024-12-30 17:00"), local("2025-01-02 08:00")

    assert OFFICE.add(local("2024-12-30 16:00"), 3600) == last_close
    assert OFFICE.add(local("2024-12-30 16:00"), 3601) == first_opening + timedelta(seconds=1)
    assert OFFICE.subtract(local("2025-01-02 09:00"), 3600) == first_opening
    assert OFFICE.subtract(local("2025-01-02 09:00"), 3601) == last_close - timedelta(seconds=1)


@given(instants, instants)
@many
def test_opened_since_the_boundary_means_at_most_that_many_working_days_old(one: datetime, two: datetime) -> None:
    opened, now = in_order(one, two)
    age = OFFICE.open_seconds(opened, now)

    for boundary in age_boundaries(now, OFFICE):
        within = age <= boundary.working_days * OFFICE.working_day_seconds
        assert (opened >= boundary.opened_from) == within


def test_the_boundary_on_a_monday_at_opening_reaches_back_to_thursday_evening() -> None:
    boundary, _ = age_boundaries(local("2025-09-08 08:00"), OFFICE, limits=(1, 3))

    assert boundary.opened_from == local("2025-09-04 17:00")


def test_seconds_left_over_make_no_minute() -> None:
    assert [minutes(seconds) for seconds in (0, 59, 60, 119)] == [0, 0, 1, 1]


def test_instants_without_a_time_zone_are_refused() -> None:
    naive = datetime(2025, 9, 8, 8)  # noqa: DTZ001  # what is refused

    with pytest.raises(TypeError):
        OFFICE.open_seconds(naive, local("2025-09-08 09:00"))


def test_negative_amounts_and_years_beyond_the_calendar_are_refused() -> None:
    monday = local("2025-09-08 08:00")

    for move in (OFFICE.add, OFFICE.subtract):
        with pytest.raises(ValueError, match="negative"):
            move(monday, -1)
        with pytest.raises(ValueError, match="covers 1970-2099"):
            move(monday, 10**9)


def test_hours_that_end_before_they_begin_and_weeks_without_hours_are_refused() -> None:
    with pytest.raises(ValueError, match="end after they begin"):
        OpeningHours(time(17), time(8))
    for week in [(), (ALL_DAY,), (None,) * 7]:
        with pytest.raises(ValueError, match="seven days"):
            OpeningRules(week, is_holiday)
