"""Requests for a physical meeting as they are counted: by which day, as what, and after how many working days."""

from datetime import UTC, date, datetime, time
from statistics import median as plain_median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consultation.clocks.domain import OpeningHours
from services.consultation.clocks.effective import EffectiveEvent
from services.consultation.clocks.swedish import swedish_calendar
from services.consultation.clocks.turns import Turn
from services.consultation.clocks.working_days import working_days
from services.consultation.leadtimes.physical_meetings import median
from services.consultation.leadtimes.physical_requests import CountedRequest, counted_items

pytestmark = pytest.mark.requirement(16)
NATIONAL = swedish_calendar()
NOT_ON_FRIDAYS = swedish_calendar((OpeningHours(time(8), time(17)),) * 4 + (None, None, None))


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-03-27", "2026-03-27", 0),  # the same day
        ("2026-03-27", "2026-03-30", 1),  # Friday to Monday, over the night when the clocks go forward
        ("2026-03-28", "2026-03-30", 1),  # from the Saturday
        ("2026-03-26", "2026-04-10", 9),  # Good Friday and Easter Monday
        ("2026-03-26", "2026-04-13", 10),
        ("2026-12-18", "2027-01-07", 9),  # four eves and holidays on weekdays, and Epiphany
        ("2026-12-18", "2027-01-08", 10),
        ("2026-10-23", "2026-10-26", 1),  # over the night when they go back
        ("2026-04-01", "2026-03-01", 0),  # a meeting that began before it was asked for
    ],
)
def test_working_days_are_those_after_the_first_that_are_open(first: str, last: str, expected: int) -> None:
    assert working_days(NATIONAL, date.fromisoformat(first), date.fromisoformat(last)) == expected


def test_a_day_on_which_the_unit_is_closed_is_no_working_day_of_its_own() -> None:
    assert working_days(NOT_ON_FRIDAYS, date(2026, 11, 19), date(2026, 11, 23)) == 1


@given(st.dictionaries(st.integers(0, 60), st.integers(1, 9), max_size=8))
def test_the_median_of_numbers_is_that_of_the_values_written_out(numbers: dict[int, int]) -> None:
    values = [value for value, number in numbers.items() for _ in range(number)]

    assert median(numbers) == (plain_median(values) if values else None)


def test_a_meeting_a_quarter_of_a_year_away_is_counted_with_those_further_away() -> None:
    asked, far = datetime(2026, 1, 12, 9, tzinfo=UTC), datetime(2027, 1, 11, 9, tzinfo=UTC)
    granted = CountedRequest(2, "granted", 3, far)

    found = counted_items([granted], [event(2, asked), event(3, asked)], lambda _: NATIONAL, ended=True)

    assert [item for _, item in found][-1] == "meeting_request:days:60"


def event(sequence: int, at: datetime, unit: str = "national") -> EffectiveEvent:
    return EffectiveEvent(sequence, at, "x", Turn.ANSWERING, unit, "api", None, False, False, False)


def test_a_request_is_counted_on_the_swedish_day_by_the_hours_of_the_unit_that_booked() -> None:
    # Half past eleven in the evening in Sweden, and the first minutes of a day there.
    asked, booked = datetime(2026, 11, 18, 22, 30, tzinfo=UTC), datetime(2026, 11, 19, 9, tzinfo=UTC)
    granted = CountedRequest(2, "granted", 3, datetime(2026, 11, 22, 23, 5, tzinfo=UTC))

    found = list(
        counted_items(
            [granted],
            [event(2, asked), event(3, booked, "kust")],
            lambda unit: NOT_ON_FRIDAYS if unit == "kust" else NATIONAL,
            ended=False,
        )
    )

    items = ["meeting_request:asked", "meeting_request:granted", "meeting_request:days:2"]
    assert found == [(date(2026, 11, 18), item) for item in items]


@pytest.mark.parametrize(
    ("outcome", "ended", "item"),
    [
        (None, False, "waiting"),
        (None, True, "not_granted"),
        ("refused", False, "refused"),
        ("refused", True, "refused"),
    ],
)
def test_what_nobody_settles_is_not_granted_when_the_consultation_ends(
    outcome: str | None, ended: bool, item: str
) -> None:
    asked = datetime(2026, 11, 18, 9, tzinfo=UTC)

    found = counted_items([CountedRequest(2, outcome)], [event(2, asked)], lambda _: NATIONAL, ended=ended)

    assert [each for _, each in found] == ["meeting_request:asked", f"meeting_request:{item}"]
