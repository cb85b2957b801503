"""The states of a consultation and what may change them.

A change is a method with a business name. It checks its own rules, and returns the consultation as it
becomes together with the event that tells it; nobody sets a state from outside.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import EllipsisType

from services.consultation.clocks.turns import Turn
from services.consultation.problems import CLAIMED_BY_ANOTHER, ILLEGAL_TRANSITION, PROTECTED_IDENTITY
from shared.problems import Problem


class ConsultationType(StrEnum):
    """What is asked for."""

    INFORMATION_REQUEST = "information_request"
    CONSULTATION = "consultation"


class State(StrEnum):
    """Where a consultation stands. `triaged`, `secrecy_test` and `rejected` are reached by later operations."""

    RECEIVED = "received"
    TRIAGED = "triaged"
    SECRECY_TEST = "secrecy_test"
    IN_PROGRESS = "in_progress"
    WAITING_FOR_MUNICIPALITY = "waiting_for_municipality"
    ANSWERED = "answered"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def turn(self) -> Turn:
        """Who is expected to act."""
        return _TURNS.get(self, Turn.NOBODY)


class Action(StrEnum):
    """What can be done to a consultation; also the kinds of event, in the past tense."""

    OPEN = "opened"
    CLAIM = "claimed"
    RELEASE = "released"
    ASK_BACK = "asked_back"
    REPLY = "replied"
    ANSWER = "answered"
    CLOSE = "closed"
    WITHDRAW = "withdrawn"


class Audience(StrEnum):
    """Who sees an event: both sides, or the answering one alone."""

    BOTH = "both"
    ANSWERING = "answering"


_TURNS: Mapping[State, Turn] = {
    State.RECEIVED: Turn.ANSWERING,
    State.TRIAGED: Turn.ANSWERING,
    State.SECRECY_TEST: Turn.ANSWERING,
    State.IN_PROGRESS: Turn.ANSWERING,
    State.WAITING_FOR_MUNICIPALITY: Turn.ASKING,
}
OPEN_STATES = tuple(_TURNS)

_FROM: Mapping[Action, tuple[State, ...]] = {
    Action.CLAIM: (State.RECEIVED, State.TRIAGED, State.WAITING_FOR_MUNICIPALITY),
    Action.RELEASE: (State.IN_PROGRESS, State.WAITING_FOR_MUNICIPALITY),
    Action.ASK_BACK: (State.IN_PROGRESS,),
    Action.REPLY: (State.WAITING_FOR_MUNICIPALITY,),
    Action.ANSWER: (State.IN_PROGRESS,),
    Action.CLOSE: (State.ANSWERED,),
    Action.WITHDRAW: OPEN_STATES,
}

_BY_PHONE = frozenset((Action.CLAIM, Action.ASK_BACK, Action.REPLY, Action.ANSWER))
"""What is done by phone when the person has protected identity. To give back, close or withdraw tells nothing."""


@dataclass(frozen=True, slots=True)
class Event:
    """One immutable fact about a consultation. `actor` is the person as stated by the client."""

    id: uuid.UUID
    sequence: int
    at: datetime
    action: Action
    state: State
    organisation: str
    client_id: str
    actor: str | None
    audience: Audience = Audience.BOTH
    channel: str = "api"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change, and when. `event_id` becomes the id of its event."""

    organisation: str
    client_id: str
    person: str
    at: datetime
    event_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Consultation:
    """A consultation as its rules see it. `organisation` asks and owns, `answering` answers.

    `protected` when the person has protected identity: then nothing about her is written here any more.
    """

    id: uuid.UUID
    organisation: str
    answering: str
    state: State
    version: int
    assigned_to: str | None
    protected: bool = False

    def claim(self, by: Actor) -> tuple["Consultation", Event]:
        """A handler takes it. Raises Problem when someone has it or it is past claiming."""
        self._refuse_by_phone(Action.CLAIM)
        if self.assigned_to is not None:
            raise Problem(CLAIMED_BY_ANOTHER, members=self._holder())
        self._require(Action.CLAIM)
        waiting = self.state is State.WAITING_FOR_MUNICIPALITY
        return self._become(Action.CLAIM, by, self.state if waiting else State.IN_PROGRESS, assigned_to=by.person)

    def release(self, by: Actor) -> tuple["Consultation", Event]:
        """The handler gives it back to the queue. The asking side does not see who had it."""
        self._require(Action.RELEASE, held_by=by)
        waiting = self.state is State.WAITING_FOR_MUNICIPALITY
        state = self.state if waiting else State.RECEIVED
        return self._become(Action.RELEASE, by, state, assigned_to=None, audience=Audience.ANSWERING)

    def ask_back(self, by: Actor) -> tuple["Consultation", Event]:
        """The handler needs more from the municipality, whose turn it becomes."""
        self._require(Action.ASK_BACK, held_by=by)
        return self._become(Action.ASK_BACK, by, State.WAITING_FOR_MUNICIPALITY)

    def reply(self, by: Actor) -> tuple["Consultation", Event]:
        """The municipality gives what was asked for."""
        self._require(Action.REPLY)
        return self._become(Action.REPLY, by, State.IN_PROGRESS if self.assigned_to else State.RECEIVED)

    def answer(self, by: Actor) -> tuple["Consultation", Event]:
        """The handler answers; lead time ends here."""
        self._require(Action.ANSWER, held_by=by)
        return self._become(Action.ANSWER, by, State.ANSWERED)

    def close(self, by: Actor) -> tuple["Consultation", Event]:
        """The municipality has read the answer and is done."""
        self._require(Action.CLOSE)
        return self._become(Action.CLOSE, by, State.CLOSED)

    def withdraw(self, by: Actor) -> tuple["Consultation", Event]:
        """The municipality no longer needs an answer."""
        self._require(Action.WITHDRAW)
        return self._become(Action.WITHDRAW, by, State.WITHDRAWN)

    def _refuse_by_phone(self, action: Action) -> None:
        if self.protected and action in _BY_PHONE:
            raise Problem(PROTECTED_IDENTITY)

    def _require(self, action: Action, held_by: Actor | None = None) -> None:
        self._refuse_by_phone(action)
        if self.state not in _FROM[action]:
            legal = [each.value for each, states in _FROM.items() if self.state in states]
            raise Problem(ILLEGAL_TRANSITION, members={"state": self.state.value, "legalActions": legal})
        if held_by is not None and self.assigned_to != held_by.person:
            raise Problem(CLAIMED_BY_ANOTHER, members=self._holder())

    def _holder(self) -> dict[str, object]:
        return {"state": self.state.value, "assignedTo": self.assigned_to, "version": self.version}

    def _become(
        self,
        action: Action,
        by: Actor,
        state: State,
        *,
        assigned_to: str | EllipsisType | None = ...,
        audience: Audience = Audience.BOTH,
    ) -> tuple["Consultation", Event]:
        holder = self.assigned_to if isinstance(assigned_to, EllipsisType) else assigned_to
        after = replace(self, state=state, version=self.version + 1, assigned_to=holder)
        return after, event_of(action, by, after, audience)


def event_of(action: Action, by: Actor, after: Consultation, audience: Audience = Audience.BOTH) -> Event:
    """The event that tells how `after` came about; its sequence is the version it led to."""
    return Event(
        id=by.event_id,
        sequence=after.version,
        at=by.at,
        action=action,
        state=after.state,
        organisation=by.organisation,
        client_id=by.client_id,
        actor=by.person,
        audience=audience,
    )
