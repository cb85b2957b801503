"""What was counted lately, whichever way the clock goes, against a list of all that was ever counted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.consultation.lookups.sources.rolling import Rolling

WIDTH, SLOTS = 10, 4
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Counted:
    number: int = 0


@given(st.lists(st.tuples(st.integers(-90, 90), st.booleans()), max_size=30))
def test_what_is_counted_is_told_for_as_long_as_its_part_of_the_window_lasts(steps: list[tuple[int, bool]]) -> None:
    rolling = Rolling(Counted, window=timedelta(seconds=WIDTH * SLOTS), slots=SLOTS)
    parts: dict[int, int] = {}
    seconds = 0
    for step, counts in steps:
        seconds += step
        now = NOON + timedelta(seconds=seconds)
        part = int(now.timestamp()) // WIDTH
        if counts:
            rolling.at(now).number += 1
            if part not in parts:
                parts = {each: number for each, number in parts.items() if part - SLOTS < each <= part}
            parts[part] = parts.get(part, 0) + 1
        else:
            # Looking forgets what has passed, and what lies ahead of a clock that was set back.
            parts = {each: number for each, number in parts.items() if part - SLOTS < each <= part}
            assert sorted(each.number for each in rolling.alive(now)) == sorted(parts.values())


def test_nothing_is_left_when_it_is_cleared() -> None:
    rolling = Rolling(Counted, window=timedelta(seconds=WIDTH * SLOTS), slots=SLOTS)
    rolling.at(NOON).number += 1
    rolling.clear()

    assert rolling.at(NOON).number == 0
