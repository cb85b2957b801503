"""Subscriptions and their deliveries, as the organisation that has them reads and changes them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.repository import Reader, in_sight
from services.consultation.webhooks.domain import MAX_SECRETS, Wish

_FACTS = """
    id, version, url, event_types, contact_function, contact_email, state, created_at, validated_at, failing_since,
    paused_at,
    (SELECT json_agg(json_build_object('number', k.number, 'madeAt', k.made_at, 'retiresAt', k.retires_at)
                     ORDER BY k.number DESC)
     FROM webhook_secret k WHERE k.org = s.org AND k.subscription_id = s.id
       AND (k.retires_at IS NULL OR k.retires_at > :now)) AS secrets
"""
_ADD = text(
    """
    INSERT INTO webhook_subscription (org, id, version, url, event_types, restrictions, contact_function, contact_email,
                                      state, created_at, client_id)
    SELECT :org, :id, 1, :url, :event_types, :restrictions, :contact_function, :contact_email, 'pending', :now,
           :client_id
    WHERE (SELECT count(*) FROM (SELECT FROM webhook_subscription WHERE org = :org AND removed_at IS NULL
                                 LIMIT :most) AS held) < :most
    """
)
_FIND = text(f"SELECT {_FACTS} FROM webhook_subscription s WHERE org = :org AND id = :id AND removed_at IS NULL")
_LOCK = text(
    """
    SELECT id, version, url, state, restrictions FROM webhook_subscription
    WHERE org = :org AND id = :id AND removed_at IS NULL FOR UPDATE
    """
)
_PAGE = text(
    f"""
    SELECT {_FACTS} FROM webhook_subscription s
    WHERE org = :org AND removed_at IS NULL AND (created_at, id) < (CAST(:at AS timestamptz), CAST(:after AS uuid))
    ORDER BY created_at DESC, id DESC LIMIT :rows
    """
)
# Another address is another receiver: whether that one wants anything has yet to be asked.
_CHANGE = text(
    """
    UPDATE webhook_subscription
    SET version = version + 1, event_types = :event_types, restrictions = :restrictions,
        contact_function = :contact_function, contact_email = :contact_email, url = :url,
        state = CASE WHEN url = :url THEN state ELSE 'pending' END,
        failing_since = CASE WHEN url = :url THEN failing_since END
    WHERE org = :org AND id = :id AND removed_at IS NULL
    """
)
_ACTIVATE = text(
    """
    UPDATE webhook_subscription
    SET version = version + 1, state = 'active', validated_at = :now, tells_from = coalesce(tells_from, :now),
        failing_since = NULL, paused_at = NULL
    WHERE org = :org AND id = :id AND url = :url AND removed_at IS NULL
    RETURNING id
    """
)
# What waited while nothing was sent is due at once: the first of it, so that the statement stays short; the rest comes
# at times of its own.
_DUE_NOW = text(
    """
    UPDATE webhook_delivery SET run_at = :now
    WHERE org = :org AND id IN (
        SELECT id FROM webhook_delivery
        WHERE subscription_id = :id AND status = 'waiting' AND run_at > :now AND lease IS NULL
        ORDER BY run_at, id LIMIT 5000)
    """
)
_REMOVE = text(
    """
    UPDATE webhook_subscription SET removed_at = :now, state = 'paused'
    WHERE org = :org AND id = :id AND removed_at IS NULL
    """
)
_ADD_SECRET = text(
    """
    INSERT INTO webhook_secret (org, subscription_id, number, sealed, made_at)
    VALUES (:org, :id, :number, :sealed, :now)
    """
)
_RETIRE = text(
    """
    UPDATE webhook_secret s
    SET retires_at = CASE WHEN s.number <= :number - :most THEN :now
                          ELSE least(coalesce(retires_at, :until), :until) END
    WHERE org = :org AND subscription_id = :id AND number < :number AND (retires_at IS NULL OR retires_at > :now)
    """
)
_LAST_NUMBER = text("SELECT max(number) FROM webhook_secret WHERE org = :org AND subscription_id = :id")
_SECRETS = text(
    """
    SELECT number, sealed FROM webhook_secret
    WHERE org = :org AND subscription_id = :id AND (retires_at IS NULL OR retires_at > :now) ORDER BY number DESC
    """
)
_DELIVERY = """
    d.id, d.subscription_id, d.event_id, d.event_type, d.event_at, d.consultation_id, d.sequence, d.sample, d.status,
    d.created_at, d.run_at, d.give_up_at, d.attempts, d.finished_at
"""
_ITS_CONSULTATION = "c.id = d.consultation_id AND (c.org = d.org OR c.answering_org = d.org)"
# That it happened is hidden with the consultation, from whoever manages subscriptions as from everybody.
# OFFSET 0: each is looked up by its keys, and the table is never read to be joined with.
_READABLE = f"NOT EXISTS (SELECT FROM consultation c WHERE {_ITS_CONSULTATION} AND NOT {in_sight('c')} OFFSET 0)"
# What the subscription `s` is told of, as when it was spread (spread.py).
_TELLABLE = f"""
    NOT EXISTS (SELECT FROM consultation c WHERE {_ITS_CONSULTATION} AND c.restricted IS NOT NULL
                AND NOT (c.restricted = ANY (s.restrictions) OR (c.restricted = 'corrections' AND c.org = s.org))
                OFFSET 0)
"""
_DELIVERIES = f"""
    SELECT {{facts}} FROM webhook_delivery d
    WHERE d.org = :org AND d.subscription_id = :id AND {_READABLE} {{failed}}
      AND (d.event_at, d.id) < (CAST(:at AS timestamptz), CAST(:after AS uuid))
    ORDER BY d.event_at DESC, d.id DESC LIMIT :rows
"""
_ALL_DELIVERIES = text(_DELIVERIES.format(facts=_DELIVERY, failed=""))
_FAILED_DELIVERIES = text(_DELIVERIES.format(facts=_DELIVERY, failed="AND d.status = 'failed'"))
_FIND_DELIVERY = text(
    f"""
    SELECT {_DELIVERY}, s.state AS subscription_state, {_TELLABLE} AS tellable
    FROM webhook_delivery d JOIN webhook_subscription s ON s.org = d.org AND s.id = d.subscription_id
    WHERE d.org = :org AND d.id = :id AND s.removed_at IS NULL AND {_READABLE}
    """
)
_ATTEMPTS = text(
    """
    SELECT number, at, outcome, http_status, milliseconds FROM webhook_attempt
    WHERE org = :org AND delivery_id = :id ORDER BY number DESC LIMIT 200
    """
)
_AGAIN = """
    status = 'waiting', run_at = :now, give_up_at = :until, lease = NULL, tries = 0, finished_at = NULL
"""
_REDELIVER = text(f"UPDATE webhook_delivery SET {_AGAIN} WHERE org = :org AND id = :id AND status <> 'waiting'")
_REPLAY = text(
    f"""
    UPDATE webhook_delivery d SET {_AGAIN}
    FROM (
        SELECT d.id FROM webhook_delivery d JOIN webhook_subscription s ON s.org = d.org AND s.id = d.subscription_id
        WHERE d.org = :org AND d.subscription_id = :id AND d.event_at >= :since AND d.status <> 'waiting'
          AND NOT d.sample AND (d.status = 'failed' OR :delivered_too) AND {_TELLABLE}
        ORDER BY d.event_at, d.id LIMIT :most
    ) AS chosen
    WHERE d.org = :org AND d.id = chosen.id
    RETURNING d.event_at
    """
)
_HOLD_BACK = text(
    f"""
    UPDATE webhook_delivery d SET status = 'failed', lease = NULL, finished_at = :now
    FROM webhook_subscription s
    WHERE s.org = :org AND s.id = :id AND d.org = s.org AND d.subscription_id = s.id AND d.status = 'waiting'
      AND NOT d.sample AND NOT {_TELLABLE}
    """
)
_NOTE_REPLAY = text(
    """
    UPDATE webhook_subscription SET replayed_at = :now
    WHERE org = :org AND id = :id AND (replayed_at IS NULL OR replayed_at <= :before OR replayed_at > :now)
    RETURNING id
    """
)
_ADD_SAMPLE = text(
    """
    INSERT INTO webhook_delivery (org, id, subscription_id, event_id, event_type, event_at, consultation_id, sequence,
                                  state, sample, status, created_at, run_at, give_up_at)
    SELECT :org, :delivery_id, :id, :event_id, :event_type, :now, :consultation_id, 1, :state, true, 'waiting', :now,
           :now, :until
    WHERE (SELECT count(*) FROM (SELECT FROM webhook_delivery WHERE subscription_id = :id AND status = 'waiting'
                                 AND sample LIMIT :most) AS waiting) < :most
    """
)
_NOTICES = text(
    """
    SELECT n.id, n.subscription_id, n.at, n.failing_since, n.paused, n.outcomes, n.waiting, n.failed
    FROM webhook_notice n
    WHERE n.org = :org AND (n.at, n.id) < (CAST(:at AS timestamptz), CAST(:after AS uuid))
    ORDER BY n.at DESC, n.id DESC LIMIT :rows
    """
)

Place = tuple[datetime, uuid.UUID] | None
_NEWEST = (datetime.max.replace(tzinfo=UTC), uuid.UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True)
class Own:
    """A subscription, as the organisation whose it is names it, at a time."""

    organisation: str
    id: uuid.UUID
    now: datetime

    @property
    def place(self) -> dict[str, Any]:
        """For the statements."""
        return {"org": self.organisation, "id": self.id, "now": self.now}


def _wished(wish: Wish, restrictions: Sequence[str]) -> dict[str, Any]:
    return {
        "url": wish.url,
        "event_types": list(wish.event_types),
        "restrictions": list(restrictions),
        "contact_function": wish.contact.function,
        "contact_email": wish.contact.email,
    }


async def add(
    connection: AsyncConnection, own: Own, wish: Wish, restrictions: Sequence[str], client_id: str, *, most: int
) -> bool:
    """Write a new subscription; False when the organisation has `most` already."""
    values = {**own.place, **_wished(wish, restrictions), "client_id": client_id, "most": most}
    return (await connection.execute(_ADD, values)).rowcount == 1


async def find(connection: AsyncConnection, own: Own) -> Row[Any] | None:
    """The subscription, without its secrets."""
    return (await connection.execute(_FIND, own.place)).one_or_none()


async def lock(connection: AsyncConnection, own: Own) -> Row[Any] | None:
    """What decides on a change, and nobody else changes it until the transaction has ended."""
    return (await connection.execute(_LOCK, {"org": own.organisation, "id": own.id})).one_or_none()


async def page(
    connection: AsyncConnection, organisation: str, now: datetime, place: Place, rows: int
) -> Sequence[Row[Any]]:
    """The organisation's subscriptions, newest first."""
    at, after = place or _NEWEST
    values = {"org": organisation, "now": now, "at": at, "after": after, "rows": rows}
    return (await connection.execute(_PAGE, values)).all()


async def change(connection: AsyncConnection, own: Own, wish: Wish, restrictions: Sequence[str]) -> None:
    """Replace what is wished for. With another address it is pending again."""
    values = {"org": own.organisation, "id": own.id, **_wished(wish, restrictions)}
    await connection.execute(_CHANGE, values)


async def hold_back(connection: AsyncConnection, own: Own) -> None:
    """What waits, and the subscription is no longer told of, is not sent."""
    await connection.execute(_HOLD_BACK, own.place)


async def activate(connection: AsyncConnection, own: Own, url: str) -> bool:
    """From now on events are sent; False when it has another address by now, or is gone."""
    if (await connection.execute(_ACTIVATE, {**own.place, "url": url})).first() is None:
        return False
    await connection.execute(_DUE_NOW, own.place)
    return True


async def remove(connection: AsyncConnection, own: Own) -> bool:
    """Nothing more is sent or shown; False when there is none."""
    return (await connection.execute(_REMOVE, own.place)).rowcount == 1


async def next_secret_number(connection: AsyncConnection, own: Own) -> int:
    """1 for the first."""
    return int((await connection.execute(_LAST_NUMBER, {"org": own.organisation, "id": own.id})).scalar_one() or 0) + 1


async def add_secret(connection: AsyncConnection, own: Own, number: int, sealed: bytes, overlap: timedelta) -> None:
    """Write a new secret. Those before it sign for as long as `overlap`, but never more than three in all."""
    await connection.execute(_ADD_SECRET, {**own.place, "number": number, "sealed": sealed})
    values = {**own.place, "number": number, "until": own.now + overlap, "most": MAX_SECRETS}
    await connection.execute(_RETIRE, values)


async def secrets_of(connection: AsyncConnection, own: Own) -> Sequence[Row[Any]]:
    """Number and sealed secret of those that sign, newest first."""
    return (await connection.execute(_SECRETS, own.place)).all()


async def deliveries(
    connection: AsyncConnection, reader: Reader, own: Own, place: Place, rows: int, *, failed: bool
) -> Sequence[Row[Any]]:
    """What was, is or could not be delivered, of consultations that the reader may see; newest first."""
    at, after = place or _NEWEST
    values = {**reader.values(), "id": own.id, "at": at, "after": after, "rows": rows}
    return (await connection.execute(_FAILED_DELIVERIES if failed else _ALL_DELIVERIES, values)).all()


async def find_delivery(connection: AsyncConnection, reader: Reader, delivery_id: uuid.UUID) -> Row[Any] | None:
    """One delivery of a consultation that the reader may see, with the state of its subscription, and whether that one
    is still told of it (`tellable`).
    """
    return (await connection.execute(_FIND_DELIVERY, {**reader.values(), "id": delivery_id})).one_or_none()


async def attempts(connection: AsyncConnection, organisation: str, delivery_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Its attempts, the last first; 200 of them."""
    return (await connection.execute(_ATTEMPTS, {"org": organisation, "id": delivery_id})).all()


async def redeliver(
    connection: AsyncConnection, organisation: str, delivery_id: uuid.UUID, now: datetime, tried_for: timedelta
) -> None:
    """Put it in the queue again, unless it is there."""
    values = {"org": organisation, "id": delivery_id, "now": now, "until": now + tried_for}
    await connection.execute(_REDELIVER, values)


async def note_replay(connection: AsyncConnection, own: Own, pause: timedelta) -> bool:
    """Whether the last replay was `pause` ago or more; then this one is remembered."""
    return (await connection.execute(_NOTE_REPLAY, {**own.place, "before": own.now - pause})).first() is not None


async def replay(
    connection: AsyncConnection, own: Own, since: datetime, tried_for: timedelta, most: int, *, delivered_too: bool
) -> Sequence[datetime]:
    """Put the oldest of those since then in the queue again, `most` of them; answers when their events were."""
    values = {**own.place, "since": since, "until": own.now + tried_for, "most": most, "delivered_too": delivered_too}
    return (await connection.execute(_REPLAY, values)).scalars().all()


async def add_sample(connection: AsyncConnection, own: Own, sample: dict[str, Any], *, most: int) -> bool:
    """Write a delivery of an invented event; False when `most` samples wait already."""
    return (await connection.execute(_ADD_SAMPLE, {**own.place, **sample, "most": most})).rowcount == 1


async def notices(connection: AsyncConnection, organisation: str, place: Place, rows: int) -> Sequence[Row[Any]]:
    """What contacts have been told, newest first."""
    at, after = place or _NEWEST
    values = {"org": organisation, "at": at, "after": after, "rows": rows}
    return (await connection.execute(_NOTICES, values)).all()
