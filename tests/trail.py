"""A sealed trail on a database of its own, made to be tampered with."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from joserfc.jwk import ECKey

from services.consultation.main import MIGRATIONS
from services.consultation.tables import AUDITOR_ROLE, OWNER_ROLE, ROLES, RUNTIME_ROLE, WORKER_ROLE
from shared.audit import AuditEntry, record
from shared.clock import system_clock
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.database.engine import Database, Tenancy
from shared.database.migrate import upgrade
from shared.database.provision import provision
from shared.sealing.book import Book
from shared.sealing.checkpointing import Pace, checkpoint
from shared.sealing.checkpoints import Checkpoint
from shared.sealing.sealer import seal
from shared.sealing.verify import Verdict, verify
from shared.tokens.caller import Caller

UMEA, MALMO = "0007:2120002627", "0007:2120001124"
BEGUN = datetime(2026, 11, 20, 9, 0, 0, 123456, tzinfo=UTC)
TEMPLATE = "trail_template"
LENGTH = 12
"""Entries of a new trail, half of them each organisation's, under two checkpoints: at 5 and at the end."""


@dataclass(frozen=True, slots=True)
class Trail:
    """One database with a trail, the file of its checkpoints and the key that signs them."""

    postgres: EmbeddedPostgres
    name: str
    book: Book
    key: ECKey = field(repr=False)

    def url(self, role: str) -> str:
        """The database as a role."""
        return self.postgres.url(self.name, role)

    @property
    def keys(self) -> Mapping[str, ECKey]:
        """The public key, as those who verify have it."""
        return {self.key.thumbprint(): ECKey.import_key(self.key.as_dict(private=False))}

    def write(self, number: int = 1, **changes: Any) -> list[AuditEntry]:
        """So many entries, as the serving role writes them."""
        entries = [an_entry(place, **changes) for place in range(number)]

        async def work(database: Database) -> None:
            for entry in entries:
                async with database.begin(Tenancy(entry.caller.organisation)) as connection:
                    await record(connection, entry)

        self.on(RUNTIME_ROLE, work)
        return entries

    def seal(self, most: int = 10_000) -> int:
        """One turn of the sealer."""
        sealed: int = self.on(WORKER_ROLE, lambda database: seal(database, most=most))
        return sealed

    def checkpoint(self, pace: Pace | None = None) -> Checkpoint | None:
        """One turn of the one who makes checkpoints, due at once unless told otherwise."""
        pace = pace or Pace(seconds=0)
        made: Checkpoint | None = self.on(
            WORKER_ROLE, lambda database: checkpoint(database, self.book, self.key, system_clock, pace=pace)
        )
        return made

    def verified(self, *, with_checkpoints: bool = False, first: int = 1) -> Verdict:
        """What the auditor finds."""
        book = self.book if with_checkpoints else None
        return asyncio.run(verify(self.url(AUDITOR_ROLE), book=book, keys=self.keys, first=first))

    def tamper(self, *statements: str) -> list[Any]:
        """As a superuser for whom no trigger and no policy holds; answers the last statement's rows."""
        return self.as_role(SUPERUSER, "SET session_replication_role = replica", *statements)

    def as_role(self, role: str, *statements: str) -> list[Any]:
        """The rows of the last statement, run as a role."""

        async def run() -> list[Any]:
            host = str(self.postgres.socket_directory)
            connection = await asyncpg.connect(database=self.name, user=role, host=host)
            try:
                for statement in statements[:-1]:
                    await connection.execute(statement)
                return list(await connection.fetch(statements[-1]))
            finally:
                await connection.close()

        return asyncio.run(run())

    def on(self, role: str, work: Any) -> Any:
        """The result of `work(database)` as a role."""

        async def run() -> Any:
            database = Database(self.url(role), pool_size=2)
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(run())


def an_entry(place: int = 0, **changes: Any) -> AuditEntry:
    """A disclosure, each a second after the one before."""
    values: dict[str, Any] = {
        "event": "lookup.disclosed",
        "at": BEGUN + timedelta(seconds=place),
        "caller": a_caller(UMEA if place % 2 == 0 else MALMO),
        "object_type": "lookup",
        "object_id": uuid.uuid4(),
        "subject": bytes([place % 251]) * 32,
        "detail": {"purpose": "financial_aid_application", "caseReference": f"EB-{place}"},
    }
    return AuditEntry(**{**values, **changes})


def a_caller(organisation: str, actor: str = "hl-1") -> Caller:
    """Somebody of the organisation."""
    return Caller(
        organisation=organisation,
        client_id="a-client",
        scopes=frozenset(),
        token_id="a-token",
        actor=actor,
        request_id=str(uuid.uuid4()),
        traceparent="",
    )


def make_template(postgres: EmbeddedPostgres, book: Book, key: ECKey) -> None:
    """The trail that every test gets a copy of."""

    async def prepare() -> None:
        await provision(postgres.url("postgres", SUPERUSER), TEMPLATE, ROLES)
        await upgrade(postgres.url(TEMPLATE, OWNER_ROLE), MIGRATIONS)

    asyncio.run(prepare())
    trail = Trail(postgres, TEMPLATE, book, key)
    trail.write(LENGTH)
    for _ in range(2):
        assert trail.seal(most=5) == 5
    assert trail.checkpoint() is not None
    trail.seal()
    assert trail.checkpoint() is not None


def copied(postgres: EmbeddedPostgres, template: Book, key: ECKey, folder: Path) -> Trail:
    """A trail of a test's own."""
    name = f"trail_{uuid.uuid4().hex}"
    Trail(postgres, "postgres", template, key).as_role(SUPERUSER, f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    book = Book(folder, template.origin)
    book.path.write_bytes(template.path.read_bytes())
    return Trail(postgres, name, book, key)


def drop(trail: Trail) -> None:
    """Remove the database of a test."""
    Trail(trail.postgres, "postgres", trail.book, trail.key).as_role(SUPERUSER, f'DROP DATABASE "{trail.name}"')


def reworded(entry: str, **words: Any) -> str:
    """The text of an entry with other words."""
    return json.dumps({**json.loads(entry), **words}, ensure_ascii=False, separators=(",", ":"))
