"""Whether a trail still is what was written: every record, link, column and checkpoint, and the first that is not.

Reads in one snapshot and as a stream, so it works while the trail is written and takes the same memory at any length.
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey
from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from shared.sealing.book import Book
from shared.sealing.chain import BEGINNING, entry_hash, next_link
from shared.sealing.checkpoints import Checkpoint, CheckpointFault, believed, digest_of, is_whole

_COLUMNS = """
    e.id AS found, e.at AS told_at, e.owner_org, e.event, e.outcome, e.object_type, e.object_id, e.subject, e.entry,
    e.erased_at
"""
_CHAIN = text(
    f"""
    SELECT c.position, c.org, c.entry_id, c.at, c.entry_hash, c.link, {_COLUMNS}
    FROM audit_chain c LEFT JOIN audit_entry e ON e.org = c.org AND e.id = c.entry_id
    WHERE c.position >= :first ORDER BY c.position
    """
)
_QUEUE = text(
    f"""
    SELECT q.ordinal, q.org, q.entry_id, q.at, q.entry_hash, {_COLUMNS}
    FROM audit_queue q LEFT JOIN audit_entry e ON e.org = q.org AND e.id = q.entry_id ORDER BY q.ordinal
    """
)
_IN_NEITHER = text(
    """
    SELECT e.org, e.id AS entry_id FROM audit_entry e
    WHERE NOT EXISTS (SELECT FROM audit_chain c WHERE c.org = e.org AND c.entry_id = e.id)
      AND NOT EXISTS (SELECT FROM audit_queue q WHERE q.org = e.org AND q.entry_id = e.id)
    ORDER BY e.at LIMIT 1
    """
)
_ERASURES = text("SELECT entry FROM audit_entry WHERE event = 'audit.erased' AND entry IS NOT NULL")
_LINK = text("SELECT link FROM audit_chain WHERE position = :position")
_NOTED = text("SELECT coalesce(max(position), 0) FROM audit_checkpoint")
_AT_ONCE = 2_000
SHORTEST = timedelta(days=364)
"""No rule erases what is younger than a year."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong. What is not known of it is None."""

    what: str
    position: int | None = None
    organisation: str | None = None
    entry: str | None = None

    def __str__(self) -> str:
        places = {"position": self.position, "organisation": self.organisation, "entry": self.entry}
        told = ", ".join(f"{name} {place}" for name, place in places.items() if place is not None)
        return f"{told}: {self.what}" if told else self.what


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was read, and what was wrong with it."""

    records: int
    waiting: int
    erased: int
    erased_before: datetime | None
    newest: datetime | None
    position: int
    checkpoints: int | None
    torn: int
    fault: Fault | None


class _Wrong(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


async def verify(
    url: str, *, book: Book | None = None, keys: Mapping[str, ECKey] | None = None, first: int = 1
) -> Verdict:
    """Verify the trail of the database, from position `first`. `url` is of a role that may read all of it.

    With a book, its checkpoints are verified with `keys` and the chain held to them. Raises OSError when the book
    can't be read.
    """
    engine = create_async_engine(url, hide_parameters=True, connect_args={"server_settings": {"jit": "off"}})
    witness = None
    reading = _Reading(first)
    fault = None
    try:
        if book is not None:
            async with engine.connect() as connection:
                noted = (await connection.execute(_NOTED)).scalar_one()
            # What was noted by now is in the book, and what the book tells by now is in the snapshot.
            witness = reading.witness = Witness(book, keys or {}, first, noted)
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            await reading.all(connection)
    except _Wrong as wrong:
        fault = wrong.fault
    finally:
        await engine.dispose()
    return Verdict(
        records=reading.records,
        waiting=reading.waiting,
        erased=reading.erased,
        erased_before=reading.erased_before,
        newest=reading.newest,
        position=reading.position,
        checkpoints=witness.read if witness else None,
        torn=witness.torn if witness else 0,
        fault=fault,
    )


class Witness:
    """The checkpoints of a book, in order, each verified as it is come to."""

    def __init__(self, book: Book, keys: Mapping[str, ECKey], first: int, noted: int) -> None:
        self.read = self.torn = 0
        self._book, self._keys, self._first, self._noted = book, keys, first, noted
        self._before: tuple[int, bytes] | None = None
        self._rest = self._believed(book.size())
        self._next: Checkpoint | None = None
        self._begun = False

    def check(self, position: int, link: bytes) -> None:
        """Hold the link at a position to what was signed. Raises _Wrong."""
        while (signed := self.upcoming()) is not None and signed.position <= position:
            if signed.position == position and signed.link != link:
                raise _Wrong(Fault("the chain is not the one that was signed in a checkpoint", position))
            self._next = next(self._rest, None)

    def end(self) -> None:
        """The book must come as far as the database says that it does. Raises _Wrong."""
        position = self._before[0] if self._before else 0
        if position < self._noted:
            what = f"the book ends here, and a checkpoint was made at position {self._noted}: checkpoints are gone"
            raise _Wrong(Fault(what, position))

    def upcoming(self) -> Checkpoint | None:
        """The next checkpoint that the chain has not come to."""
        if not self._begun:
            self._begun, self._next = True, next(self._rest, None)
        return self._next

    def _believed(self, size: int) -> Iterator[Checkpoint]:
        for number, line in self._book.lines(size):
            if not is_whole(line):
                self.torn += 1
                continue
            try:
                checkpoint = believed(line, self._keys)
                self._follows(checkpoint)
            except CheckpointFault as fault:
                raise _Wrong(Fault(f"checkpoint on line {number}: {fault}")) from None
            self._before = (checkpoint.position, digest_of(line))
            self.read += 1
            yield checkpoint

    def _follows(self, checkpoint: Checkpoint) -> None:
        position, digest = self._before or (0, None)
        if checkpoint.origin != self._book.origin:
            raise CheckpointFault(f"it is of {checkpoint.origin}")
        if checkpoint.position <= position:
            raise CheckpointFault("it does not lie after the one before")
        if checkpoint.previous != digest and (self._before or self._first == 1):
            raise CheckpointFault("the checkpoint before it is not the one that it names: some have been removed")


class _Reading:
    def __init__(self, first: int) -> None:
        self.records = self.waiting = self.erased = 0
        self.newest: datetime | None = None
        self.position = first - 1
        self.erased_before: datetime | None = None
        self.witness: Witness | None = None
        self._link = BEGINNING
        self._erasures: list[tuple[datetime, int, int]] = []

    async def all(self, connection: AsyncConnection) -> None:
        self._erasures = [_erasure(row.entry) for row in await connection.execute(_ERASURES)]
        self.erased_before = max((before for before, _, _ in self._erasures), default=None)
        if self.position > 0:
            link = (await connection.execute(_LINK, {"position": self.position})).scalar_one_or_none()
            if link is None:
                raise _Wrong(Fault("the record before the first to verify is missing", self.position))
            self._link = bytes(link)
        async for rows in _streamed(connection, _CHAIN, {"first": self.position + 1}):
            for row in rows:
                self._sealed(row)
        self._ended()
        async for rows in _streamed(connection, _QUEUE, {}):
            for row in rows:
                self._waiting(row)
        stray = (await connection.execute(_IN_NEITHER)).one_or_none()
        if stray is not None:
            what = "the entry is neither sealed nor waiting to be: it was written past the trigger, or unsealed"
            raise _Wrong(Fault(what, organisation=stray.org, entry=str(stray.entry_id)))

    def _sealed(self, row: Row[Any]) -> None:
        position = self.position + 1
        if row.position != position:
            raise _Wrong(Fault("the record is missing", position))
        link = next_link(self._link, position, row.at, bytes(row.entry_hash))
        if link != bytes(row.link):
            what = "the link does not follow from the record and the link before: the record was changed or moved"
            raise _Wrong(_at(row, what))
        if (fault := self._untrue(row)) is not None:
            raise _Wrong(_at(row, fault))
        if self.witness is not None:
            self.witness.check(position, link)
        self.position, self._link, self.newest = position, link, row.at
        self.records += 1

    def _untrue(self, row: Row[Any]) -> str | None:
        if row.found is None:
            return "the entry has been removed"
        if row.told_at != row.at:
            return "the column at is not as it was sealed"
        if row.erased_at is None:
            return untrue(row)
        self.erased += 1
        lawful = any(row.at < before and first <= row.position <= last for before, first, last in self._erasures)
        return None if lawful else "the entry has been erased, and no erasure in the trail covers it"

    def _waiting(self, row: Row[Any]) -> None:
        self.waiting += 1
        if row.found is None:
            what: str | None = "an entry that waits to be sealed has been removed"
        elif row.erased_at is not None:
            what = "an entry has been erased before it was sealed"
        elif row.told_at != row.at:
            what = "the column at is not as it was written"
        else:
            what = untrue(row)
        if what is not None:
            raise _Wrong(Fault(what, None, row.org, str(row.entry_id)))

    def _ended(self) -> None:
        if self.witness is None:
            return
        signed = self.witness.upcoming()
        if signed is not None:
            what = f"the chain ends here, and a checkpoint was signed at position {signed.position}: records are gone"
            raise _Wrong(Fault(what, self.position))
        self.witness.end()


async def _streamed(
    connection: AsyncConnection, statement: TextClause, values: Mapping[str, Any]
) -> AsyncIterator[Sequence[Row[Any]]]:
    # By the handful: a step of the event loop for each row would cost more than looking at it.
    result = await connection.stream(statement, values, execution_options={"yield_per": _AT_ONCE})
    async for rows in result.partitions():
        yield rows


def untrue(row: Any) -> str | None:
    """What is wrong between an entry's hash, its text and the columns it is found by; None when all agree."""
    if entry_hash(row.entry) != bytes(row.entry_hash):
        return "the text of the entry is not the one that was written"
    try:
        told = json.loads(row.entry)
        said = {
            "id": told["id"],
            "org": told["actor"]["organisation"],
            "at": datetime.fromisoformat(told["time"]),
            "event": told["event"],
            "outcome": told["outcome"],
            "owner_org": told["object"]["owner"],
            "object_type": told["object"]["type"],
            "object_id": told["object"]["id"],
            "subject": told["subject"],
        }
    except (ValueError, KeyError, TypeError):
        return "the text of the entry cannot be read"
    held = {
        "id": str(row.entry_id),
        "org": row.org,
        "at": row.at,
        "event": row.event,
        "outcome": row.outcome,
        "owner_org": row.owner_org,
        "object_type": row.object_type,
        "object_id": str(row.object_id) if row.object_id else None,
        "subject": bytes(row.subject).hex() if row.subject else None,
    }
    differing = [name for name, value in held.items() if said[name] != value]
    return f"the column {differing[0]} is not what the entry's own words say" if differing else None


def _at(row: Row[Any], what: str) -> Fault:
    return Fault(what, row.position, row.org, str(row.entry_id))


def _erasure(entry: str) -> tuple[datetime, int, int]:
    try:
        told = json.loads(entry)
        at, detail = datetime.fromisoformat(told["time"]), told["detail"]
        before, first, last = datetime.fromisoformat(detail["before"]), int(detail["first"]), int(detail["last"])
    except (ValueError, KeyError, TypeError):
        raise _Wrong(Fault("an entry that tells of an erasure cannot be read")) from None
    if at - before < SHORTEST:
        what = "an erasure claims a cut-off that no rule can have: what it covers was erased too soon"
        raise _Wrong(Fault(what, None, told["actor"]["organisation"], told["id"]))
    return before, first, last
