"""Holds in the database. Each is seen by the organisation that placed it, and heeded by whoever erases."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.retention.holds.domain import HoldReason

MOST = 100
"""Holds of one consultation that are told, the newest ones."""

_COLUMNS = "id, consultation_id, reason, placed_at, placed_by, lifted_at, lifted_by"
_PLACE = text(
    f"""
    INSERT INTO retention_hold (org, id, consultation_id, answering_org, placed_by_org, reason, placed_at, client_id,
                                placed_by)
    VALUES (:org, :id, :consultation, :answering_org, :placed_by_org, :reason, :at, :client_id, :actor)
    ON CONFLICT (org, consultation_id, placed_by_org, reason) WHERE lifted_at IS NULL DO NOTHING
    RETURNING {_COLUMNS}
    """
)
_IN_FORCE = text(
    f"""
    SELECT {_COLUMNS} FROM retention_hold
    WHERE org = :org AND consultation_id = :consultation AND placed_by_org = :placed_by_org AND reason = :reason
      AND lifted_at IS NULL
    """
)
_LIST = text(
    f"""
    SELECT {_COLUMNS} FROM retention_hold
    WHERE org = :org AND consultation_id = :consultation AND placed_by_org = :placed_by_org
    ORDER BY placed_at DESC, id DESC LIMIT {MOST}
    """
)
_LIFT = text(
    f"""
    UPDATE retention_hold SET lifted_at = :at, lifted_client_id = :client_id, lifted_by = :actor
    WHERE org = :org AND consultation_id = :consultation AND id = :id AND placed_by_org = :placed_by_org
      AND lifted_at IS NULL
    RETURNING {_COLUMNS}
    """
)
_FIND = text(
    f"""
    SELECT {_COLUMNS} FROM retention_hold
    WHERE org = :org AND consultation_id = :consultation AND id = :id AND placed_by_org = :placed_by_org
    """
)


async def place(
    connection: AsyncConnection, row: Row[Any], reason: HoldReason, values: dict[str, Any]
) -> tuple[Row[Any], bool]:
    """The hold for that reason, and whether it is new."""
    known = {**_of(row, values), "reason": reason.value}
    new = {**known, "id": uuid.uuid4(), "answering_org": row.answering_org}
    made = (await connection.execute(_PLACE, new)).one_or_none()
    if made is not None:
        return made, True
    return (await connection.execute(_IN_FORCE, known)).one(), False


async def holds_of(connection: AsyncConnection, row: Row[Any], organisation: str) -> Sequence[Row[Any]]:
    """Those that the organisation has placed, the newest first."""
    values = {"org": row.org, "consultation": row.id, "placed_by_org": organisation}
    return (await connection.execute(_LIST, values)).all()


async def lift(
    connection: AsyncConnection, row: Row[Any], hold_id: uuid.UUID, values: dict[str, Any]
) -> tuple[Row[Any] | None, bool]:
    """The hold as it is by now, and whether it was lifted by this; None when the organisation has placed none such."""
    known = {**_of(row, values), "id": hold_id}
    lifted = (await connection.execute(_LIFT, known)).one_or_none()
    if lifted is not None:
        return lifted, True
    return (await connection.execute(_FIND, known)).one_or_none(), False


def _of(row: Row[Any], values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "org": row.org, "consultation": row.id}
