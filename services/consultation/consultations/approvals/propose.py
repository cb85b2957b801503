"""Propose: the handler has written an answer, and a second one is to see it before it is told."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.approvals import repository
from services.consultation.consultations.approvals.repository import ProposedAnswer
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.disclosures.domain import Disclosure, require_a_decision_on_each
from services.consultation.consultations.disclosures.repository import asked_sets
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.reasons import AnswerClosing
from services.consultation.consultations.repository import find_answered_by


async def propose_answer(
    connection: AsyncConnection,
    change: Change,
    answer: str,
    decided: Sequence[Disclosure],
    closing: AnswerClosing,
    attachments: Sequence[uuid.UUID] = (),
) -> Consultation:
    """Raises Problem 404, 409 when another handler has it, 412, 422 when the decisions don't match what was asked.

    What was proposed before is replaced. It may be proposed where no rule demands it.
    """
    after = await apply(connection, change, find_answered_by, Consultation.propose_answer)
    require_a_decision_on_each(await asked_sets(connection, after.organisation, after.id), decided)
    proposed = ProposedAnswer(answer, tuple(decided), closing, tuple(attachments))
    await repository.keep(connection, change.vault, after, change.at, proposed)
    return after
