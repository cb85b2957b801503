"""Links in the database. A link has two ends, and is seen by whoever sees both."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.links.domain import SEEN_FROM_THE_OTHER_END, LinkKind
from services.consultation.consultations.repository import IN_SIGHT, Reader
from shared.tokens.caller import Caller

MOST = 100
"""Links of one consultation that are told, the newest ones."""

_KEEP = text(
    """
    INSERT INTO consultation_link (org, consultation_id, to_org, to_id, kind, answering_org, made_at, made_by_org,
                                   client_id, actor)
    VALUES (:org, :id, :to_org, :to_id, :kind, :answering_org, :made_at, :made_by_org, :client_id, :actor)
    ON CONFLICT (org, consultation_id, to_org, to_id, kind) DO NOTHING RETURNING 1
    """
)
_REMOVE = text(
    """
    DELETE FROM consultation_link
    WHERE org = :org AND consultation_id = :id AND to_org = :to_org AND to_id = :to_id AND kind = :kind
      AND made_by_org = :made_by_org
    RETURNING 1
    """
)
_BACK = " ".join(f"WHEN '{kind.value}' THEN '{seen.value}'" for kind, seen in SEEN_FROM_THE_OTHER_END.items())
# The other end is looked up by its key, as the reader sees it: what is hidden or protected is in no list.
_LINKS = text(
    f"""
    SELECT linked.relation, linked.made_at, other.id, other.number, other.state
    FROM (
        SELECT kind AS relation, made_at, to_org AS other_org, to_id AS other_id
        FROM consultation_link WHERE org = :owner AND consultation_id = :id
        UNION ALL
        SELECT CASE kind {_BACK} END, made_at, org, consultation_id
        FROM consultation_link WHERE to_org = :owner AND to_id = :id
        UNION ALL
        SELECT 'previous_round', opened_at, org, previous_id
        FROM consultation WHERE org = :owner AND id = :id AND previous_id IS NOT NULL
        UNION ALL
        SELECT 'next_round', opened_at, org, id FROM consultation WHERE org = :owner AND previous_id = :id
    ) AS linked
    CROSS JOIN LATERAL (
        SELECT id, number, state FROM consultation
        WHERE org = linked.other_org AND id = linked.other_id AND (org = :org OR answering_org = :org)
          AND NOT is_protected(person_mark) AND {IN_SIGHT} OFFSET 0
    ) AS other
    ORDER BY linked.made_at DESC, other.id, linked.relation LIMIT {MOST}
    """
)


async def keep(
    connection: AsyncConnection, caller: Caller, one: Row[Any], other: Row[Any], kind: LinkKind, at: datetime
) -> bool:
    """Write a link; False when it was there already."""
    values = {
        **_ends(one, other, kind),
        "answering_org": one.answering_org,
        "made_at": at,
        "made_by_org": caller.organisation,
        "client_id": caller.client_id,
        "actor": caller.actor,
    }
    return (await connection.execute(_KEEP, values)).scalar_one_or_none() is not None


async def remove(connection: AsyncConnection, caller: Caller, one: Row[Any], other: Row[Any], kind: LinkKind) -> bool:
    """Remove a link that the caller's organisation made; False when there is none."""
    values = {**_ends(one, other, kind), "made_by_org": caller.organisation}
    return (await connection.execute(_REMOVE, values)).scalar_one_or_none() is not None


def _ends(one: Row[Any], other: Row[Any], kind: LinkKind) -> dict[str, Any]:
    """The key of a link. What is only related has no direction."""
    if kind is LinkKind.RELATED and other.id < one.id:
        one, other = other, one
    return {"org": one.org, "id": one.id, "to_org": other.org, "to_id": other.id, "kind": kind.value}


async def links_of(connection: AsyncConnection, reader: Reader, row: Row[Any]) -> Sequence[Row[Any]]:
    """The links of a consultation whose other end the reader sees as well, rounds among them."""
    return (await connection.execute(_LINKS, {**reader.values(), "owner": row.org, "id": row.id})).all()
