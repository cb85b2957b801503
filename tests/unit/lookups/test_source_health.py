"""The health of sources: what counts, how exact it is, and that it forgets and stays small."""

import asyncio
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from services.consultation.lookups.sources.domain import Inquiry, Origin, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.health import Health, SourceHealth
from services.consultation.lookups.sources.observed import Observed
from tests.unit.lookups.given import inquiry
from tests.unit.lookups.watched import Fixed, Hand

pytestmark = pytest.mark.requirement(1)

AF = SourceCode.AF


def answer(state: SourceState, took_ms: int | None = 100, **more: object) -> SourceAnswer:
    return SourceAnswer(AF, state, took_ms=took_ms, **more)  # type: ignore[arg-type]


def of_af(health: SourceHealth) -> Health:
    (found,) = (each for each in health.now() if each.source is AF)
    return found


def test_before_anything_was_asked_nothing_is_claimed() -> None:
    seen = of_af(SourceHealth(Hand()))

    assert (seen.calls, seen.success_share, seen.p50_ms, seen.p95_ms) == (0, None, None, None)
    assert [each.source for each in SourceHealth(Hand()).now()] == list(SourceCode)


def test_success_is_a_source_that_was_read_or_said_that_it_cannot() -> None:
    health = SourceHealth(Hand())
    health.record([answer(state) for state in SourceState if state is not SourceState.NOT_ASKED])

    seen = of_af(health)

    assert seen.calls == 7
    assert seen.success_share == pytest.approx(4 / 7)
    assert seen.outcomes[SourceState.UNPARSEABLE, None] == 1


@pytest.mark.parametrize("code", ["CIRCUIT_OPEN", "CERTIFICATE", "NO_TOKEN"])
def test_what_was_never_sent_is_counted_apart_and_no_mark_against_the_source(code: str) -> None:
    health = SourceHealth(Hand())
    health.record([answer(SourceState.ANSWERED)])
    health.record([answer(SourceState.ERROR, None, origin=Origin.LOCAL, code=code)])

    seen = of_af(health)

    assert (seen.calls, seen.not_sent, seen.success_share) == (1, 1, 1.0)


@pytest.mark.parametrize("code", ["CIRCUIT_OPEN", "CERTIFICATE", "NO_TOKEN"])
def test_a_source_whose_own_code_looks_like_ours_has_failed_and_was_asked(code: str) -> None:
    health = SourceHealth(Hand())
    health.record([answer(SourceState.ERROR, origin=Origin.BT, code=code)])

    seen = of_af(health)

    assert (seen.calls, seen.not_sent, seen.success_share) == (1, 0, 0.0)


@given(st.lists(st.integers(min_value=0, max_value=60_000), min_size=1, max_size=300))
def test_percentiles_are_at_most_a_tenth_above_the_true_ones_and_never_below(times: list[int]) -> None:
    health = SourceHealth(Hand())
    for took_ms in times:
        health.record([answer(SourceState.ANSWERED, took_ms)])
    seen = of_af(health)

    ordered = sorted(times)
    for told, percent in ((seen.p50_ms, 50), (seen.p95_ms, 95)):
        below = [value for value in ordered if told is not None and value <= told]
        true = next(value for place, value in enumerate(ordered, start=1) if place * 100 >= percent * len(ordered))
        assert told is not None
        assert true <= told <= max(1, true * 1.1)
        assert len(below) * 100 >= percent * len(ordered)


def test_after_a_quarter_of_an_hour_a_call_is_forgotten() -> None:
    clock = Hand()
    health = SourceHealth(clock)
    health.record([answer(SourceState.ANSWERED)])
    clock.wait(13 * 60)
    assert of_af(health).calls == 1

    clock.wait(2 * 60)

    assert of_af(health).calls == 0


def test_memory_does_not_grow_with_the_number_of_calls() -> None:
    clock = Hand()
    health = SourceHealth(clock)
    sizes = []
    for number in range(20_000):
        clock.wait(1)
        health.record([answer(SourceState.ANSWERED, number % 50_000)])
        if number % 5000 == 4999:
            slots = health._rolling.alive(clock())
            sizes.append((len(slots), max(len(slot[AF].latencies) for slot in slots), sys.getsizeof(slots)))

    assert {slots for slots, _, _ in sizes} == {15}
    assert max(buckets for _, buckets, _ in sizes) <= 121


def test_an_observed_source_is_counted_in_health_and_metrics_with_no_label_of_the_callers() -> None:
    health = SourceHealth(Hand())
    labels = {"source": "AF", "state": "answered", "origin": ""}
    before = REGISTRY.get_sample_value("samrad_source_answers_total", labels) or 0

    asyncio.run(Observed(Fixed(), health).ask(inquiry()))

    assert REGISTRY.get_sample_value("samrad_source_answers_total", labels) == before + 1
    assert of_af(health).calls == 1
    told = {
        name
        for metric in REGISTRY.collect()
        if metric.name.startswith("samrad_source")
        for sample in metric.samples
        for name in sample.labels
    }
    assert told <= {"source", "state", "origin", "code", "environment", "le"}


def test_an_adapter_that_breaks_is_counted_and_still_breaks() -> None:
    class Broken(Fixed):
        async def ask(self, inquiry: Inquiry) -> dict[SourceCode, SourceAnswer]:
            raise ZeroDivisionError(inquiry.case_reference)

    health = SourceHealth(Hand())
    with pytest.raises(ZeroDivisionError):
        asyncio.run(Observed(Broken(), health).ask(inquiry()))

    assert of_af(health).outcomes == {(SourceState.ERROR, Origin.LOCAL): 1}
