"""What is asked: each question with all that will be done with it, but for how long it has to wait for a handler."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from math import exp, log
from random import Random

from services.consultation.consultations.domain import Channel, ConsultationType
from services.consultation.question_categories import QuestionCategory
from services.consultation.simulation.parameters import Parameters, Wait
from services.consultation.simulation.working_days import WorkingDays
from services.consultation.simulation.world import Municipality


class Ending(StrEnum):
    """What becomes of a question."""

    ANSWERED = "answered"
    BY_POST = "by_post"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    OPEN = "open"


class Wish(StrEnum):
    """What becomes of a physical meeting that is asked for. One that is left was not settled when the answer came."""

    MET = "met"
    REFUSED = "refused"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Part:
    """A handler's own work, in seconds, and what is waited for after it: nothing after the last part."""

    work: int
    wait: Wait | None = None
    wait_seconds: int = 0
    missed: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """`opens` and the other times are seconds of the axis. `late` is how long after it came it was registered.

    `wish` is None for most: no physical meeting is asked for.
    """

    number: int
    opens: int
    municipality: Municipality
    type: ConsultationType
    category: QuestionCategory
    channel: Channel
    parts: tuple[Part, ...]
    ending: Ending
    triaged: bool = False
    secrecy: bool = False
    at_once: bool = False
    called_back: bool = False
    late: int = 0
    withdrawn_after: int | None = None
    corrected: bool = False
    closed_after: int | None = None
    reopened_after: int | None = None
    wish: Wish | None = None

    @property
    def registered(self) -> bool:
        """Whether the answering side writes it down for the one who asks."""
        return self.channel is not Channel.API

    @property
    def work(self) -> int:
        """The handlers' own time in all."""
        return sum(part.work for part in self.parts)


class Drawing:
    """Draws questions by the parameters: the same for the same random numbers."""

    def __init__(self, chosen: Parameters, days: WorkingDays, random: Random) -> None:
        self._chosen, self._days, self._random = chosen, days, random
        self._types = tuple(chosen.types)
        self._type_weights = [chosen.types[each].share for each in self._types]
        self._channels, self._channel_weights = tuple(chosen.channels), tuple(chosen.channels.values())
        self._categories, self._category_weights = tuple(chosen.categories), tuple(chosen.categories.values())

    def year(self, municipalities: tuple[Municipality, ...], count: int) -> list[Question]:
        """So many, over the days by season, weekday and hour, and over the municipalities by size; oldest first."""
        chosen, days, random = self._chosen, self._days, self._random
        weights = [chosen.months[day.month - 1] * chosen.weekdays[day.weekday()] for day in days.days]
        on = random.choices(range(len(days.days)), cum_weights=list(accumulate(weights)), k=count)
        hours = random.choices(range(len(chosen.hours)), cum_weights=list(accumulate(chosen.hours)), k=count)
        hour = days.day_seconds / len(chosen.hours)
        opens = sorted(
            day * days.day_seconds + int((at + random.random()) * hour) for day, at in zip(on, hours, strict=True)
        )
        sizes = list(accumulate(each.weight for each in municipalities))
        askers = random.choices(municipalities, cum_weights=sizes, k=count)
        return [self._draw(n, at, asker) for n, (at, asker) in enumerate(zip(opens, askers, strict=True))]

    def _draw(self, number: int, opens: int, municipality: Municipality) -> Question:
        random, chosen = self._random, self._chosen
        kind = random.choices(self._types, self._type_weights)[0]
        channel = random.choices(self._channels, self._channel_weights)[0]
        category = random.choices(self._categories, self._category_weights)[0]
        parameters = chosen.types[kind]
        work = int(_lognormal(random, parameters.minutes * 60, parameters.spread)) + 60
        called_back, ending = False, Ending.ANSWERED
        waits: list[Wait] = []
        shares: tuple[tuple[Wait, float], ...] = (
            ("municipality", parameters.ask_back),
            ("person", parameters.person),
            ("meeting", parameters.meeting),
        )
        for wait, share in shares:
            if random.random() < share:
                waits.append(wait)
        at_once = channel is not Channel.API and random.random() < chosen.answered_at_once
        if random.random() < chosen.rejected:
            waits, ending, at_once = [], Ending.REJECTED, False
        elif channel is Channel.PHONE and random.random() < chosen.call_back:
            called_back = True
            failed = (random.random() < chosen.call_back_fails, random.random() < chosen.call_back_fails)
            waits += ["switchboard"] if failed[0] else []
            ending = Ending.BY_POST if all(failed) else Ending.ANSWERED
        return Question(
            number=number,
            opens=opens,
            municipality=municipality,
            type=kind,
            category=category,
            channel=channel,
            parts=self._parts(work, waits),
            ending=ending,
            triaged=random.random() < chosen.triaged,
            secrecy=random.random() < parameters.secrecy,
            at_once=at_once,
            called_back=called_back and not at_once,
            late=self._late(channel),
            withdrawn_after=self._later(0.3, 8.0) if random.random() < chosen.withdrawn else None,
            corrected=random.random() < chosen.corrected,
            closed_after=self._later(0.1, 5.0) if random.random() < chosen.closed else None,
            reopened_after=self._later(0.5, 8.0) if random.random() < chosen.reopened else None,
            wish=self._wish(f"{number} {opens}", kind, waits) if channel is Channel.API else None,
        )

    def following(self, number: int, opens: int, before: Question) -> Question:
        """The next round of a question that was answered: a short one."""
        return Question(
            number=number,
            opens=opens,
            municipality=before.municipality,
            type=before.type,
            category=before.category,
            channel=Channel.API,
            parts=(Part(max(60, before.work // 2)),),
            ending=Ending.ANSWERED,
            closed_after=self._later(0.1, 5.0),
        )

    def _wish(self, seed: str, kind: ConsultationType, waits: list[Wait]) -> Wish | None:
        # From numbers of its own: what else is in a year is what it was before anybody asked to meet.
        random = Random(seed)  # noqa: S311 - drawn again from the seed
        if "meeting" in waits:
            return Wish.MET if random.random() < self._chosen.types[kind].physical else None
        if random.random() >= self._chosen.physical_in_vain:
            return None
        return Wish.REFUSED if random.random() < self._chosen.physical_refused else Wish.LEFT

    def _parts(self, work: int, waits: list[Wait]) -> tuple[Part, ...]:
        share = work // (len(waits) + 1)
        return (*(self._waiting(share, wait) for wait in waits), Part(share))

    def _waiting(self, work: int, wait: Wait) -> Part:
        waiting = self._chosen.waits[wait]
        seconds = int(_lognormal(self._random, waiting.days * self._days.day_seconds, waiting.spread)) + 1
        missed = wait == "meeting" and self._random.random() < self._chosen.meeting_missed
        return Part(work, wait, seconds, missed)

    def _late(self, channel: Channel) -> int:
        if channel is Channel.API or self._random.random() >= self._chosen.registered_late:
            return 0
        return self._random.randrange(600, 4 * 3600)

    def _later(self, least_days: float, most_days: float) -> int:
        return int(self._random.uniform(least_days, most_days) * self._days.day_seconds)


def _lognormal(random: Random, median: float, spread: float) -> float:
    return exp(random.gauss(log(median), spread))
