"""Needed: whether an answer has to be seen by a second handler before it is told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.approvals import repository
from services.consultation.consultations.approvals.problems import APPROVAL_REQUIRED
from services.consultation.consultations.approvals.rules import covered
from services.consultation.consultations.disclosures.domain import Disclosure
from services.consultation.consultations.domain import Consultation
from shared.problems import Problem

_TYPE = text("SELECT type FROM consultation WHERE org = :org AND id = :id")


async def require_no_second_handler(
    connection: AsyncConnection, answered: Consultation, decided: Sequence[Disclosure], at: datetime
) -> None:
    """Raises Problem 409 when a rule in force at the instant covers the answer; the transaction then tells nothing."""
    rules = [repository.as_rule(row) for row in await repository.rules(connection, answered.answering)]
    if not rules:
        return
    values = {"org": answered.organisation, "id": answered.id}
    consultation_type = (await connection.execute(_TYPE, values)).scalar_one()
    covers = covered(rules, answered.unit, consultation_type, at)
    if covers is not None and covers.includes([each.decision for each in decided]):
        raise Problem(APPROVAL_REQUIRED, members={"covers": covers.value})
