"""The whole story of a consultation's time, against a reference that counts minute by minute."""

from datetime import date, time, timedelta
from functools import cache
from itertools import pairwise
from random import Random

import pytest

from services.consultation.clocks.counting import Clockwork
from services.consultation.clocks.domain import OFFICE_WEEK, OpeningHours
from services.consultation.clocks.effective import Correction, RecordedEvent
from services.consultation.clocks.opening_rules import HalfDay, HalfDayRule, OpeningRules
from services.consultation.clocks.story import Story, tell_story
from services.consultation.clocks.swedish import is_holiday
from services.consultation.clocks.targets import Targets, TargetVersion
from services.consultation.clocks.turns import Turn
from services.consultation.clocks.unit_calendars import CalendarVersion, UnitCalendars
from tests.reference import clock as reference
from tests.reference.histories import TYPES, UNITS, History, make_histories, make_world
from tests.sizes import sample_or_full

pytestmark = pytest.mark.requirement(11)

WORLDS = (20, 21, 22, 23)[: sample_or_full(2, 4)]
NATIONAL = OpeningRules(OFFICE_WEEK, is_holiday)


@cache
def histories(world: int) -> list[History]:
    return make_histories(world, sample_or_full(60, 2500))


@pytest.mark.parametrize("seed", WORLDS)
def test_ten_thousand_histories_agree_with_the_reference_to_the_minute(seed: int) -> None:
    world = make_world(seed)
    clockwork = clockwork_of(world)

    for history in histories(seed):
        story = tell_story([recorded(fact) for fact in history.facts], clockwork.rules(history.type, history.now))

        expected = reference.tell(history.facts, history.type, world, history.now)
        assert in_minutes(story) == expected, history


@pytest.mark.parametrize("seed", WORLDS)
def test_intervals_follow_without_gaps_and_sum_to_the_whole_to_the_second(seed: int) -> None:
    rng = Random(seed)  # noqa: S311  # reproducible, nothing secret
    world = make_world(seed)
    clockwork = clockwork_of(world)

    for history in histories(seed)[:100]:
        shift = timedelta(seconds=rng.randint(0, 59), microseconds=rng.randint(0, 999_999))
        events = [recorded(fact, shift) for fact in history.facts]
        story = tell_story(events, clockwork.rules(history.type, history.now + shift))

        assert all(before.end == after.start for before, after in pairwise(story.intervals))
        assert story.total_seconds == sum(each.seconds for each in story.intervals) == sum(story.by_turn.values())
        assert min((each.seconds for each in story.intervals), default=0) >= 0
        counted = sum(each.seconds for each in story.intervals if each.counted)
        assert story.standing.counted_seconds == counted
        assert 0 in (story.standing.remaining_seconds, story.standing.overdue_seconds)
        assert (story.standing.overdue_seconds == 0) == (counted <= story.standing.allowed_seconds)
        assert story.standing.allowed_seconds >= story.standing.due.target.seconds


def test_the_histories_meet_every_turn_every_unit_and_every_kind_of_trouble() -> None:
    met = [history for seed in WORLDS for history in histories(seed)]
    facts = [fact for history in met for fact in history.facts]

    assert {fact.turn for fact in facts} == {turn.value for turn in Turn}
    assert {fact.unit for fact in facts} == set(UNITS)
    assert {history.type for history in met} == set(TYPES)
    assert sum(fact.moves is not None for fact in facts) > 50
    assert sum(fact.happened is not None for fact in facts) > 30
    over_new_year = [history for history in met if history.facts[0].recorded.year < history.now.year]
    assert len(over_new_year) > 1


def in_minutes(story: Story) -> reference.Result:
    """The story in the words of the reference, whole minutes all of them."""
    seconds = [*story.by_turn.values(), story.touch_seconds, story.standing.remaining_seconds]
    assert all(each % 60 == 0 for each in seconds)
    return reference.Result(
        by_turn={turn.value: each // 60 for turn, each in story.by_turn.items() if each},
        counted=story.standing.counted_seconds // 60,
        remaining=story.standing.remaining_seconds // 60,
        overdue=story.standing.overdue_seconds // 60,
        first_response=None if story.first_response_seconds is None else story.first_response_seconds // 60,
        touch=story.touch_seconds // 60,
        due_dates=[each.due.at for each in story.due_dates if each.sequence is not None],
        due=story.standing.due.at,
    )


def recorded(fact: reference.Fact, shift: timedelta = timedelta(0)) -> RecordedEvent:
    """The fact as the product has recorded it."""
    return RecordedEvent(
        sequence=fact.sequence,
        recorded_at=fact.recorded + shift,
        action=fact.action,
        turn=Turn(fact.turn),
        unit=fact.unit,
        happened_at=fact.happened + shift if fact.happened else None,
        held=fact.held,
        responds=fact.responds,
        correction=Correction(fact.moves[0], fact.moves[1] + shift) if fact.moves else None,
    )


def clockwork_of(world: reference.World) -> Clockwork:
    """What the product counts by in such a world."""
    calendars = [
        CalendarVersion(each.unit, each.day, each.recorded, None if each.office is None else rules_of(each.office))
        for each in world.offices
    ]
    targets = [
        TargetVersion(each.unit, each.type, each.day, each.recorded, each.minutes and each.minutes * 60)
        for each in world.targets
    ]
    defaults = {kind: minutes * 60 for kind, minutes in world.defaults}
    return Clockwork(UnitCalendars(NATIONAL, calendars), Targets(defaults, targets))


def rules_of(office: reference.Office) -> OpeningRules:
    return OpeningRules(
        week=tuple(None if hours is None else OpeningHours(clock(hours[0]), clock(hours[1])) for hours in office.week),
        is_holiday=is_holiday,
        closed_days=office.closed,
        half_days=tuple(
            HalfDay(on if isinstance(on, date) else HalfDayRule(on), clock(minute)) for on, minute in office.half_days
        ),
    )


def clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
