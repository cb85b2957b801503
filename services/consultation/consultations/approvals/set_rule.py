"""Set: the answering authority states from which day which answers two handlers have to see."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.repository import Recording
from services.consultation.clocks.zone import SWEDEN
from services.consultation.consultations.approvals import repository
from services.consultation.consultations.approvals.wire import RuleBody, RuleModel
from services.consultation.problems import BEGINS_TOO_EARLY, NOT_ANSWERING
from shared.audit import AuditEntry, record
from shared.problems import Problem
from shared.tokens.caller import Caller

_FURTHEST = timedelta(days=5 * 366)


async def set_rule(
    connection: AsyncConnection, caller: Caller, answering: str, body: RuleBody, now: datetime
) -> RuleModel:
    """The version as recorded. From today at the earliest: an answer that has been sent is not asked for again.

    Raises Problem 403 for anybody but the answering authority, 422 for a day in the past or years ahead.
    """
    if caller.organisation != answering:
        raise Problem(NOT_ANSWERING)
    today = now.astimezone(SWEDEN).date()
    if not today <= body.valid_from <= today + _FURTHEST:
        members = {"earliest": today.isoformat(), "latest": (today + _FURTHEST).isoformat()}
        raise Problem(BEGINS_TOO_EARLY, members=members)
    recording = Recording(uuid.uuid4(), caller.organisation, caller.client_id, caller.actor or "", now)
    kind = body.type and body.type.value
    await repository.add_rule(connection, recording, body.unit, kind, body.valid_from, body.covers)
    entry = AuditEntry(
        event="approval_rule.set",
        at=now,
        caller=caller,
        object_type="approval_rule",
        object_id=recording.id,
        detail={
            "unit": body.unit,
            "type": kind,
            "validFrom": body.valid_from.isoformat(),
            "covers": body.covers and body.covers.value,
        },
    )
    await record(connection, entry)
    return RuleModel(rule_id=recording.id, recorded_at=now, **body.model_dump())
