"""The estimate as a function of what has been answered."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consultation.clocks.swedish import swedish_calendar
from services.consultation.expected.domain import (
    ALL_UNITS,
    LEAST,
    LEAST_LEFT,
    PROBABILITY,
    Basis,
    Cell,
    Expectation,
    Record,
    Sample,
    corrected_level,
    expect,
    samples,
)
from services.consultation.expected.words import words

DAY = 9 * 3600
MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)  # eight in Sweden
DUE = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
# Drawing each by itself would take most of the time.
times = st.builds(
    lambda random, size, longest: tuple(sorted(random.randrange(longest) for _ in range(size))),
    st.integers(0, 10_000).map(Random),
    st.integers(LEAST, 500),
    st.integers(1, 60 * DAY),
)


@given(times)
def test_the_stated_share_of_the_history_lies_within(seconds: tuple[int, ...]) -> None:
    within = Sample(Basis.UNIT, seconds).within()
    assert within is not None
    assert sum(each <= within for each in seconds) / len(seconds) >= PROBABILITY
    assert sum(each < within for each in seconds) / len(seconds) < PROBABILITY + 2 / len(seconds)


@given(times, st.integers(0, 60 * DAY), st.integers(0, 60 * DAY))
def test_who_has_waited_longer_is_told_no_earlier_time(seconds: tuple[int, ...], one: int, other: int) -> None:
    sample = Sample(Basis.UNIT, seconds)
    earlier, later = sample.within(min(one, other)), sample.within(max(one, other))
    if later is not None:
        assert later > max(one, other) or max(one, other) == 0
        assert earlier is not None
        assert earlier <= later
    else:
        assert max(one, other) > 0
        assert sum(each > max(one, other) for each in seconds) < LEAST_LEFT


@given(st.builds(Record, held=st.integers(0, 100_000), missed=st.integers(0, 100_000)))
def test_an_estimate_that_did_not_hold_makes_the_next_more_careful(record: Record) -> None:
    more_missed, more_held = corrected_level(record + Record(missed=1)), corrected_level(record + Record(held=1))
    assert more_missed >= corrected_level(record) >= more_held
    assert 0 < corrected_level(record) < 1


def test_one_answer_too_few_and_the_unit_is_told_by_all_units() -> None:
    few = Cell("consultation", "af-24", tuple(range(LEAST - 1)))
    others = [Cell("consultation", f"af-{place}", (DAY,) * 50) for place in range(4)]

    told = samples([few, *others])

    assert told["consultation", "af-24"].basis is Basis.TYPE
    assert told["consultation", ALL_UNITS].basis is Basis.TYPE
    enough = Cell("consultation", "af-24", tuple(range(LEAST)))
    assert samples([enough, *others])["consultation", "af-24"].basis is Basis.UNIT


def test_too_few_answers_anywhere_make_no_sample() -> None:
    assert samples([Cell("consultation", "af-24", tuple(range(LEAST - 1)))]) == {}


def test_a_small_unit_is_told_at_a_level_that_its_own_record_corrects() -> None:
    slow = Cell("consultation", "slow", (20 * DAY,) * 50, by_type=Record(missed=3))
    others = [Cell("consultation", f"af-{place}", (DAY,) * 50) for place in range(4)]

    told = samples([slow, *others])

    assert told["consultation", "slow"].level > told["consultation", "af-1"].level == PROBABILITY


def _expected(found: dict[str, Sample], now: datetime) -> Expectation:
    return expect(found, "af-24", swedish_calendar(), opened_at=MONDAY, due_at=DUE, now=now)


@pytest.mark.requirement(11, 82)
def test_the_time_is_counted_in_working_hours_from_the_opening() -> None:
    told = _expected({"af-24": Sample(Basis.UNIT, (2 * DAY,) * LEAST)}, MONDAY)

    assert told.at == datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    assert (told.basis, told.n) == (Basis.UNIT, LEAST)
    assert words(told, DAY).en.startswith("85 % of questions like this are answered within 2 working days")
    assert words(told, DAY).sv.startswith("85 % av frågor som denna besvaras inom 2 arbetsdagar")


def test_after_a_day_of_waiting_only_those_that_took_longer_count() -> None:
    sample = Sample(Basis.UNIT, (3600,) * 180 + (4 * DAY,) * LEAST_LEFT)

    assert _expected({"af-24": sample}, MONDAY).within_seconds == 3600
    assert _expected({"af-24": sample}, MONDAY + timedelta(days=1)).within_seconds == 4 * DAY


def test_who_has_waited_longer_than_nearly_all_is_told_by_all_units_and_then_no_time_at_all() -> None:
    own = Sample(Basis.UNIT, (3600,) * LEAST)
    wider = Sample(Basis.TYPE, (5 * DAY,) * LEAST)
    tomorrow, later = MONDAY + timedelta(days=1), MONDAY + timedelta(days=20)

    assert _expected({"af-24": own, ALL_UNITS: wider}, tomorrow).basis is Basis.TYPE
    assert _expected({"af-24": own}, tomorrow) == Expectation(DUE, Basis.TARGET)
    silent = _expected({"af-24": own, ALL_UNITS: wider}, later)
    assert silent == Expectation(None, Basis.TARGET)
    assert "no time can be given" in words(silent, DAY).en


@pytest.mark.parametrize(
    ("seconds", "en", "sv"),
    [
        (1, "1 working hour ", "1 arbetstimme "),
        (3601, "2 working hours", "2 arbetstimmar"),
        (DAY, "1 working day ", "1 arbetsdag "),
        (DAY + 1, "2 working days", "2 arbetsdagar"),
    ],
)
def test_time_is_told_in_whole_hours_or_days_rounded_up(seconds: int, en: str, sv: str) -> None:
    told = words(Expectation(DUE, Basis.UNIT, seconds, LEAST), DAY)
    assert en in told.en
    assert sv in told.sv
