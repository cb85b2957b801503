"""What other products get wrong about time, by their own issue lists: one test for each.

Those that would fail further out than in the rules have their test there: tests/service/test_timers.py shows that
nothing is told once there is an answer, and tests/service/test_clock.py that the first response is stored.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.clocks.counting import Clockwork, Rules
from services.consultation.clocks.domain import OFFICE_WEEK, OpeningHours, Week
from services.consultation.clocks.effective import RecordedEvent
from services.consultation.clocks.opening_rules import OpeningRules
from services.consultation.clocks.story import DueReason, Pace, due_when_opened, tell_story
from services.consultation.clocks.swedish import is_holiday
from services.consultation.clocks.targets import TargetLevel, Targets, TargetVersion
from services.consultation.clocks.timers import TimerKind, reminder_at, timers
from services.consultation.clocks.turns import Turn
from services.consultation.clocks.unit_calendars import CalendarVersion, UnitCalendars
from tests.sizes import sample_or_full

pytestmark = pytest.mark.requirement(11)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NATIONAL = OpeningRules(OFFICE_WEEK, is_holiday)
HOUR = 3600
KUST: Week = (OpeningHours(time(9), time(12)), None, OpeningHours(time(13), time(16)), None, None, None, None)
WITH_KUST = UnitCalendars(
    NATIONAL, [CalendarVersion("kust", date(2024, 1, 1), LONG_AGO, OpeningRules(KUST, is_holiday))]
)


def local(text: str) -> datetime:
    """Local time in Sweden."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Stockholm"))


def rules(
    known_at: str = "2026-06-01 12:00",
    *,
    hours: int = 9,
    targets: tuple[TargetVersion, ...] = (),
    calendars: tuple[CalendarVersion, ...] = (),
) -> Rules:
    """For a consultation whose default target is so many hours."""
    clockwork = Clockwork(UnitCalendars(NATIONAL, calendars), Targets({"consultation": hours * HOUR}, targets))
    return clockwork.rules("consultation", local(known_at))


def target(begins: str, hours: int, unit: str | None = None, of: str = "consultation") -> TargetVersion:
    return TargetVersion(unit, of, date.fromisoformat(begins), LONG_AGO, hours * HOUR)


def history(*events: tuple[str, Turn], unit: str = "norr") -> list[RecordedEvent]:
    return [RecordedEvent(number, local(at), "moved", turn, unit) for number, (at, turn) in enumerate(events, start=1)]


@pytest.mark.parametrize(
    "opened", ["2025-09-05 17:00", "2025-09-05 23:59", "2025-09-06 12:00", "2025-09-08 00:00", "2025-09-08 07:59"]
)
def test_what_comes_outside_opening_hours_is_counted_from_the_next_opening(opened: str) -> None:
    assert due_when_opened(rules(), local(opened), "norr").at == local("2025-09-08 17:00")


def test_a_pause_while_the_target_changes_neither_loses_the_pause_nor_falls_due_in_it() -> None:
    events = history(
        ("2025-09-08 08:00", Turn.ANSWERING),
        ("2025-09-08 14:00", Turn.ASKING),
        ("2025-09-11 10:00", Turn.ANSWERING),
    )
    shorter = (target("2025-09-10", 4),)
    longer = (target("2025-09-10", 12),)

    in_the_pause = tell_story(events[:2], rules("2025-09-10 12:00", targets=shorter)).standing
    after_it = tell_story(events, rules("2025-09-11 11:00", targets=shorter)).standing
    with_more = tell_story(events, rules("2025-09-11 11:00", targets=longer)).standing

    assert (in_the_pause.pace, in_the_pause.overdue_seconds) == (Pace.STOPPED, 0)
    assert (after_it.due.at, after_it.overdue_seconds) == (local("2025-09-11 10:00"), HOUR)
    assert (with_more.due.at, with_more.remaining_seconds) == (local("2025-09-11 16:00"), 5 * HOUR)


minutes = st.integers(0, 3 * 366 * 1440).map(
    lambda each: datetime(2024, 1, 1, tzinfo=UTC) + each * timedelta(minutes=1)
)


@given(minutes, st.integers(1, 60), st.sampled_from(["norr", "kust"]))
@settings(max_examples=sample_or_full(100, 5000), deadline=None)
def test_nobody_is_reminded_at_midnight_or_on_a_weekend_nor_told_that_it_is_late(
    opened: datetime, hours: int, unit: str
) -> None:
    clockwork = Clockwork(WITH_KUST, Targets({"consultation": hours * HOUR}))
    held_by = clockwork.rules("consultation", local("2027-01-01 12:00"))
    events = [RecordedEvent(1, opened, "opened", Turn.ANSWERING, unit)]
    calendar = held_by.calendar(unit)

    found = timers(tell_story(events, held_by), held_by)

    assert TimerKind.OVERDUE in {timer.kind for timer in found}
    for timer in found:
        second = timedelta(seconds=1)
        around = timer.run_at - second, timer.run_at + second
        assert calendar.open_seconds(*around) > 0, timer
        assert timer.run_at.astimezone(ZoneInfo("Europe/Stockholm")).weekday() < 5
    reminders = [timer.run_at for timer in found if timer.kind is TimerKind.REMINDER]
    assert all(opened <= each < timers(tell_story(events, held_by), held_by)[-1].about for each in reminders)


def test_a_reminder_comes_a_third_of_the_target_before_and_at_most_a_day() -> None:
    calendar = rules().calendar("norr")
    begun = local("2025-09-01 08:00")

    due_at = local("2025-09-08 10:00")  # a Monday

    assert reminder_at(due_at, 9 * HOUR, not_before=begun, calendar=calendar) == local("2025-09-05 16:00")
    assert reminder_at(due_at, 60 * HOUR, not_before=begun, calendar=calendar) == local("2025-09-05 10:00")
    assert reminder_at(due_at, 60 * HOUR, not_before=local("2025-09-06 12:00"), calendar=calendar) == local(
        "2025-09-08 08:00"
    )


def test_nothing_is_told_after_the_answer() -> None:
    events = history(("2025-09-08 08:00", Turn.ANSWERING), ("2025-09-12 16:00", Turn.NOBODY))
    held_by = rules("2025-09-30 12:00")

    story = tell_story(events, held_by)

    assert story.standing.overdue_seconds > 0
    assert timers(story, held_by) == ()


def test_time_on_hold_across_a_holiday_is_taken_off_once() -> None:
    # From Wednesday at two over Maundy Thursday and Easter until Tuesday at ten: fourteen working hours.
    events = history(
        ("2025-04-16 08:00", Turn.ANSWERING),
        ("2025-04-16 14:00", Turn.ASKING),
        ("2025-04-22 10:00", Turn.ANSWERING),
    )

    story = tell_story(events, rules("2025-04-22 11:00"))

    assert story.by_turn[Turn.ASKING] == (3 + 9 + 2) * HOUR
    assert story.by_turn[Turn.ANSWERING] == (6 + 1) * HOUR
    assert story.standing.due.at == local("2025-04-22 13:00")
    assert story.standing.remaining_seconds == 2 * HOUR


def test_a_week_without_mondays_is_counted_from_tuesday() -> None:
    week: Week = (None, *OFFICE_WEEK[1:])
    calendars = (CalendarVersion("norr", date(2024, 1, 1), LONG_AGO, OpeningRules(week, is_holiday)),)
    held_by = rules(calendars=calendars, hours=10)

    due = due_when_opened(held_by, local("2025-09-05 16:30"), "norr")

    assert due.at == local("2025-09-10 08:30")
    assert held_by.calendar("norr").open_seconds(local("2025-09-08 00:00"), local("2025-09-09 00:00")) == 0


def test_one_target_never_overrides_another_by_accident() -> None:
    targets = Targets(
        {"consultation": 27 * HOUR, "information_request": 18 * HOUR},
        [
            target("2025-01-01", 20),
            target("2025-01-01", 12, "norr"),
            target("2025-06-01", 15),
            target("2025-01-01", 6, "norr", "information_request"),
            TargetVersion("norr", "consultation", date(2025, 9, 1), LONG_AGO, None),
        ],
    )

    def hours(day: str, unit: str, of: str = "consultation") -> tuple[int, TargetLevel]:
        found = targets.at(local(f"{day} 12:00"), unit, of, local("2026-01-01 00:00"))
        return found.seconds // HOUR, found.level

    assert hours("2025-02-01", "norr") == (12, TargetLevel.UNIT)
    assert hours("2025-07-01", "norr") == (12, TargetLevel.UNIT)  # a newer national one does not take over
    assert hours("2025-07-01", "kust") == (15, TargetLevel.NATIONAL)
    assert hours("2025-09-01", "norr") == (15, TargetLevel.NATIONAL)  # the unit's has been taken back
    assert hours("2024-12-31", "norr") == (27, TargetLevel.DEFAULT)
    assert hours("2025-02-01", "norr", "information_request") == (6, TargetLevel.UNIT)
    assert hours("2025-02-01", "kust", "information_request") == (18, TargetLevel.DEFAULT)


def test_the_first_response_is_told_as_soon_as_there_is_one_and_stays() -> None:
    asked = history(("2025-09-08 08:00", Turn.ANSWERING))
    response = RecordedEvent(2, local("2025-09-08 11:00"), "asked_back", Turn.ASKING, "norr", responds=True)
    reply = RecordedEvent(3, local("2025-09-09 11:00"), "replied", Turn.ANSWERING, "norr")
    again = RecordedEvent(4, local("2025-09-09 12:00"), "answered", Turn.NOBODY, "norr", responds=True)

    told = [
        tell_story(events, rules("2025-09-09 13:00")).first_response_seconds
        for events in (asked, [*asked, response], [*asked, response, reply, again])
    ]

    assert told == [None, 3 * HOUR, 3 * HOUR]


def test_what_has_fallen_due_stays_due_whatever_target_comes_later() -> None:
    events = history(("2025-09-08 08:00", Turn.ANSWERING))

    standing = tell_story(events, rules("2025-09-12 10:00", targets=(target("2025-09-10", 90),))).standing

    assert standing.due.at == local("2025-09-08 17:00")
    assert standing.overdue_seconds == (3 * 9 + 2) * HOUR


def test_a_target_that_is_set_while_a_question_waits_moves_the_date_openly() -> None:
    set_at = local("2025-09-08 12:00")
    known_late = TargetVersion(None, "consultation", date(2025, 9, 9), set_at, 12 * HOUR)
    events = history(("2025-09-08 10:00", Turn.ANSWERING))

    dates = tell_story(events, rules("2025-09-08 13:00", targets=(known_late,))).due_dates

    assert [(each.due.at, each.reasons) for each in dates] == [
        (local("2025-09-09 10:00"), (DueReason.OPENED,)),
        (local("2025-09-09 13:00"), (DueReason.TARGET_SET,)),
    ]
