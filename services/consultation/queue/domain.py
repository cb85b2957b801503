"""What of the queue somebody looks at, and by which day it is counted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from services.consultation.clocks.turns import Turn
from services.consultation.clocks.zone import SWEDEN
from services.consultation.consultations.domain import ConsultationType, Queue
from services.consultation.consultations.transitions import TURNS, WAITING
from services.consultation.problems import FILTERS_NOT_COMBINABLE
from shared.problems import Problem


class Tab(StrEnum):
    """How near in time, by the calendar day of the unit. Each open consultation is in exactly one.

    What waits for somebody else stands in a tab of its own: its clock towards the target stands still.
    """

    IN_TIME = "in_time"
    DUE_TODAY = "due_today"
    LATE = "late"
    WAITING = "waiting"


class Assigned(StrEnum):
    """Who has it."""

    ANYONE = "anyone"
    NOBODY = "nobody"
    ME = "me"


class Sort(StrEnum):
    """What comes first: what is due first, or what has waited longest."""

    DUE = "due"
    OLDEST = "oldest"


class HandOverReason(StrEnum):
    """Why a consultation belongs to another unit."""

    WRONG_UNIT = "wrong_unit"
    NEEDS_SPECIALIST = "needs_specialist"
    PERSON_MOVED = "person_moved"
    WORKLOAD = "workload"


_LENSES = ("turn", "tab", "escalated", "awaiting_approval")
_TOLD_AS = {"awaiting_approval": "awaitingApproval"}
"""What a parameter is called outside, where that differs."""
WAITING_TURNS = tuple(turn for state, turn in TURNS.items() if state in WAITING)
RUNNING_TURNS = tuple(dict.fromkeys(turn for state, turn in TURNS.items() if state not in WAITING))
OPEN_TURNS = (*RUNNING_TURNS, *WAITING_TURNS)


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of the work. None is all of it."""

    unit: str | None = None
    queue: Queue | None = None
    type: ConsultationType | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the queue is looked at. None leaves a thing out.

    `tab`, `turn`, `escalated` and `awaiting_approval` exclude each other. `turn` and `oldest` go with a unit
    and without queue or type, or with one's own. Each combination that is let through is a range of an index, or a few
    (`statements`).
    """

    unit: str | None = None
    queue: Queue | None = None
    type: ConsultationType | None = None
    turn: Turn | None = None
    tab: Tab | None = None
    escalated: bool = False
    assigned: Assigned = Assigned.ANYONE
    sort: Sort = Sort.DUE
    awaiting_approval: bool = False

    def check(self) -> None:
        """Raises Problem that names the filters which can't be combined."""
        lenses = [name for name in _LENSES if getattr(self, name)]
        if len(lenses) > 1:
            raise _not_combinable([_TOLD_AS.get(name, name) for name in lenses])
        if self.turn is Turn.NOBODY:
            raise _not_combinable(["turn"])
        if self.assigned is not Assigned.ME:
            for name, asked in (("turn", self.turn is not None), ("sort", self.sort is Sort.OLDEST)):
                if asked:
                    self._check_unit_alone(name)

    def _check_unit_alone(self, name: str) -> None:
        beside = ("queue", "type", *(_LENSES if name == "sort" else ()))
        narrowed = [_TOLD_AS.get(each, each) for each in beside if getattr(self, each)]
        if narrowed or self.unit is None:
            raise _not_combinable([name, *(narrowed or ["unit"])])

    def shape(self) -> "Filters":
        """The same for whatever unit is named: how it is read does not depend on which one it is."""
        return self if self.unit is None else replace(self, unit="")

    def turns(self) -> tuple[Turn, ...]:
        """Whose turn it can be."""
        if self.turn is not None:
            return (self.turn,)
        if self.tab is None:
            return OPEN_TURNS
        return WAITING_TURNS if self.tab is Tab.WAITING else RUNNING_TURNS


def _not_combinable(names: Sequence[str]) -> Problem:
    return Problem(FILTERS_NOT_COMBINABLE, members={"filters": list(names)})


@dataclass(frozen=True, slots=True)
class Today:
    """The calendar day of the units, and where it begins and ends."""

    day: date
    begins: datetime
    ends: datetime

    @classmethod
    def at(cls, now: datetime) -> "Today":
        """The Swedish day of an instant, midnight to midnight; 23 or 25 hours when the clocks change."""
        day = now.astimezone(SWEDEN).date()
        return cls(day, _midnight(day), _midnight(day + timedelta(days=1)))

    def tab(self, turn: Turn, due_at: datetime) -> Tab:
        """Where an open consultation stands."""
        if turn in WAITING_TURNS:
            return Tab.WAITING
        if due_at < self.begins:
            return Tab.LATE
        return Tab.DUE_TODAY if due_at < self.ends else Tab.IN_TIME


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SWEDEN).astimezone(UTC)


def dealt(handlers: Sequence[str], number: int) -> list[str]:
    """Who gets each of so many, in turns."""
    return [handlers[place % len(handlers)] for place in range(number)]
