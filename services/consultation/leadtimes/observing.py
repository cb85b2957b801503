"""Observe: set the gauges, from what is open and from the queue. Neither grows with history."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.consultations.transitions import OPEN_STATES
from services.consultation.leadtimes import metrics
from services.consultation.leadtimes.domain import AGE_LIMITS, age_boundaries

_OPEN = text(
    """
    SELECT state, width_bucket(opened_at, CAST(:boundaries AS timestamptz[])) AS bucket, count(*) AS number,
           count(*) FILTER (WHERE due_at < coalesce(clock_stopped_at, :now)) AS overdue
    FROM consultation WHERE turn <> 'nobody' AND restricted IS DISTINCT FROM 'violence' GROUP BY 1, 2
    """
)
_QUEUE = text(
    """
    SELECT count(*) AS waiting, coalesce(extract(epoch FROM clock_timestamp() - min(queued_at)), 0)::float8 AS late
    FROM lead_time_pending
    """
)


async def observe(connection: AsyncConnection, now: datetime, calendar: BusinessCalendar) -> None:
    """As the role of background jobs."""
    oldest_first = sorted(each.opened_from for each in age_boundaries(now, calendar))
    ages = ["more", *(str(limit) for limit in sorted(AGE_LIMITS, reverse=True))]
    by_state = dict.fromkeys((state.value for state in OPEN_STATES), 0)
    by_age = dict.fromkeys(ages, 0)
    overdue = 0
    for row in await connection.execute(_OPEN, {"now": now, "boundaries": oldest_first}):
        by_state[row.state] = by_state.get(row.state, 0) + row.number
        by_age[ages[row.bucket]] += row.number
        overdue += row.overdue
    for state, number in by_state.items():
        metrics.OPEN.labels(state).set(number)
    for age, number in by_age.items():
        metrics.OPEN_AGES.labels(age).set(number)
    metrics.OVERDUE.set(overdue)
    queue = (await connection.execute(_QUEUE)).one()
    metrics.WAITING.set(queue.waiting)
    metrics.LATE.set(queue.late)
