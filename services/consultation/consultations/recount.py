"""Durations counted again from the whole history, when something in it has been corrected."""

from collections.abc import Sequence

from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.clocks.effective import RecordedEvent, effective
from services.consultation.clocks.turns import Turn, TurnChange, time_by_turn
from services.consultation.consultations.repository import ANSWERING, Durations, Measured


def recounted(history: Sequence[RecordedEvent], calendar: BusinessCalendar) -> Measured:
    """What is known of time by the history, its corrections included; nothing new until there is an answer."""
    events = effective(history)
    answered = next((event for event in events if event.action in ANSWERING), None)
    if answered is None:
        return Measured()
    changes = [TurnChange(event.at, event.turn) for event in events]
    seconds = time_by_turn(changes, answered.at, calendar)
    durations = Durations(
        total=sum(seconds.values()),
        answering=seconds[Turn.ANSWERING],
        asking=seconds[Turn.ASKING],
        person=seconds[Turn.PERSON],
        post=seconds[Turn.POST],
        secrecy=seconds[Turn.SECRECY_TEST],
        meeting=seconds[Turn.MEETING],
    )
    return Measured(durations=durations, answered_at=answered.at)
