"""What a consultation's lead time was, in all and by whose turn it was, when it has been answered."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.clocks.turns import Turn, time_by_turn
from services.consultation.consultations.changes import Measure
from services.consultation.consultations.domain import Consultation, Event
from services.consultation.consultations.repository import Durations, Measured, turn_changes


def measured_in(calendar: BusinessCalendar) -> Measure:
    """For `apply`: durations from the events until the one that ends the lead time, in the calendar's working time."""

    async def measure(connection: AsyncConnection, before: Consultation, event: Event) -> Measured:
        changes = await turn_changes(connection, before)
        seconds = time_by_turn(changes, event.happened_at or event.at, calendar)
        return Measured(
            durations=Durations(
                total=sum(seconds.values()),
                answering=seconds[Turn.ANSWERING],
                asking=seconds[Turn.ASKING],
                person=seconds[Turn.PERSON],
                post=seconds[Turn.POST],
                secrecy=seconds[Turn.SECRECY_TEST],
                meeting=seconds[Turn.MEETING],
            )
        )

    return measure
