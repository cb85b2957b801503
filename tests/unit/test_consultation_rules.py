"""The rules of a consultation, without anything around them."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consultation.clocks.turns import Turn
from services.consultation.consultations.domain import (
    OPEN_STATES,
    Action,
    Actor,
    Audience,
    Consultation,
    Restricted,
    State,
)
from services.consultation.consultations.numbers import new_number
from services.consultation.consultations.transitions import ACTED_UPON, WAITING
from shared.problems import Problem

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
MOVES = ("claim", "release", "ask_back", "reply", "answer", "close", "withdraw")


def given_consultation(state: State = State.RECEIVED, assigned_to: str | None = None) -> Consultation:
    return Consultation(uuid.uuid4(), "0007:2120002627", "0007:2021002114", state, 1, assigned_to)


def by(person: str) -> Actor:
    """A handler of the answering side, or, when called hl-*, somebody of the asking one."""
    organisation = "0007:2120002627" if person.startswith("hl-") else "0007:2021002114"
    return Actor(organisation, "a-client", person, NOW, uuid.uuid4())


@pytest.mark.requirement(4)
def test_the_names_of_the_states_are_those_of_the_requirement() -> None:
    assert [state.value for state in State] == [
        "received",
        "triaged",
        "secrecy_test",
        "in_progress",
        "waiting_for_municipality",
        "waiting_for_person",
        "waiting_for_meeting",
        "sent_by_post",
        "answered",
        "closed",
        "rejected",
        "withdrawn",
    ]


def test_a_turn_follows_from_the_state_and_nobody_has_it_when_it_is_over() -> None:
    assert {state for state in State if state.turn is not Turn.NOBODY} == set(OPEN_STATES)
    assert State.WAITING_FOR_MUNICIPALITY.turn is Turn.ASKING


@pytest.mark.requirement(90)
@pytest.mark.parametrize("who", ["hl-1", "af-1"])
def test_either_side_marks_for_violence_whatever_the_state_and_the_answering_side_alone_is_told(who: str) -> None:
    for state in State:
        marked, told = given_consultation(state).mark_violence(by(who))
        shown, told_again = marked.remove_violence_mark(by(who))

        assert (marked.state, marked.restricted, marked.version) == (state, "violence", 2)
        assert (shown.state, shown.restricted, shown.version) == (state, None, 3)
        assert {told.audience, told_again.audience} == {Audience.ANSWERING}
        assert not told.detail


@pytest.mark.parametrize("restricted", Restricted)
def test_what_is_hidden_already_is_not_marked(restricted: Restricted) -> None:
    with pytest.raises(Problem) as refused:
        replace(given_consultation(), restricted=restricted).mark_violence(by("af-1"))

    assert refused.value.members == {"restricted": restricted}


def test_who_neither_asks_nor_answers_marks_nothing() -> None:
    with pytest.raises(Problem) as refused:
        given_consultation().mark_violence(replace(by("hl-1"), organisation="0007:2120001124"))

    assert refused.value.kind.code == "not_found"


def test_claiming_gives_it_to_the_handler_and_tells_so_in_an_event() -> None:
    before = given_consultation()

    after, event = before.claim(by("af-1"))

    assert (after.state, after.assigned_to, after.version) == (State.IN_PROGRESS, "af-1", 2)
    assert (event.action.value, event.sequence, event.actor, event.at) == ("claimed", 2, "af-1", NOW)


def test_a_release_is_told_to_the_answering_side_alone() -> None:
    held = given_consultation(State.IN_PROGRESS, "af-1")

    after, event = held.release(by("af-1"))

    assert (after.state, after.assigned_to) == (State.RECEIVED, None)
    assert event.audience is Audience.ANSWERING


def test_a_reply_to_a_consultation_that_was_released_meanwhile_goes_back_to_the_queue() -> None:
    waiting = given_consultation(State.WAITING_FOR_MUNICIPALITY, "af-1")

    released, _ = waiting.release(by("af-1"))
    replied, _ = released.reply(by("hl-1"))

    assert released.state is State.WAITING_FOR_MUNICIPALITY
    assert replied.state is State.RECEIVED


def test_claiming_what_waits_for_the_municipality_leaves_the_turn_where_it_is() -> None:
    waiting = given_consultation(State.WAITING_FOR_MUNICIPALITY)

    after, _ = waiting.claim(by("af-2"))

    assert (after.state, after.assigned_to) == (State.WAITING_FOR_MUNICIPALITY, "af-2")


@pytest.mark.parametrize("move", ["release", "ask_back", "answer"])
def test_only_the_one_who_has_it_may_work_on_it(move: str) -> None:
    held = given_consultation(State.IN_PROGRESS, "af-1")

    with pytest.raises(Problem) as refused:
        getattr(held, move)(by("af-2"))

    assert refused.value.kind.code == "claimed_by_another"
    assert refused.value.members["assignedTo"] == "af-1"


@given(st.lists(st.tuples(st.sampled_from(MOVES), st.sampled_from(["af-1", "af-2", "hl-1"])), max_size=30))
def test_no_sequence_of_moves_loses_a_version_or_leaves_the_states(moves: list[tuple[str, str]]) -> None:
    consultation = given_consultation()
    accepted = 0
    for move, person in moves:
        try:
            consultation, event = getattr(consultation, move)(by(person))
        except Problem:
            continue
        accepted += 1
        assert event.sequence == consultation.version == accepted + 1
        assert event.state is consultation.state
        assert (consultation.assigned_to is not None) or consultation.state is not State.IN_PROGRESS


@given(st.sampled_from([State.ANSWERED, State.CLOSED, State.WITHDRAWN, State.REJECTED]), st.sampled_from(MOVES))
def test_what_is_over_can_at_most_be_closed(state: State, move: str) -> None:
    over = given_consultation(state, "af-1")
    if state is State.ANSWERED and move == "close":
        assert over.close(by("hl-1"))[0].state is State.CLOSED
        return
    for person in ("af-1", "hl-1"):
        with pytest.raises(Problem):
            getattr(over, move)(by(person))


def test_a_number_can_be_read_over_the_phone() -> None:
    numbers = {new_number(NOW) for _ in range(1000)}

    assert len(numbers) == 1000
    assert all(len(each) == 13 and each.startswith("S26-") and not set("ILOU") & set(each[3:]) for each in numbers)


@pytest.mark.parametrize("state", OPEN_STATES)
def test_what_is_taken_back_waits_in_the_queue_or_where_somebody_else_has_it(state: State) -> None:
    stays = state in (State.SENT_BY_POST, *WAITING)

    after, event = given_consultation(state, "af-1").unassign(by("af-leader"))

    assert after.assigned_to is None
    assert after.state is (state if stays else State.RECEIVED)
    assert (event.action.value, event.audience) == ("assigned", Audience.ANSWERING)


def test_an_escalation_ends_with_what_moves_it_on_and_not_with_what_leaves_it() -> None:
    assert {Action.CLAIM, Action.ASSIGN, Action.HAND_OVER, Action.ANSWER, Action.ASK_BACK} <= ACTED_UPON
    assert ACTED_UPON.isdisjoint({Action.ESCALATE, Action.RELEASE, Action.CALL_BACK, Action.CORRECT, Action.REPLY})
