"""Redistribute: all that an absent handler has goes to others in turns, or back to the queue."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change
from services.consultation.consultations.repository import Reader
from services.consultation.problems import REDISTRIBUTION_INVALID
from services.consultation.queue import repository
from services.consultation.queue.assign_many import Assignment, Outcome, assign_many
from services.consultation.queue.domain import dealt
from services.consultation.queue.handlers import checked_handler
from shared.problems import VERSION_CHANGED, Problem

MOST = 500
"""So many are moved at once; what is left is told, and moved by the same request again."""


@dataclass(frozen=True, slots=True)
class Redistribution:
    """What would be moved where. `version` is that of the holding: another one when anything of it has changed."""

    assignments: Sequence[Assignment]
    more: bool
    version: int


async def plan_redistribution(
    connection: AsyncConnection, reader: Reader, handler: str, to: Sequence[str]
) -> Redistribution:
    """What would go to whom, due first first; without `to` all of it goes to the queue.

    Raises Problem 422 for a handler who can't be one, is named twice, or is the absent one.
    """
    for each in (handler, *to):
        checked_handler(each)
    if len(set(to)) < len(to) or handler in to:
        raise Problem(REDISTRIBUTION_INVALID)
    rows = await repository.holding(connection, reader, handler, MOST + 1)
    moved = rows[:MOST]
    recipients = dealt(to, len(moved)) if to else [None] * len(moved)
    assignments = [Assignment(row.id, row.version, who) for row, who in zip(moved, recipients, strict=True)]
    return Redistribution(assignments, len(rows) > MOST, _version(assignments))


async def redistribute(
    connection: AsyncConnection, change: Change, handler: str, to: Sequence[str]
) -> tuple[Redistribution, list[Outcome]]:
    """Carry out what was planned. Raises Problem 412 when the holding is no longer the one that was previewed."""
    plan = await plan_redistribution(connection, Reader.of(change.caller), handler, to)
    if plan.version != change.expected_version:
        raise Problem(VERSION_CHANGED, members={"version": plan.version})
    return plan, await assign_many(connection, change, plan.assignments)


def _version(assignments: Sequence[Assignment]) -> int:
    """Nine digits that stand for which consultations in which versions: what an entity tag here can hold."""
    told = ",".join(f"{each.consultation_id}:{each.version}" for each in assignments)
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:8]) % 1_000_000_000
