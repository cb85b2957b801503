"""Erases the texts of entries whose time is over. The chain keeps their hashes and verifies as before.

Each turn leaves an entry of its own that tells the rule, the cut-off, how many and which positions, so that whoever
verifies can tell what was erased by rule from what somebody wanted hidden.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from shared.audit import OPERATOR, AuditEntry, operator, record
from shared.clock import Clock
from shared.database.engine import Database, Tenancy
from shared.sealing.sealer import BATCH

# The age is the database's to judge: a clock that is wrong in one process must not erase what should be kept.
_CUT_OFF = text("SELECT clock_timestamp() - make_interval(years => :years)")
_ERASE = text(
    """
    WITH due AS (
        SELECT e.org, e.id, c.position
        FROM audit_entry e JOIN audit_chain c ON c.org = e.org AND c.entry_id = e.id
        WHERE e.at < :before AND e.erased_at IS NULL AND e.event <> 'audit.erased'
        ORDER BY e.at LIMIT :most
    ), erased AS (
        UPDATE audit_entry e SET entry = NULL, subject = NULL, object_id = NULL, erased_at = clock_timestamp()
        FROM due WHERE e.org = due.org AND e.id = due.id
        RETURNING due.position
    )
    SELECT count(*) AS number, min(position) AS first, max(position) AS last FROM erased
    """
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What a turn erased: how many, and between which positions, both included."""

    number: int
    first: int
    last: int
    before: datetime


async def erase_expired(database: Database, years: int, clock: Clock, *, most: int = BATCH) -> Erased | None:
    """Erase the oldest sealed texts that are older than `years`; None when there are none. `database` is the worker's.

    One transaction with the entry that tells of it.
    """
    async with database.begin(Tenancy(OPERATOR)) as connection:
        before = (await connection.execute(_CUT_OFF, {"years": years})).scalar_one()
        row = (await connection.execute(_ERASE, {"before": before, "most": most})).one()
        if not row.number:
            return None
        await record(
            connection,
            AuditEntry(
                event="audit.erased",
                at=clock(),
                caller=operator("retention", str(uuid.uuid4())),
                object_type="trail",
                detail={
                    "rule": f"older than {years} years",
                    "before": before.isoformat(),
                    "number": row.number,
                    "first": row.first,
                    "last": row.last,
                },
            ),
        )
    return Erased(row.number, row.first, row.last, before)
