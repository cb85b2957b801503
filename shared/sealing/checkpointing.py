"""Makes a checkpoint every minute or 10 000 records, if the chain still is what the last one says it was."""

import asyncio
from dataclasses import dataclass

from joserfc.jwk import ECKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import Clock
from shared.database.engine import Database
from shared.sealing.book import Book
from shared.sealing.checkpoints import Checkpoint, CheckpointFault, digest_of, signed, unverified
from shared.sealing.sealer import LOCKS

SECONDS = 60.0
RECORDS = 10_000

_ALONE = text(f"SELECT pg_try_advisory_xact_lock({LOCKS}, 2)")
_NOTED = text("SELECT position, digest FROM audit_checkpoint ORDER BY position DESC LIMIT 1")
_NOTE = text("INSERT INTO audit_checkpoint (position, digest) VALUES (:position, :digest)")
_LINK = text("SELECT link FROM audit_chain WHERE position = :position")
_DUE = text(
    """
    SELECT head.position, head.link,
           CAST(extract(epoch FROM clock_timestamp() - first.sealed_at) AS double precision) AS waited
    FROM (SELECT position, link FROM audit_chain ORDER BY position DESC LIMIT 1) AS head,
         (SELECT sealed_at FROM audit_chain WHERE position > :after ORDER BY position LIMIT 1) AS first
    """
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a sealed record waits for its checkpoint at most, in seconds, and how many wait together."""

    seconds: float = SECONDS
    records: int = RECORDS


async def checkpoint(
    database: Database, book: Book, key: ECKey, clock: Clock, *, pace: Pace | None = None
) -> Checkpoint | None:
    """Make a checkpoint when one is due; None when not, or while another makes one. `database` is the worker's.

    Raises CheckpointFault when the chain is not the one that was signed last: somebody has changed it, or a backup has
    been put back, and to sign it would be to say that all is well. Raises OSError when the book can't be written.
    """
    pace = pace or Pace()
    async with database.without_tenant() as connection:
        if not (await connection.execute(_ALONE)).scalar_one():
            return None
        before = await _signed_last(connection, book)
        due = (await connection.execute(_DUE, {"after": before.position})).one_or_none()
        if due is None or (due.waited < pace.seconds and due.position - before.position < pace.records):
            return None
        made = Checkpoint(book.origin, due.position, bytes(due.link), before.digest, clock())
        line = signed(made, key)
        await asyncio.to_thread(book.append, [line])
        # Killed here, the next turn finds the line in the book and notes it.
        await connection.execute(_NOTE, {"position": made.position, "digest": digest_of(line)})
    return made


@dataclass(frozen=True, slots=True)
class _Last:
    position: int
    digest: bytes | None


async def _signed_last(connection: AsyncConnection, book: Book) -> _Last:
    noted = (await connection.execute(_NOTED)).one_or_none()
    line = await asyncio.to_thread(book.newest)
    if line is None:
        # The book is new. When another was kept before, its last line is named, so that the loss can be seen.
        return _Last(noted.position, bytes(noted.digest)) if noted else _Last(0, None)
    last = unverified(line)
    if last.origin != book.origin:
        raise CheckpointFault(f"the book is of {last.origin}")
    if noted is not None and noted.position > last.position:
        raise CheckpointFault(
            f"the book ends at position {last.position}, and a checkpoint was made at {noted.position}: "
            "put back what is missing from a copy, or move the book aside"
        )
    link = (await connection.execute(_LINK, {"position": last.position})).scalar_one_or_none()
    if link is None or bytes(link) != last.link:
        raise CheckpointFault(f"the chain at position {last.position} is not the one that was signed")
    if noted is None or noted.position < last.position:
        await connection.execute(_NOTE, {"position": last.position, "digest": digest_of(line)})
    return _Last(last.position, digest_of(line))
