"""From the outbox to deliveries: for each event, one for each subscription that is to be told of it.

A job of its own transaction, which never runs beside itself. That matters here: of a consultation all that waits is
taken at once, so no event becomes a delivery before an earlier one has.
"""

from sqlalchemy import text

from services.consultation.webhooks.domain import EVERYTHING
from shared.jobs.job import Run
from shared.webhooks.retries import TRIED_FOR

_BATCH = 200
_BATCHES = 10

# An event written by an instance whose clock is behind may have an earlier time than the one before it: so whole
# consultations are taken, and not the events that are oldest. An event that follows one that waits for its next attempt
# waits as long, and is not looked at in vain until then.
_SPREAD = text(
    """
    WITH oldest AS (
        SELECT DISTINCT org, consultation_id
        FROM (SELECT org, consultation_id FROM outbox WHERE delivered_at IS NULL ORDER BY at, id LIMIT :rows) AS first
    ),
    taken AS (
        UPDATE outbox o SET delivered_at = :now
        FROM oldest
        WHERE o.org = oldest.org AND o.consultation_id = oldest.consultation_id AND o.delivered_at IS NULL
        RETURNING o.org, o.id, o.answering_org, o.at, o.kind, o.consultation_id, o.sequence, o.audience, o.restricted
    ),
    added AS (
        INSERT INTO webhook_delivery (org, id, subscription_id, event_id, event_type, event_at, consultation_id,
                                      sequence, state, status, created_at, run_at, give_up_at)
        SELECT s.org, gen_random_uuid(), s.id, taken.id, taken.kind, taken.at, taken.consultation_id, taken.sequence,
               event.state, 'waiting', :now, coalesce(held.until, :now), :until
        FROM taken
        JOIN consultation_event event ON event.org = taken.org AND event.consultation_id = taken.consultation_id
                                     AND event.sequence = taken.sequence
        CROSS JOIN LATERAL (
            VALUES (taken.org, taken.audience = 'both'), (taken.answering_org, true)
        ) AS side (org, told)
        JOIN webhook_subscription s ON s.org = side.org AND side.told
        LEFT JOIN LATERAL (
            SELECT max(d.run_at) FILTER (WHERE d.lease IS NULL) AS until FROM webhook_delivery d
            WHERE d.subscription_id = s.id AND d.consultation_id = taken.consultation_id AND d.status = 'waiting'
        ) AS held ON true
        WHERE s.removed_at IS NULL AND s.tells_from <= taken.at
          AND s.event_types && ARRAY[:everything, taken.kind]
          -- As with every reading: a question of Kriminalvården's own is no secret to itself.
          AND (taken.restricted IS NULL OR taken.restricted = ANY (s.restrictions)
               OR (taken.restricted = 'corrections' AND s.org = taken.org))
        ON CONFLICT (org, subscription_id, event_id) DO NOTHING
    )
    SELECT count(*) FROM taken
    """
)


async def spread(run: Run) -> None:
    """Make deliveries of what has happened; what is left for the next run is there a second later."""
    values = {"rows": _BATCH, "now": run.now, "until": run.now + TRIED_FOR, "everything": EVERYTHING}
    for _ in range(_BATCHES):
        if (await run.connection.execute(_SPREAD, values)).scalar_one() < _BATCH:
            return
