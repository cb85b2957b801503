"""Corrections: events as recorded, and as they count."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.clocks.effective import (
    LATE_REGISTRATION,
    Correction,
    NothingToCorrect,
    OutsideSpan,
    RecordedEvent,
    effective,
    require_permitted,
    require_within,
    span_of_correction,
    span_of_registration,
)
from services.consultation.clocks.turns import Turn
from tests.sizes import sample_or_full

pytestmark = pytest.mark.requirement(11)

MONDAY = datetime(2025, 9, 8, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def event(sequence: int, hours: float, **given: object) -> RecordedEvent:
    return RecordedEvent(sequence, MONDAY + hours * HOUR, "claimed", Turn.ANSWERING, **given)  # type: ignore[arg-type]


def correction(
    sequence: int, hours: float, of: int, to: float | None = None, channel: str | None = None
) -> RecordedEvent:
    happened_at = None if to is None else MONDAY + to * HOUR
    return event(sequence, hours, correction=Correction(of, happened_at, channel))


HISTORY = [event(1, 0), event(2, 4), event(3, 8)]


def test_the_latest_correction_of_each_counts_and_the_history_stays_as_it_was() -> None:
    history = [*HISTORY, correction(4, 9, of=2, to=1), correction(5, 10, of=2, to=2, channel="phone")]
    before = list(history)

    counted = effective(history)

    assert [each.at for each in counted] == [MONDAY, MONDAY + 2 * HOUR, MONDAY + 8 * HOUR]
    assert [(each.channel, each.corrected) for each in counted] == [("api", False), ("phone", True), ("api", False)]
    assert history == before


def test_time_and_channel_are_corrected_each_by_itself() -> None:
    history = [*HISTORY, correction(4, 9, of=2, to=1), correction(5, 10, of=2, channel="post")]

    counted = effective(history)[1]

    assert (counted.at, counted.channel) == (MONDAY + HOUR, "post")


def test_what_is_registered_late_counts_from_when_it_happened() -> None:
    late = event(4, 30, happened_at=MONDAY + 9 * HOUR)

    assert effective([*HISTORY, late])[-1].at == MONDAY + 9 * HOUR


def test_notices_and_corrections_are_no_part_of_what_happened() -> None:
    history = [event(1, 0), event(2, 1, notice=True), correction(3, 2, of=1, to=-1)]

    assert [each.sequence for each in effective(history)] == [1]


def test_a_clock_that_was_set_back_puts_nothing_before_its_cause() -> None:
    assert [each.at for each in effective([event(1, 5), event(2, 4)])] == [MONDAY + 5 * HOUR] * 2


@pytest.mark.parametrize(
    ("of", "to"),
    [
        (2, -1),  # before its predecessor
        (2, 4.5),  # after it was recorded
        (1, 5),  # after its successor
        (3, 9),  # into what was then the future
        (1, -24 * 61),  # earlier than anybody registers late
    ],
)
def test_a_correction_out_of_order_is_refused_with_what_is_permitted(of: int, to: float) -> None:
    with pytest.raises(OutsideSpan) as refused:
        require_permitted(HISTORY, Correction(of, MONDAY + to * HOUR))

    assert refused.value.span == span_of_correction(HISTORY, of)


def test_the_permitted_span_lies_between_the_neighbours_as_they_count_now() -> None:
    moved = [*HISTORY, correction(4, 9, of=2, to=1)]

    assert span_of_correction(HISTORY, 1).earliest == MONDAY - LATE_REGISTRATION
    assert span_of_correction(HISTORY, 2).latest == MONDAY + 4 * HOUR
    assert span_of_correction(moved, 3).earliest == MONDAY + HOUR
    assert span_of_correction(moved, 1).latest == MONDAY


def test_a_reminder_in_between_binds_nobody() -> None:
    history = [event(1, 0), event(2, 10, notice=True), event(3, 20)]

    require_permitted(history, Correction(3, MONDAY + 5 * HOUR))


@pytest.mark.parametrize("of", [4, 5, 99])
def test_corrections_notices_and_unknown_events_are_not_corrected(of: int) -> None:
    history = [*HISTORY, correction(4, 9, of=2, to=1), event(5, 10, notice=True)]

    with pytest.raises(NothingToCorrect):
        require_permitted(history, Correction(of, channel="phone"))


def test_what_is_registered_now_can_have_happened_since_the_last_event() -> None:
    span = span_of_registration(HISTORY, MONDAY + 20 * HOUR)

    require_within(span, MONDAY + 8 * HOUR)
    for hours in (7.9, 20.1):
        with pytest.raises(OutsideSpan):
            require_within(span, MONDAY + hours * HOUR)


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(-500, 500)), max_size=8))
@settings(max_examples=sample_or_full(100, 2000), deadline=None)
def test_permitted_corrections_never_change_the_order(attempts: list[tuple[int, int]]) -> None:
    history = [event(number, number) for number in range(1, 7)]
    for of, minutes in attempts:
        wanted = Correction(of, MONDAY + timedelta(minutes=minutes))
        try:
            require_permitted(history, wanted)
        except OutsideSpan:
            continue
        history.append(event(len(history) + 1, 10, correction=wanted))

    counted = effective(history)

    stated = {each.correction.sequence: each.correction.happened_at for each in history if each.correction}
    assert [each.sequence for each in counted] == [1, 2, 3, 4, 5, 6]
    assert all(each.at == (stated.get(each.sequence) or each.at) for each in counted)
