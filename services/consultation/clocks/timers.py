"""When somebody is to be told of a consultation's clock: always while the unit is open, and never once it has ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.consultation.clocks.counting import Due, Rules
from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.clocks.story import Pace, Story
from services.consultation.clocks.turns import Turn

MOST_NOTICE = 9 * 3600
"""A reminder comes a third of the target before it is due, and at most so many working seconds: a day."""
LONGEST_PAUSE = 10 * 9 * 3600
"""Working seconds after which it is told that what is waited for has not come: ten days of nine hours."""

_WAITS = frozenset((Turn.ASKING, Turn.PERSON))


class TimerKind(StrEnum):
    """What is told."""

    REMINDER = "reminder"
    OVERDUE = "overdue"
    PAUSE_LAPSED = "pause_lapsed"


@dataclass(frozen=True, slots=True)
class Timer:
    """At `run_at` (UTC) it is told. `about` is the due date, or when the pause began: of each it is told once."""

    kind: TimerKind
    about: datetime
    run_at: datetime


def timers(story: Story, rules: Rules) -> tuple[Timer, ...]:
    """What is to be told from now on if nothing more happens: of a due date while the clock runs, or of a pause."""
    standing = story.standing
    if standing.pace is Pace.ENDED:
        return ()
    last = story.intervals[-1]
    calendar = rules.calendar(last.unit)
    if standing.pace is Pace.STOPPED:
        if last.turn not in _WAITS:
            return ()
        return (Timer(TimerKind.PAUSE_LAPSED, last.start, lapses_at(last.start, calendar)),)
    return timers_when_due(standing.due, last.start, calendar)


def timers_when_due(due: Due, running_since: datetime, calendar: BusinessCalendar) -> tuple[Timer, ...]:
    """What is to be told of a due date while the clock runs; no reminder of what is due before anybody is there."""
    reminder = reminder_at(due.at, due.target.seconds, not_before=running_since, calendar=calendar)
    return (
        *([Timer(TimerKind.REMINDER, due.at, reminder)] if reminder < due.at else []),
        Timer(TimerKind.OVERDUE, due.at, overdue_at(due.at, calendar)),
    )


def reminder_at(due_at: datetime, target_seconds: int, *, not_before: datetime, calendar: BusinessCalendar) -> datetime:
    """So long before it is due that something can be done: in opening hours, at `not_before` or later."""
    notice = min(target_seconds // 3, MOST_NOTICE)
    return calendar.next_open(max(calendar.subtract(due_at, notice), not_before))


def overdue_at(due_at: datetime, calendar: BusinessCalendar) -> datetime:
    """When the first working second has passed since it was due: never at night, on a weekend or on a holiday."""
    return calendar.add(due_at, 1)


def lapses_at(paused_at: datetime, calendar: BusinessCalendar) -> datetime:
    """When what is waited for should have come, in opening hours."""
    return calendar.next_open(calendar.add(paused_at, LONGEST_PAUSE))
