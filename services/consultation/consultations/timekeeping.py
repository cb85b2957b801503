"""What a change does to time: the whole history is told again, and what it comes to is stored with the change."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.counting import Clockwork, Rules
from services.consultation.clocks.effective import (
    Correction,
    OutsideSpan,
    RecordedEvent,
    effective,
    require_within,
    span_of_registration,
)
from services.consultation.clocks.story import Story, tell_story
from services.consultation.clocks.timers import timers
from services.consultation.clocks.turns import Turn
from services.consultation.consultations.domain import Audience, Event
from services.consultation.consultations.repository import ANSWERING, Durations, Measured
from services.consultation.consultations.transitions import FIRST_RESPONSES, Action
from services.consultation.problems import TIME_NOT_PERMITTED
from shared.problems import Problem

_HISTORY = text("SELECT * FROM clock_history(:owner, :id)")
_TAKES = frozenset((Action.CLAIM, Action.ASSIGN, Action.BEGIN_SECRECY_TEST))
_GIVES_BACK = frozenset((Action.RELEASE, Action.HAND_OVER))
# Those who lead the work are told; nothing happens to the question.
_NOTICES = frozenset((Action.ESCALATE.value, Action.REMIND.value, Action.LAPSE.value))


@dataclass(frozen=True, slots=True)
class History:
    """Events as recorded, in order of sequence. `hidden` are the sequences that only the answering side sees."""

    events: tuple[RecordedEvent, ...]
    hidden: frozenset[int]

    def followed_by(self, event: Event) -> "History":
        """With one more, that is about to be recorded."""
        added = _recorded(
            held_before=self.events[-1].held if self.events else False,
            sequence=event.sequence,
            recorded_at=event.at,
            action=event.action.value,
            turn=event.state.turn.value,
            unit=event.unit,
            happened_at=event.happened_at,
            channel=event.channel.value,
            reason=_text(event.detail.get("reason")),
            correction=_correction(event) if event.action is Action.CORRECT else None,
        )
        hidden = self.hidden if event.audience is Audience.BOTH else self.hidden | {event.sequence}
        return replace(self, events=(*self.events, added), hidden=hidden)


NO_HISTORY = History((), frozenset())


async def read_history(connection: AsyncConnection, owner: str, consultation_id: uuid.UUID) -> History:
    """The times of every event, the same for whichever of the two sides asks; empty for anybody else."""
    rows = (await connection.execute(_HISTORY, {"owner": owner, "id": consultation_id})).all()
    events: list[RecordedEvent] = []
    for row in rows:
        events.append(_from_row(row, held_before=events[-1].held if events else False))
    return History(tuple(events), frozenset(row.sequence for row in rows if not row.told_to_both))


async def measure(connection: AsyncConnection, clockwork: Clockwork, row: Row[Any], event: Event) -> Measured:
    """What the consultation's time comes to when `event` has been recorded; `row` is how it stood before.

    Raises Problem 422 for one that is said to have happened before what came before it: the answer to a question that
    had not come yet would be no lead time at all.
    """
    history = await read_history(connection, row.org, row.id)
    _require_in_order(history, event)
    return measured(history.followed_by(event), clockwork.rules(row.type, event.at))


def _require_in_order(history: History, event: Event) -> None:
    if event.happened_at is None:
        return
    try:
        require_within(span_of_registration(history.events, event.at), event.happened_at)
    except OutsideSpan as fault:
        span = {"earliest": fault.span.earliest.isoformat(), "latest": fault.span.latest.isoformat()}
        raise Problem(TIME_NOT_PERMITTED, members=span) from None


def measured(history: History, rules: Rules) -> Measured:
    """What the time of a history comes to."""
    story = tell_story(history.events, rules)
    answered_at = next((each.at for each in effective(history.events) if each.action in ANSWERING), None)
    return Measured(
        due_at=story.standing.due.at,
        target_seconds=story.standing.allowed_seconds,
        # Without an answer there is no lead time.
        durations=_durations(story) if answered_at else None,
        first_response_seconds=story.first_response_seconds,
        answered_at=answered_at,
        timers=timers(story, rules),
    )


def _durations(story: Story) -> Durations:
    return Durations(
        total=story.total_seconds,
        answering=story.by_turn[Turn.ANSWERING],
        asking=story.by_turn[Turn.ASKING],
        person=story.by_turn[Turn.PERSON],
        post=story.by_turn[Turn.POST],
        secrecy=story.by_turn[Turn.SECRECY_TEST],
        meeting=story.by_turn[Turn.MEETING],
        touch=story.touch_seconds,
    )


def _from_row(row: Row[Any], *, held_before: bool) -> RecordedEvent:
    correction = None
    if row.of_sequence is not None:
        correction = Correction(row.of_sequence, row.corrected_to, row.corrected_channel)
    return _recorded(
        held_before=held_before,
        sequence=row.sequence,
        recorded_at=row.at,
        action=row.action,
        turn=row.turn,
        unit=row.unit,
        happened_at=row.happened_at,
        channel=row.channel,
        reason=row.reason,
        correction=correction,
    )


def _recorded(
    *,
    held_before: bool,
    sequence: int,
    recorded_at: datetime,
    action: str,
    turn: str,
    unit: str,
    happened_at: datetime | None,
    channel: str,
    reason: str | None,
    correction: Correction | None,
) -> RecordedEvent:
    return RecordedEvent(
        sequence=sequence,
        recorded_at=recorded_at,
        action=action,
        turn=Turn(turn),
        unit=unit,
        happened_at=happened_at,
        channel=channel,
        reason=reason,
        held=action in _TAKES or (held_before and action not in _GIVES_BACK),
        responds=action in FIRST_RESPONSES,
        notice=action in _NOTICES,
        correction=correction,
    )


def _correction(event: Event) -> Correction:
    detail: Mapping[str, str | int | bool | None] = event.detail
    sequence, happened_at = detail.get("sequence"), _text(detail.get("happenedAt"))
    return Correction(
        int(sequence) if sequence is not None else event.sequence,
        datetime.fromisoformat(happened_at) if happened_at else None,
        _text(detail.get("channel")),
    )


def _text(value: str | int | bool | None) -> str | None:
    return None if value is None else str(value)
