"""The audit trail over HTTP."""

import json
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field
from sqlalchemy import text
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.context import context_of
from services.consultation.wire import Instant
from shared.database.engine import Tenancy
from shared.http.bodies import WireModel
from shared.http.paging import Cursor, Limit, decode_cursor, encode_cursor, page_links, split_page
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["audit"])

_PAGE = text(
    """
    SELECT id, at, entry FROM (
        (SELECT id, at, entry FROM audit_entry
         WHERE org = :org AND (CAST(:object AS uuid) IS NULL OR object_id = :object) AND (at, id) < (:at, :after)
         ORDER BY at DESC, id DESC LIMIT :rows)
        UNION
        (SELECT id, at, entry FROM audit_entry
         WHERE owner_org = :org AND (CAST(:object AS uuid) IS NULL OR object_id = :object) AND (at, id) < (:at, :after)
         ORDER BY at DESC, id DESC LIMIT :rows)
    ) AS both_sides ORDER BY at DESC, id DESC LIMIT :rows
    """
)


class AuditEntryModel(WireModel):
    """One disclosure or refusal. `person` is a keyed mark, the same for the same person."""

    entry_id: uuid.UUID
    at: Instant
    event: str
    outcome: str
    organisation: str
    client: str
    handler: str | None
    object_type: str
    object_id: uuid.UUID | None
    person: str | None
    detail: dict[str, Any]


class AuditPage(WireModel):
    """Newest first."""

    entries: list[AuditEntryModel]
    links: Annotated[dict[str, dict[str, str]], Field(alias="_links")]


EXAMPLE: dict[str, Any] = {
    "entries": [
        {
            "entryId": "f3c1a5a2-6a1c-43cb-8b0c-9f4a3c8a0e55",
            "at": "2026-11-20T09:12:09Z",
            "event": "lookup.disclosed",
            "outcome": "permitted",
            "organisation": "0007:2120002627",
            "client": "umea",
            "handler": "hl-4711",
            "objectType": "lookup",
            "objectId": "7d0e3c52-7f5e-4a5e-9d3f-0a5a5c1d2e3f",
            "person": "5f0c1d",
            "detail": {"purpose": "financial_aid_application", "fields": {"AF": ["jobseeker"]}},
        }
    ],
    "_links": {"self": {"href": "https://samrad.example/consultation/v1/audit-entries?limit=20"}},
}


@router.get(
    "/audit-entries",
    response_model=AuditPage,
    responses={200: {"content": {"application/json": {"example": EXAMPLE}}}},
    summary="Who has seen what / Vem har sett vad",
)
async def list_audit_entries(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.AUDIT_READ))],
    object_id: Annotated[uuid.UUID | None, Query(alias="objectId", description="A look-up or consultation")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """What the organisation has seen, and what others have seen of what is the organisation's.

    Vad organisationen har sett, och vad andra har sett av det som är organisationens.
    """
    context = context_of(request)
    at, after = decode_cursor(cursor) or (datetime.max.replace(tzinfo=UTC), uuid.UUID(int=2**128 - 1))
    values = {"org": caller.organisation, "object": object_id, "at": at, "after": after, "rows": limit + 1}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = (await connection.execute(_PAGE, values)).all()
    shown, more = split_page(rows, limit)
    next_cursor = encode_cursor(shown[-1].at, shown[-1].id) if more else None
    parameters: dict[str, object] = {"limit": limit, "objectId": object_id, "cursor": cursor}
    page = AuditPage(
        entries=[_entry(json.loads(row.entry)) for row in shown],
        links=page_links(f"{context.base_url}/audit-entries", parameters, next_cursor),
    )
    return context.json(page)


def _entry(entry: dict[str, Any]) -> AuditEntryModel:
    actor, thing = entry["actor"], entry["object"]
    return AuditEntryModel(
        entry_id=entry["id"],
        at=entry["time"],
        event=entry["event"],
        outcome=entry["outcome"],
        organisation=actor["organisation"],
        client=actor["client"],
        handler=actor["stated"],
        object_type=thing["type"],
        object_id=thing["id"],
        person=entry["subject"],
        detail=entry.get("detail", {}),
    )
