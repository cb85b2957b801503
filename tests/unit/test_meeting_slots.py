"""Which slots a day has room for."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.consultation.channels.slots.domain import slots_on
from services.consultation.clocks.swedish import swedish_calendar

CALENDAR = swedish_calendar()


@given(
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    minutes=st.integers(5, 600),
)
def test_slots_follow_each_other_within_opening_hours_and_no_more_would_fit(day: date, minutes: int) -> None:
    slots = list(slots_on(day, minutes, CALENDAR))
    length = timedelta(minutes=minutes)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    whole = CALENDAR.open_seconds(midnight, midnight + timedelta(days=1))

    assert all(CALENDAR.open_seconds(at, at + length) == minutes * 60 for at in slots)
    assert all(later - at == length for at, later in pairwise(slots))
    assert len(slots) == whole // (minutes * 60)


def test_a_closed_day_has_none() -> None:
    assert list(slots_on(date(2026, 12, 25), 30, CALENDAR)) == []
    assert list(slots_on(date(2026, 12, 26), 30, CALENDAR)) == []
