"""Answer: the handler answers, lead time ends, and its parts are derived from the events and stored."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.clocks.turns import Turn, time_by_turn
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation, Event
from services.consultation.consultations.repository import Durations, Measured, find_answered_by, turn_changes


async def answer_consultation(
    connection: AsyncConnection, change: Change, answer: str, calendar: BusinessCalendar
) -> Consultation:
    """Raises Problem 404, 409 when another handler has it, 412."""

    async def measure(connection: AsyncConnection, before: Consultation, event: Event) -> Measured:
        changes = await turn_changes(connection, before)
        seconds = time_by_turn(changes, event.at, calendar)
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

    return await apply(connection, change, find_answered_by, Consultation.answer, message=answer, measure=measure)
