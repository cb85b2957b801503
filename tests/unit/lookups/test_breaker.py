"""The circuit breaker: when it opens, that only a probe closes it, and that what is old decides nothing."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consultation.lookups.sources.breaker import Breaker, BreakerPolicy, CircuitState
from tests.unit.lookups.watched import Hand

pytestmark = pytest.mark.requirement(1)

POLICY = BreakerPolicy(consecutive_failures=3, failure_share=0.5, least_calls=10)


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def breaker(clock: Hand) -> Breaker:
    return Breaker(POLICY, clock)


def ask(breaker: Breaker, *, failed: bool) -> bool:
    """Whether a question was let through; it then went as told."""
    permit = breaker.enter()
    if permit is not None:
        breaker.leave(permit, failed=failed)
    return permit is not None


def stands(breaker: Breaker) -> CircuitState:
    return breaker.state


def opened(breaker: Breaker) -> Breaker:
    for _ in range(3):
        assert ask(breaker, failed=True)
    assert stands(breaker) is CircuitState.OPEN
    return breaker


def test_failures_in_a_row_open_it_and_nothing_is_let_through(breaker: Breaker, clock: Hand) -> None:
    clock.wait(7)
    opened(breaker)

    assert breaker.since == clock.now
    assert not ask(breaker, failed=False)


def test_a_success_between_failures_begins_the_row_anew(breaker: Breaker) -> None:
    for failed in (True, True, False, True, True):
        assert ask(breaker, failed=failed)

    assert stands(breaker) is CircuitState.CLOSED


def test_a_share_of_failures_opens_it_but_not_below_the_least_number_of_calls(breaker: Breaker) -> None:
    for number in range(9):
        assert ask(breaker, failed=bool(number % 2 == 0))
    assert stands(breaker) is CircuitState.CLOSED

    assert ask(breaker, failed=True)

    assert stands(breaker) is CircuitState.OPEN


def test_failures_older_than_the_window_do_not_count_in_the_share(breaker: Breaker, clock: Hand) -> None:
    for _ in range(2):
        ask(breaker, failed=True)
    for _ in range(7):
        ask(breaker, failed=False)
    clock.wait(61)
    for failed in (True, False, False, False, False, False, False, False, True, True):
        assert ask(breaker, failed=failed)

    assert stands(breaker) is CircuitState.CLOSED


def test_a_probe_is_due_an_interval_after_it_opened_and_is_given_to_one(breaker: Breaker, clock: Hand) -> None:
    opened(breaker)
    clock.wait(14.9)
    assert not breaker.begin_probe()

    clock.wait(0.1)

    assert [breaker.begin_probe() for _ in range(100)].count(True) == 1
    assert stands(breaker) is CircuitState.HALF_OPEN
    assert not ask(breaker, failed=False)


def test_a_probe_that_fails_keeps_it_open_with_the_same_interval_from_when_it_began(
    breaker: Breaker, clock: Hand
) -> None:
    since = opened(breaker).since
    clock.wait(15)
    assert breaker.begin_probe()
    clock.wait(10)
    breaker.end_probe(reached=False)

    assert (breaker.state, breaker.since) == (CircuitState.OPEN, since)
    clock.wait(4.9)
    assert not breaker.begin_probe()
    clock.wait(0.1)
    assert breaker.begin_probe()


def test_a_probe_that_is_answered_closes_it_and_old_failures_are_forgotten(breaker: Breaker, clock: Hand) -> None:
    opened(breaker)
    clock.wait(15)
    breaker.begin_probe()
    breaker.end_probe(reached=True)

    assert (breaker.state, breaker.since) == (CircuitState.CLOSED, clock.now)
    for failed in (True, True, False):
        assert ask(breaker, failed=failed)
    assert stands(breaker) is CircuitState.CLOSED


def test_questions_that_were_under_way_when_it_opened_decide_nothing_afterwards(breaker: Breaker, clock: Hand) -> None:
    late = [breaker.enter() for _ in range(50)]
    opened(breaker)
    for permit in late[:25]:
        assert permit is not None
        breaker.leave(permit, failed=False)
    assert stands(breaker) is CircuitState.OPEN
    clock.wait(15)
    breaker.begin_probe()
    breaker.end_probe(reached=True)

    for permit in late[25:]:
        assert permit is not None
        breaker.leave(permit, failed=True)

    assert stands(breaker) is CircuitState.CLOSED


def test_a_clock_that_is_set_back_puts_the_probe_off_by_one_interval_only(breaker: Breaker, clock: Hand) -> None:
    opened(breaker)
    clock.wait(-3600)
    assert not breaker.begin_probe()

    clock.wait(15)

    assert breaker.begin_probe()


def test_a_closed_breaker_is_never_probed(breaker: Breaker, clock: Hand) -> None:
    clock.wait(10_000)

    assert not breaker.begin_probe()


@given(st.lists(st.sampled_from(("ok", "fail", "second", "quarter", "probe ok", "probe fail")), max_size=200))
def test_whatever_happens_nothing_is_let_through_but_while_closed_and_probes_keep_their_distance(
    steps: list[str],
) -> None:
    clock = Hand()
    breaker = Breaker(POLICY, clock)
    probes: list[datetime] = []
    for step in steps:
        match step:
            case "ok" | "fail":
                before = stands(breaker)
                assert ask(breaker, failed=step == "fail") is (before is CircuitState.CLOSED)
            case "second" | "quarter":
                clock.wait(1 if step == "second" else 15)
            case _:
                if breaker.begin_probe():
                    assert all(clock.now - each >= POLICY.probe_every for each in probes[-1:])
                    probes.append(clock.now)
                    breaker.end_probe(reached=step == "probe ok")
        assert breaker.state in (CircuitState.CLOSED, CircuitState.OPEN)
