"""Follow the sources: what they mark in a look-up is remembered, and forgotten when they no longer mark it.

A source's mark ends when that source, asked by the same organisation, has been read in full and does not mark the
person. A source that is late, fails or can't be read says nothing of it.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.protection import entries, repository
from services.consultation.protection.repository import Marking
from shared.audit import record


async def follow_sources(
    connection: AsyncConnection, marking: Marking, *, marked_by: Sequence[str], cleared_by: Sequence[str]
) -> bool:
    """Whether anybody's mark is in force after what this look-up has told."""
    if not marked_by and not await repository.is_protected(connection, marking.person_mark):
        return False  # nearly everybody, for one question
    for row in await repository.end(connection, marking, cleared_by):
        await record(connection, entries.ended(marking, row.id, row.source))
    for row in await repository.add(connection, marking, marked_by):
        await record(connection, entries.marked(marking, row.id, row.source))
    return await repository.is_protected(connection, marking.person_mark)
