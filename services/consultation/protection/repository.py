"""Marks of protected identity. What others have marked is known by yes or no alone: `is_protected`."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.tokens.caller import Caller

SOURCE, HAND = "source", "hand"

_IS_PROTECTED = text("SELECT is_protected(:person_mark)")
_ADD = text(
    """
    INSERT INTO protected_person (org, id, person_mark, origin, source, lookup_id, marked_at, client_id, marked_by)
    SELECT :org, id, :person_mark, :origin, source, :lookup_id, :at, :client_id, :by
    FROM unnest(CAST(:ids AS uuid[]), CAST(:sources AS text[])) AS added (id, source)
    ON CONFLICT (org, person_mark, origin, source) WHERE ended_at IS NULL DO NOTHING
    RETURNING id, source
    """
)
_END = text(
    """
    UPDATE protected_person SET ended_at = :at, ended_by = :by
    WHERE org = :org AND person_mark = :person_mark AND origin = :origin AND source = ANY(CAST(:sources AS text[]))
      AND ended_at IS NULL
    RETURNING id, source
    """
)
_OWN = text(
    """
    SELECT id, marked_at FROM protected_person
    WHERE org = :org AND person_mark = :person_mark AND origin = :origin AND source = '' AND ended_at IS NULL
    """
)
_BY_ID = text(
    "SELECT id, marked_at FROM protected_person WHERE org = :org AND id = :id AND origin = 'hand' AND ended_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Marking:
    """Who marks or ends, when, and from which look-up."""

    caller: Caller
    person_mark: bytes
    at: datetime
    lookup_id: uuid.UUID | None = None

    @property
    def origin(self) -> str:
        """A look-up carries a source's mark; everything else is by hand."""
        return HAND if self.lookup_id is None else SOURCE

    def values(self, sources: Iterable[str]) -> dict[str, Any]:
        """For the statements. A mark by hand has the empty source."""
        return {
            "org": self.caller.organisation,
            "person_mark": self.person_mark,
            "origin": self.origin,
            "sources": list(sources),
            "lookup_id": self.lookup_id,
            "at": self.at,
            "client_id": self.caller.client_id,
            "by": self.caller.actor or "",
        }


async def is_protected(connection: AsyncConnection, person_mark: bytes) -> bool:
    """Whether any organisation's mark is in force."""
    return bool((await connection.execute(_IS_PROTECTED, {"person_mark": person_mark})).scalar_one())


async def add(connection: AsyncConnection, marking: Marking, sources: Sequence[str]) -> Sequence[Row[Any]]:
    """The marks that were not there already."""
    values = {**marking.values(sources), "ids": [uuid.uuid4() for _ in sources]}
    return (await connection.execute(_ADD, values)).all()


async def end(connection: AsyncConnection, marking: Marking, sources: Sequence[str]) -> Sequence[Row[Any]]:
    """The organisation's own marks of that origin that were in force until now."""
    return (await connection.execute(_END, marking.values(sources))).all()


async def own_by_hand(connection: AsyncConnection, marking: Marking) -> Row[Any] | None:
    """The organisation's own mark by hand that is in force."""
    return (await connection.execute(_OWN, marking.values(("",)))).one_or_none()


async def find_by_hand(connection: AsyncConnection, organisation: str, mark_id: uuid.UUID) -> Row[Any] | None:
    """The organisation's own mark by hand with this id, when it is in force."""
    return (await connection.execute(_BY_ID, {"org": organisation, "id": mark_id})).one_or_none()
