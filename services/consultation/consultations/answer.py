"""Answer: the handler answers, and lead time ends here."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.approvals.needed import (
    note_told_without_approval,
    require_no_second_handler,
)
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.disclosures.domain import Disclosure
from services.consultation.consultations.domain import Actor, Consultation, Event
from services.consultation.consultations.reasons import AnswerClosing, ClosingCode
from services.consultation.consultations.repository import find_answered_by
from services.consultation.consultations.telling import tell_sets_and_files


async def answer_consultation(
    connection: AsyncConnection,
    change: Change,
    answer: str,
    decided: Sequence[Disclosure] = (),
    closing: AnswerClosing = ClosingCode.ANSWERED,
    attachments: Sequence[uuid.UUID] = (),
    *,
    told_already: bool = False,
) -> Consultation:
    """`told_already` for what is written down afterwards, as it was said by phone: nobody can approve that any more,
    and that a second handler should have seen it stands in the trail.

    What belongs to a set goes with the decision on it, `attachments` with the answer as a whole. Raises Problem 404,
    409 when another handler has it or a second one has to see the answer first, 412, 422 when the decisions don't match
    what was asked or a file can't go with them.
    """

    def answered(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        return before.answer(by, closing)

    after = await apply(connection, change, find_answered_by, answered, message=answer)
    await tell_sets_and_files(connection, change, after, decided, attachments)
    if told_already:
        await note_told_without_approval(connection, change, after, decided)
    else:
        await require_no_second_handler(connection, change, after, decided)
    return after
