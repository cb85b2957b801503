"""What is given up, and what is forgotten: a batch at a time, by background jobs."""

from datetime import timedelta

from sqlalchemy import text

from shared.jobs.job import Run

DELIVERED_KEPT = timedelta(days=30)
FAILED_KEPT = timedelta(days=90)
_BATCH = 5000

# While its receiver is paused, or not yet validated, nobody tries a delivery; its time passes all the same.
_GIVE_UP = text(
    """
    WITH over AS (
        SELECT org, id FROM webhook_delivery
        WHERE status = 'waiting' AND give_up_at <= :now AND (lease IS NULL OR run_at <= :now)
        ORDER BY give_up_at LIMIT :rows FOR UPDATE SKIP LOCKED
    ),
    given_up AS (
        UPDATE webhook_delivery d SET status = 'failed', lease = NULL, finished_at = :now FROM over
        WHERE d.org = over.org AND d.id = over.id
        RETURNING d.org, d.subscription_id
    )
    UPDATE webhook_subscription s SET gave_up_at = :now
    FROM (SELECT DISTINCT org, subscription_id FROM given_up) AS theirs
    WHERE s.org = theirs.org AND s.id = theirs.subscription_id
    """
)
# Attempts go with their delivery.
_FORGET = text(
    """
    DELETE FROM webhook_delivery d USING (
        SELECT org, id FROM webhook_delivery
        WHERE status <> 'waiting' AND finished_at <= :delivered_before
          AND (status = 'delivered' OR finished_at <= :failed_before)
        ORDER BY finished_at LIMIT :rows
    ) AS old
    WHERE d.org = old.org AND d.id = old.id
    """
)
_EMPTY_REMOVED = text(
    """
    DELETE FROM webhook_delivery d USING (
        SELECT d.org, d.id FROM webhook_subscription s JOIN webhook_delivery d ON d.subscription_id = s.id
        WHERE s.removed_at IS NOT NULL LIMIT :rows
    ) AS theirs
    WHERE d.org = theirs.org AND d.id = theirs.id
    """
)
_FORGET_REMOVED = text(
    """
    DELETE FROM webhook_subscription s
    WHERE s.removed_at IS NOT NULL AND NOT EXISTS (SELECT FROM webhook_delivery d WHERE d.subscription_id = s.id)
    """
)
_FORGET_SECRETS = text("DELETE FROM webhook_secret WHERE retires_at <= :now")


async def give_up(run: Run) -> None:
    """What has waited for 72 hours has failed, and is kept to be sent again when somebody asks for it."""
    await run.connection.execute(_GIVE_UP, {"now": run.now, "rows": _BATCH})


async def forget(run: Run) -> None:
    """Remove what is over: old deliveries, all of subscriptions that were removed, and secrets that have ended."""
    values = {
        "delivered_before": run.now - DELIVERED_KEPT,
        "failed_before": run.now - FAILED_KEPT,
        "rows": _BATCH,
    }
    await run.connection.execute(_FORGET, values)
    await run.connection.execute(_EMPTY_REMOVED, {"rows": _BATCH})
    await run.connection.execute(_FORGET_REMOVED)
    await run.connection.execute(_FORGET_SECRETS, {"now": run.now})
