"""The audit trail as the organisations concerned read it, and the trace that every refusal leaves."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field
from sqlalchemy import TextClause, text
from starlette.requests import Request

from shared.audit import REFUSED, AuditEntry, record
from shared.clock import Clock
from shared.database.engine import Database, Tenancy
from shared.http.bodies import WireModel
from shared.http.paging import Cursor, Limit, decode_cursor, encode_cursor, page_links, split_page
from shared.problems import Problem
from shared.tokens.caller import Caller, Requires
from shared.tokens.scopes import Scope

RECORDED = frozenset((403, 404, 409))
"""The statuses of refusals that the trail remembers."""
_START = (datetime.max.replace(tzinfo=UTC), uuid.UUID(int=2**128 - 1))


def _page_statement(condition: str, shown: str) -> TextClause:
    """Both sides' entries, each by its own index; one statement a condition, so that a plan fits what it is for."""
    side = f"""
        SELECT id, at, entry FROM audit_entry
        WHERE {{column}} = :org {condition} AND ({shown}) AND (at, id) < (:at, :after) AND erased_at IS NULL
        ORDER BY at DESC, id DESC LIMIT :rows
    """
    sides = " UNION ".join(f"({side.format(column=column)})" for column in ("org", "owner_org"))
    return text(f"SELECT id, at, entry FROM ({sides}) AS both_sides ORDER BY at DESC, id DESC LIMIT :rows")


@dataclass(frozen=True, slots=True)
class Concealment:
    """Entries that not every reader may see. `shown` is a condition in SQL, on the columns of `audit_entry`.

    Its parameters are `:org` and those that `values` makes of the caller.
    """

    shown: str
    values: Callable[[Caller], Mapping[str, object]]


NOTHING_CONCEALED = Concealment("true", lambda _: {})


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """What the routes and the recorder need; stands as `audit_trail` in the state of the application."""

    database: Database
    clock: Clock
    base_url: str


class AuditEntryModel(WireModel):
    """One disclosure or refusal. `subject` is a keyed mark, the same for the same person."""

    entry_id: uuid.UUID
    at: Annotated[datetime, Field(json_schema_extra={"example": "2026-11-20T09:12:00Z"})]
    event: str
    outcome: Annotated[str, Field(description="permitted or refused")]
    organisation: str
    client: str
    actor: Annotated[str | None, Field(description="As stated by the client / Enligt klienten")]
    acting_organisation: Annotated[
        str | None,
        Field(description="The supplier that acted for it / Leverantören som agerade för organisationen"),
    ]
    delegation_id: Annotated[
        uuid.UUID | None,
        Field(description="On which delegation, told to the one who gave it / Med vilken fullmakt"),
    ]
    channel: Annotated[
        str | None,
        Field(description="The way in, when it was not this API / Vägen in, om den inte var det här API:et"),
    ]
    object_type: str
    object_id: uuid.UUID | None
    subject: str | None
    detail: dict[str, Any]


class AuditPage(WireModel):
    """Newest first."""

    entries: list[AuditEntryModel]
    links: Annotated[dict[str, dict[str, str]], Field(alias="_links")]


_EXAMPLE: dict[str, Any] = {
    "entries": [
        {
            "entryId": "f3c1a5a2-6a1c-43cb-8b0c-9f4a3c8a0e55",
            "at": "2026-11-20T09:12:09Z",
            "event": "request.refused",
            "outcome": "refused",
            "organisation": "0007:2120002627",
            "client": "umea",
            "actor": "hl-4711",
            "actingOrganisation": "0007:5599990008",
            "delegationId": "6d0f8a54-7a3e-4f0c-9b1d-2f6c1f0e7a21",
            "channel": None,
            "objectType": "GET /items/{itemId}",
            "objectId": None,
            "subject": None,
            "detail": {"reason": "not_found"},
        }
    ],
    "_links": {"self": {"href": "https://samrad.example/api/v1/audit-entries?limit=20"}},
}


def audit_router(scope: Scope, concealment: Concealment = NOTHING_CONCEALED) -> APIRouter:
    """`GET /audit-entries` for holders of the scope, without what is concealed from them."""
    router = APIRouter(tags=["audit"])
    page = _page_statement("", concealment.shown)
    page_of_object = _page_statement("AND object_id = :object", concealment.shown)

    @router.get(
        "/audit-entries",
        response_model=AuditPage,
        responses={200: {"content": {"application/json": {"example": _EXAMPLE}}}},
        summary="Who has seen what / Vem har sett vad",
    )
    async def list_audit_entries(
        request: Request,
        caller: Annotated[Caller, Depends(Requires(scope))],
        object_id: Annotated[uuid.UUID | None, Query(alias="objectId", description="One record / En post")] = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Response:
        """What the organisation has seen or been refused, and what others have seen of what is the organisation's.

        Vad organisationen har sett eller nekats, och vad andra har sett av det som är organisationens.
        """
        trail: AuditTrail = request.app.state.audit_trail
        at, after = decode_cursor(cursor) or _START
        asked = {"org": caller.organisation, "at": at, "after": after, "rows": limit + 1}
        values = {**concealment.values(caller), **asked}
        statement = page
        if object_id is not None:
            statement, values = page_of_object, {**values, "object": object_id}
        async with trail.database.begin(Tenancy(caller.organisation)) as connection:
            rows = (await connection.execute(statement, values)).all()
        shown, more = split_page(rows, limit)
        next_cursor = encode_cursor(shown[-1].at, shown[-1].id) if more else None
        parameters: dict[str, object] = {"limit": limit, "objectId": object_id, "cursor": cursor}
        told = AuditPage(
            entries=[_told(json.loads(row.entry), caller.organisation) for row in shown],
            links=page_links(f"{trail.base_url}/audit-entries", parameters, next_cursor),
        )
        return Response(told.model_dump_json(by_alias=True), media_type="application/json")

    return router


def _told(entry: dict[str, Any], reader: str) -> AuditEntryModel:
    actor, thing = entry["actor"], entry["object"]
    own, acting = actor["organisation"] == reader, actor.get("acting", {})
    return AuditEntryModel(
        entry_id=entry["id"],
        at=entry["time"],
        event=entry["event"],
        outcome=entry["outcome"],
        organisation=actor["organisation"],
        client=actor["client"],
        # Which organisations they were is told to both sides, which person and on what ground to their own alone.
        actor=actor["stated"] if own else None,
        acting_organisation=acting.get("organisation"),
        delegation_id=acting.get("delegation") if own else None,
        channel=actor.get("channel"),
        object_type=thing["type"],
        object_id=thing["id"],
        subject=entry["subject"],
        detail=entry.get("detail", {}),
    )


async def record_refusal(request: Request, caller: Caller, problem: Problem) -> None:
    """Write the refusal of a known caller, in a transaction of its own: what was refused must not roll it back.

    Malformed requests and lost races disclose nothing and are left out, unless the refusal itself knows something
    for the trail. What a route knows about the request stands in `request.scope["state"]["audit"]`, and what the
    refusal knows in `problem.for_audit`.
    """
    if problem.kind.status not in RECORDED and not problem.for_audit:
        return
    trail: AuditTrail = request.app.state.audit_trail
    known = {**request.scope["state"].get("audit", {}), **problem.for_audit}
    route = request.scope.get("route")
    entry = AuditEntry(
        event=REFUSED.name,
        at=trail.clock(),
        caller=caller,
        object_type=f"{request.method} {getattr(route, 'path', 'unknown')}",
        object_id=known.get("objectId") or _object_in(request),
        subject=known.get("subject"),
        outcome="refused",
        detail={
            "reason": problem.kind.code,
            **request.scope["state"].get("audit", {}).get("detail", {}),
            **problem.for_audit.get("detail", {}),
        },
    )
    async with trail.database.begin(Tenancy(caller.organisation)) as connection:
        await record(connection, entry)


def _object_in(request: Request) -> uuid.UUID | None:
    """The id in the address. What is no id may be anything, and is not kept."""
    for value in request.path_params.values():
        try:
            return uuid.UUID(str(value))
        except ValueError:
            continue
    return None
