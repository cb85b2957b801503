"""A consultation and what may change it.

A change is a method with a business name. Whether it is legal, and where it leads, stands in `transitions`; it
returns the consultation as it becomes together with the event that tells it, and nobody sets a state from outside.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import EllipsisType

from services.consultation.consultations.reasons import ClosingCode
from services.consultation.consultations.transitions import (
    OPEN_STATES,
    QUEUED,
    TRANSITIONS,
    WAITING,
    Action,
    Holder,
    Party,
    Place,
    Proposal,
    State,
    legal_actions,
)
from services.consultation.problems import (
    CLAIMED_BY_ANOTHER,
    HIDDEN_OTHERWISE,
    ILLEGAL_TRANSITION,
    NOTHING_PROPOSED,
    PROTECTED_IDENTITY,
    SECOND_PERSON_REQUIRED,
)
from shared.problems import NOT_FOUND, Problem

__all__ = [
    "OPEN_STATES",
    "Action",
    "Actor",
    "Audience",
    "Channel",
    "Consultation",
    "ConsultationType",
    "Event",
    "Queue",
    "State",
]

Detail = Mapping[str, str | int | bool | None]
"""What an event says besides its kind: codes, ids and numbers, never free text and never a person."""

_NO_DETAIL: Detail = {}
_KEPT = WAITING | {State.SENT_BY_POST}
"""Whoever has it, or nobody: what is waited for, and a letter on its way, stay what they are."""
CLOSING = "closingCode"
"""The member of a detail that says what the consultation came to (`ClosingCode`)."""


class ConsultationType(StrEnum):
    """What is asked for."""

    INFORMATION_REQUEST = "information_request"
    CONSULTATION = "consultation"
    DECISION_INTERPRETATION = "decision_interpretation"
    STUDY_TRANSITION = "study_transition"
    EMPLOYER_CONTACT = "employer_contact"
    JOINT_PLANNING = "joint_planning"


class Channel(StrEnum):
    """How something came or was done."""

    API = "api"
    FORM = "form"
    SDK = "sdk"
    PHONE = "phone"
    REMOTE_MEETING = "remote_meeting"
    LOCAL_OFFICE = "local_office"
    POST = "post"


class Queue(StrEnum):
    """Which competence a question needs. What needs the last one is routed there and never put there by hand."""

    GENERAL = "general"
    EMPLOYER = "employer"
    STUDIES = "studies"
    CORRECTIONS = "corrections"


class Restricted(StrEnum):
    """What is hidden from whoever lacks the special scope, as if it did not exist."""

    VIOLENCE = "violence"
    CORRECTIONS = "corrections"


class Audience(StrEnum):
    """Who sees an event: both sides, or the answering one alone."""

    BOTH = "both"
    ANSWERING = "answering"


@dataclass(frozen=True, slots=True)
class Event:
    """One immutable fact about a consultation. `actor` is the person as stated by the client.

    `at` is when it was written down. `happened_at` is when it happened, if that was earlier; None is the same time.
    `unit` is the one that has the consultation from here on.
    """

    id: uuid.UUID
    sequence: int
    at: datetime
    action: Action
    state: State
    organisation: str
    client_id: str
    actor: str | None
    audience: Audience = Audience.BOTH
    channel: Channel = Channel.API
    unit: str = ""
    happened_at: datetime | None = None
    detail: Detail = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change, when, and by which channel. `event_id` becomes the id of its event.

    `system`: a background job does it, on behalf of the answering organisation.
    """

    organisation: str
    client_id: str
    person: str
    at: datetime
    event_id: uuid.UUID
    channel: Channel = Channel.API
    happened_at: datetime | None = None
    system: bool = False


@dataclass(frozen=True, slots=True)
class Consultation:
    """A consultation as its rules see it. `organisation` asks and owns, `answering` answers, `unit` there has it.

    `protected` when the person has protected identity: then nothing about her is written here any more.
    `proposed_by` is the handler whose answer waits to be approved by a second one.
    """

    id: uuid.UUID
    organisation: str
    answering: str
    state: State
    version: int
    assigned_to: str | None
    protected: bool = False
    unit: str = ""
    triaged: bool = False
    queue: str = Queue.GENERAL
    restricted: Restricted | None = None
    proposed_by: str | None = None

    def triage(self, by: Actor, queue: Queue | None = None) -> tuple["Consultation", Event]:
        """It has been looked at: what kind of question it is, and in which queue it is to be."""
        after, event = self._move(Action.TRIAGE, by, triaged=True, detail={"queue": queue or self.queue})
        return replace(after, queue=queue or self.queue), event

    def claim(self, by: Actor) -> tuple["Consultation", Event]:
        """A handler takes it. Raises Problem when someone has it or it is past claiming."""
        return self._move(Action.CLAIM, by, assigned_to=by.person)

    def release(self, by: Actor) -> tuple["Consultation", Event]:
        """The handler gives it back to the queue. The asking side does not see who had it."""
        return self._move(Action.RELEASE, by, assigned_to=None)

    def assign(self, by: Actor, to: str) -> tuple["Consultation", Event]:
        """Somebody who leads the work gives it to a handler, whoever had it."""
        return self._move(Action.ASSIGN, by, assigned_to=to)

    def unassign(self, by: Actor) -> tuple["Consultation", Event]:
        """Somebody who leads the work takes it back to the queue, whoever had it; a letter on its way stays one."""
        return self._move(Action.ASSIGN, by, assigned_to=None)

    def hand_over(self, by: Actor, unit: str, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """Another unit gets it, in its queue."""
        return self._move(Action.HAND_OVER, by, assigned_to=None, unit=unit, detail=detail)

    def escalate(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """Those who lead the work are told; it stays where it is."""
        return self._move(Action.ESCALATE, by, detail=detail)

    def begin_secrecy_test(self, by: Actor) -> tuple["Consultation", Event]:
        """The handler tests whether secrecy lets it be told; one that nobody has becomes the handler's."""
        return self._move(Action.BEGIN_SECRECY_TEST, by, assigned_to=by.person)

    def end_secrecy_test(self, by: Actor) -> tuple["Consultation", Event]:
        """The test has been made; what it led to is said in the answer, set by set."""
        return self._move(Action.END_SECRECY_TEST, by)

    def ask_back(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """The handler needs more from the municipality, whose turn it becomes."""
        return self._move(Action.ASK_BACK, by, detail=detail)

    def reply(self, by: Actor) -> tuple["Consultation", Event]:
        """The municipality gives what was asked for."""
        return self._move(Action.REPLY, by)

    def supplement(self, by: Actor) -> tuple["Consultation", Event]:
        """The municipality adds to its question what nobody has asked it for."""
        return self._move(Action.SUPPLEMENT, by)

    def await_person(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """The handler waits for the person it is about."""
        return self._move(Action.AWAIT_PERSON, by, detail=detail)

    def resume(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """The wait for the municipality or the person is over, whether what was waited for came or not."""
        return self._move(Action.RESUME, by, detail=detail)

    def call_back(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """The handler tries to reach the asker through the switchboard."""
        return self._move(Action.CALL_BACK, by, detail=detail)

    def request_meeting(self, by: Actor) -> tuple["Consultation", Event]:
        """The municipality asks for a physical meeting. Whether one is asked for already is not known here."""
        return self._move(Action.REQUEST_MEETING, by)

    def refuse_meeting(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """The answering side grants no physical meeting; `detail` says why."""
        return self._move(Action.REFUSE_MEETING, by, detail=detail)

    def book_meeting(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """A talk is needed, and has a time."""
        return self._move(Action.BOOK_MEETING, by, detail=detail)

    def hold_meeting(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """The meeting was held."""
        return self._move(Action.HOLD_MEETING, by, detail=detail)

    def miss_meeting(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """Somebody did not come."""
        return self._move(Action.MISS_MEETING, by, detail=detail)

    def cancel_meeting(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """The meeting will not be held."""
        return self._move(Action.CANCEL_MEETING, by, detail=detail)

    def send_by_post(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """The answer goes by letter; lead time runs until it is dispatched."""
        return self._move(Action.SEND_BY_POST, by, detail=detail)

    def dispatch(self, by: Actor, closing: ClosingCode = ClosingCode.ANSWERED) -> tuple["Consultation", Event]:
        """The letter has left; lead time ends here."""
        return self._move(Action.DISPATCH, by, detail={CLOSING: closing.value})

    def propose_answer(self, by: Actor) -> tuple["Consultation", Event]:
        """The handler has written an answer, and a second one is to see it before it is told."""
        return self._move(Action.PROPOSE_ANSWER, by)

    def approve_answer(self, by: Actor) -> tuple["Consultation", Event]:
        """A second handler approves what was proposed. Raises Problem for the one who proposed it."""
        return self._move(Action.APPROVE_ANSWER, by)

    def send_back_answer(self, by: Actor) -> tuple["Consultation", Event]:
        """A second handler does not approve what was proposed. Raises Problem for the one who proposed it."""
        return self._move(Action.SEND_BACK_ANSWER, by)

    def answer(self, by: Actor, closing: ClosingCode = ClosingCode.ANSWERED) -> tuple["Consultation", Event]:
        """The handler answers; lead time ends here."""
        return self._move(Action.ANSWER, by, detail={CLOSING: closing.value})

    def reject(
        self, by: Actor, closing: ClosingCode = ClosingCode.WRONG_AUTHORITY, **detail: str | int | bool | None
    ) -> tuple["Consultation", Event]:
        """It is not for this authority, or can't be handled."""
        return self._move(Action.REJECT, by, detail={**detail, CLOSING: closing.value})

    def close(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """The municipality has read the answer and is done."""
        return self._move(Action.CLOSE, by, detail=detail)

    def withdraw(self, by: Actor) -> tuple["Consultation", Event]:
        """The municipality no longer needs an answer."""
        return self._move(Action.WITHDRAW, by, detail={CLOSING: ClosingCode.WITHDRAWN.value})

    def reopen(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """The municipality needs another round; `detail` names it."""
        return self._move(Action.REOPEN, by, detail=detail)

    def remind(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """It is soon due."""
        return self._move(Action.REMIND, by, detail=detail)

    def lapse(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """What is waited for has not come in a long time."""
        return self._move(Action.LAPSE, by, detail=detail)

    def refuse_attachment(self, by: Actor, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """A file that a side gave held malicious code, and is gone; `detail` says which file."""
        return self._move(Action.REFUSE_ATTACHMENT, by, detail=detail)

    def correct(self, by: Actor, told_to: Audience, **detail: str | int | bool | None) -> tuple["Consultation", Event]:
        """What was written down of an earlier event was wrong; `detail` says which event, and what is right.

        `told_to` is who sees the earlier event: nobody else sees that it was corrected.
        """
        after, event = self._move(Action.CORRECT, by, detail=detail)
        return after, replace(event, audience=told_to)

    def mark_violence(self, by: Actor) -> tuple["Consultation", Event]:
        """It is hidden from now on. Raises Problem when it is hidden already, for this or another reason."""
        return self._hidden(Action.MARK_VIOLENCE, by, before=None, after=Restricted.VIOLENCE)

    def remove_violence_mark(self, by: Actor) -> tuple["Consultation", Event]:
        """It is seen as any other. Raises Problem when it has no such mark."""
        return self._hidden(Action.REMOVE_VIOLENCE_MARK, by, before=Restricted.VIOLENCE, after=None)

    def _hidden(
        self, action: Action, by: Actor, *, before: Restricted | None, after: Restricted | None
    ) -> tuple["Consultation", Event]:
        if not self._parties(by):
            raise Problem(NOT_FOUND)
        if self.restricted is not before:
            raise Problem(HIDDEN_OTHERWISE, members={"restricted": self.restricted})
        marked = replace(self, version=self.version + 1, restricted=after)
        return marked, replace(event_of(action, by, marked), audience=Audience.ANSWERING)

    def _move(
        self,
        action: Action,
        by: Actor,
        *,
        assigned_to: str | EllipsisType | None = ...,
        unit: str | None = None,
        triaged: bool = False,
        detail: Detail = _NO_DETAIL,
    ) -> tuple["Consultation", Event]:
        """The move, when the table allows it."""
        self._require(action, by)
        after = replace(
            self,
            version=self.version + 1,
            assigned_to=self.assigned_to if isinstance(assigned_to, EllipsisType) else assigned_to,
            unit=self.unit if unit is None else unit,
            triaged=self.triaged or triaged,
            proposed_by=self._proposed_by(TRANSITIONS[action].proposal, by),
        )
        after = replace(after, state=after._reached(TRANSITIONS[action].to))
        return after, event_of(action, by, after, detail)

    def _proposed_by(self, proposal: Proposal, by: Actor) -> str | None:
        if proposal is Proposal.KEPT:
            return self.proposed_by
        return by.person if proposal is Proposal.MADE else None

    def _reached(self, to: State | Place) -> State:
        held = self.assigned_to is not None
        match to:
            case State():
                return to
            case Place.SAME:
                return self.state
            case Place.TAKEN if held and self.state not in QUEUED:
                return self.state
            case Place.TAKEN | Place.GIVEN_BACK if not held and self.state in _KEPT:
                return self.state
            case Place.TAKEN | Place.WORK if held:
                return State.IN_PROGRESS
            case _:
                return State.TRIAGED if self.triaged else State.RECEIVED

    def _require(self, action: Action, by: Actor) -> None:
        rule = TRANSITIONS[action]
        if self.protected and rule.by_phone:
            raise Problem(PROTECTED_IDENTITY)
        parties = self._parties(by)
        if not parties & rule.parties:
            # The other side's moves are refused by what can be found; this is for whoever finds it all the same.
            raise Problem(NOT_FOUND)
        if rule.holder is Holder.NOBODY and self.assigned_to is not None:
            raise Problem(CLAIMED_BY_ANOTHER, members=self._holder())
        if self.state not in rule.since:
            legal = [each.value for each in legal_actions(self.state, parties)]
            raise Problem(ILLEGAL_TRANSITION, members={"state": self.state.value, "legalActions": legal})
        if rule.proposal is Proposal.SETTLED and self.proposed_by is None:
            raise Problem(NOTHING_PROPOSED, members={"version": self.version})
        if rule.holder is Holder.ANOTHER and any(_same_person(by.person, one) for one in self._persons()):
            raise Problem(SECOND_PERSON_REQUIRED, members=self._holder())
        if rule.holder is Holder.ACTOR and self.assigned_to != by.person:
            raise Problem(CLAIMED_BY_ANOTHER, members=self._holder())
        if rule.holder is Holder.NOT_ANOTHER and not by.system and self.assigned_to not in (None, by.person):
            raise Problem(CLAIMED_BY_ANOTHER, members=self._holder())

    def _persons(self) -> list[str]:
        """Those who have a hand in what is proposed."""
        return [person for person in (self.proposed_by, self.assigned_to) if person is not None]

    def _parties(self, by: Actor) -> frozenset[Party]:
        if by.system:
            return frozenset((Party.SYSTEM,))
        sides = ((Party.ASKING, self.organisation), (Party.ANSWERING, self.answering))
        return frozenset(party for party, organisation in sides if organisation == by.organisation)

    def _holder(self) -> dict[str, object]:
        return {"state": self.state.value, "assignedTo": self.assigned_to, "version": self.version}


def _same_person(one: str, other: str) -> bool:
    """Whoever the client is, and however it writes her: nobody becomes two by a capital letter."""
    return one.casefold() == other.casefold()


def event_of(action: Action, by: Actor, after: Consultation, detail: Detail = _NO_DETAIL) -> Event:
    """The event that tells how `after` came about; its sequence is the version it led to."""
    rule = TRANSITIONS.get(action)
    return Event(
        id=by.event_id,
        sequence=after.version,
        at=by.at,
        action=action,
        state=after.state,
        organisation=by.organisation,
        client_id=by.client_id,
        actor=by.person or None,
        audience=Audience.BOTH if rule is None or rule.told_to_both else Audience.ANSWERING,
        channel=by.channel,
        unit=after.unit,
        happened_at=by.happened_at,
        detail=detail,
    )
