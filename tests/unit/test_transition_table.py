"""The whole process: every state and every move, by whom it may be made and by whom it may not, and where it leads."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product

import pytest

from services.consultation.consultations.domain import Action, Actor, Audience, Consultation, Event, State
from services.consultation.consultations.transitions import MARKS, TRANSITIONS
from shared.problems import Problem
from tests.reference.transitions import ROWS, STATES, Row, legal

pytestmark = pytest.mark.requirement(4)
ASKING, ANSWERING, THIRD = "0007:2120002627", "0007:2021002114", "0007:2120001124"
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOLDER = "af-holder"
WHO = {
    "asking": (ASKING, "hl-1", "A"),
    "the holder": (ANSWERING, HOLDER, "F"),
    "another handler": (ANSWERING, "af-other", "F"),
    "a third organisation": (THIRD, "hl-9", ""),
    "the system": (ANSWERING, "system", "S"),
}
MOVES: dict[str, Callable[[Consultation, Actor], tuple[Consultation, Event]]] = {
    "triaged": Consultation.triage,
    "claimed": Consultation.claim,
    "released": Consultation.release,
    "assigned": lambda before, by: before.assign(by, "af-next"),
    "handed_over": lambda before, by: before.hand_over(by, "af-umea"),
    "escalated": Consultation.escalate,
    "secrecy_test_begun": Consultation.begin_secrecy_test,
    "secrecy_test_ended": Consultation.end_secrecy_test,
    "asked_back": Consultation.ask_back,
    "replied": Consultation.reply,
    "supplemented": Consultation.supplement,
    "person_awaited": Consultation.await_person,
    "resumed": Consultation.resume,
    "called_back": Consultation.call_back,
    "meeting_requested": Consultation.request_meeting,
    "meeting_refused": Consultation.refuse_meeting,
    "meeting_booked": Consultation.book_meeting,
    "meeting_held": Consultation.hold_meeting,
    "meeting_missed": Consultation.miss_meeting,
    "meeting_cancelled": Consultation.cancel_meeting,
    "sent_by_post": Consultation.send_by_post,
    "dispatched": Consultation.dispatch,
    "answer_proposed": Consultation.propose_answer,
    "answer_approved": Consultation.approve_answer,
    "answer_sent_back": Consultation.send_back_answer,
    "answered": Consultation.answer,
    "rejected": Consultation.reject,
    "closed": Consultation.close,
    "withdrawn": Consultation.withdraw,
    "reopened": Consultation.reopen,
    "reminded": Consultation.remind,
    "pause_lapsed": Consultation.lapse,
    "attachment_refused": Consultation.refuse_attachment,
    "corrected": lambda before, by: before.correct(by, Audience.BOTH),
}


def given(
    state: str, holder: str | None, *, triaged: bool, protected: bool = False, proposed_by: str | None = None
) -> Consultation:
    return Consultation(
        uuid.uuid4(),
        ASKING,
        ANSWERING,
        State(state),
        7,
        holder,
        protected,
        unit="af-malmo",
        triaged=triaged,
        proposed_by=proposed_by,
    )


def actor(who: str) -> Actor:
    organisation, person, side = WHO[who]
    return Actor(organisation, "a-client", person, NOW, uuid.uuid4(), system=side == "S")


def expected_refusal(row: Row, state: str, who: str, holder: str | None, proposed_by: str | None = None) -> str | None:
    """By the table written by hand."""
    _, person, sides = WHO[who]
    return row.refusal(state, sides, person, holder, proposed_by)


def expected_outcome(
    row: Row, state: str, who: str, holder: str | None, *, triaged: bool, proposed_by: str | None
) -> tuple[object, ...]:
    """By the table written by hand: state, holder, unit, who sees it, the version, and whose answer waits."""
    now_with = "af-next" if row.move == "assigned" else row.holder(holder, WHO[who][1])
    reached = row.leads_to(state, held=now_with is not None, triaged=triaged or row.move == "triaged")
    unit = "af-umea" if row.move == "handed_over" else "af-malmo"
    waits = row.proposed_by(proposed_by, WHO[who][1])
    return reached, now_with, unit, "both" if row.seen_by_both else "answering", 8, waits


def made(move: str, before: Consultation, who: str) -> object:
    """The same of what the move led to, or the code of its refusal."""
    try:
        after, event = MOVES[move](before, actor(who))
    except Problem as refused:
        return refused.kind.code
    assert (event.action.value, event.sequence, event.state, event.unit) == (move, 8, after.state, after.unit)
    return after.state.value, after.assigned_to, after.unit, event.audience.value, after.version, after.proposed_by


def test_both_tables_have_the_same_moves_and_states() -> None:
    assert set(ROWS) == set(MOVES) == {action.value for action in TRANSITIONS}
    assert {action.value for action in Action} == {*ROWS, "opened", *MARKS}
    assert set(STATES.values()) == {state.value for state in State}


@pytest.mark.parametrize("move", MOVES)
def test_a_move_is_made_from_the_states_and_by_those_that_the_table_says_and_by_nobody_else(move: str) -> None:
    cases = list(product(STATES.values(), WHO, (HOLDER, None), (True, False), (HOLDER, None)))
    for state, who, holder, triaged, proposed_by in cases:
        outcome = made(move, given(state, holder, triaged=triaged, proposed_by=proposed_by), who)

        row = ROWS[move]
        refusal = expected_refusal(row, state, who, holder, proposed_by)
        reached = (
            None if refusal else expected_outcome(row, state, who, holder, triaged=triaged, proposed_by=proposed_by)
        )
        assert outcome == (refusal or reached), f"{move} from {state} by {who}, {holder=}, {triaged=}, {proposed_by=}"
    assert len(cases) == 12 * 5 * 4 * 2


def test_nobody_becomes_a_second_person_by_writing_her_id_in_another_way() -> None:
    before = given("in_progress", HOLDER, triaged=True, proposed_by=HOLDER)
    by = Actor(ANSWERING, "another-client", HOLDER.upper(), NOW, uuid.uuid4())

    for move in (Consultation.approve_answer, Consultation.send_back_answer):
        with pytest.raises(Problem) as refused:
            move(before, by)
        assert refused.value.kind.code == "second_person_required"


@pytest.mark.parametrize("state", STATES.values())
def test_what_is_refused_names_what_the_own_side_can_do_instead(state: str) -> None:
    for move, who in product(MOVES, WHO):
        if expected_refusal(ROWS[move], state, who, HOLDER) != "illegal_transition":
            continue
        with pytest.raises(Problem) as refused:
            MOVES[move](given(state, HOLDER, triaged=True), actor(who))

        assert set(refused.value.members["legalActions"]) == legal(state, WHO[who][2]), f"{move} by {who}"
        assert refused.value.members["state"] == state


@pytest.mark.parametrize("move", MOVES)
def test_what_would_tell_or_ask_something_of_a_protected_person_goes_by_phone(move: str) -> None:
    for state, who, holder in product(STATES.values(), WHO, (HOLDER, None)):
        outcome = made(move, given(state, holder, triaged=True, protected=True), who)

        refusal = "protected_identity" if ROWS[move].phone else expected_refusal(ROWS[move], state, who, holder)
        code = outcome if isinstance(outcome, str) else None
        assert code == refusal, f"{move} from {state} by {who}, {holder=}"


def test_what_only_the_answering_side_saw_is_corrected_before_its_eyes_alone() -> None:
    before = given("in_progress", HOLDER, triaged=True)

    _, event = before.correct(actor("the holder"), Audience.ANSWERING, sequence=3)

    assert event.audience is Audience.ANSWERING
    assert event.detail == {"sequence": 3}
