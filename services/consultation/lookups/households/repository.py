"""Households in the database: positions and roles, and which look-up is whose. No person, no content."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.lookups.households.domain import Household, MemberResult
from shared.tokens.caller import Caller

_ADD = text(
    """
    WITH household AS (
        INSERT INTO household_lookup (org, id, asked_at, client_id, handler, case_reference, purpose)
        VALUES (:org, :id, :asked_at, :client_id, :handler, :case_reference, :purpose)
        RETURNING org, id
    )
    INSERT INTO household_member (org, household_id, position, role)
    SELECT org, id, position, role FROM household,
           unnest(CAST(:positions AS smallint[]), CAST(:roles AS text[])) AS member (position, role)
    """
)
_SET_LOOKUP = text(
    """
    UPDATE household_member SET lookup_id = :lookup_id
    WHERE org = :org AND household_id = :id AND position = :position
    """
)
_SET_REFUSALS = text(
    """
    UPDATE household_member m SET refusal = refused.code
    FROM unnest(CAST(:positions AS smallint[]), CAST(:codes AS text[])) AS refused (position, code)
    WHERE m.org = :org AND m.household_id = :id AND m.position = refused.position
    """
)
_READ = text(
    "SELECT id, asked_at, handler, case_reference, purpose FROM household_lookup WHERE org = :org AND id = :id"
)
_MEMBERS = text(
    """
    SELECT m.position, m.role, m.lookup_id, m.refusal, l.sources, l.outcomes, l.complete, l.protected_identity,
           l.person_mark
    FROM household_member m LEFT JOIN lookup l ON l.org = m.org AND l.id = m.lookup_id
    WHERE m.org = :org AND m.household_id = :id ORDER BY m.position
    """
)


async def add(connection: AsyncConnection, caller: Caller, household: Household) -> None:
    """The household with all its members, nobody asked about yet."""
    values = {
        "org": caller.organisation,
        "id": household.id,
        "asked_at": household.asked_at,
        "client_id": caller.client_id,
        "handler": caller.actor,
        "case_reference": household.case_reference,
        "purpose": household.purpose,
        "positions": [each.position for each in household.members],
        "roles": [each.role.value for each in household.members],
    }
    await connection.execute(_ADD, values)


async def set_lookup(
    connection: AsyncConnection, organisation: str, household_id: uuid.UUID, position: int, lookup_id: uuid.UUID
) -> None:
    """The look-up of a member, in the transaction that makes it."""
    values = {"org": organisation, "id": household_id, "position": position, "lookup_id": lookup_id}
    await connection.execute(_SET_LOOKUP, values)


async def set_refusals(
    connection: AsyncConnection, organisation: str, household_id: uuid.UUID, refused: Sequence[MemberResult]
) -> None:
    """Why there was nothing to tell of these members, by code."""
    values = {
        "org": organisation,
        "id": household_id,
        "positions": [each.position for each in refused],
        "codes": [each.problem.kind.code if each.problem else None for each in refused],
    }
    await connection.execute(_SET_REFUSALS, values)


async def find(connection: AsyncConnection, organisation: str, household_id: uuid.UUID) -> Row[Any] | None:
    """The household, or None when the organisation has no such."""
    return (await connection.execute(_READ, {"org": organisation, "id": household_id})).one_or_none()


async def members(connection: AsyncConnection, organisation: str, household_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Its members by position, each with how the sources answered."""
    return (await connection.execute(_MEMBERS, {"org": organisation, "id": household_id})).all()
