"""The worked example of docs/clocks.md, carried out: what the page says is what the product counts."""

import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.consultation.clocks.counting import COUNTED, Clockwork
from services.consultation.clocks.domain import OpeningHours
from services.consultation.clocks.effective import RecordedEvent
from services.consultation.clocks.opening_rules import HalfDay, HalfDayRule, OpeningRules
from services.consultation.clocks.story import Story, tell_story
from services.consultation.clocks.swedish import is_holiday
from services.consultation.clocks.targets import Targets, TargetVersion
from services.consultation.clocks.turns import Turn
from services.consultation.clocks.unit_calendars import CalendarVersion, UnitCalendars
from services.consultation.consultations.transitions import TURNS

pytestmark = pytest.mark.requirement(11)

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "clocks.md").read_text("utf-8")
SWEDEN = ZoneInfo("Europe/Stockholm")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def table(heading: str) -> list[list[str]]:
    """The rows of the table whose first column has the heading."""
    lines = PAGE.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows = [line for line in lines[start + 2 : lines.index("", start)] if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SWEDEN)


@pytest.fixture(scope="module")
def story() -> Story:
    rules = OpeningRules(
        week=(OpeningHours(time(8), time(16, 30)),) * 5 + (None, None),
        is_holiday=is_holiday,
        half_days=(HalfDay(HalfDayRule.DAY_BEFORE_HOLIDAY, time(13)),),
    )
    calendars = UnitCalendars(rules, [CalendarVersion("umea", date(2026, 2, 1), LONG_AGO, rules)])
    targets = [TargetVersion("umea", "consultation", date(2027, 4, 1), LONG_AGO, 12 * 3600)]
    events = [
        RecordedEvent(number, local(at), action, Turn(turn), "umea")
        for number, (at, action, turn) in enumerate(table("Swedish time"), start=1)
    ]
    clockwork = Clockwork(calendars, Targets({"consultation": 18 * 3600}, targets))
    return tell_story(events, clockwork.rules("consultation", local("2027-04-06 12:00")))


def test_the_intervals_are_those_of_the_page(story: Story) -> None:
    told = [
        [
            each.turn.value,
            shown(each.start),
            shown(each.end),
            f"{each.seconds / 3600}",
            "yes" if each.counted else "no",
        ]
        for each in story.intervals
    ]

    assert told == table("turn")


def test_the_due_dates_are_those_of_the_page(story: Story) -> None:
    actions = [action for _, action, _ in table("Swedish time")]
    told = [
        [action, shown(each.due.at), ", ".join(each.reasons)]
        for action, each in zip(actions, story.due_dates, strict=True)
    ]

    assert told == table("after")
    assert story.standing.overdue_seconds == 2 * 3600


def test_what_counts_is_what_the_page_says() -> None:
    listed = {
        state: (turn.strip("`"), counts)
        for states, turn, counts in table("state")
        for state in re.findall(r"`(\w+)`", states)
    }

    assert {state: turn for state, (turn, counts) in listed.items() if counts != "it has ended"} == {
        state.value: turn.value for state, turn in TURNS.items()
    }
    assert {turn for turn, counts in listed.values() if counts == "yes"} == {turn.value for turn in COUNTED}


def shown(instant: datetime | None) -> str:
    assert instant is not None
    return f"{instant.astimezone(SWEDEN):%Y-%m-%d %H:%M}"
