"""Scan: what waits is put to the scanner, and what it finds infected is erased.

A file is leased for a while in one short transaction and its verdict written in another; between them no transaction is
open. A scanner that is down loses nothing: what it has not answered for is asked again when its lease is over.
"""

import logging
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.attachments import metrics
from services.consultation.attachments.scanner import Scanner, ScannerUnavailable, Verdict
from services.consultation.clocks.unit_clocks import read_clockwork
from services.consultation.consultations.attachments.domain import Scan, place_of
from services.consultation.consultations.domain import Actor, Consultation, Event
from services.consultation.timers import repository as timers
from services.consultation.timers.ring import by_the_system, make_of_itself
from shared.audit import AuditEntry, record
from shared.blobs.protocol import BlobDamaged, Blobs
from shared.jobs.job import Outing

AT_ONCE = 8
LEASE = timedelta(seconds=90)
"""Longer than a scan may take; then it is another's turn, or the same one's again."""

UNANSWERED = timedelta(minutes=2)
"""When a file is tried again that nothing was said of: after those that were leased with it, so that one which the
scanner can't cope with keeps no other waiting."""

DAMAGED = timedelta(hours=1)
"""When a content that does not open is tried again: somebody may have put it back."""

_log = logging.getLogger("attachments")
_LEASE = text(
    """
    UPDATE attachment a SET scan_due_at = :until
    FROM (SELECT org, consultation_id, id, scan_due_at FROM attachment WHERE scan = 'pending' AND scan_due_at <= :now
          ORDER BY scan_due_at LIMIT :rows FOR UPDATE SKIP LOCKED) AS due
    WHERE a.org = due.org AND a.consultation_id = due.consultation_id AND a.id = due.id
    RETURNING a.org, a.consultation_id, a.id, a.answering_org, a.blob, due.scan_due_at AS was_due_at
    """
)
_PUT_OFF = text(
    """
    UPDATE attachment SET scan_due_at = :until
    WHERE org = :org AND consultation_id = :of AND id = :id AND scan = 'pending'
    """
)
# One that has been removed meanwhile is not there any more, and one that another worker has written is not pending.
_WRITE = text(
    """
    UPDATE attachment
    SET scan = :scan, scanned_at = :now, scan_due_at = NULL, blob = CASE WHEN :scan = 'infected' THEN NULL ELSE blob END
    WHERE org = :org AND consultation_id = :of AND id = :id AND scan = 'pending'
    RETURNING given_by, sequence IS NOT NULL AS told
    """
)


@dataclass(frozen=True, slots=True)
class Scanning:
    """By which scanner, and by which targets the time of a consultation is counted when it is told of."""

    blobs: Blobs
    scanner: Scanner
    defaults: Mapping[str, int]

    async def scan_waiting(self, outing: Outing) -> None:
        """One run: a few files, and none more once the scanner can't be had."""
        async with outing.begin() as connection:
            now = outing.clock()
            values = {"now": now, "until": now + LEASE, "rows": AT_ONCE}
            waiting = (await connection.execute(_LEASE, values)).all()
        for file in sorted(waiting, key=attrgetter("was_due_at")):
            if outing.stopping():
                return
            try:
                await self._scan(outing, file)
            except ScannerUnavailable as fault:
                metrics.SCANS.labels("unavailable").inc()
                _log.warning("the scanner gave no verdict", extra={"why": str(fault), "attachment": str(file.id)})
                await self._put_off(outing, file, UNANSWERED)
                return
            except BlobDamaged as fault:
                metrics.SCANS.labels("damaged").inc()
                _log.error("a file is not what was given", extra={"attachment": str(file.id), "why": str(fault)})
                await self._put_off(outing, file, DAMAGED)
            except OSError:
                await self._put_off(outing, file, UNANSWERED)
                raise

    async def _put_off(self, outing: Outing, file: Row[Any], time: timedelta) -> None:
        async with outing.begin() as connection:
            await connection.execute(_PUT_OFF, {**_key(file), "until": outing.clock() + time})

    async def _scan(self, outing: Outing, file: Row[Any]) -> None:
        place = place_of(file.org, file.consultation_id, file.id)
        async with _closing(self.blobs.stream(file.blob, place)) as content:
            verdict = await self.scanner.scan(content)
        metrics.SCANS.labels(verdict.value).inc()
        if verdict is Verdict.INFECTED:
            await self._refuse(outing, file)
            return
        async with outing.begin() as connection:
            await connection.execute(_WRITE, {**_key(file), "scan": Scan.CLEAN.value, "now": outing.clock()})

    async def _refuse(self, outing: Outing, file: Row[Any]) -> None:
        """Who sees the file is told, and nothing of what was found.

        Of a told one by an event. One that has not been told the other side knows nothing of, and so it is no event:
        its own side sees it by the file, and by the trail.
        """
        async with outing.begin() as connection:
            now = outing.clock()
            await timers.act_as(connection, file.answering_org)
            # None while somebody is changing it; then the file's turn comes again.
            row = await timers.find(connection, file)
            values = {**_key(file), "scan": Scan.INFECTED.value, "now": now}
            if row is None or (written := (await connection.execute(_WRITE, values)).one_or_none()) is None:
                return
            if written.told:
                await self._tell(connection, row, file.id, now)
            else:
                await record(connection, _untold_refused(row, written.given_by, now))
        await self.blobs.erase(file.blob)

    async def _tell(self, connection: AsyncConnection, row: Row[Any], attachment_id: uuid.UUID, now: datetime) -> None:
        clockwork = await read_clockwork(connection, row.answering_org, self.defaults)

        def refused(consultation: Consultation, by: Actor) -> tuple[Consultation, Event]:
            return consultation.refuse_attachment(by, attachmentId=str(attachment_id))

        if not await make_of_itself(connection, row, refused, clockwork, now):
            raise RuntimeError("a consultation changed although it was locked")


@asynccontextmanager
async def _closing(content: AsyncIterator[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
    try:
        yield content
    finally:
        if (close := getattr(content, "aclose", None)) is not None:
            await close()


def _untold_refused(row: Row[Any], given_by: str, now: datetime) -> AuditEntry:
    """The entry for the side that gave it, alone. It is the consultation `row` that it was given in."""
    return AuditEntry(
        event="consultation.attachment_refused",
        at=now,
        caller=by_the_system(uuid.uuid4()),
        object_type="consultation",
        object_id=row.id,
        owner=given_by,
        subject=row.person_mark,
        detail={
            "purpose": row.purpose,
            "caseReference": row.case_reference,
            "decision": {"id": str(row.decision_id), "version": row.decision_version},
            "state": row.state,
        },
    )


def _key(file: Row[Any]) -> dict[str, uuid.UUID | str]:
    return {"org": file.org, "of": file.consultation_id, "id": file.id}
