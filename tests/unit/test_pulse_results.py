"""Which results of the pulse are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consultation.pulses.domain import FEWEST, Pulse, without_small

pytestmark = pytest.mark.requirement(70)


def group(key: str, *ratings: int, closed: int = 100) -> Pulse:
    return Pulse(key, closed, sum(ratings), ratings)


def test_a_result_of_few_is_not_told_and_how_many_they_were_is() -> None:
    few, enough = without_small([group("a", 0, 0, 1, 1, 2), group("b", 1, 0, 0, 2, 2, closed=20)])

    assert (few.ratings, few.mean, few.n, few.response_rate) == (None, None, 4, 0.04)
    # Else b would be what is left of the whole.
    assert (enough.ratings, enough.n, enough.response_rate) == (None, 5, 0.25)


def test_the_mean_is_of_all_who_answered() -> None:
    (told,) = without_small([group("all", 1, 0, 0, 2, 3, closed=12)])

    assert (told.mean, told.n, told.response_rate) == (4.0, 6, 0.5)


def test_where_nobody_answered_nothing_is_told_and_nothing_else_is_hidden_for_it() -> None:
    nobody, some = without_small([group("a", 0, 0, 0, 0, 0, closed=0), group("b", 5, 0, 0, 0, 0)])

    assert (nobody.mean, nobody.response_rate) == (None, 0.0)
    assert some.mean == 1.0


_RATINGS = st.tuples(*[st.integers(0, 4)] * 5)


@given(st.lists(_RATINGS, max_size=8))
def test_what_is_not_told_can_t_be_taken_from_the_whole(ratings: list[tuple[int, ...]]) -> None:
    told = without_small([group(str(place), *each) for place, each in enumerate(ratings)])

    hidden = sum(each.n for each in told if each.ratings is None)
    assert all(each.n >= FEWEST for each in told if each.ratings is not None)
    assert hidden == 0 or hidden >= FEWEST or all(each.ratings is None for each in told)
