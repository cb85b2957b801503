"""Answer: the handler answers, lead time ends, and its parts are derived from the events and stored."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.lead_time import measured_in
from services.consultation.consultations.repository import find_answered_by


async def answer_consultation(
    connection: AsyncConnection, change: Change, answer: str, calendar: BusinessCalendar
) -> Consultation:
    """Raises Problem 404, 409 when another handler has it, 412."""
    measure = measured_in(calendar)
    return await apply(connection, change, find_answered_by, Consultation.answer, message=answer, measure=measure)
