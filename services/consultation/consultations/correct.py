"""Correct: an earlier event happened at another time, or came another way, than was written down.

The earlier event stays as it was written; the correction is an event of its own, and time is counted anew with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.effective import (
    Correction,
    NothingToCorrect,
    OutsideSpan,
    RecordedEvent,
    require_permitted,
)
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Actor, Audience, Channel, Consultation, Event
from services.consultation.consultations.reasons import CorrectionReason
from services.consultation.consultations.repository import Reader, find_answered_by
from services.consultation.consultations.timekeeping import read_history, time_not_permitted
from services.consultation.problems import EVENT_NOT_CORRECTABLE
from shared.problems import NOT_FOUND, Problem


@dataclass(frozen=True, slots=True)
class Corrected:
    """What is right of the event with this sequence; None is as it was."""

    sequence: int
    reason: CorrectionReason
    happened_at: datetime | None
    channel: Channel | None

    def counted(self) -> Correction:
        """The same as time is counted by it."""
        return Correction(self.sequence, self.happened_at, self.channel.value if self.channel else None)

    def detail(self) -> dict[str, str | int]:
        """The same as its event tells it."""
        return {
            "sequence": self.sequence,
            "reason": self.reason.value,
            **({"happenedAt": self.happened_at.isoformat()} if self.happened_at else {}),
            **({"channel": self.channel.value} if self.channel else {}),
        }


async def correct_event(connection: AsyncConnection, change: Change, corrected: Corrected) -> Consultation:
    """The consultation, with its durations counted anew when it has been answered.

    Raises Problem 404, 412, and 422 when there is no such event to correct, or when it can't have happened then:
    the problem tells between which times it can.
    """
    row = await find_answered_by(connection, Reader.of(change.caller), change.consultation_id)
    if row is None:
        raise Problem(NOT_FOUND)
    history = await read_history(connection, row.org, change.consultation_id)

    def correct(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        _require_possible(history.events, corrected.counted())
        told_to = Audience.ANSWERING if corrected.sequence in history.hidden else Audience.BOTH
        return before.correct(by, told_to, **corrected.detail())

    return await apply(connection, change, find_answered_by, correct)


def _require_possible(history: Sequence[RecordedEvent], correction: Correction) -> None:
    try:
        require_permitted(history, correction)
    except NothingToCorrect:
        raise Problem(EVENT_NOT_CORRECTABLE) from None
    except OutsideSpan as fault:
        raise time_not_permitted(fault.span) from None
