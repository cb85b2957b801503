"""Approve: a second handler has seen the answer, and in the same moment it is told as its author's."""

import uuid
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.approvals import repository
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Actor, Consultation, Event, State
from services.consultation.consultations.repository import find_answered_by
from services.consultation.consultations.telling import tell_sets_and_files
from services.consultation.problems import NOTHING_PROPOSED
from shared.problems import Problem


async def approve_answer(connection: AsyncConnection, change: Change) -> Consultation:
    """Two events: the approval, which only the answering side sees, and the answer as if it had been sent directly.

    Where a letter had been chosen the answer is its dispatch. Raises Problem 404, 409 when nothing is proposed or the
    caller proposed it or has it, 412 when anything has happened since it was read, 422 when a file it names is gone.
    """
    # Read first: with the approval it no longer waits, and is cleared.
    proposal = await repository.find(connection, change.vault, change.caller.organisation, change.consultation_id)
    approved = await apply(connection, change, find_answered_by, Consultation.approve_answer)
    if proposal is None:
        raise Problem(NOTHING_PROPOSED)
    answer = proposal.answer

    def told(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        author = replace(by, person=proposal.proposed_by)
        if before.state is State.SENT_BY_POST:
            return before.dispatch(author, answer.closing)
        return before.answer(author, answer.closing)

    telling = replace(change, expected_version=approved.version, event_id=uuid.uuid4())
    after = await apply(connection, telling, find_answered_by, told, message=answer.text)
    await tell_sets_and_files(connection, telling, after, answer.decided, answer.attachments)
    return after
