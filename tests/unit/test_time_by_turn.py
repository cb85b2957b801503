from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.clocks.swedish import swedish_calendar
from services.consultation.clocks.turns import Interval, Turn, TurnChange, intervals, minutes, time_by_turn
from tests.reference import lead_times as reference
from tests.sizes import sample_or_full

pytestmark = pytest.mark.requirement(11)

MONDAY = datetime(2025, 9, 8, 6, tzinfo=UTC)  # 08:00 in Stockholm
HOUR = timedelta(hours=1)
OFFICE = swedish_calendar()

moments = st.integers(0, 120 * 86_400).map(lambda seconds: MONDAY + timedelta(seconds=seconds))
histories = st.lists(st.builds(TurnChange, moments, st.sampled_from(Turn)), max_size=12).map(
    lambda changes: sorted(changes, key=lambda change: change.at)
)


@cache
def cases() -> list[reference.Case]:
    return reference.generate_cases(seed=11, count=500)


def test_each_turn_gets_the_working_time_until_the_next_change() -> None:
    changes = [
        TurnChange(MONDAY, Turn.ANSWERING),
        TurnChange(MONDAY + 2 * HOUR, Turn.ASKING),
        TurnChange(MONDAY + 24 * HOUR, Turn.ANSWERING),
        TurnChange(MONDAY + 25 * HOUR, Turn.NOBODY),
    ]

    seconds = time_by_turn(changes, MONDAY + 27 * HOUR, OFFICE)

    passed = {turn: each for turn, each in seconds.items() if each}
    assert passed == {Turn.ANSWERING: 3 * 3600, Turn.ASKING: 7 * 3600, Turn.NOBODY: 2 * 3600}


@given(histories, moments)
@settings(max_examples=sample_or_full(200, 2000), deadline=None)
def test_the_parts_sum_to_the_working_time_since_the_first_change(changes: list[TurnChange], until: datetime) -> None:
    begun = min([until, *(change.at for change in changes)])
    expected = OFFICE.open_seconds(begun, until) if changes else 0

    seconds = time_by_turn(changes, until, OFFICE)

    assert set(seconds) == set(Turn)
    assert sum(seconds.values()) == expected


def test_five_hundred_consultations_agree_with_the_reference_to_the_minute() -> None:
    for case in cases():
        changes = [TurnChange(at, Turn(turn)) for at, turn in reference.turn_changes(case)]

        seconds = time_by_turn(changes, reference.UNTIL, OFFICE)

        expected = reference.time_by_turn(reference.turn_changes(case), reference.UNTIL)
        met = {turn: minutes(part) for turn, part in seconds.items() if turn in expected or part}
        assert met == expected, case


def test_the_five_hundred_meet_every_action_and_every_kind_of_hour() -> None:
    events = [event for case in cases() for event in case.events]
    local = [event.at.astimezone(ZoneInfo("Europe/Stockholm")) for event in events]
    hour_of_change = {(at.date().isoformat(), at.hour, at.fold) for at in local}

    assert {event.action for event in events} == set(reference.ACTIONS)
    assert {(case.municipality, case.type) for case in cases()} == {
        (place, kind) for place in ("umea", "malmo") for kind in ("information_request", "consultation")
    }
    assert hour_of_change >= {("2024-03-31", 3, 0), ("2025-03-30", 3, 0)}
    assert hour_of_change >= {(day, 2, fold) for day in ("2024-10-27", "2025-10-26") for fold in (0, 1)}
    assert {at.weekday() for at in local} == set(range(7))
    assert {at.hour for at in local} == set(range(24))
    assert {"2024-06-21", "2025-06-20", "2024-12-24", "2025-12-24", "2024-03-29", "2025-04-18"} <= {
        at.date().isoformat() for at in local
    }


def test_of_changes_at_one_instant_the_last_holds() -> None:
    changes = [TurnChange(MONDAY, Turn.ANSWERING), TurnChange(MONDAY, Turn.ASKING)]

    assert intervals(changes, MONDAY + HOUR) == [Interval(Turn.ASKING, MONDAY, MONDAY + HOUR)]


def test_what_comes_after_the_moment_of_counting_has_not_happened_yet() -> None:
    changes = [TurnChange(MONDAY, Turn.ANSWERING), TurnChange(MONDAY + 3 * HOUR, Turn.ASKING)]

    assert time_by_turn(changes, MONDAY + HOUR, OFFICE)[Turn.ANSWERING] == 3600
    assert intervals(changes, MONDAY - HOUR) == []


def test_changes_out_of_order_are_refused() -> None:
    changes = [TurnChange(MONDAY + HOUR, Turn.ANSWERING), TurnChange(MONDAY, Turn.ASKING)]

    with pytest.raises(ValueError, match="in order of time"):
        intervals(changes, MONDAY + 2 * HOUR)


def test_order_is_judged_by_the_instant_where_the_clock_shows_an_hour_twice() -> None:
    first = datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Stockholm"))
    ten_minutes_on = first.replace(minute=40)
    an_hour_on = first.replace(fold=1)

    changes = [TurnChange(ten_minutes_on, Turn.ANSWERING), TurnChange(an_hour_on, Turn.ASKING)]

    assert [part.turn for part in intervals(changes, an_hour_on + HOUR)] == [Turn.ANSWERING, Turn.ASKING]
    with pytest.raises(ValueError, match="in order of time"):
        intervals(changes[::-1], an_hour_on + HOUR)


def test_instants_without_a_time_zone_are_refused() -> None:
    naive = datetime(2025, 9, 8, 8)  # noqa: DTZ001  # what is refused

    with pytest.raises(TypeError, match="time zone"):
        intervals([TurnChange(naive, Turn.ANSWERING)], MONDAY)


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=40),
    st.sampled_from(["0", "0.5", "0.85", "0.95", "1"]),
)
def test_the_references_percentile_is_the_linear_one(values: list[int], share: str) -> None:
    exact = reference.percentile(values, Fraction(share))

    assert float(exact) == pytest.approx(float(np.percentile(values, 100 * float(share), method="linear")))
