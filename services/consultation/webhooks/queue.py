"""Deliveries as a queue: claimed in batches with a lease, each result recorded, in order within a consultation.

A claim moves the row's `run_at` to the end of the lease, so one that is never recorded comes back by itself. No lock
outlives the statement: nobody waits for anybody's network.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.webhooks.domain import PAUSED_AFTER, Outcome, Told
from services.consultation.webhooks.secrets import open_secrets
from shared.vault import Vault

LEASE = timedelta(seconds=60)
"""Longer than an attempt can take: five seconds for the name and five for the exchange (`shared/outbound.py`)."""

# Receiver after receiver in an order that is drawn for each claim, until there is enough: as many are looked at and
# locked as are taken, however many wait, and each has its turn however much another has waiting. To begin at a drawn
# place in the order of ids would not do: who comes right after another would hardly ever be begun at. As it goes, the
# LIMIT of `due` sees to that no more is taken; an ORDER BY there would read and lock the first of everybody. Of one
# receiver those that are due first, by an index in that order. What follows an earlier event of its consultation is not
# due; such rows share the earlier one's `run_at`, so few are passed over. The LIMIT is a sub-select so that the plan is
# kept: with a limit that is known another looks cheaper, and is made anew for each claim.
CLAIM = text(
    """
    WITH receiver AS MATERIALIZED (
        SELECT s.id, s.org, s.url, s.restrictions, :each - coalesce(busy.number, 0) AS free
        FROM webhook_subscription s
        LEFT JOIN unnest(CAST(:busy AS uuid[]), CAST(:numbers AS integer[])) AS busy (id, number) ON busy.id = s.id
        WHERE s.state = 'active' AND s.removed_at IS NULL AND (s.failing_since IS NOT NULL) = :failing
          AND coalesce(busy.number, 0) < :each
        ORDER BY random()
    ),
    due AS MATERIALIZED (
        SELECT first.org, first.id, receiver.url
        FROM receiver
        CROSS JOIN LATERAL (
            SELECT d.org, d.id FROM webhook_delivery d
            WHERE d.subscription_id = receiver.id AND d.status = 'waiting' AND d.run_at <= :now
              -- OFFSET 0: each is looked up by its keys, and nothing is read to be joined with.
              AND NOT EXISTS (
                SELECT FROM webhook_delivery before
                WHERE before.subscription_id = d.subscription_id AND before.consultation_id = d.consultation_id
                  AND before.sequence < d.sequence AND before.status = 'waiting' OFFSET 0)
              -- Hidden since its events were made into deliveries: not told to whom it would not be told today.
              AND NOT EXISTS (
                SELECT FROM consultation c
                WHERE c.id = d.consultation_id AND c.restricted IS NOT NULL
                  AND c.restricted <> ALL (receiver.restrictions)
                  AND NOT (c.restricted = 'corrections' AND c.org = receiver.org) OFFSET 0)
            ORDER BY d.run_at, d.id LIMIT receiver.free FOR UPDATE SKIP LOCKED
        ) AS first
        LIMIT (SELECT CAST(:most AS bigint))
    ),
    claimed AS (
        UPDATE webhook_delivery d
        SET lease = :lease, run_at = :leased_until, attempts = d.attempts + 1, tries = d.tries + 1
        FROM due
        WHERE d.org = due.org AND d.id = due.id
        RETURNING d.*, due.url
    ),
    begun AS (
        INSERT INTO webhook_attempt (org, delivery_id, number, at) SELECT org, id, attempts, :now FROM claimed
    )
    SELECT claimed.*, secrets.sealed AS sealed_secrets, secrets.numbers AS secret_numbers
    FROM claimed
    CROSS JOIN LATERAL (
        SELECT array_agg(s.sealed ORDER BY s.number DESC) AS sealed,
               array_agg(s.number ORDER BY s.number DESC) AS numbers
        FROM webhook_secret s
        WHERE s.org = claimed.org AND s.subscription_id = claimed.subscription_id
          AND (s.retires_at IS NULL OR s.retires_at > :now)
    ) AS secrets
    """
)
_NOTED = """
    noted AS (
        UPDATE webhook_attempt SET outcome = :outcome, http_status = :http_status, milliseconds = :milliseconds
        WHERE org = :org AND delivery_id = :id AND number = :number
    )
"""
# It has arrived, whoever holds the lease by now. The next of its consultation are due at once.
_DELIVERED = text(
    f"""
    WITH {_NOTED},
    done AS (
        UPDATE webhook_delivery SET status = 'delivered', lease = NULL, finished_at = :now
        WHERE org = :org AND id = :id AND status = 'waiting'
    ),
    following AS (
        UPDATE webhook_delivery SET run_at = :now
        WHERE subscription_id = :subscription_id AND consultation_id = :consultation_id AND status = 'waiting'
          AND sequence > :sequence AND lease IS NULL AND run_at > :now
    )
    UPDATE webhook_subscription SET failing_since = NULL
    WHERE org = :org AND id = :subscription_id AND failing_since IS NOT NULL
    """
)
# The row that records what became of the receiver comes last, so that those of one receiver wait for each other as
# briefly as can be; most of the time there is nothing to change there.
_NOT_DELIVERED = text(
    f"""
    WITH {_NOTED},
    missed AS (
        UPDATE webhook_delivery
        SET lease = NULL, run_at = :next, status = CASE WHEN :next >= give_up_at THEN 'failed' ELSE 'waiting' END,
            finished_at = CASE WHEN :next >= give_up_at THEN CAST(:now AS timestamptz) END
        WHERE org = :org AND id = :id AND lease = :lease AND status = 'waiting'
        RETURNING status
    ),
    following AS (
        UPDATE webhook_delivery SET run_at = CASE WHEN missed.status = 'failed' THEN :now ELSE :next END
        FROM missed
        WHERE subscription_id = :subscription_id AND consultation_id = :consultation_id
          AND webhook_delivery.status = 'waiting' AND sequence > :sequence AND lease IS NULL
    )
    UPDATE webhook_subscription s
    SET failing_since = coalesce(failing_since, :now),
        gave_up_at = CASE WHEN (SELECT status FROM missed) = 'failed' THEN :now ELSE gave_up_at END,
        state = CASE WHEN :gone OR failing_since <= :long_ago THEN 'paused' ELSE state END,
        paused_at = CASE WHEN :gone OR failing_since <= :long_ago THEN :now ELSE paused_at END
    WHERE org = :org AND id = :subscription_id AND url = :url AND state = 'active'
      AND (failing_since IS NULL OR failing_since <= :long_ago OR :gone OR (SELECT status FROM missed) = 'failed')
    """
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery in hand. `number` counts all its attempts, `tries` those since it was put in the queue."""

    organisation: str
    id: uuid.UUID
    subscription_id: uuid.UUID
    url: str
    secrets: tuple[str, ...]
    told: Told
    lease: uuid.UUID
    number: int
    tries: int

    @property
    def place(self) -> dict[str, Any]:
        """For the statements that record what came of it."""
        return {
            "org": self.organisation,
            "id": self.id,
            "number": self.number,
            "subscription_id": self.subscription_id,
            "consultation_id": self.told.consultation_id,
            "sequence": self.told.sequence,
        }


@dataclass(frozen=True, slots=True)
class Room:
    """How many may be claimed: `most` in all, `each` in hand of one receiver. `failing`: of receivers whose last
    attempt failed, or of the others.
    """

    failing: bool
    most: int
    each: int


async def claim(
    connection: AsyncConnection, vault: Vault, now: datetime, room: Room, busy: Mapping[uuid.UUID, int]
) -> list[Claimed]:
    """Lease what is due. `busy` tells how many of each subscription are in hand already."""
    lease = uuid.uuid4()
    rows = (await connection.execute(CLAIM, claim_values(lease, now, room, busy))).all()
    return [_claimed(row, vault, lease) for row in rows]


def claim_values(lease: uuid.UUID, now: datetime, room: Room, busy: Mapping[uuid.UUID, int]) -> dict[str, Any]:
    """The parameters of `CLAIM`."""
    return {
        "failing": room.failing,
        "most": room.most,
        "each": room.each,
        "busy": list(busy),
        "numbers": list(busy.values()),
        "now": now,
        "leased_until": now + LEASE,
        "lease": lease,
    }


def _claimed(row: Row[Any], vault: Vault, lease: uuid.UUID) -> Claimed:
    secrets = zip(row.secret_numbers or (), row.sealed_secrets or (), strict=True)
    return Claimed(
        organisation=row.org,
        id=row.id,
        subscription_id=row.subscription_id,
        url=row.url,
        secrets=open_secrets(vault, row.subscription_id, secrets),
        told=Told(row.event_id, row.event_type, row.event_at, row.consultation_id, row.sequence, row.state, row.sample),
        lease=lease,
        number=row.attempts,
        tries=row.tries,
    )


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an attempt, and how long it took. `next_at` is when to try again, if it did not arrive."""

    outcome: Outcome
    http_status: int | None
    milliseconds: int
    next_at: datetime


async def record(connection: AsyncConnection, claimed: Claimed, result: Result, now: datetime) -> None:
    """Write it down, and what follows from it for the delivery, those behind it, and the subscription."""
    values = {
        **claimed.place,
        "outcome": result.outcome.value,
        "http_status": result.http_status,
        "milliseconds": result.milliseconds,
        "now": now,
    }
    if result.outcome is Outcome.DELIVERED:
        await connection.execute(_DELIVERED, values)
        return
    missed = {
        "next": result.next_at,
        "lease": claimed.lease,
        "url": claimed.url,
        "gone": result.outcome is Outcome.GONE,
        "long_ago": now - PAUSED_AFTER,
    }
    await connection.execute(_NOT_DELIVERED, {**values, **missed})
