"""Delegations in the database. `org` is the organisation that reads or writes, as canonical text (`0007:…`)."""

import uuid
from datetime import date, datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.delegations.domain import Delegation, Question, Side, State, Wish
from services.agreements.wire import ICD

_COLUMNS = """
    SELECT d.id, d.org, c.name AS consumer_name, d.supplier_org, s.name AS supplier_name, d.scopes,
           d.valid_from, d.valid_to, d.approved_by, d.created_at, d.withdrawn_at, d.withdrawn_by
    FROM delegation d
    LEFT JOIN organisation c ON c.organisation_number = split_part(d.org, ':', 2)
    LEFT JOIN organisation s ON s.organisation_number = split_part(d.supplier_org, ':', 2)
"""
_ONE = text(f"{_COLUMNS} WHERE d.id = :id AND (d.org = :org OR d.supplier_org = :org)")
# The states of domain.State, in its order.
_PAGE = text(
    f"""
    {_COLUMNS}
    WHERE ((:granted AND d.org = :org) OR (:held AND d.supplier_org = :org))
      AND (CAST(:state AS text) IS NULL OR CAST(:state AS text) = CASE
           WHEN d.withdrawn_at IS NOT NULL THEN 'withdrawn'
           WHEN CAST(:today AS date) < d.valid_from THEN 'upcoming'
           WHEN CAST(:today AS date) <= d.valid_to THEN 'in_force'
           ELSE 'ended' END)
      AND (CAST(:after_at AS timestamptz) IS NULL
           OR (d.created_at, d.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
    ORDER BY d.created_at DESC, d.id DESC
    LIMIT :rows
    """
)
# Of several that would do, the one that lasts longest.
_IN_FORCE = text(
    """
    SELECT id FROM delegation
    WHERE org = :consumer AND supplier_org = :supplier AND scopes @> CAST(:scopes AS text[])
      AND CAST(:today AS date) BETWEEN valid_from AND valid_to AND withdrawn_at IS NULL
      AND (CAST(:id AS uuid) IS NULL OR id = CAST(:id AS uuid))
    ORDER BY valid_to DESC, id
    LIMIT 1
    """
)
_ADD = text(
    """
    INSERT INTO delegation (org, id, supplier_org, scopes, valid_from, valid_to, approved_by, created_at)
    VALUES (:org, :id, :supplier, :scopes, :valid_from, :valid_to, :approved_by, :now)
    """
)
_WITHDRAW = text(
    """
    UPDATE delegation SET withdrawn_at = :now, withdrawn_by = :by
    WHERE org = :org AND id = :id AND withdrawn_at IS NULL
    RETURNING 1
    """
)


async def find(connection: AsyncConnection, org: str, delegation_id: uuid.UUID) -> Delegation | None:
    """The delegation, if the organisation has granted or holds it."""
    row = (await connection.execute(_ONE, {"org": org, "id": delegation_id})).mappings().one_or_none()
    return None if row is None else _delegation(row)


async def delegations_page(
    connection: AsyncConnection,
    org: str,
    *,
    role: str | None,
    state: State | None,
    today: date,
    after: tuple[datetime, uuid.UUID] | None,
    rows: int,
) -> list[Delegation]:
    """Newest first. `role` leaves those in which the organisation is `consumer` or `supplier`."""
    after_at, after_id = after or (None, None)
    values = {
        "org": org,
        "granted": role != "supplier",
        "held": role != "consumer",
        "state": state,
        "today": today,
        "after_at": after_at,
        "after_id": after_id,
        "rows": rows,
    }
    return [_delegation(row) for row in (await connection.execute(_PAGE, values)).mappings()]


async def find_in_force(connection: AsyncConnection, question: Question, today: date) -> uuid.UUID | None:
    """The id of one that covers everything asked for."""
    values = {
        "consumer": question.consumer,
        "supplier": question.supplier,
        "scopes": list(question.scopes),
        "id": question.delegation,
        "today": today,
    }
    found: uuid.UUID | None = (await connection.execute(_IN_FORCE, values)).scalar_one_or_none()
    return found


async def add(
    connection: AsyncConnection, org: str, delegation_id: uuid.UUID, wish: Wish, approved_by: str, now: datetime
) -> None:
    """A new delegation of the organisation's."""
    await connection.execute(
        _ADD,
        {
            "org": org,
            "id": delegation_id,
            "supplier": ICD + wish.supplier,
            "scopes": sorted(wish.scopes),
            "valid_from": wish.valid_from,
            "valid_to": wish.valid_to,
            "approved_by": approved_by,
            "now": now,
        },
    )


async def set_withdrawn(
    connection: AsyncConnection, org: str, delegation_id: uuid.UUID, withdrawn_by: str, now: datetime
) -> bool:
    """Whether it was the organisation's to withdraw, and was not withdrawn before."""
    values = {"org": org, "id": delegation_id, "by": withdrawn_by, "now": now}
    return (await connection.execute(_WITHDRAW, values)).scalar_one_or_none() is not None


def _delegation(row: RowMapping) -> Delegation:
    return Delegation(
        id=row["id"],
        consumer=Side(row["org"].removeprefix(ICD), row["consumer_name"]),
        supplier=Side(row["supplier_org"].removeprefix(ICD), row["supplier_name"]),
        scopes=tuple(row["scopes"]),
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        approved_by=row["approved_by"],
        created_at=row["created_at"],
        withdrawn_at=row["withdrawn_at"],
        withdrawn_by=row["withdrawn_by"],
    )
