"""Files as a case system gives and fetches them, over HTTP."""

import asyncio
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from services.consultation.attachments.sweep import Sweeping
from services.consultation.retention.files import EraseFile
from services.consultation.tables import WORKER_ROLE
from shared.blobs.directory import DirectoryBlobs
from shared.database.engine import Database
from shared.jobs.job import Outing
from tests import openapi_check
from tests.attack.support import CONSULTATIONS, credentials, sql
from tests.exchange import Exchange
from tests.files import pdf
from tests.service.given_consultations import HANDLER, claimed

NAME = "handlingsplan för Åsa.pdf"


def path_of(receipt: dict[str, Any], attachment: str = "", part: str = "") -> str:
    """The address of a consultation's files, or of one of them."""
    return f"{CONSULTATIONS}/{receipt['consultationId']}/attachments" + f"/{attachment}" * bool(attachment) + part


def give(
    exchange: Exchange,
    name: str,
    receipt: dict[str, Any],
    content: bytes | Iterable[bytes] = pdf(),
    file_name: str = NAME,
    *,
    media_type: str | None = "application/pdf",
    handler: str = "hl-1",
    key: str | None = None,
    at: str | None = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """One upload, by the gateway or where the service is dialled."""
    path = path_of(receipt)
    sent = {
        **credentials(exchange, name, "POST", path),
        "Samrad-Handler": handler,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name, safe='')}",
        **({"Content-Type": media_type} if media_type else {}),
        **({"Idempotency-Key": key} if key else {}),
        **(headers or {}),
    }
    answer = exchange.http.post((at or exchange.base_url) + path, content=content, headers=sent)
    openapi_check.check(answer)
    return answer


def given_file(exchange: Exchange, name: str, receipt: dict[str, Any], content: bytes = pdf(), **how: Any) -> str:
    """The id of a file that has been taken."""
    answer = give(exchange, name, receipt, content, **how)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["attachmentId"])


def fetch(exchange: Exchange, name: str, receipt: dict[str, Any], attachment: str) -> httpx.Response:
    """A download."""
    return exchange.send(name, "GET", path_of(receipt, attachment, "/content"))


def answer_with(
    exchange: Exchange, receipt: dict[str, Any], *attachments: str, version: int = 2, **body: Any
) -> httpx.Response:
    """An answer that carries files."""
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/answers"
    return exchange.send(
        HANDLER, "POST", path, {"text": "Se bilagan.", "attachments": attachments, **body}, version=version
    )


def seen(exchange: Exchange, name: str, receipt: dict[str, Any]) -> list[dict[str, Any]]:
    """The files of a consultation as a side sees them."""
    whole = exchange.send(name, "GET", f"{CONSULTATIONS}/{receipt['consultationId']}")
    assert whole.status_code == 200, whole.text
    found: list[dict[str, Any]] = whole.json()["attachments"]
    return found


def filed(exchange: Exchange, name: str) -> tuple[dict[str, Any], str]:
    """A consultation that has been answered with a file."""
    receipt = claimed(exchange, name)
    attachment = given_file(exchange, HANDLER, receipt)
    assert answer_with(exchange, receipt, attachment).status_code == 200
    return receipt, attachment


def kept_at(exchange: Exchange, attachment: str) -> Path:
    """The file in which the content is."""
    (row,) = sql(exchange, "SELECT blob FROM attachment WHERE id = $1", attachment)
    key: str = row["blob"].hex
    return exchange.home / "attachments" / "kept" / key[:2] / key


def entries(exchange: Exchange, event: str, receipt: dict[str, Any]) -> list[dict[str, Any]]:
    """What the trail holds of an event of a consultation."""
    rows = sql(
        exchange,
        "SELECT entry FROM audit_entry WHERE event = $1 AND object_id = $2 ORDER BY at",
        event,
        receipt["consultationId"],
    )
    return [json.loads(row["entry"]) for row in rows]


def eraser_of(exchange: Exchange) -> EraseFile:
    """What removes the contents of files whose records are gone, as the worker does."""
    blobs = DirectoryBlobs(exchange.home / "attachments", exchange.vault())

    async def erase_file(key: str) -> None:
        await blobs.erase(UUID(key))

    return erase_file


def swept(exchange: Exchange, now: datetime) -> None:
    """One run of the sweep at that time."""

    async def run() -> None:
        database = Database(exchange.postgres.url("consultation", WORKER_ROLE), pool_size=1)
        try:
            blobs = DirectoryBlobs(exchange.home / "attachments", exchange.vault())
            await Sweeping(blobs).sweep(Outing(database.without_tenant, lambda: now, lambda: False, {}))
        finally:
            await database.close()

    asyncio.run(run())
