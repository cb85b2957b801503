"""Asking for a job, in the transaction of what makes it necessary."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.jobs.job import AnyJob
from shared.jobs.tables import queries

RECURRING = {"kept": "recurring"}
"""Marks the one row in the queue that keeps a recurring job going."""

_ANYTHING = text("SELECT 1")
_SOONER = text(
    """
    UPDATE jobs.pgqueuer SET execute_after = now() + :every
    WHERE dedupe_key = :name AND status = 'queued' AND execute_after > now() + :every
    """
)


async def enqueue(
    connection: AsyncConnection,
    name: str,
    ids: Mapping[str, UUID] | None = None,
    *,
    after: timedelta = timedelta(0),
    unless_waiting: bool = False,
) -> bool:
    """Have the job of that name carried out once this transaction is committed; answers whether it was enqueued.

    `ids` says which rows it is about. Only UUIDs: the queue is no place for personal data, and is not guarded like
    one. `after` is a wait by the database's clock; a time that somebody cares about is a column of your own.

    `unless_waiting` enqueues nothing when the same job with the same ids waits *or is under way*, and so may have
    read its rows before your change is there. It is for jobs with a recurring one behind them. Twins that are
    enqueued at the same time wait for each other's commit: give ids that few share.

    Raises TypeError for what is no UUID, RuntimeError outside a transaction.
    """
    payload = _payload(ids or {})
    key = f"{name} {payload.decode()}" if unless_waiting else None
    queue = queries(await _in_transaction(connection))
    # "skip" also without a key: a key that is taken would otherwise abort the transaction.
    placed = await queue.enqueue(name, payload, execute_after=after, dedupe_key=key, on_conflict="skip")
    return placed[0] is not None


async def enqueue_recurring(connection: AsyncConnection, jobs: Sequence[AnyJob]) -> None:
    """Put each recurring job in the queue, unless it is there. Its row is then put back after each run.

    One that is there comes sooner when the job now recurs more often than when it was put back.
    """
    queue = queries(await _in_transaction(connection))
    names = [job.name for job in jobs]
    nothing: list[bytes | None] = [None] * len(names)
    keys: list[str | None] = list(names)
    marks: list[dict[str, str] | None] = [RECURRING] * len(names)
    await queue.enqueue(names, nothing, [0] * len(names), dedupe_key=keys, headers=marks, on_conflict="skip")
    for job in jobs:
        await connection.execute(_SOONER, {"name": job.name, "every": timedelta(seconds=job.every_seconds or 0)})


def read_ids(payload: bytes | None) -> dict[str, UUID]:
    """What `enqueue` was given."""
    return {name: UUID(value) for name, value in json.loads(payload or b"{}").items()}


def _payload(ids: Mapping[str, UUID]) -> bytes:
    for name, value in ids.items():
        if not isinstance(value, UUID):
            # Not the value: it may be what must not be here.
            raise TypeError(f"{name} is no UUID but {type(value).__name__}; a job is told which row, not what is in it")
    return json.dumps({name: str(value) for name, value in sorted(ids.items())}).encode()


async def _in_transaction(connection: AsyncConnection) -> AsyncpgDriver:
    driver = (await connection.get_raw_connection()).driver_connection
    if driver is not None and not driver.is_in_transaction():
        # The transaction begins with the first statement that SQLAlchemy sees, and PgQueuer's go past it: enqueued
        # as the first of all, a job would stay although everything else is rolled back.
        await connection.execute(_ANYTHING)
    if driver is None or not driver.is_in_transaction():
        raise RuntimeError("a job is enqueued in a transaction, so that it is rolled back with it")
    return AsyncpgDriver(driver)
