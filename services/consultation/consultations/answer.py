"""Answer: the handler answers, lead time ends, and its parts are derived from the events and stored."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.clocks.turns import Turn, time_by_turn
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation, Event
from services.consultation.consultations.repository import Durations, find_answered_by, turn_changes


async def answer_consultation(
    connection: AsyncConnection, change: Change, answer: str, calendar: BusinessCalendar
) -> Consultation:
    """Raises Problem 404, 409 when another handler has it, 412."""

    async def measure(connection: AsyncConnection, before: Consultation, event: Event) -> Durations:
        changes = await turn_changes(connection, before)
        seconds = time_by_turn(changes, event.at, calendar)
        return Durations(sum(seconds.values()), seconds[Turn.ANSWERING], seconds[Turn.ASKING])

    return await apply(connection, change, find_answered_by, Consultation.answer, message=answer, measure=measure)
