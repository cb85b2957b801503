"""Time by turn as the product stores it, against the older reference: five hundred ordinary consultations."""

from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consultation.clocks.counting import Clockwork
from services.consultation.clocks.domain import OFFICE_WEEK
from services.consultation.clocks.effective import RecordedEvent
from services.consultation.clocks.opening_rules import OpeningRules
from services.consultation.clocks.story import tell_story
from services.consultation.clocks.swedish import is_holiday
from services.consultation.clocks.targets import Targets
from services.consultation.clocks.turns import Turn
from services.consultation.clocks.unit_calendars import UnitCalendars
from tests.reference import lead_times as reference

pytestmark = pytest.mark.requirement(11)

TARGETS = {"information_request": 18 * 3600, "consultation": 27 * 3600}


@cache
def cases() -> list[reference.Case]:
    return reference.generate_cases(seed=11, count=500)


def test_five_hundred_consultations_agree_with_the_reference_to_the_minute() -> None:
    clockwork = Clockwork(UnitCalendars(OpeningRules(OFFICE_WEEK, is_holiday), []), Targets(TARGETS, []))
    for case in cases():
        changes = reference.turn_changes(case)
        events = [
            RecordedEvent(sequence, at, "opened" if sequence == 1 else "changed", Turn(turn))
            for sequence, (at, turn) in enumerate(changes, start=1)
        ]

        story = tell_story(events, clockwork.rules(case.type, reference.UNTIL))

        expected = reference.time_by_turn(changes, reference.UNTIL)
        # What comes after the answer is nobody's, and no part of the story.
        met = {turn.value: seconds / 60 for turn, seconds in story.by_turn.items() if seconds}
        assert met == {turn: each for turn, each in expected.items() if each and turn != "nobody"}, case


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


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=40),
    st.sampled_from(["0", "0.5", "0.85", "0.95", "1"]),
)
def test_the_references_percentile_is_the_linear_one(values: list[int], share: str) -> None:
    exact = reference.percentile(values, Fraction(share))

    assert float(exact) == pytest.approx(float(np.percentile(values, 100 * float(share), method="linear")))
