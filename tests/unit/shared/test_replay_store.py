"""What may be used once is remembered for as long as it could be used, and memory has an end."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.tokens.replay import InProcessReplayStore
from tests.sizes import sample_or_full
from tests.unit.shared import given as g

LATER = g.NOW + timedelta(seconds=70)


def first(store: InProcessReplayStore, token_id: str, seconds: float = 0, owner: str = "one", life: float = 70) -> bool:
    now = g.NOW + timedelta(seconds=seconds)
    return g.run(store.first_use(owner, token_id, issued=now, until=now + timedelta(seconds=life), now=now))


def test_a_second_use_is_told_from_a_first_for_each_owner() -> None:
    store = InProcessReplayStore()

    assert first(store, "a")
    assert not first(store, "a")
    assert first(store, "b")
    assert first(store, "a", owner="two")


def test_owner_and_id_cannot_be_cut_in_another_place() -> None:
    store = InProcessReplayStore()

    assert first(store, "bc", owner="a")
    assert first(store, "c", owner="ab")


def test_what_has_run_out_is_forgotten_and_makes_room() -> None:
    store = InProcessReplayStore()
    for number in range(100):
        first(store, str(number))

    assert first(store, "late", seconds=71)
    assert len(store._seen) == 1


def test_memory_is_bounded_and_the_oldest_gives_way() -> None:
    store = InProcessReplayStore(capacity=10)
    for number in range(1000):
        assert first(store, str(number))

    assert len(store._seen) == 10
    assert not first(store, "999")
    assert not first(store, "990")


def test_one_that_is_used_again_after_its_time_counts_as_new_and_is_remembered_anew() -> None:
    store = InProcessReplayStore()
    assert first(store, "a")
    assert first(store, "a", seconds=71)
    assert not first(store, "a", seconds=100)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 50), st.integers(1, 120)), max_size=30))
@settings(max_examples=sample_or_full(100, 3000), deadline=None)
def test_it_agrees_with_a_memory_that_forgets_nothing(uses: list[tuple[str, float, int]]) -> None:
    store, known, seconds = InProcessReplayStore(), dict[str, float](), 0.0
    for token_id, step, life in uses:
        seconds += step
        expected = known.get(token_id, -1.0) < seconds
        assert first(store, token_id, seconds, life=life) == expected
        if expected:
            known[token_id] = seconds + life
