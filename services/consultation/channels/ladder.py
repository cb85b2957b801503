"""The ladder of channels, and which of its steps a question may take (R10).

The ladder is data (`ladder.json`): the lowest step that can answer comes first, and one goes up only when the step
below is not enough. Pure: the instant comes in as an argument.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from services.consultation.clocks.domain import BusinessCalendar, OpeningHours, Week
from services.consultation.consultations.domain import ConsultationType
from shared.problems import Words

FILE = Path(__file__).with_name("ladder.json")
_SECOND = timedelta(seconds=1)

MakeCalendar = Callable[[Week], BusinessCalendar]


class Step(StrEnum):
    """A step of the ladder: a look-up, or a channel of a consultation."""

    LOOK_UP = "look_up"
    API = "api"
    FORM = "form"
    PHONE = "phone"
    REMOTE_MEETING = "remote_meeting"
    LOCAL_OFFICE = "local_office"


class Mark(StrEnum):
    """What narrows the choice."""

    PROTECTED_IDENTITY = "protectedIdentity"
    TALK_NEEDED = "talkNeeded"


@dataclass(frozen=True, slots=True)
class AdvisedStep:
    """A channel that is allowed, and why. `opens_at` is when it opens next; None while it is open."""

    step: Step
    reason: Words
    opens_at: datetime | None


@dataclass(frozen=True, slots=True)
class LeftOutStep:
    """A channel of the ladder that is not allowed for this question, and why."""

    step: Step
    reason: Words


@dataclass(frozen=True, slots=True)
class Advice:
    """The allowed channels in order, lowest step first, and what was left out of the ladder."""

    steps: tuple[AdvisedStep, ...]
    left_out: tuple[LeftOutStep, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The ladder as data. A step without a calendar is always open."""

    steps: Mapping[ConsultationType, Sequence[Step]]
    words: Mapping[Step, Words]
    calendars: Mapping[Step, BusinessCalendar]
    without_talk: frozenset[Step]
    for_protected: Sequence[Step]
    left_out: Mapping[Mark, Words]

    def advise(self, kind: ConsultationType, marks: frozenset[Mark], at: datetime) -> Advice:
        """What a question of this type, about a person with these marks, may take at this instant (aware)."""
        refused = {step: mark for step in self.steps[kind] if (mark := self._refused(step, marks)) is not None}
        steps = [step for step in self.steps[kind] if step not in refused]
        return Advice(
            steps=tuple(AdvisedStep(step, self.words[step], self._opens_at(step, at)) for step in steps),
            left_out=tuple(LeftOutStep(step, self.left_out[mark]) for step, mark in refused.items()),
        )

    def _refused(self, step: Step, marks: frozenset[Mark]) -> Mark | None:
        if Mark.PROTECTED_IDENTITY in marks and step not in self.for_protected:
            return Mark.PROTECTED_IDENTITY
        if Mark.TALK_NEEDED in marks and step in self.without_talk:
            return Mark.TALK_NEEDED
        return None

    def _opens_at(self, step: Step, at: datetime) -> datetime | None:
        calendar = self.calendars.get(step)
        if calendar is None or calendar.open_seconds(at, at + _SECOND):
            return None
        return calendar.add(at, 1) - _SECOND


def read_ladder(make_calendar: MakeCalendar, file: Path = FILE) -> Ladder:
    """The ladder of a file, each of its opening hours on working days. Raises KeyError or ValueError when unfit."""
    told: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return Ladder(
        steps={ConsultationType(kind): _steps(steps) for kind, steps in told["ladders"].items()},
        words={Step(step): Words(words["sv"], words["en"]) for step, words in told["steps"].items()},
        calendars={Step(step): make_calendar(_working_days(hours)) for step, hours in told["hours"].items()},
        without_talk=frozenset(_steps(told["withoutTalk"])),
        for_protected=_steps(told["protectedIdentity"]),
        left_out={Mark(mark): Words(words["sv"], words["en"]) for mark, words in told["leftOut"].items()},
    )


def _steps(names: Sequence[str]) -> tuple[Step, ...]:
    return tuple(map(Step, names))


def _working_days(hours: Mapping[str, str]) -> Week:
    open_ = OpeningHours(time.fromisoformat(hours["opens"]), time.fromisoformat(hours["closes"]))
    return (open_,) * 5 + (None, None)
