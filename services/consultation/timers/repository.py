"""Timers in the database. A row is kept when its time is over, so that nothing is told twice."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.repository import Measured

_DUE = text(
    """
    SELECT org, consultation_id, kind, answering_org, about, told_about FROM timer
    WHERE run_at <= :now ORDER BY run_at LIMIT :rows
    """
)
_ACT_AS = text("SELECT set_config('app.org', :org, true)")
_FACTS = """
    org, id, answering_org, type, state, turn, version, assigned_to, unit, queue, triaged_at, restricted, purpose,
    case_reference, decision_id, decision_version, person_mark, proposed_by, false AS protected
"""
_FIND = text(f"SELECT {_FACTS} FROM consultation WHERE org = :org AND id = :id FOR UPDATE SKIP LOCKED")
# By a partial index that holds what is to be closed and nothing else. What is put off is read past: it is little.
_ANSWERED_BEFORE = text(
    f"""
    SELECT {_FACTS} FROM consultation
    WHERE answering_org = :org AND state = 'answered' AND answered_at < :before
      AND (closing_put_off_until IS NULL OR closing_put_off_until <= :now)
    ORDER BY answered_at LIMIT :rows FOR UPDATE SKIP LOCKED
    """
)
_PUT_OFF = text("UPDATE consultation SET closing_put_off_until = :until WHERE org = :org AND id = :id")
_SET = text(
    """
    UPDATE timer SET run_at = :run_at, about = coalesce(:about, about), told_about = coalesce(:told_about, told_about)
    WHERE org = :org AND consultation_id = :id AND kind = :kind
    """
)
_STORE = text("UPDATE consultation SET due_at = :due_at, target_seconds = :target WHERE org = :org AND id = :id")
_RESTART = text(
    """
    INSERT INTO timer AS t (org, consultation_id, kind, answering_org, about, run_at)
    VALUES (:org, :id, :kind, :answering_org, :about, :run_at)
    ON CONFLICT (org, consultation_id, kind) DO UPDATE SET about = excluded.about,
        run_at = CASE WHEN t.told_about = excluded.about THEN NULL ELSE excluded.run_at END
    """
)
_OPEN = text(
    """
    SELECT org, id, answering_org, type FROM consultation
    WHERE answering_org = :org AND id > :after AND turn <> 'nobody'
      AND (CAST(:unit AS text) IS NULL OR unit = :unit) AND (CAST(:type AS text) IS NULL OR type = :type)
    ORDER BY id LIMIT :rows FOR UPDATE SKIP LOCKED
    """
)
_SCOPE = text(
    """
    SELECT unit, NULL AS type FROM unit_calendar WHERE org = :org AND id = :id
    UNION ALL SELECT unit, type FROM unit_target WHERE org = :org AND id = :id
    """
)


async def due(connection: AsyncConnection, now: datetime, rows: int) -> Sequence[Row[Any]]:
    """Timers whose time has come, the oldest first."""
    return (await connection.execute(_DUE, {"now": now, "rows": rows})).all()


async def act_as(connection: AsyncConnection, organisation: str) -> None:
    """From now on the transaction reads and writes as the organisation."""
    await connection.execute(_ACT_AS, {"org": organisation})


async def find(connection: AsyncConnection, timer: Row[Any]) -> Row[Any] | None:
    """The consultation, locked, so that no answer comes between looking and telling.

    None while somebody is changing it: who works on it never waits for the clock in a circle.
    """
    values = {"org": timer.org, "id": timer.consultation_id}
    return (await connection.execute(_FIND, values)).one_or_none()


async def answered_before(
    connection: AsyncConnection, organisation: str, before: datetime, now: datetime, rows: int
) -> Sequence[Row[Any]]:
    """Answered consultations that nobody has closed, the oldest answer first, locked. Without those put off."""
    values = {"org": organisation, "before": before, "now": now, "rows": rows}
    return (await connection.execute(_ANSWERED_BEFORE, values)).all()


async def put_off_closing(connection: AsyncConnection, row: Row[Any], until: datetime) -> None:
    """It is closed at `until` at the earliest."""
    await connection.execute(_PUT_OFF, {"org": row.org, "id": row.id, "until": until})


async def set_timer(
    connection: AsyncConnection,
    timer: Row[Any],
    run_at: datetime | None,
    *,
    about: datetime | None = None,
    told_about: datetime | None = None,
) -> None:
    """Run it again at `run_at`, or not at all."""
    values = {
        "org": timer.org,
        "id": timer.consultation_id,
        "kind": timer.kind,
        "run_at": run_at,
        "about": about,
        "told_about": told_about,
    }
    await connection.execute(_SET, values)


async def store(connection: AsyncConnection, row: Row[Any], measured: Measured) -> None:
    """Keep the due date of a consultation as it has been counted anew, and the timers that follow from it."""
    owner = {"org": row.org, "id": row.id}
    await connection.execute(_STORE, {**owner, "due_at": measured.due_at, "target": measured.target_seconds})
    for each in measured.timers:
        values = {"kind": each.kind.value, "about": each.about, "run_at": each.run_at}
        await connection.execute(_RESTART, {**owner, "answering_org": row.answering_org, **values})


async def scope_of(connection: AsyncConnection, organisation: str, version: uuid.UUID) -> Row[Any] | None:
    """Which unit and type a version of a calendar or a target concerns; None is all."""
    return (await connection.execute(_SCOPE, {"org": organisation, "id": version})).one_or_none()


async def open_ones(
    connection: AsyncConnection, organisation: str, scope: Row[Any], after: uuid.UUID, rows: int
) -> Sequence[Row[Any]]:
    """Open consultations of the scope by id, locked; those that somebody is changing are counted anew by the change."""
    values = {"org": organisation, "unit": scope.unit, "type": scope.type, "after": after, "rows": rows}
    return (await connection.execute(_OPEN, values)).all()
