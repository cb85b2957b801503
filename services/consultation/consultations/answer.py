"""Answer: the handler answers, lead time ends, and its parts are derived from the events and stored."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.disclosures.decide import decide_on_sets
from services.consultation.consultations.disclosures.domain import Disclosure
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.lead_time import measured_in
from services.consultation.consultations.repository import find_answered_by


async def answer_consultation(
    connection: AsyncConnection,
    change: Change,
    answer: str,
    calendar: BusinessCalendar,
    decided: Sequence[Disclosure] = (),
) -> Consultation:
    """Raises Problem 404, 409 when another handler has it, 412, 422 when the decisions don't match what was asked."""
    measure = measured_in(calendar)
    after = await apply(connection, change, find_answered_by, Consultation.answer, message=answer, measure=measure)
    await decide_on_sets(connection, change.vault, after, decided)
    return after
