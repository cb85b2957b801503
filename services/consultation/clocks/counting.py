"""Counted time: what of a consultation's time runs towards its target, and when it falls due.

The clock runs while it is the answering authority's turn, while secrecy is tested and while a letter is on its way
out. It stands still while the municipality, the person or a meeting is waited for. Time is measured by the calendar
of the unit that has the consultation, and held against the target in force at each instant for that unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.clocks.effective import EffectiveEvent
from services.consultation.clocks.targets import Target, Targets
from services.consultation.clocks.turns import Turn
from services.consultation.clocks.unit_calendars import UnitCalendars

COUNTED = frozenset((Turn.ANSWERING, Turn.SECRECY_TEST, Turn.POST))


@dataclass(frozen=True, slots=True)
class Rules:
    """The calendars and targets that a consultation of the type is held against, as known at `known_at`."""

    calendars: UnitCalendars
    targets: Targets
    type: str
    known_at: datetime

    def calendar(self, unit: str | None) -> BusinessCalendar:
        """The calendar of the unit."""
        return self.calendars.of(unit, self.known_at)

    def target(self, instant: datetime, unit: str | None) -> Target:
        """The target in force."""
        return self.targets.at(instant, unit, self.type, self.known_at)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One turn in one unit in `[start, end)`, UTC; the last stretch has no end. `since` and `until` are its events."""

    turn: Turn
    unit: str | None
    start: datetime
    end: datetime | None
    since: EffectiveEvent
    until: EffectiveEvent | None

    @property
    def counted(self) -> bool:
        """Whether the clock runs."""
        return self.turn in COUNTED


@dataclass(frozen=True, slots=True)
class Due:
    """The instant (UTC) at which the counted time reaches the target in force then, and that target."""

    at: datetime
    target: Target


def stretches(events: Sequence[EffectiveEvent]) -> list[Stretch]:
    """One after the other without gaps, from the first event on; empty ones are left out, but never the last."""
    changes = [
        event
        for place, event in enumerate(events)
        if place == 0 or (event.turn, event.unit) != (events[place - 1].turn, events[place - 1].unit)
    ]
    ends = [*changes[1:], None]
    return [
        Stretch(event.turn, event.unit, event.at, until.at if until else None, event, until)
        for event, until in zip(changes, ends, strict=True)
        if until is None or event.at < until.at
    ]


def open_seconds(stretch: Stretch, until: datetime, rules: Rules) -> int:
    """Working seconds of the stretch before `until`, by the calendar of its unit."""
    end = until if stretch.end is None else min(stretch.end, until)
    return rules.calendar(stretch.unit).open_seconds(stretch.start, end) if stretch.start < end else 0


def counted_seconds(parts: Sequence[Stretch], until: datetime, rules: Rules) -> int:
    """Working seconds before `until` that run towards the target."""
    return sum(open_seconds(part, until, rules) for part in parts if part.counted)


def due(parts: Sequence[Stretch], rules: Rules) -> Due:
    """The first instant of a running clock at which counted time has reached the target in force then.

    While the clock stands still it is the date that stands if the clock started again where it stopped: the date
    that stood before, and the earliest there can be. What has fallen due stays due, whatever target comes later.
    """
    counted = 0
    for part in parts:
        if not part.counted:
            continue
        reached = _reached(part, part.end, counted, rules)
        if isinstance(reached, Due):
            return reached
        counted = reached
    last = parts[-1]
    reached = _reached(last, None, counted, rules)
    if isinstance(reached, Due):
        return reached
    raise RuntimeError("time without an end reaches every target")


def _reached(part: Stretch, end: datetime | None, counted: int, rules: Rules) -> Due | int:
    """When the target is reached in the stretch, or what has been counted at its end."""
    calendar = rules.calendar(part.unit)
    for period in rules.targets.periods(part.start, end, part.unit, rules.type, rules.known_at):
        missing = period.target.seconds - counted
        if missing <= 0:
            return Due(period.start, period.target)
        if period.end is None:
            return Due(calendar.add(period.start, missing), period.target)
        gained = calendar.open_seconds(period.start, period.end)
        if gained >= missing:
            return Due(calendar.add(period.start, missing), period.target)
        counted += gained
    return counted
