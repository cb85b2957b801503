"""The whole story of a consultation's time, told from its events: who had it when, and what became of the due date.

Intervals are told as they count, after all corrections. The due date is told as it stood: by what was known when each
event was recorded, and each time a calendar or target was set anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from services.consultation.clocks.counting import (
    COUNTED,
    Due,
    Rules,
    Stretch,
    counted_seconds,
    due,
    open_seconds,
    stretches,
)
from services.consultation.clocks.effective import EffectiveEvent, RecordedEvent, effective
from services.consultation.clocks.targets import Target, Targets
from services.consultation.clocks.turns import Turn
from services.consultation.clocks.unit_calendars import UnitCalendars

_TOUCHED = frozenset((Turn.ANSWERING, Turn.SECRECY_TEST))


class Pace(StrEnum):
    """Whether the clock towards the target runs."""

    RUNNING = "running"
    STOPPED = "stopped"
    ENDED = "ended"


class DueReason(StrEnum):
    """Why the due date stands as it does."""

    OPENED = "opened"
    NOTHING_CHANGED = "nothing_changed"
    CLOCK_STOPPED = "clock_stopped"
    CLOCK_STARTED = "clock_started"
    UNIT_CHANGED = "unit_changed"
    REGISTERED_LATE = "registered_late"
    CORRECTED = "corrected"
    CALENDAR_SET = "calendar_set"
    TARGET_SET = "target_set"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Interval:
    """It was this one's turn, in this unit, in `[start, end)`; `end` is None while it still is.

    `seconds` is working time by the unit's calendar until `end` or now. `pause_reason` is why the clock stands still,
    when a reason was given; `begun_by` and `ended_by` are the kinds of event.
    """

    turn: Turn
    unit: str | None
    start: datetime
    end: datetime | None
    seconds: int
    counted: bool
    pause_reason: str | None
    begun_by: str
    ended_by: str | None


@dataclass(frozen=True, slots=True)
class DueStanding:
    """The due date as it stood from `recorded_at` on. `sequence` is that of the event, None for a rule set anew."""

    recorded_at: datetime
    sequence: int | None
    due: Due
    moved: bool
    reasons: tuple[DueReason, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where it stands at `at`, in working seconds. At most one of `remaining_seconds` and `overdue_seconds` is not 0.

    `remaining_seconds` is what is left until `due`, or would be if the clock started again. Once it has ended, `at` is
    when it did, and what is overdue is how much too late that was.
    """

    at: datetime
    pace: Pace
    target: Target
    due: Due
    counted_seconds: int
    remaining_seconds: int
    overdue_seconds: int


@dataclass(frozen=True, slots=True)
class Story:
    """`by_turn` has every turn and sums to `total_seconds`. `first_response_seconds` is None until there is one."""

    intervals: tuple[Interval, ...]
    by_turn: Mapping[Turn, int]
    total_seconds: int
    first_response_at: datetime | None
    first_response_seconds: int | None
    touch_seconds: int
    due_dates: tuple[DueStanding, ...]
    standing: Standing


def tell_story(
    recorded: Sequence[RecordedEvent],
    consultation_type: str,
    calendars: UnitCalendars,
    targets: Targets,
    now: datetime,
) -> Story:
    """The story until `now` (aware), from the whole recorded history in order of sequence; at least its opening."""
    rules = Rules(calendars, targets, consultation_type, now)
    events = effective(recorded)
    parts = stretches(events)
    asked = _not_before_start(now, parts)
    until = _ended_at(parts) or asked
    told = [_interval(part, until, rules) for part in parts if part.turn is not Turn.NOBODY]
    by_turn = dict.fromkeys(Turn, 0)
    for interval in told:
        by_turn[interval.turn] += interval.seconds
    response = next((event for event in events if event.responds), None)
    return Story(
        intervals=tuple(told),
        by_turn=by_turn,
        total_seconds=sum(by_turn.values()),
        first_response_at=response.at if response else None,
        first_response_seconds=_all_seconds(parts, response.at, rules) if response else None,
        touch_seconds=_touched(events, until, rules),
        due_dates=tuple(_due_dates(recorded, rules)),
        standing=_standing(parts, asked, rules),
    )


def current_due(recorded: Sequence[RecordedEvent], rules: Rules) -> Due:
    """The due date by what is known now."""
    return due(stretches(effective(recorded)), rules)


def _interval(part: Stretch, until: datetime, rules: Rules) -> Interval:
    return Interval(
        turn=part.turn,
        unit=part.unit,
        start=part.start,
        end=part.end,
        seconds=open_seconds(part, until, rules),
        counted=part.counted,
        pause_reason=None if part.counted else part.since.reason,
        begun_by=part.since.action,
        ended_by=part.until.action if part.until else None,
    )


def _not_before_start(now: datetime, parts: Sequence[Stretch]) -> datetime:
    # The instance that tells may have a clock behind the one that recorded.
    return max(now.astimezone(UTC), parts[-1].start)


def _ended_at(parts: Sequence[Stretch]) -> datetime | None:
    return parts[-1].start if parts[-1].turn is Turn.NOBODY else None


def _all_seconds(parts: Sequence[Stretch], until: datetime, rules: Rules) -> int:
    return sum(open_seconds(part, until, rules) for part in parts if part.turn is not Turn.NOBODY)


def _touched(events: Sequence[EffectiveEvent], until: datetime, rules: Rules) -> int:
    ends = [*(event.at for event in events[1:]), until]
    return sum(
        rules.calendar(event.unit).open_seconds(event.at, min(end, until))
        for event, end in zip(events, ends, strict=True)
        if event.held and event.turn in _TOUCHED and event.at < until
    )


def _standing(parts: Sequence[Stretch], now: datetime, rules: Rules) -> Standing:
    last = parts[-1]
    pace = Pace.RUNNING if last.counted else Pace.ENDED if last.turn is Turn.NOBODY else Pace.STOPPED
    measured = now if pace is Pace.RUNNING else last.start
    falls_due = due(parts, rules)
    counted = counted_seconds(parts, measured, rules)
    late = counted - counted_seconds(parts, min(falls_due.at, measured), rules)
    left = rules.calendar(last.unit).open_seconds(measured, falls_due.at) if measured < falls_due.at else 0
    at = measured if pace is Pace.ENDED else now
    return Standing(at, pace, rules.target(at, last.unit), falls_due, counted, left, late)


def _due_dates(recorded: Sequence[RecordedEvent], rules: Rules) -> list[DueStanding]:
    """After each event as recorded, and each time that a rule was set anew while the consultation was open."""
    standings: list[DueStanding] = []
    for place, event in enumerate(recorded):
        if event.notice:
            continue
        history = recorded[: place + 1]
        _tell(
            standings, event.recorded_at, event.sequence, _reasons(history), _known(rules, event.recorded_at), history
        )
        following = recorded[place + 1].recorded_at if place + 1 < len(recorded) else rules.known_at
        for set_at, reason in _set_anew(history, rules, event.recorded_at, following):
            _tell(standings, set_at, None, (reason,), _known(rules, set_at), history)
    return standings


def _tell(
    standings: list[DueStanding],
    at: datetime,
    sequence: int | None,
    reasons: tuple[DueReason, ...],
    rules: Rules,
    history: Sequence[RecordedEvent],
) -> None:
    stands = current_due(history, rules)
    moved = bool(standings) and standings[-1].due.at != stands.at
    if sequence is None and not moved:
        return
    standings.append(DueStanding(at.astimezone(UTC), sequence, stands, moved, reasons))


def _known(rules: Rules, at: datetime) -> Rules:
    return Rules(rules.calendars, rules.targets, rules.type, at)


def _set_anew(
    history: Sequence[RecordedEvent], rules: Rules, after: datetime, until: datetime
) -> list[tuple[datetime, DueReason]]:
    now = effective(history)[-1]
    if now.turn is Turn.NOBODY:
        return []
    set_at = [
        *((at, DueReason.CALENDAR_SET) for at in rules.calendars.recorded_of(now.unit)),
        *((at, DueReason.TARGET_SET) for at in rules.targets.recorded_of(now.unit, rules.type)),
    ]
    return sorted(each for each in set_at if after < each[0] <= until)


def _reasons(history: Sequence[RecordedEvent]) -> tuple[DueReason, ...]:
    event = history[-1]
    if event.correction is not None:
        return (DueReason.CORRECTED,)
    *earlier, now = effective(history)
    if not earlier:
        changed = {DueReason.OPENED: True}
    else:
        before = earlier[-1]
        ended = now.turn is Turn.NOBODY
        changed = {
            DueReason.ENDED: ended,
            DueReason.CLOCK_STOPPED: before.turn in COUNTED and now.turn not in COUNTED and not ended,
            DueReason.CLOCK_STARTED: before.turn not in COUNTED and now.turn in COUNTED,
            DueReason.UNIT_CHANGED: before.unit != now.unit,
        }
    changed[DueReason.REGISTERED_LATE] = event.happened_at is not None
    return tuple(reason for reason, holds in changed.items() if holds) or (DueReason.NOTHING_CHANGED,)
