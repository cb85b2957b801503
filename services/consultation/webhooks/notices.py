"""Tell the named contact, once a day, which receiver fails and how.

What is told is written as a notice, which the subscriber can list; then `Tell` carries it further. A notice is written
first, in its own transaction: a contact whose mail can't be delivered is not written to again every minute.
"""

import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from services.consultation.webhooks.domain import TOLD_AFTER, TOLD_AGAIN, Contact, SubscriptionState
from shared.jobs.job import Outing

_log = logging.getLogger("webhooks")
COUNTED_TO = 1000
"""Deliveries are counted no further: whoever has a thousand waiting knows enough."""

# What has come of attempts since the contact was told last, counted over as many deliveries as waiting and failed ones
# are counted. The orders are those of the indexes: without them the planner may choose one of all
# subscribers' rows.
_NOTE = text(
    """
    WITH failing AS (
        SELECT org, id, url, contact_function, contact_email, failing_since, state,
               coalesce(told_at, '-infinity') AS told_before
        FROM webhook_subscription
        WHERE removed_at IS NULL AND (told_at IS NULL OR told_at <= :told_before)
          AND (failing_since <= :since OR gave_up_at > coalesce(told_at, '-infinity')
               OR paused_at > coalesce(told_at, '-infinity'))
        ORDER BY id LIMIT 50 FOR UPDATE SKIP LOCKED
    ),
    told AS (
        UPDATE webhook_subscription s SET told_at = :now FROM failing WHERE s.org = failing.org AND s.id = failing.id
    ),
    counted AS (
        SELECT failing.*,
               (SELECT count(*) FROM (
                   SELECT FROM webhook_delivery d WHERE d.subscription_id = failing.id AND d.status = 'waiting'
                   ORDER BY d.run_at, d.id LIMIT :most) AS first) AS waiting,
               (SELECT count(*) FROM (
                   SELECT FROM webhook_delivery d WHERE d.subscription_id = failing.id AND d.status = 'failed'
                   ORDER BY d.event_at, d.id LIMIT :most) AS first) AS failed,
               coalesce((
                   SELECT jsonb_object_agg(lately.outcome, lately.number) FROM (
                       SELECT each.outcome, count(*) AS number FROM (
                           SELECT coalesce(a.outcome || coalesce('_' || a.http_status, ''), 'cut_short') AS outcome
                           FROM (
                               (SELECT d.org, d.id FROM webhook_delivery d
                                WHERE d.subscription_id = failing.id AND d.status = 'waiting'
                                ORDER BY d.run_at, d.id LIMIT :most)
                               UNION ALL
                               (SELECT d.org, d.id FROM webhook_delivery d
                                WHERE d.subscription_id = failing.id AND d.status = 'failed'
                                ORDER BY d.event_at DESC, d.id DESC LIMIT :most)
                           ) AS theirs
                           JOIN webhook_attempt a ON a.org = theirs.org AND a.delivery_id = theirs.id
                           WHERE a.at > failing.told_before) AS each
                       GROUP BY each.outcome) AS lately), '{}') AS outcomes
        FROM failing
    )
    INSERT INTO webhook_notice (org, id, subscription_id, at, failing_since, paused, outcomes, waiting, failed)
    SELECT org, gen_random_uuid(), id, :now, failing_since, state = 'paused', outcomes, waiting, failed FROM counted
    RETURNING subscription_id, at, failing_since, paused, outcomes, waiting, failed,
              (SELECT contact_function FROM failing WHERE failing.id = subscription_id) AS contact_function,
              (SELECT contact_email FROM failing WHERE failing.id = subscription_id) AS contact_email
    """
)


@dataclass(frozen=True, slots=True)
class Summary:
    """How a receiver fails. `outcomes` counts attempts by what came of them, with the status that was answered."""

    subscription_id: uuid.UUID
    at: datetime
    failing_since: datetime | None
    state: SubscriptionState
    outcomes: Mapping[str, int]
    waiting: int
    failed: int


Tell = Callable[[Contact, Summary], Awaitable[None]]
"""Carries a summary to a contact, as far as it can. Raises nothing: the notice is there whatever becomes of it."""


async def log_it(_: Contact, summary: Summary) -> None:
    """The least that is done: one line for operations, without the contact."""
    told = {
        "subscription": str(summary.subscription_id),
        "state": summary.state.value,
        "outcomes": dict(summary.outcomes),
        "waiting": summary.waiting,
        "failed": summary.failed,
    }
    _log.warning("a receiver of webhooks fails", extra=told)


@dataclass(frozen=True, slots=True)
class Notifier:
    """Tells contacts by each of `ways`, in turn."""

    ways: tuple[Tell, ...] = (log_it,)

    async def tell_contacts(self, outing: Outing) -> None:
        """Every contact that has something to be told of, and has not been told for a day."""
        now = outing.clock()
        values = {"now": now, "since": now - TOLD_AFTER, "told_before": now - TOLD_AGAIN, "most": COUNTED_TO}
        async with outing.begin() as connection:
            rows = (await connection.execute(_NOTE, values)).all()
        for row in rows:
            for tell in self.ways:
                await tell(Contact(row.contact_function, row.contact_email), _summary(row))


def _summary(row: Row[Any]) -> Summary:
    return Summary(
        subscription_id=row.subscription_id,
        at=row.at,
        failing_since=row.failing_since,
        state=SubscriptionState.PAUSED if row.paused else SubscriptionState.ACTIVE,
        outcomes=row.outcomes,
        waiting=row.waiting,
        failed=row.failed,
    )
