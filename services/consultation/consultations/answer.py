"""Answer: the handler answers, and lead time ends here."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.attachments.tell import tell_attachments
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.disclosures.decide import decide_on_sets
from services.consultation.consultations.disclosures.domain import Disclosure
from services.consultation.consultations.domain import Actor, Consultation, Event
from services.consultation.consultations.reasons import AnswerClosing, ClosingCode
from services.consultation.consultations.repository import find_answered_by


async def answer_consultation(
    connection: AsyncConnection,
    change: Change,
    answer: str,
    decided: Sequence[Disclosure] = (),
    closing: AnswerClosing = ClosingCode.ANSWERED,
    attachments: Sequence[uuid.UUID] = (),
) -> Consultation:
    """Raises Problem 404, 409 when another handler has it, 412, 422 when the decisions don't match what was asked.

    What belongs to a set goes with the decision on it, `attachments` with the answer as a whole; 422 when one can't.
    """

    def answered(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        return before.answer(by, closing)

    after = await apply(connection, change, find_answered_by, answered, message=answer)
    await decide_on_sets(connection, change.vault, after, decided)
    of_sets = [(file, each.code.value) for each in decided for file in each.attachments]
    await tell_attachments(connection, change.caller, after, [*of_sets, *((file, None) for file in attachments)])
    return after
