"""Answer: the handler answers, and lead time ends here."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.disclosures.decide import decide_on_sets
from services.consultation.consultations.disclosures.domain import Disclosure
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.repository import find_answered_by


async def answer_consultation(
    connection: AsyncConnection, change: Change, answer: str, decided: Sequence[Disclosure] = ()
) -> Consultation:
    """Raises Problem 404, 409 when another handler has it, 412, 422 when the decisions don't match what was asked."""
    after = await apply(connection, change, find_answered_by, Consultation.answer, message=answer)
    await decide_on_sets(connection, change.vault, after, decided)
    return after
