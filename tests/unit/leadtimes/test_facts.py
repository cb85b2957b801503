"""What a consultation adds to the figures."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.consultation.clocks.domain import BusinessCalendar, OpeningHours
from services.consultation.clocks.swedish import swedish_calendar
from services.consultation.consultations.domain import Channel
from services.consultation.consultations.transitions import Action, State
from services.consultation.leadtimes.facts import FoldedEvent, fact_of, folded_event
from services.consultation.leadtimes.manual import MANUAL_CHANNELS

CALENDAR = swedish_calendar()
LATE_RISERS = swedish_calendar((OpeningHours(time(10), time(17)),) * 5 + (None, None))
MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)  # nine o'clock in Sweden
DAY = date(2026, 11, 16)


def calendar_of(unit: str) -> BusinessCalendar:
    """Every unit's, but for one that opens at ten."""
    return LATE_RISERS if unit == "kust" else CALENDAR


def row(**changes: Any) -> SimpleNamespace:
    values: dict[str, Any] = {
        "org": "0007:2120002627",
        "id": uuid.UUID(int=1),
        "answering_org": "0007:2021002114",
        "version": 1,
        "type": "consultation",
        "question_category": None,
        "cooperation": None,
        "named_sets": [],
        "unit": "national",
        "asker_kind": "municipality",
        "municipality_code": "2480",
        "county_code": "24",
        "channel_in": "api",
        "target_seconds": 3600,
        "answered_at": None,
        **dict.fromkeys(("total_seconds", "first_response_seconds", "touch_seconds")),
        **dict.fromkeys(f"{part}_seconds" for part in ("answering", "asking", "person", "post", "secrecy", "meeting")),
    }
    return SimpleNamespace(**{**values, **changes})


def event(sequence: int, action: Action, state: State, minutes: int, **changes: Any) -> FoldedEvent:
    values = {
        "sequence": sequence,
        "at": MONDAY + timedelta(minutes=minutes),
        "happened_at": None,
        "action": action.value,
        "state": state.value,
        "turn": state.turn.value,
        "unit": "national",
        "channel": "api",
        "detail": {},
    }
    return folded_event(SimpleNamespace(**{**values, **changes}))


def tallies(events: list[FoldedEvent], **changes: Any) -> dict[str, tuple[int, int]]:
    return {each.item: each[2:] for each in fact_of(row(**changes), events, calendar_of).tallies}


OPENED = event(1, Action.OPEN, State.RECEIVED, 0)
CLAIMED = event(2, Action.CLAIM, State.IN_PROGRESS, 10)


def test_one_day_is_counted_by_where_it_ended() -> None:
    assert tallies([OPENED, CLAIMED]) == {"opened": (1, 0), "flow:in_progress": (1, 0)}


def test_a_change_of_state_on_another_day_is_taken_out_of_the_one_and_put_in_the_other() -> None:
    claimed = event(2, Action.CLAIM, State.IN_PROGRESS, 24 * 60)

    found = fact_of(row(), [OPENED, claimed], calendar_of).tallies

    assert found == (
        (DAY, "flow:received", 1, 0),
        (DAY, "opened", 1, 0),
        (DAY + timedelta(days=1), "flow:in_progress", 1, 0),
        (DAY + timedelta(days=1), "flow:received", -1, 0),
    )


@pytest.mark.requirement(12)
def test_a_delay_lasts_while_the_turn_stays_where_it_was_put() -> None:
    asked = event(3, Action.ASK_BACK, State.WAITING_FOR_MUNICIPALITY, 20, detail={"reason": "question_incomplete"})
    escalated = event(4, Action.ESCALATE, State.WAITING_FOR_MUNICIPALITY, 30)
    replied = event(5, Action.REPLY, State.IN_PROGRESS, 80)

    assert tallies([OPENED, CLAIMED, asked, escalated, replied])["reason:question_incomplete"] == (1, 3600)
    assert tallies([OPENED, CLAIMED, asked, escalated])["reason:question_incomplete"] == (1, 0)


@pytest.mark.requirement(12)
def test_a_delay_is_counted_by_the_hours_of_the_unit_that_has_it() -> None:
    asked = {"detail": {"reason": "question_incomplete"}, "unit": "kust"}
    asked_back = event(3, Action.ASK_BACK, State.WAITING_FOR_MUNICIPALITY, 20, **asked)
    replied = event(4, Action.REPLY, State.IN_PROGRESS, 80, unit="kust")

    # From twenty past nine to twenty past ten, in a unit that opens at ten.
    assert tallies([OPENED, CLAIMED, asked_back, replied])["reason:question_incomplete"] == (1, 1200)


@pytest.mark.requirement(12)
def test_an_escalation_is_a_delay_by_its_reason_and_a_reminder_ends_none() -> None:
    escalated = event(3, Action.ESCALATE, State.IN_PROGRESS, 20, detail={"reason": "needs_specialist"})
    reminded = event(4, Action.REMIND, State.IN_PROGRESS, 30)
    answered = event(5, Action.ANSWER, State.ANSWERED, 80)

    assert tallies([OPENED, CLAIMED, escalated, reminded, answered])["reason:needs_specialist"] == (1, 3600)
    assert tallies([OPENED, CLAIMED, escalated, reminded])["reason:needs_specialist"] == (1, 0)


def test_what_is_registered_late_counts_when_it_happened_though_somebody_was_reminded_since() -> None:
    reminded = event(3, Action.REMIND, State.IN_PROGRESS, 24 * 60)
    called = event(4, Action.CALL_BACK, State.IN_PROGRESS, 24 * 60 + 5, happened_at=MONDAY + timedelta(minutes=30))

    found = fact_of(row(), [OPENED, CLAIMED, reminded, called], calendar_of).tallies

    assert {each.day for each in found} == {DAY}


@pytest.mark.requirement(3)
def test_what_is_asked_for_by_name_is_counted_rather_than_the_category() -> None:
    named = row(named_sets=["action_plan", "programme"], question_category="programme_plan")

    assert fact_of(named, [OPENED], calendar_of).row["sets"] == ["action_plan", "programme"]
    assert fact_of(row(question_category="programme_plan"), [OPENED], calendar_of).row["sets"] == ["programme_plan"]


@pytest.mark.requirement(12)
def test_a_delay_that_moved_no_turn_lasts_until_the_next_event() -> None:
    tried = event(3, Action.CALL_BACK, State.IN_PROGRESS, 20, detail={"reason": "no_callback"})
    answered = event(4, Action.ANSWER, State.ANSWERED, 50)

    assert tallies([OPENED, CLAIMED, tried, answered])["reason:no_callback"] == (1, 1800)


def test_a_reason_that_is_none_for_delay_is_not_counted_as_one() -> None:
    rejected = event(3, Action.REJECT, State.REJECTED, 20, detail={"reason": "not_ours"})

    found = tallies([OPENED, CLAIMED, rejected])

    assert not [item for item in found if item.startswith("reason:")]
    assert found["rejected"] == (1, 0)


@pytest.mark.requirement(14)
def test_calls_and_post_are_manual_steps_with_standard_minutes() -> None:
    by_phone = event(1, Action.OPEN, State.RECEIVED, 0, channel="phone")
    called = event(3, Action.CALL_BACK, State.IN_PROGRESS, 20)
    letter = event(4, Action.SEND_BY_POST, State.SENT_BY_POST, 30)
    sent = event(5, Action.DISPATCH, State.ANSWERED, 60, channel="post")

    found = tallies(
        [by_phone, CLAIMED, called, letter, sent], answered_at=MONDAY + timedelta(hours=1), total_seconds=3600
    )

    assert found["manual:phone"] == (2, 2 * 12 * 60)
    assert found["manual:post"] == (2, 2 * 20 * 60)
    assert found["answered"] == (1, 0)
    assert "without_manual" not in found


@pytest.mark.requirement(14)
def test_an_answer_without_a_manual_step_before_it_is_counted_as_such() -> None:
    answered = event(3, Action.ANSWER, State.ANSWERED, 60)
    thanked = event(4, Action.CLOSE, State.CLOSED, 90, channel="phone")

    found = tallies([OPENED, CLAIMED, answered, thanked], answered_at=MONDAY + timedelta(hours=1), total_seconds=3600)

    assert (found["without_manual"], found["closed"], found["manual:phone"]) == ((1, 0), (1, 0), (1, 720))


def test_every_manual_channel_is_a_channel() -> None:
    assert set(MANUAL_CHANNELS) < {channel.value for channel in Channel}


def test_a_correction_moves_what_it_corrects_and_is_nothing_that_happened() -> None:
    earlier = (MONDAY - timedelta(days=3)).isoformat()
    corrected = event(
        3,
        Action.CORRECT,
        State.IN_PROGRESS,
        20,
        detail={"sequence": 1, "happenedAt": earlier, "channel": "phone", "reason": "registered_late"},
    )

    found = {
        (each.day, each.item): each[2:] for each in fact_of(row(), [OPENED, CLAIMED, corrected], calendar_of).tallies
    }

    friday = DAY - timedelta(days=3)
    assert found == {
        (friday, "opened"): (1, 0),
        (friday, "flow:received"): (1, 0),
        (friday, "manual:phone"): (1, 720),
        (DAY, "flow:received"): (-1, 0),
        (DAY, "flow:in_progress"): (1, 0),
    }


def test_time_that_waits_for_others_does_not_count_towards_the_target() -> None:
    answered = event(3, Action.ANSWER, State.ANSWERED, 60)
    given = {"answered_at": MONDAY + timedelta(hours=1), "total_seconds": 9000, "answering_seconds": 3000}

    kept = tallies([OPENED, CLAIMED, answered], **given, asking_seconds=5400, secrecy_seconds=600)
    missed = tallies([OPENED, CLAIMED, answered], **given, asking_seconds=5400, secrecy_seconds=601)

    assert "within_target" in kept
    assert "within_target" not in missed


def test_days_are_swedish() -> None:
    late = event(1, Action.OPEN, State.RECEIVED, 0, at=datetime(2026, 11, 16, 23, 30, tzinfo=UTC))

    assert fact_of(row(), [late], calendar_of).tallies[0].day == date(2026, 11, 17)
