"""Needed: whether an answer has to be seen by a second handler before it is told.

The unit that has the consultation decides which of its answers are. Whoever handed it over from another unit, and
answers it all the same, is held to the rule of that one too: nobody gets round a rule by a hand-over to herself.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.approvals import repository
from services.consultation.consultations.approvals.problems import APPROVAL_REQUIRED
from services.consultation.consultations.approvals.rules import Covers, covered, handed_over_by
from services.consultation.consultations.changes import Change
from services.consultation.consultations.disclosures.domain import Disclosure
from services.consultation.consultations.domain import Consultation
from shared.audit import AuditEntry, record
from shared.problems import Problem

_ANSWERED = text(
    """
    SELECT type, purpose, case_reference, decision_id, decision_version, person_mark,
           ARRAY(SELECT ARRAY[e.actor, e.detail->>'fromUnit'] FROM consultation_event e
                 WHERE e.org = c.org AND e.consultation_id = c.id AND e.action = 'handed_over') AS hand_overs
    FROM consultation c WHERE org = :org AND id = :id
    """
)


async def require_no_second_handler(
    connection: AsyncConnection, change: Change, answered: Consultation, decided: Sequence[Disclosure]
) -> None:
    """Raises Problem 409 when a rule in force covers the answer; the transaction then tells nothing."""
    _, covers = await _covering(connection, change, answered, decided, change.at)
    if covers is not None:
        raise Problem(APPROVAL_REQUIRED, members={"covers": covers.value})


async def note_told_without_approval(
    connection: AsyncConnection, change: Change, answered: Consultation, decided: Sequence[Disclosure]
) -> None:
    """Record, for the answering side alone, that an answer was told of which a second handler should have seen it.

    Nothing when no rule in force when it was told covers it.
    """
    row, covers = await _covering(connection, change, answered, decided, change.happened_at or change.at)
    if row is None or covers is None:
        return
    entry = AuditEntry(
        event="consultation.told_without_approval",
        at=change.at,
        caller=change.caller,
        object_type="consultation",
        object_id=answered.id,
        owner=answered.answering,
        subject=row.person_mark,
        detail={
            "purpose": row.purpose,
            "caseReference": row.case_reference,
            "decision": {"id": str(row.decision_id), "version": row.decision_version},
            "covers": covers.value,
            "channel": change.channel.value,
        },
    )
    await record(connection, entry)


async def _covering(
    connection: AsyncConnection, change: Change, answered: Consultation, decided: Sequence[Disclosure], at: datetime
) -> tuple[Row[Any] | None, Covers | None]:
    """The consultation and what the rule in force that covers the answer is about; None when none does."""
    rules = [repository.as_rule(row) for row in await repository.rules(connection, answered.answering)]
    if not rules:
        return None, None
    row = (await connection.execute(_ANSWERED, {"org": answered.organisation, "id": answered.id})).one()
    decisions = [each.decision for each in decided]
    for unit in (answered.unit, *handed_over_by(change.caller.actor or "", row.hand_overs)):
        covers = covered(rules, unit, row.type, at)
        if covers is not None and covers.includes(decisions):
            return row, covers
    return row, None
