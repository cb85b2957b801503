"""How much of each class is past its time, for the plan and the proof. As the auditor, who sees keys and times.

Written apart from what erases, on purpose: rounds are followed forward from the first here, back from the last there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.retention.classes import (
    AUDIT_TRAIL,
    BRAKE,
    CONSULTATION,
    DELIVERY,
    DRAFT,
    HOUSEHOLD,
    KEPT_ANSWER,
    LOOKUP,
    PROTECTED_MARK,
    REPEATED_ANSWER,
    DataClass,
)
from services.consultation.retention.rules import Rules

COUNTED: Mapping[DataClass, str] = {
    CONSULTATION: """
        WITH RECURSIVE round AS (
            SELECT c.org, c.id AS first, c.id, c.closed_at FROM consultation c
            WHERE c.previous_id IS NULL AND c.closed_at < :before
            UNION ALL
            SELECT r.org, r.first, n.id, n.closed_at
            FROM round r JOIN consultation n ON n.org = r.org AND n.previous_id = r.id
        ), handling AS (
            SELECT count(*) AS rounds, bool_and(coalesce(r.closed_at < :before, false)) AS ended,
                   bool_or(EXISTS (SELECT FROM retention_hold h WHERE h.org = r.org AND h.consultation_id = r.id
                                                                  AND h.lifted_at IS NULL)) AS held
            FROM round r GROUP BY r.org, r.first
        )
        SELECT coalesce(sum(rounds) FILTER (WHERE NOT held), 0)::bigint AS due,
               coalesce(sum(rounds) FILTER (WHERE held), 0)::bigint AS held
        FROM handling WHERE ended
    """,
    HOUSEHOLD: "SELECT count(*) AS due, 0 AS held FROM household_lookup WHERE asked_at < :before",
    LOOKUP: """
        SELECT count(*) FILTER (WHERE NOT needed) AS due, count(*) FILTER (WHERE needed) AS held
        FROM (SELECT EXISTS (SELECT FROM consultation c WHERE c.org = l.org AND c.lookup_id = l.id) AS needed
              FROM lookup l WHERE l.asked_at < :before) AS old
    """,
    PROTECTED_MARK: "SELECT count(*) AS due, 0 AS held FROM protected_person WHERE ended_at < :before",
    KEPT_ANSWER: "SELECT count(*) AS due, 0 AS held FROM kept_lookup WHERE expires_at < :before",
    REPEATED_ANSWER: "SELECT count(*) AS due, 0 AS held FROM idempotency_record WHERE expires_at < :before",
    BRAKE: "SELECT count(*) AS due, 0 AS held FROM asked_person WHERE at < :before",
    DELIVERY: """
        SELECT count(*) AS due, 0 AS held FROM webhook_delivery WHERE status <> 'waiting' AND finished_at < :before
    """,
    DRAFT: """
        SELECT count(*) AS due, 0 AS held FROM (
            SELECT expires_at FROM answer_draft UNION ALL
            SELECT expires_at FROM faq_proposal WHERE expires_at IS NOT NULL) AS each
        WHERE expires_at < :before
    """,
    AUDIT_TRAIL: """
        SELECT count(*) AS due, 0 AS held FROM audit_entry
        WHERE at < :before AND erased_at IS NULL AND event <> 'audit.erased'
    """,
}
_MOMENT = text("SELECT least(CAST(:now AS timestamptz), clock_timestamp())")


@dataclass(frozen=True, slots=True)
class PastItsTime:
    """Of a class: how many are past their time, and how many of those are kept: by a hold, or by what rests on them."""

    data: DataClass
    before: datetime
    due: int
    held: int


async def moment_of(connection: AsyncConnection, now: datetime) -> datetime:
    """The earlier of the two clocks, as when it is erased."""
    moment: datetime = (await connection.execute(_MOMENT, {"now": now})).scalar_one()
    return moment


async def past_their_time(
    connection: AsyncConnection, rules: Rules, moment: datetime, trail_years: int, late: timedelta
) -> list[PastItsTime]:
    """Of every class that ends. What other jobs than that of retention remove may be `late`, as they have turns."""
    found = []
    for data, statement in COUNTED.items():
        before = _before(data, rules, moment, trail_years) - (timedelta(0) if data.years else late)
        row = (await connection.execute(text(statement), {"before": before})).one()
        found.append(PastItsTime(data, before, row.due, row.held))
    return found


def _before(data: DataClass, rules: Rules, moment: datetime, trail_years: int) -> datetime:
    if data is AUDIT_TRAIL:
        return moment - timedelta(days=366 * trail_years)
    # These rows say themselves when they expire.
    if data in (KEPT_ANSWER, REPEATED_ANSWER, DRAFT):
        return moment
    return rules.period_of(data).before(moment)
