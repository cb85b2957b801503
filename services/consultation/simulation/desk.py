"""How a unit works through what it is asked: few handlers, in working hours, the question that is due first first.

Waiting is not drawn from anything. It comes of how much there is to do and of who is at work, as in a real unit; that
is what makes it hard to say when an answer can be expected.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import heapify, heappop, heappush
from random import Random

from services.consultation.simulation.parameters import Parameters
from services.consultation.simulation.questions import Drawing, Ending, Question, Wish
from services.consultation.simulation.working_days import WorkingDays
from services.consultation.simulation.world import Unit, works


class Step(StrEnum):
    """What somebody does to a question; each is a use case."""

    OPEN = "open"
    REGISTER = "register"
    TRIAGE = "triage"
    CLAIM = "claim"
    RELEASE = "release"
    BEGIN_SECRECY_TEST = "begin_secrecy_test"
    END_SECRECY_TEST = "end_secrecy_test"
    ASK_BACK = "ask_back"
    REPLY = "reply"
    AWAIT_PERSON = "await_person"
    RESUME = "resume"
    REQUEST_MEETING = "request_meeting"
    REFUSE_MEETING = "refuse_meeting"
    BOOK_MEETING = "book_meeting"
    HOLD_MEETING = "hold_meeting"
    MISS_MEETING = "miss_meeting"
    CALL_BACK_REACHED = "call_back_reached"
    CALL_BACK_FAILED = "call_back_failed"
    DISPATCH = "dispatch"
    ANSWER = "answer"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    REOPEN = "reopen"
    CORRECT = "correct"


Tell = Callable[[int, "Handled", Step, str | None, int], None]
"""Is told each step: the second of the axis, the question, what is done, by which handler (None is the asker), and
another second that belongs to it: when a meeting begins, when it happened, how long the answer took."""

_MEETING_SECONDS = 3600
_DISPATCH_SECONDS = 6 * 3600
_CORRECTED_BY = 600
_AFTER = {
    "municipality": Step.ASK_BACK,
    "person": Step.AWAIT_PERSON,
    "meeting": Step.BOOK_MEETING,
    "switchboard": Step.CALL_BACK_FAILED,
}


@dataclass(slots=True, eq=False)
class Handled:
    """A question and where it is. `ended` is the second at which it was answered, rejected or withdrawn."""

    question: Question
    due: int
    part: int = 0
    holder: int | None = None
    place: str = "queue"
    ending: Ending = Ending.OPEN
    ended: int | None = None
    follows: "Handled | None" = None


@dataclass(slots=True)
class _Desk:
    """`own` is what the handler has and can go on with, `held` all that the handler has."""

    busy: bool = False
    own: list[tuple[int, int, Handled]] = field(default_factory=list)
    held: dict[int, Handled] = field(default_factory=dict)


_ARRIVES, _DONE, _BACK, _DAY, _WITHDRAWN, _DISPATCHED, _CLOSED, _REOPENED = range(8)


class UnitAtWork:
    """One unit for a year. `run` answers every question, in the order they came."""

    def __init__(
        self, unit: Unit, days: WorkingDays, chosen: Parameters, drawing: Drawing, random: Random, tell: Tell
    ) -> None:
        self._unit, self._days, self._drawing, self._random, self._tell = unit, days, drawing, random, tell
        self._targets = {kind: int(hours * 3600) for kind, hours in chosen.target_hours.items()}
        self._desks = [_Desk() for _ in unit.handlers]
        self._queue: list[tuple[int, int, Handled]] = []
        self._events: list[tuple[int, int, int, Handled | None, int]] = []
        self._order = 0
        self._working: list[int] = []
        self._handled: list[Handled] = []

    def run(self, questions: Iterable[Question], next_number: Callable[[], int]) -> list[Handled]:
        """What became of each. `next_number` is for rounds that follow."""
        # Simultaneous events are taken in the order they were made: the day begins before anything on it.
        for day in range(len(self._days.days)):
            self._plan(day * self._days.day_seconds, _DAY, None, day)
        for question in questions:
            self._plan(question.opens, _ARRIVES, self._new(question))
        heapify(self._events)
        while self._events:
            now, _, kind, handled, extra = heappop(self._events)
            if now >= self._days.seconds:
                break
            if kind == _DAY:
                self._begin_day(now, extra)
            elif handled is not None:
                self._take_place(now, kind, handled, extra, next_number)
        return self._handled

    def _take_place(self, now: int, kind: int, handled: Handled, extra: int, next_number: Callable[[], int]) -> None:
        if kind == _ARRIVES:
            self._arrives(now, handled)
        elif kind == _DONE:
            self._done(now, handled, extra)
        elif kind == _BACK:
            self._back(now, handled, extra)
        elif kind == _WITHDRAWN:
            self._withdraw(now, handled)
        elif kind == _DISPATCHED:
            self._tell(now, handled, Step.DISPATCH, self._name(extra), 0)
            self._end(now, handled, Ending.BY_POST)
        elif kind == _CLOSED:
            self._tell(now, handled, Step.CLOSE, None, 0)
        elif kind == _REOPENED:
            following = self._new(self._drawing.following(next_number(), now, handled.question))
            following.follows = handled
            self._tell(now, following, Step.REOPEN, None, 0)
            self._wait_in_queue(now, following)

    def _new(self, question: Question) -> Handled:
        handled = Handled(question, question.opens + self._targets[question.type])
        self._handled.append(handled)
        return handled

    def _plan(self, at: int, kind: int, handled: Handled | None, extra: int = 0) -> None:
        self._order += 1
        heappush(self._events, (at, self._order, kind, handled, extra))

    def _name(self, place: int) -> str:
        return self._unit.handlers[place].name

    # --- what comes ------------------------------------------------------------------------------------------------

    def _arrives(self, now: int, handled: Handled) -> None:
        question = handled.question
        if question.registered:
            self._registered(now, handled)
            return
        self._tell(now, handled, Step.OPEN, None, 0)
        if question.wish is not None:
            self._tell(now, handled, Step.REQUEST_MEETING, None, 0)
        if question.withdrawn_after is not None:
            self._plan(now + question.withdrawn_after, _WITHDRAWN, handled)
        self._wait_in_queue(now, handled)

    def _registered(self, now: int, handled: Handled) -> None:
        """Whoever takes the call, opens the letter or meets the visitor writes it down, and has it."""
        holder = self._random.choice(self._working)
        self._tell(now, handled, Step.REGISTER, self._name(holder), handled.question.late)
        if handled.question.at_once:
            self._end(now, handled, Ending.ANSWERED)
            return
        self._hold(handled, holder)
        self._ready(now, handled, holder)

    def _wait_in_queue(self, now: int, handled: Handled) -> None:
        handled.place = "queue"
        heappush(self._queue, (handled.due, handled.question.number, handled))
        self._hand_out(now)

    def _begin_day(self, now: int, day: int) -> None:
        for place, handler in enumerate(self._unit.handlers):
            if day in handler.leaves:
                for handled in list(self._desks[place].held.values()):
                    self._give_back(now, handled)
        self._working = works(self._unit.handlers, day)
        # Nobody is always the first.
        self._random.shuffle(self._working)
        self._hand_out(now)

    # --- work ------------------------------------------------------------------------------------------------------

    def _hand_out(self, now: int) -> None:
        for place in self._working:
            desk = self._desks[place]
            if not desk.busy:
                self._next(now, place, desk)

    def _next(self, now: int, place: int, desk: _Desk) -> None:
        """A handler goes on with what is the handler's own before anything new is taken."""
        if desk.own:
            self._work(now, place, heappop(desk.own)[2])
            return
        while self._queue:
            handled = heappop(self._queue)[2]
            if handled.place != "queue":
                continue
            if handled.question.triaged and handled.part == 0:
                self._tell(now, handled, Step.TRIAGE, self._name(place), 0)
            self._tell(now, handled, Step.CLAIM, self._name(place), 0)
            self._hold(handled, place)
            self._work(now, place, handled)
            return

    def _work(self, now: int, place: int, handled: Handled) -> None:
        self._desks[place].busy = True
        handled.place = "work"
        taken = max(1, int(handled.question.parts[handled.part].work * self._unit.pace))
        if handled.question.secrecy and handled.part == 0:
            self._tell(now, handled, Step.BEGIN_SECRECY_TEST, self._name(place), 0)
            self._tell(now + taken // 2, handled, Step.END_SECRECY_TEST, self._name(place), 0)
        self._plan(now + taken, _DONE, handled, place)

    def _done(self, now: int, handled: Handled, place: int) -> None:
        self._desks[place].busy = False
        part = handled.question.parts[handled.part]
        if part.wait is None:
            self._finish(now, handled, place)
        else:
            back = now + part.wait_seconds
            begins = max(now + 1, back - _MEETING_SECONDS)
            handled.place = "waits"
            self._tell(now, handled, _AFTER[part.wait], self._name(place), begins)
            self._plan(max(back, begins + 1), _BACK, handled, handled.part)
            if place not in self._working and part.wait != "switchboard":
                self._give_back(now, handled)
        if place in self._working:
            self._next(now, place, self._desks[place])

    def _finish(self, now: int, handled: Handled, place: int) -> None:
        question, name = handled.question, self._name(place)
        if question.wish is Wish.REFUSED:
            self._tell(now, handled, Step.REFUSE_MEETING, name, 0)
        if question.ending is Ending.REJECTED:
            self._tell(now, handled, Step.REJECT, name, 0)
            self._end(now, handled, Ending.REJECTED)
        elif question.ending is Ending.BY_POST:
            # The second attempt that fails leads to a letter.
            self._tell(now, handled, Step.CALL_BACK_FAILED, name, 0)
            handled.place = "post"
            self._desks[place].held.pop(question.number, None)
            self._plan(now + _DISPATCH_SECONDS, _DISPATCHED, handled, place)
        else:
            if question.called_back:
                self._tell(now, handled, Step.CALL_BACK_REACHED, name, 0)
            self._tell(now, handled, Step.ANSWER, name, 0)
            self._end(now, handled, Ending.ANSWERED)
            if question.corrected:
                self._tell(now + _CORRECTED_BY, handled, Step.CORRECT, name, 0)

    def _back(self, now: int, handled: Handled, part_waited: int) -> None:
        """What was waited for is here, or will not come."""
        if handled.place != "waits" or handled.part != part_waited:
            return
        part = handled.question.parts[handled.part]
        by = self._name(self._working[0] if handled.holder is None else handled.holder)
        if part.wait == "municipality":
            self._tell(now, handled, Step.REPLY, None, 0)
        elif part.wait == "person":
            self._tell(now, handled, Step.RESUME, by, 0)
        elif part.wait == "meeting":
            self._tell(now, handled, Step.MISS_MEETING if part.missed else Step.HOLD_MEETING, by, 0)
        handled.part += 1
        if handled.holder is None:
            self._wait_in_queue(now, handled)
        else:
            self._ready(now, handled, handled.holder)

    def _ready(self, now: int, handled: Handled, holder: int) -> None:
        handled.place = "own"
        heappush(self._desks[holder].own, (handled.due, handled.question.number, handled))
        self._hand_out(now)

    def _hold(self, handled: Handled, place: int) -> None:
        handled.holder = place
        self._desks[place].held[handled.question.number] = handled

    def _give_back(self, now: int, handled: Handled) -> None:
        """Who goes away for long leaves what is not being worked on to the others."""
        place = handled.holder
        if place is None or handled.place not in ("own", "waits"):
            return
        waiting_outside = handled.place == "waits" and handled.question.parts[handled.part].wait != "switchboard"
        self._tell(now, handled, Step.RELEASE, self._name(place), 0)
        self._desks[place].held.pop(handled.question.number, None)
        self._desks[place].own = [each for each in self._desks[place].own if each[2] is not handled]
        heapify(self._desks[place].own)
        handled.holder = None
        if not waiting_outside:
            handled.part += handled.place == "waits"
            self._wait_in_queue(now, handled)

    # --- ends ------------------------------------------------------------------------------------------------------

    def _withdraw(self, now: int, handled: Handled) -> None:
        # What a handler has at hand is answered before anybody hears that it no longer matters.
        if handled.ended is not None or handled.place in ("work", "post"):
            return
        if handled.place == "own" and handled.holder is not None:
            desk = self._desks[handled.holder]
            desk.own = [each for each in desk.own if each[2] is not handled]
            heapify(desk.own)
        self._tell(now, handled, Step.WITHDRAW, None, 0)
        self._end(now, handled, Ending.WITHDRAWN)

    def _end(self, now: int, handled: Handled, ending: Ending) -> None:
        question = handled.question
        handled.place, handled.ending, handled.ended = "ended", ending, now
        if handled.holder is not None:
            self._desks[handled.holder].held.pop(question.number, None)
        if ending not in (Ending.ANSWERED, Ending.BY_POST):
            return
        if question.reopened_after is not None:
            self._plan(now + question.reopened_after, _REOPENED, handled)
        elif question.closed_after is not None:
            self._plan(now + question.closed_after, _CLOSED, handled)
