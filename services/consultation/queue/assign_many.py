"""Assign many: each of them, or word of why not; of one that can't be assigned nothing is done."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change
from services.consultation.consultations.domain import Consultation
from services.consultation.queue.assign import assign_consultation
from shared.audit import AuditEntry, record
from shared.http.audit_trail import RECORDED
from shared.problems import Problem


@dataclass(frozen=True, slots=True)
class Assignment:
    """One consultation in the version that was read, and who is to have it; None is the queue."""

    consultation_id: uuid.UUID
    version: int
    to: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one: as it is now, or why nothing was done."""

    assignment: Assignment
    after: Consultation | None = None
    refusal: Problem | None = None


async def assign_many(connection: AsyncConnection, change: Change, assignments: Sequence[Assignment]) -> list[Outcome]:
    """An outcome for each, in the order given, in the caller's transaction. `change` says who and when.

    They are changed in the order of their ids, as by everybody who changes several: two who do never wait in a circle.
    """
    outcomes = {}
    for assignment in sorted(assignments, key=lambda each: each.consultation_id):
        one = replace(
            change,
            consultation_id=assignment.consultation_id,
            expected_version=assignment.version,
            event_id=uuid.uuid4(),
        )
        try:
            after = await assign_consultation(connection, one, assignment.to)
            outcomes[assignment.consultation_id] = Outcome(assignment, after=after)
        except Problem as refusal:
            # Raised before anything is written. It is remembered as if the request had been of this one alone.
            if refusal.kind.status in RECORDED:
                await _remember(connection, one, refusal)
            outcomes[assignment.consultation_id] = Outcome(assignment, refusal=refusal)
    return [outcomes[assignment.consultation_id] for assignment in assignments]


async def _remember(connection: AsyncConnection, change: Change, refusal: Problem) -> None:
    entry = AuditEntry(
        event="request.refused",
        outcome="refused",
        at=change.at,
        caller=change.caller,
        object_type="consultation",
        object_id=change.consultation_id,
        detail={"reason": refusal.kind.code},
    )
    await record(connection, entry)
