"""Days, tabs and dealing out, without anything around them."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.consultation.clocks.turns import Turn
from services.consultation.clocks.zone import SWEDEN
from services.consultation.queue.domain import OPEN_TURNS, WAITING_TURNS, Tab, Today, dealt

_FIRST = datetime(2020, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 15 * 366 * 86_400).map(lambda seconds: _FIRST + timedelta(seconds=seconds))


@given(INSTANTS, INSTANTS, st.sampled_from(OPEN_TURNS))
def test_every_open_consultation_stands_in_one_tab_and_only_what_waits_in_the_last(
    now: datetime, due_at: datetime, turn: Turn
) -> None:
    today = Today.at(now)

    tab = today.tab(turn, due_at)

    assert today.begins <= now < today.ends
    assert (tab is Tab.WAITING) == (turn in WAITING_TURNS)
    if tab is not Tab.WAITING:
        days = (due_at.astimezone(SWEDEN).date() - today.day).days
        assert tab is (Tab.LATE if days < 0 else Tab.IN_TIME if days else Tab.DUE_TODAY)


def test_the_days_when_the_clocks_change_are_an_hour_short_and_an_hour_long() -> None:
    spring, autumn = (Today.at(datetime(2026, month, day, 12, tzinfo=UTC)) for month, day in ((3, 29), (10, 25)))

    assert (spring.ends - spring.begins, autumn.ends - autumn.begins) == (timedelta(hours=23), timedelta(hours=25))


@given(st.integers(1, 9), st.integers(0, 100))
def test_what_is_dealt_out_in_turns_differs_by_one_at_most(of: int, number: int) -> None:
    handlers = [f"af-{place}" for place in range(of)]

    given_to = dealt(handlers, number)

    counted = Counter(given_to)
    assert len(given_to) == number
    assert max(counted.values(), default=0) - min((counted[each] for each in handlers), default=0) <= 1
    assert given_to[: len(handlers)] == handlers[:number]
