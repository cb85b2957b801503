"""What a consultation's lead time was, in all and by whose turn it was, when it has been answered."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.clocks.effective import RecordedEvent, effective
from services.consultation.clocks.turns import Turn, TurnChange, time_by_turn
from services.consultation.consultations.changes import Measure
from services.consultation.consultations.domain import Consultation, Event
from services.consultation.consultations.repository import ANSWERING, Durations, Measured, turn_changes


def measured_in(calendar: BusinessCalendar) -> Measure:
    """For `apply`: durations from the events until the one that ends the lead time, in the calendar's working time."""

    async def measure(connection: AsyncConnection, before: Consultation, event: Event) -> Measured:
        changes = await turn_changes(connection, before)
        return Measured(durations=_durations(changes, event.happened_at or event.at, calendar))

    return measure


def measured_again(history: Sequence[RecordedEvent], calendar: BusinessCalendar) -> Measured:
    """What the history says of time after a correction in it; nothing until there is an answer."""
    events = effective(history)
    answered = next((event for event in events if event.action in ANSWERING), None)
    if answered is None:
        return Measured()
    changes = [TurnChange(event.at, event.turn) for event in events]
    return Measured(durations=_durations(changes, answered.at, calendar), answered_at=answered.at)


def _durations(changes: Sequence[TurnChange], until: datetime, calendar: BusinessCalendar) -> Durations:
    seconds = time_by_turn(changes, until, calendar)
    return Durations(
        total=sum(seconds.values()),
        answering=seconds[Turn.ANSWERING],
        asking=seconds[Turn.ASKING],
        person=seconds[Turn.PERSON],
        post=seconds[Turn.POST],
        secrecy=seconds[Turn.SECRECY_TEST],
        meeting=seconds[Turn.MEETING],
    )
