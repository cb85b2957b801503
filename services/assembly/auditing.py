"""`./samrad audit`: the trails of both services from the environment, for one command."""

import argparse
import getpass
import os
import sys
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from services.agreements import audit_events as agreements_events
from services.agreements import tables as agreements_tables
from services.assembly.common import vault_key
from services.assembly.environment import CannotStart, required
from services.assembly.own_databases import name_databases
from services.audit import events as audit_events
from services.audit import extract, review
from services.audit.arguments import TRAILS
from services.audit.document import table
from services.audit.repository import entries_about, entries_of_handler, reading
from services.audit.told import read_entries
from services.consultation import audit_events as consultation_events
from services.consultation import tables as consultation_tables
from services.consultation.clocks.swedish import swedish_calendar
from services.consultation.clocks.zone import SWEDEN
from services.consultation.lookups.purposes import PURPOSES
from services.consultation.persons.domain import NotAPersonNumber, PersonNumber
from services.consultation.persons.vault import mark_with
from shared.audit import ERASED, REFUSED, AuditEntry, AuditEvent, operator, record
from shared.clock import Clock
from shared.sealing.book import Book
from shared.sealing.checkpoints import CheckpointFault, read_public_keys
from shared.sealing.verify import Verdict, verify
from shared.tokens.jose import InvalidToken
from shared.tokens.verifier import canonical_organisation

AUDITORS = {"consultation": consultation_tables.AUDITOR_ROLE, "agreements": agreements_tables.AUDITOR_ROLE}
PARTS: Sequence[tuple[str, Sequence[AuditEvent]]] = (
    ("Of both services", (REFUSED,)),
    ("Of consultation", consultation_events.EVENTS),
    ("Of agreements", agreements_events.EVENTS),
    ("Of the trail itself", (ERASED, *audit_events.EVENTS)),
)
_DAY = timedelta(days=1)
_NAMES = text(
    "SELECT '0007:' || organisation_number AS org, name FROM organisation WHERE organisation_number IS NOT NULL"
)
_TENANTS = text("SELECT org, name FROM tenant_profile")


def furnish_sandbox(home: Path, stack: ExitStack) -> None:
    """Name the trails of the sandbox, as the auditor. Raises CannotStart when there is none."""
    name_databases(home, stack, {_auditor(trail): (trail, AUDITORS[trail]) for trail in TRAILS})


async def carry_out(chosen: argparse.Namespace, clock: Clock) -> int:
    """One of the commands; answers the exit code."""
    match chosen.audit:
        case "verify":
            return await _verify(chosen)
        case "extract":
            print(await _extract(chosen, clock), end="")
        case "review":
            print(await _review(chosen, clock), end="")
        case _:
            print(table(PARTS))
    return 0


def _auditor(trail: str) -> str:
    return f"SAMRAD_{trail.upper()}_AUDITOR_DATABASE_URL"


# --- verify ------------------------------------------------------------------------------------------------------


async def _verify(chosen: argparse.Namespace) -> int:
    origin = os.environ.get("SAMRAD_AUDIT_ORIGIN", "samrad")
    folder: Path | None = chosen.checkpoints
    keys = None
    if folder is not None:
        try:
            keys = read_public_keys(chosen.key or folder / f"{origin}.jwks")
        except CheckpointFault as fault:
            raise CannotStart(f"{fault}; name the public key with --key") from None
    whole = True
    for trail in [chosen.trail] if chosen.trail else TRAILS:
        book = Book(folder, f"{origin}.{trail}") if folder is not None else None
        verdict = await verify(required(_auditor(trail)), book=book, keys=keys, first=chosen.first)
        for line in told(trail, verdict):
            print(line)
        whole = whole and verdict.fault is None
    if keys is not None:
        print(f"checkpoints were held to the key {', '.join(keys)}: compare it with the one you have noted")
    else:
        print("without checkpoints (--checkpoints DIR) a trail that was cut off or written anew as a whole looks whole")
    return 0 if whole else 1


def told(trail: str, verdict: Verdict) -> list[str]:
    """The verdict in a line, and what is worth knowing beside it."""
    if verdict.fault is not None:
        return [f"BAD {trail}: {verdict.fault}"]
    signed = f", {verdict.checkpoints} checkpoints" if verdict.checkpoints is not None else ""
    newest = f", newest {verdict.newest.isoformat()} at position {verdict.position}" if verdict.newest else ""
    lines = [f"ok {trail}: {verdict.records} records{signed}{newest}; {verdict.waiting} waiting to be sealed"]
    if verdict.erased:
        until = verdict.erased_before.isoformat() if verdict.erased_before else "unknown"
        lines.append(f"   {verdict.erased} of them erased at the end of their time; the newest cut-off is {until}")
    if verdict.checkpoints == 0:
        lines.append("   no checkpoint of this trail has been made yet")
    if verdict.torn:
        lines.append(f"   {verdict.torn} checkpoints were broken off while they were written, and are passed over")
    return lines


# --- extract -----------------------------------------------------------------------------------------------------


async def _extract(chosen: argparse.Namespace, clock: Clock) -> str:
    marking_key = vault_key(required("SAMRAD_CONSULTATION_MARKING_KEY"), "SAMRAD_CONSULTATION_MARKING_KEY")
    mark = mark_with(marking_key, _person())
    names = await _names()
    async with reading(required(_auditor("consultation"))) as connection:
        entries = await entries_about(connection, mark)
        entry = AuditEntry(
            event=audit_events.EXTRACTED.name,
            at=clock(),
            caller=operator(chosen.by, str(uuid.uuid4())),
            object_type="trail",
            subject=mark,
            detail={"number": len(entries), "withHandlers": chosen.with_handlers},
        )
        await record(connection, entry)
    return extract.rendered(
        read_entries(entries, names),
        purposes={code: purpose.words for code, purpose in PURPOSES.items()},
        made_at=clock(),
        form=chosen.format,
        language=chosen.language,
        with_handlers=chosen.with_handlers,
    )


def _person() -> PersonNumber:
    given = getpass.getpass("Personnummer / identity number: ") if sys.stdin.isatty() else sys.stdin.readline()
    try:
        return PersonNumber.parse(given)
    except NotAPersonNumber as fault:
        raise CannotStart(str(fault)) from None


# --- review ------------------------------------------------------------------------------------------------------


async def _review(chosen: argparse.Namespace, clock: Clock) -> str:
    try:
        organisation = canonical_organisation(chosen.organisation)
    except (InvalidToken, ValueError):
        raise CannotStart("--organisation is an organisation number of ten digits") from None
    names = await _names()
    calendar = swedish_calendar()
    async with reading(required(_auditor("consultation"))) as connection:
        first, last = _span(chosen.first, chosen.last)
        entries = await entries_of_handler(connection, organisation, chosen.handler, first, last)
        days = {"from": chosen.first, "to": chosen.last}
        entry = AuditEntry(
            event=audit_events.REVIEWED.name,
            at=clock(),
            caller=operator(chosen.by, str(uuid.uuid4())),
            object_type="trail",
            owner=organisation,
            detail={
                "handler": chosen.handler,
                **{name: day.isoformat() for name, day in days.items() if day},
                "number": len(entries),
                **({"sample": chosen.sample} if chosen.sample else {}),
            },
        )
        await record(connection, entry)
    return review.rendered(
        read_entries(entries, names),
        handler=chosen.handler,
        organisation=organisation.partition(":")[2],
        name=names.get(organisation),
        first=chosen.first,
        last=chosen.last,
        sample=chosen.sample,
        purposes={code: purpose.words for code, purpose in PURPOSES.items()},
        working=lambda at: calendar.open_seconds(at, at + timedelta(seconds=1)) > 0,
        made_at=clock(),
        form=chosen.format,
    )


def _span(first: date | None, last: date | None) -> tuple[datetime, datetime]:
    return (
        datetime.combine(first, datetime.min.time(), SWEDEN) if first else datetime.min.replace(tzinfo=UTC),
        datetime.combine(last + _DAY, datetime.min.time(), SWEDEN) if last else datetime.max.replace(tzinfo=UTC),
    )


async def _names() -> dict[str, str]:
    """Organisations by canonical number: as the register has them, else as they are set up as tenants."""
    async with reading(required(_auditor("consultation"))) as connection:
        names = {row.org: row.name for row in await connection.execute(_TENANTS)}
    async with reading(required(_auditor("agreements"))) as connection:
        return names | {row.org: row.name for row in await connection.execute(_NAMES)}
