"""Which move is legal from which state, whose it is, and where it leads: the whole of it as one table.

The table is the rule and not a picture of it: `Consultation` asks it for every change, and what is not in it can't
be done. Moves that only tell something, such as a correction, leave the state where it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.consultation.clocks.turns import Turn


class State(StrEnum):
    """Where a consultation stands."""

    RECEIVED = "received"
    TRIAGED = "triaged"
    SECRECY_TEST = "secrecy_test"
    IN_PROGRESS = "in_progress"
    WAITING_FOR_MUNICIPALITY = "waiting_for_municipality"
    WAITING_FOR_PERSON = "waiting_for_person"
    WAITING_FOR_MEETING = "waiting_for_meeting"
    SENT_BY_POST = "sent_by_post"
    ANSWERED = "answered"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def turn(self) -> Turn:
        """Who is expected to act."""
        return TURNS.get(self, Turn.NOBODY)


class Action(StrEnum):
    """What can be done to a consultation; also the kinds of event, in the past tense."""

    OPEN = "opened"
    TRIAGE = "triaged"
    CLAIM = "claimed"
    RELEASE = "released"
    ASSIGN = "assigned"
    HAND_OVER = "handed_over"
    ESCALATE = "escalated"
    BEGIN_SECRECY_TEST = "secrecy_test_begun"
    END_SECRECY_TEST = "secrecy_test_ended"
    ASK_BACK = "asked_back"
    REPLY = "replied"
    SUPPLEMENT = "supplemented"
    AWAIT_PERSON = "person_awaited"
    RESUME = "resumed"
    CALL_BACK = "called_back"
    REQUEST_MEETING = "meeting_requested"
    REFUSE_MEETING = "meeting_refused"
    BOOK_MEETING = "meeting_booked"
    HOLD_MEETING = "meeting_held"
    MISS_MEETING = "meeting_missed"
    CANCEL_MEETING = "meeting_cancelled"
    SEND_BY_POST = "sent_by_post"
    DISPATCH = "dispatched"
    PROPOSE_ANSWER = "answer_proposed"
    APPROVE_ANSWER = "answer_approved"
    SEND_BACK_ANSWER = "answer_sent_back"
    ANSWER = "answered"
    REJECT = "rejected"
    CLOSE = "closed"
    WITHDRAW = "withdrawn"
    REOPEN = "reopened"
    REMIND = "reminded"
    LAPSE = "pause_lapsed"
    CORRECT = "corrected"
    REFUSE_ATTACHMENT = "attachment_refused"
    MARK_VIOLENCE = "violence_marked"
    REMOVE_VIOLENCE_MARK = "violence_mark_removed"


class Party(StrEnum):
    """Whose move it is. The system acts on behalf of the answering side, when a time has come."""

    ASKING = "asking"
    ANSWERING = "answering"
    SYSTEM = "system"


class Holder(StrEnum):
    """What a move asks of the handler who has the consultation."""

    ANYONE = "anyone"
    """It does not matter who has it, or whether anybody has."""
    ACTOR = "actor"
    """The one who makes the move has it."""
    NOT_ANOTHER = "not_another"
    """The one who makes the move has it, or nobody."""
    NOBODY = "nobody"
    """Nobody has it."""
    ANOTHER = "another"
    """Somebody has it, and it is not the one who makes the move."""


class Proposal(StrEnum):
    """What a move does to an answer that is proposed, and waits for a second handler."""

    VOIDED = "voided"
    """It is no longer proposed: what was to be approved is not what the consultation is now."""
    KEPT = "kept"
    """It waits on."""
    MADE = "made"
    """It is proposed, instead of what was before."""
    SETTLED = "settled"
    """There has to be one, and it no longer waits."""


class Place(StrEnum):
    """A state that depends on the consultation rather than on the move."""

    SAME = "same"
    TAKEN = "taken"
    """In progress when it was in the queue, else where it is: what is waited for is not changed by who has it."""
    GIVEN_BACK = "given_back"
    """The queue (triaged when it has been triaged, else received); what waits for somebody else stays where it is."""
    WORK = "work"
    """In progress when a handler has it, else in the queue."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When a move is legal and what it leads to.

    `by_phone`: done by phone when the person has protected identity, since it would tell or ask something of her.
    `told_to_both`: false for what only the answering side sees of the timeline.
    `proposal`: what becomes of an answer that waits for a second handler.
    """

    parties: frozenset[Party]
    since: frozenset[State]
    to: State | Place
    holder: Holder = Holder.ANYONE
    by_phone: bool = False
    told_to_both: bool = True
    proposal: Proposal = Proposal.VOIDED


TURNS: Mapping[State, Turn] = {
    State.RECEIVED: Turn.ANSWERING,
    State.TRIAGED: Turn.ANSWERING,
    State.SECRECY_TEST: Turn.SECRECY_TEST,
    State.IN_PROGRESS: Turn.ANSWERING,
    State.WAITING_FOR_MUNICIPALITY: Turn.ASKING,
    State.WAITING_FOR_PERSON: Turn.PERSON,
    State.WAITING_FOR_MEETING: Turn.MEETING,
    State.SENT_BY_POST: Turn.POST,
}
OPEN_STATES = tuple(TURNS)

_OPEN = frozenset(OPEN_STATES)
QUEUED = frozenset((State.RECEIVED, State.TRIAGED))
WAITING = frozenset((State.WAITING_FOR_MUNICIPALITY, State.WAITING_FOR_PERSON, State.WAITING_FOR_MEETING))
_WORKING = frozenset((State.IN_PROGRESS,))
_ANSWERABLE = frozenset((State.IN_PROGRESS, State.SENT_BY_POST))
_MEETING = frozenset((State.WAITING_FOR_MEETING,))
_ASKING = frozenset((Party.ASKING,))
_SYSTEM = frozenset((Party.SYSTEM,))
_ANSWERING = frozenset((Party.ANSWERING,))

TRANSITIONS: Mapping[Action, Rule] = {
    Action.TRIAGE: Rule(_ANSWERING, QUEUED, State.TRIAGED, told_to_both=False),
    # What waits for somebody else can be taken while it waits.
    Action.CLAIM: Rule(_ANSWERING, QUEUED | WAITING, Place.TAKEN, Holder.NOBODY, by_phone=True),
    Action.RELEASE: Rule(
        _ANSWERING, _OPEN - QUEUED - {State.SENT_BY_POST}, Place.GIVEN_BACK, Holder.ACTOR, told_to_both=False
    ),
    Action.ASSIGN: Rule(_ANSWERING, _OPEN, Place.TAKEN, by_phone=True, told_to_both=False),
    Action.HAND_OVER: Rule(_ANSWERING, _OPEN - {State.SENT_BY_POST}, Place.GIVEN_BACK, Holder.NOT_ANOTHER),
    Action.ESCALATE: Rule(_ANSWERING | {Party.SYSTEM}, _OPEN, Place.SAME, told_to_both=False, proposal=Proposal.KEPT),
    Action.BEGIN_SECRECY_TEST: Rule(
        _ANSWERING, QUEUED | _WORKING, State.SECRECY_TEST, Holder.NOT_ANOTHER, by_phone=True
    ),
    Action.END_SECRECY_TEST: Rule(
        _ANSWERING, frozenset((State.SECRECY_TEST,)), State.IN_PROGRESS, Holder.ACTOR, by_phone=True
    ),
    Action.ASK_BACK: Rule(_ANSWERING, _WORKING, State.WAITING_FOR_MUNICIPALITY, Holder.ACTOR, by_phone=True),
    Action.REPLY: Rule(_ASKING, frozenset((State.WAITING_FOR_MUNICIPALITY,)), Place.WORK, by_phone=True),
    # What is given without having been asked for. What has been asked for is replied.
    Action.SUPPLEMENT: Rule(_ASKING, _OPEN - {State.WAITING_FOR_MUNICIPALITY}, Place.SAME, by_phone=True),
    Action.AWAIT_PERSON: Rule(_ANSWERING, _WORKING, State.WAITING_FOR_PERSON, Holder.ACTOR, by_phone=True),
    # What was waited for did not come, or came another way.
    Action.RESUME: Rule(
        _ANSWERING | {Party.SYSTEM},
        frozenset((State.WAITING_FOR_MUNICIPALITY, State.WAITING_FOR_PERSON)),
        Place.WORK,
        Holder.NOT_ANOTHER,
    ),
    Action.CALL_BACK: Rule(_ANSWERING, _WORKING, Place.SAME, Holder.ACTOR, proposal=Proposal.KEPT),
    # Beside the question: it is neither answered nor delayed by what is asked for here.
    Action.REQUEST_MEETING: Rule(_ASKING, _OPEN, Place.SAME, by_phone=True),
    Action.REFUSE_MEETING: Rule(_ANSWERING, _OPEN, Place.SAME, Holder.NOT_ANOTHER, proposal=Proposal.KEPT),
    Action.BOOK_MEETING: Rule(_ANSWERING, _WORKING, State.WAITING_FOR_MEETING, Holder.ACTOR, by_phone=True),
    Action.HOLD_MEETING: Rule(_ANSWERING, _MEETING, Place.WORK, Holder.NOT_ANOTHER),
    Action.MISS_MEETING: Rule(_ANSWERING, _MEETING, Place.WORK, Holder.NOT_ANOTHER),
    Action.CANCEL_MEETING: Rule(_ANSWERING | _ASKING, _MEETING, Place.WORK),
    Action.SEND_BY_POST: Rule(_ANSWERING, _WORKING, State.SENT_BY_POST, Holder.ACTOR, by_phone=True),
    Action.DISPATCH: Rule(
        _ANSWERING, frozenset((State.SENT_BY_POST,)), State.ANSWERED, Holder.NOT_ANOTHER, by_phone=True
    ),
    # A second handler looks at the answer before it is told (four eyes). Nothing of it is seen by who asked.
    Action.PROPOSE_ANSWER: Rule(
        _ANSWERING,
        _ANSWERABLE,
        Place.SAME,
        Holder.ACTOR,
        by_phone=True,
        told_to_both=False,
        proposal=Proposal.MADE,
    ),
    Action.APPROVE_ANSWER: Rule(
        _ANSWERING,
        _ANSWERABLE,
        Place.SAME,
        Holder.ANOTHER,
        by_phone=True,
        told_to_both=False,
        proposal=Proposal.SETTLED,
    ),
    Action.SEND_BACK_ANSWER: Rule(
        _ANSWERING,
        _ANSWERABLE,
        Place.SAME,
        Holder.ANOTHER,
        by_phone=True,
        told_to_both=False,
        proposal=Proposal.SETTLED,
    ),
    Action.ANSWER: Rule(_ANSWERING, _WORKING, State.ANSWERED, Holder.ACTOR, by_phone=True),
    Action.REJECT: Rule(_ANSWERING, QUEUED | _WORKING | {State.SECRECY_TEST}, State.REJECTED, Holder.NOT_ANOTHER),
    Action.CLOSE: Rule(_ASKING | {Party.SYSTEM}, frozenset((State.ANSWERED,)), State.CLOSED),
    Action.WITHDRAW: Rule(_ASKING, _OPEN, State.WITHDRAWN),
    # The round that ended stays as it is; the next one is a consultation of its own that points to it.
    Action.REOPEN: Rule(_ASKING, frozenset((State.ANSWERED, State.CLOSED)), State.CLOSED, by_phone=True),
    # The clock tells of itself, and changes nothing.
    Action.REMIND: Rule(_SYSTEM, _OPEN - WAITING, Place.SAME, told_to_both=False, proposal=Proposal.KEPT),
    Action.LAPSE: Rule(_SYSTEM, frozenset((State.WAITING_FOR_MUNICIPALITY, State.WAITING_FOR_PERSON)), Place.SAME),
    Action.CORRECT: Rule(_ANSWERING, frozenset(State), Place.SAME, proposal=Proposal.KEPT),
    # A scanner may be slower than the answer.
    Action.REFUSE_ATTACHMENT: Rule(_SYSTEM, frozenset(State), Place.SAME, proposal=Proposal.KEPT),
}
"""Every move but opening, which has no state to start from, and the marks, which have nothing to do with states."""

MARKS = frozenset((Action.MARK_VIOLENCE, Action.REMOVE_VIOLENCE_MARK))
"""What hides a consultation or shows it again: told to whoever may see what is hidden, and to nobody else."""

FIRST_RESPONSES = frozenset(
    (
        Action.ASK_BACK,
        Action.CALL_BACK,
        Action.REFUSE_MEETING,
        Action.BOOK_MEETING,
        Action.SEND_BY_POST,
        Action.ANSWER,
        Action.REJECT,
    )
)
"""What the asking side notices first: that it was claimed tells it nothing of its question."""

ACTED_UPON = frozenset(
    (
        Action.CLAIM,
        Action.ASSIGN,
        Action.HAND_OVER,
        Action.BEGIN_SECRECY_TEST,
        Action.ASK_BACK,
        Action.AWAIT_PERSON,
        Action.BOOK_MEETING,
        Action.SEND_BY_POST,
        Action.ANSWER,
        Action.REJECT,
    )
)
"""What ends an escalation: the answering side has acted. That somebody gave it back, or rang in vain, does not."""


APPROVALS = frozenset((Action.PROPOSE_ANSWER, Action.APPROVE_ANSWER, Action.SEND_BACK_ANSWER))
"""What handlers do among themselves before an answer is told: the answering side's time goes on as it was."""

NOTICES = frozenset((Action.ESCALATE, Action.REMIND, Action.LAPSE, Action.REFUSE_ATTACHMENT)) | APPROVALS | MARKS
"""Somebody is told, or sees it; nothing happens to the question, and no time is divided by it."""


def legal_actions(state: State, parties: frozenset[Party]) -> list[Action]:
    """What can be done from a state by one of the parties."""
    return [action for action, rule in TRANSITIONS.items() if state in rule.since and parties & rule.parties]
