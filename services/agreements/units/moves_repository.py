"""Moves in the database: assignments that were made over the API. `org` is the owner of the units (`0007:…`)."""

import uuid
from datetime import date, datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.units.domain import Circumstances, Competence, Move, MoveState, MoveWish

_COLUMNS = """
    SELECT a.id, a.municipality_code, m.name AS municipality_name, a.competence, before.unit_code AS previous_unit,
           a.unit_code AS unit, a.valid_from, a.version, a.created_at AS made_at, a.created_by AS made_by,
           a.withdrawn_at, a.withdrawn_by
    FROM unit_assignment a
    LEFT JOIN municipality m ON m.code = a.municipality_code AND m.period @> a.valid_from
    LEFT JOIN LATERAL (
        SELECT b.unit_code FROM unit_assignment b
        WHERE b.org = a.org AND b.municipality_code = a.municipality_code AND b.competence = a.competence
          AND b.valid_from < a.valid_from AND b.withdrawn_at IS NULL
        ORDER BY b.valid_from DESC
        LIMIT 1
    ) before ON true
    WHERE a.org = :org AND a.created_by IS NOT NULL
"""
_ONE = text(f"{_COLUMNS} AND a.id = :id")
# The states of domain.MoveState.
_PAGE = text(
    f"""
    {_COLUMNS}
      AND (CAST(:state AS text) IS NULL OR CAST(:state AS text) = CASE
           WHEN a.withdrawn_at IS NOT NULL THEN 'withdrawn'
           WHEN CAST(:today AS date) < a.valid_from THEN 'planned'
           ELSE 'begun' END)
      AND (CAST(:after_at AS timestamptz) IS NULL
           OR (a.created_at, a.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
    ORDER BY a.created_at DESC, a.id DESC
    LIMIT :rows
    """
)
_CIRCUMSTANCES = text(
    """
    SELECT EXISTS (SELECT FROM unit u WHERE u.owner_org = :org) AS owns_units,
           EXISTS (SELECT FROM unit u WHERE u.code = :unit AND u.owner_org = :org AND u.level = 'unit'
                   AND (SELECT coalesce(range_agg(v.period), '{}') FROM unit_version v WHERE v.code = u.code)
                       @> daterange(CAST(:valid_from AS date), NULL)) AS unit_exists,
           EXISTS (SELECT FROM municipality m WHERE m.code = :municipality_code
                   AND m.period @> CAST(:valid_from AS date)) AS municipality_exists,
           (SELECT a.unit_code FROM unit_assignment a
            WHERE a.org = :org AND a.municipality_code = :municipality_code AND a.competence = :competence
              AND a.valid_from <= CAST(:valid_from AS date) AND a.withdrawn_at IS NULL
            ORDER BY a.valid_from DESC LIMIT 1) AS current_unit
    """
)
_ADD = text(
    """
    INSERT INTO unit_assignment (org, id, municipality_code, competence, unit_code, valid_from, created_at, created_by)
    VALUES (:org, :id, :municipality_code, :competence, :unit, :valid_from, :now, :by)
    ON CONFLICT (org, municipality_code, competence, valid_from) WHERE withdrawn_at IS NULL DO NOTHING
    RETURNING 1
    """
)
_WITHDRAW = text(
    """
    UPDATE unit_assignment SET version = version + 1, withdrawn_at = :now, withdrawn_by = :by
    WHERE org = :org AND id = :id AND version = :version AND withdrawn_at IS NULL
    RETURNING 1
    """
)


async def find(connection: AsyncConnection, org: str, move_id: uuid.UUID) -> Move | None:
    """The move, if it is the organisation's."""
    row = (await connection.execute(_ONE, {"org": org, "id": move_id})).mappings().one_or_none()
    return None if row is None else _move(row)


async def moves_page(
    connection: AsyncConnection,
    org: str,
    *,
    state: MoveState | None,
    today: date,
    after: tuple[datetime, uuid.UUID] | None,
    rows: int,
) -> list[Move]:
    """The organisation's moves, newest first."""
    after_at, after_id = after or (None, None)
    values = {"org": org, "state": state, "today": today, "after_at": after_at, "after_id": after_id, "rows": rows}
    return [_move(row) for row in (await connection.execute(_PAGE, values)).mappings()]


async def circumstances(connection: AsyncConnection, org: str, wish: MoveWish) -> Circumstances:
    """What a wish is judged by."""
    found = (await connection.execute(_CIRCUMSTANCES, {"org": org, **_values(wish)})).mappings().one()
    return Circumstances(**found)


async def add(
    connection: AsyncConnection, org: str, move_id: uuid.UUID, wish: MoveWish, made_by: str, now: datetime
) -> bool:
    """Whether it was added: not when another begins on the same day."""
    values = {"org": org, "id": move_id, "by": made_by, "now": now, **_values(wish)}
    return (await connection.execute(_ADD, values)).scalar_one_or_none() is not None


async def set_withdrawn(connection: AsyncConnection, org: str, move: Move, withdrawn_by: str, now: datetime) -> bool:
    """Whether it was still the version that was read."""
    values = {"org": org, "id": move.id, "version": move.version, "by": withdrawn_by, "now": now}
    return (await connection.execute(_WITHDRAW, values)).scalar_one_or_none() is not None


def _values(wish: MoveWish) -> dict[str, object]:
    return {
        "municipality_code": wish.municipality_code,
        "competence": wish.competence.value,
        "unit": wish.unit,
        "valid_from": wish.valid_from,
    }


def _move(row: RowMapping) -> Move:
    return Move(**{**row, "competence": Competence(row["competence"])})
