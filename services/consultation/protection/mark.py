"""Mark by hand: somebody at the organisation knows that a person has protected identity."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.protection import entries, repository
from services.consultation.protection.repository import Marking
from shared.audit import record
from shared.problems import NOT_FOUND, Problem


@dataclass(frozen=True, slots=True)
class Mark:
    """The organisation's own mark. Whether others have marked the person is told to nobody."""

    id: uuid.UUID
    marked_at: datetime
    new: bool


async def mark_by_hand(connection: AsyncConnection, marking: Marking) -> Mark:
    """The mark, a new one unless the organisation has one in force already."""
    for row in await repository.add(connection, marking, ("",)):
        await record(connection, entries.marked(marking, row.id, row.source))
        return Mark(row.id, marking.at, new=True)
    held = await repository.own_by_hand(connection, marking)
    if held is None:
        raise LookupError("a mark that stands in the way of another is not there")
    return Mark(held.id, held.marked_at, new=False)


async def remove_by_hand(connection: AsyncConnection, marking: Marking) -> uuid.UUID:
    """End the organisation's own mark by hand; answers its id.

    Raises Problem 404 when it has none, whatever others have marked and whatever sources say.
    """
    for row in await repository.end(connection, marking, ("",)):
        await record(connection, entries.ended(marking, row.id, row.source))
        found: uuid.UUID = row.id
        return found
    raise Problem(NOT_FOUND)
