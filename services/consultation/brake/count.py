"""Count a person as asked about, and refuse when it is one too many.

Every well-formed question counts, also one that is then refused for another reason: that is how probing looks. The
same person again does not. What the brake itself refuses is not counted, so that waiting helps.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.brake.domain import WINDOWS, Braked, Limits
from services.consultation.problems import ENUMERATION_BRAKE
from shared.audit import AuditEntry, record
from shared.database.engine import Database, Tenancy
from shared.problems import Problem
from shared.tokens.caller import Caller

COUNTED = """
    count_person(:org, :asked_by, :case_reference, :person_mark, :asked_at, :persons_per_handler, :persons_per_case)
"""

_FORGET = text("DELETE FROM asked_person WHERE at <= :before")
_OUT_OF_REACH = timedelta(days=2)


def counted_values(
    caller: Caller, case_reference: str, person_mark: bytes, limits: Limits, now: datetime
) -> dict[str, Any]:
    """For `COUNTED`: count the person for the handler and the case. Commit it whatever becomes of the rest.

    What it gives is None, or for `Braked.read`.
    """
    return {
        "org": caller.organisation,
        "asked_by": caller.actor,
        "case_reference": case_reference,
        "person_mark": person_mark,
        "asked_at": now,
        **limits.values(),
    }


async def brake_refusal(
    database: Database,
    caller: Caller,
    braked: Braked,
    limits: Limits,
    *,
    object_type: str,
    purpose: str,
    case_reference: str | None,
    person_mark: bytes,
    now: datetime,
) -> Problem:
    """The refusal to raise, recorded already: the auditor of the organisation finds it by its event."""
    counted = {"countedBy": braked.counted_by, "limit": limits.of(braked.counted_by)}
    entry = AuditEntry(
        event=f"{object_type}.braked",
        at=now,
        caller=caller,
        object_type=object_type,
        subject=person_mark,
        outcome="refused",
        detail={
            "purpose": purpose,
            "caseReference": case_reference,
            **counted,
            "windowSeconds": WINDOWS[braked.counted_by],
            "alert": braked.alert,
        },
    )
    async with database.begin(Tenancy(caller.organisation)) as connection:
        await record(connection, entry)
    return Problem(ENUMERATION_BRAKE, headers={"Retry-After": str(braked.retry_seconds)}, members=counted)


async def forget_counted(connection: AsyncConnection, now: datetime) -> int:
    """Remove what no window can reach any more, whoever it belongs to; answers how much.

    For the role of background jobs, whose policies let it.
    """
    return (await connection.execute(_FORGET, {"before": now - _OUT_OF_REACH})).rowcount
