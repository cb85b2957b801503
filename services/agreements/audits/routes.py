"""The audit trail over HTTP."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from services.agreements.audits import repository
from services.agreements.scopes import AUDIT_READ
from services.agreements.wire import Instant, Links, answered, links
from services.agreements.wiring import Wired
from shared.database.engine import Tenancy
from shared.http.bodies import WireModel
from shared.http.paging import Cursor, Limit, decode_cursor, encode_cursor, split_page
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["audit"])

Auditor = Annotated[Caller, Depends(Requires(AUDIT_READ))]


class Actor(WireModel):
    """`stated` is the person, as the client named it."""

    organisation: str
    client: str
    stated: str | None


class Concerned(WireModel):
    """What the entry is about, and whose it is."""

    type: str
    id: str | None
    owner: str


class EntryAnswer(WireModel):
    """As it was written."""

    id: str
    time: Instant
    event: str
    outcome: str
    actor: Actor
    object: Concerned
    subject: str | None
    token: str
    request: str
    detail: dict[str, Any] | None = None


class EntryPage(WireModel):
    """Newest first."""

    items: list[EntryAnswer]
    links: Links


_EXAMPLE: dict[str, Any] = {
    "items": [
        {
            "id": "8d7f6c1e-0f0b-4f55-8a3f-9b1d2c3e4f11",
            "time": "2026-02-02T09:00:00Z",
            "event": "request.refused",
            "outcome": "not_a_party",
            "actor": {"organisation": "0007:2120002627", "client": "umea-case-system", "stated": "hl-4711"},
            "object": {"type": "operation", "id": None, "owner": "0007:2120002627"},
            "subject": None,
            "token": "Yt3hQ0",
            "request": "2b1a4f6e-7c0d-4f0a-9d0c-0f6f3d1b9c11",
            "detail": {"operation": "register_agreement", "status": 403},
        }
    ],
    "_links": {"self": {"href": "https://samrad.example/agreements/v1/audit-entries?limit=20"}},
}


@router.get("/audit-entries", summary="Read the audit trail / Läs loggen", responses=answered(_EXAMPLE))
async def list_audit_entries(wired: Wired, caller: Auditor, limit: Limit = 20, cursor: Cursor = None) -> EntryPage:
    """What your organisation did here or was refused, and what others did to your records. Newest first.

    Vad er organisation gjort här eller nekats, och vad andra gjort med era poster. Det nyaste först.
    """
    before = decode_cursor(cursor)
    async with wired.database.begin(Tenancy(caller.organisation)) as connection:
        found = await repository.entries_page(connection, caller.organisation, before=before, rows=limit + 1)
    page, more = split_page(found, limit)
    following = encode_cursor(page[-1].at, page[-1].id) if more else None
    return EntryPage(
        items=[EntryAnswer.model_validate(json.loads(kept.entry)) for kept in page],
        links=links(f"{wired.settings.api_url}/audit-entries", {"limit": limit, "cursor": cursor}, following),
    )
