"""Set: the answering authority states from which day a unit's hours, or a target, are what."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks import repository
from services.consultation.clocks.opening_wire import as_stored, faults
from services.consultation.clocks.repository import Recording
from services.consultation.clocks.zone import SWEDEN
from services.consultation.problems import BEGINS_TOO_EARLY, NOT_ANSWERING, OPENING_INVALID
from services.consultation.service_levels.wire import (
    CalendarBody,
    CalendarVersionModel,
    TargetBody,
    TargetVersionModel,
)
from services.consultation.timers.recount import ask_for_recount
from shared.audit import AuditEntry, record
from shared.problems import Problem
from shared.tokens.caller import Caller

_FURTHEST = timedelta(days=5 * 366)


async def set_calendar(
    connection: AsyncConnection, caller: Caller, answering: str, body: CalendarBody, now: datetime
) -> CalendarVersionModel:
    """The version as recorded.

    Raises Problem 403 for anybody but the answering authority, and 422 when it begins today or earlier, or when the
    hours can't be: what has been counted, and what was promised of today, stands.
    """
    _require(caller, answering, body.valid_from, now)
    if body.opening is not None and (wrong := faults(body.opening)):
        raise Problem(OPENING_INVALID, members={"errors": [{"field": field, "reason": "invalid"} for field in wrong]})
    recording = _recording(caller, now)
    rules = None if body.opening is None else as_stored(body.opening)
    await repository.add_calendar(connection, recording, body.unit, body.valid_from, rules)
    await ask_for_recount(connection, recording.id)
    detail = {"unit": body.unit, "validFrom": body.valid_from.isoformat()}
    await record(connection, _audit(caller, recording, "unit_calendar", detail))
    return CalendarVersionModel(
        version_id=recording.id,
        unit=body.unit,
        valid_from=body.valid_from,
        recorded_at=now,
        opening=body.opening,
    )


async def set_target(
    connection: AsyncConnection, caller: Caller, answering: str, body: TargetBody, now: datetime
) -> TargetVersionModel:
    """The version as recorded. Raises Problem as `set_calendar` does."""
    _require(caller, answering, body.valid_from, now)
    recording = _recording(caller, now)
    seconds = None if body.working_minutes is None else body.working_minutes * 60
    await repository.add_target(connection, recording, body.unit, body.type.value, body.valid_from, seconds)
    await ask_for_recount(connection, recording.id)
    detail = {"unit": body.unit, "type": body.type.value, "validFrom": body.valid_from.isoformat()}
    await record(connection, _audit(caller, recording, "unit_target", detail))
    return TargetVersionModel(
        version_id=recording.id,
        unit=body.unit,
        type=body.type.value,
        valid_from=body.valid_from,
        recorded_at=now,
        working_minutes=body.working_minutes,
    )


def _require(caller: Caller, answering: str, valid_from: date, now: datetime) -> None:
    if caller.organisation != answering:
        raise Problem(NOT_ANSWERING)
    today = now.astimezone(SWEDEN).date()
    earliest, latest = today + timedelta(days=1), today + _FURTHEST
    if not earliest <= valid_from <= latest:
        raise Problem(BEGINS_TOO_EARLY, members={"earliest": earliest.isoformat(), "latest": latest.isoformat()})


def _recording(caller: Caller, now: datetime) -> Recording:
    return Recording(uuid.uuid4(), caller.organisation, caller.client_id, caller.actor or "", now)


def _audit(caller: Caller, recording: Recording, kind: str, detail: dict[str, Any]) -> AuditEntry:
    return AuditEntry(
        event=f"{kind}.set",
        at=recording.at,
        caller=caller,
        object_type=kind,
        object_id=recording.id,
        detail=detail,
    )
