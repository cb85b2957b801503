"""Reading consultations over HTTP: the asker's list, one consultation, its timeline."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.consultations import examples, repository
from services.consultation.consultations.basis import basis_of
from services.consultation.consultations.domain import Action, State
from services.consultation.consultations.messages import open_message
from services.consultation.consultations.models import (
    ConsultationPage,
    ConsultationSummary,
    Message,
    Timeline,
    TimelineEvent,
    WholeConsultation,
    summary_values,
    whole,
    without_content,
)
from services.consultation.consultations.side import side_of
from services.consultation.consultations.transitions import MARKS
from services.consultation.context import Context, context_of
from services.consultation.lookups.domain import disclosure_marks
from services.consultation.problems import PROTECTED_IDENTITY
from shared.audit import AuditEntry, record_alone
from shared.database.engine import Tenancy
from shared.http.conditions import etag
from shared.http.paging import Cursor, Limit, decode_cursor, encode_cursor, page_links, split_page
from shared.problems import NOT_FOUND, SCOPE_MISSING, Problem
from shared.tokens.caller import Caller, Requires
from shared.vault import Vault

router = APIRouter(tags=["consultations"])

_NO_MARKS: Mapping[str, object] = {}
# What an event says of a meeting is of what kind it is, who did not come, and why none was granted.
_OF_MEETINGS = frozenset(
    (
        Action.REFUSE_MEETING,
        Action.BOOK_MEETING,
        Action.HOLD_MEETING,
        Action.MISS_MEETING,
        Action.CANCEL_MEETING,
    )
)
_ALL_FIELDS = ["person", "messages", "attachments", "details", "lookupSources", "afItems", "leadTime"]
ConsultationId = Annotated[uuid.UUID, Path(alias="consultationId", description="From the list / Ur listan")]


@router.get(
    "/consultations",
    response_model=ConsultationPage,
    responses={200: {"content": {"application/json": {"example": examples.PAGE}}}},
    summary="One's own consultations, newest first / Egna samråd, nyast först",
)
async def list_consultations(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_READ))],
    state: State | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """What the organisation has asked. Nothing about persons stands in a list.

    Consultations about persons with protected identity are in no list, for anybody.

    Vad organisationen har frågat. Ingenting om personer står i en lista, och samråd om personer med skyddade
    personuppgifter står inte i någon.
    """
    context = context_of(request)
    place = decode_cursor(cursor)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = await repository.page_of_asker(
            connection, repository.Reader.of(caller), state.value if state else None, place, limit + 1
        )
    shown, more = split_page(rows, limit)
    next_cursor = encode_cursor(shown[-1].opened_at, shown[-1].id) if more else None
    parameters: dict[str, object] = {"limit": limit, "state": state.value if state else None, "cursor": cursor}
    page = ConsultationPage(
        consultations=[
            ConsultationSummary(**summary_values(row, caller.organisation, caller.organisation, context.base_url))
            for row in shown
        ],
        links=page_links(f"{context.base_url}/consultations", parameters, next_cursor),
    )
    return context.json(page)


@router.get(
    "/consultations/{consultationId}",
    response_model=WholeConsultation,
    responses={200: {"content": {"application/json": {"example": examples.WHOLE}}}},
    summary="One consultation / Ett samråd",
)
async def get_consultation(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_READ))],
    consultation_id: ConsultationId,
) -> Response:
    """The whole consultation, for the side that asked and the side that answers. Each reading is audited.

    When the person has protected identity it is told without the person and without what has been written.

    Hela samrådet, för den som frågat och den som svarar. Varje läsning loggas. Om personen har skyddade
    personuppgifter visas varken personen eller det som skrivits.
    """
    context = context_of(request)
    found = await repository.read(context.database.single, repository.Reader.of(caller), consultation_id)
    if found is None:
        raise Problem(NOT_FOUND)
    row, messages = found
    _refuse_answering_without_queue(caller, row.org)
    withheld = is_withheld(caller, row)
    if withheld:
        model = without_content(row, caller.organisation, context.base_url)
    else:
        written = _written(context.vault, row, messages)
        model = whole(row, written, caller.organisation, context.vault, context.base_url)
    event = "consultation.withheld" if withheld else "consultation.read"
    fields = ["leadTime"] if withheld else _ALL_FIELDS
    marks = disclosure_marks(protected=row.protected, withheld=withheld)
    entry = reading(context, caller, row, event, fields, withheld=withheld, marks=marks)
    await record_alone(context.database.single, entry)
    return context.json(model, headers={"ETag": etag(row.version)})


@router.get(
    "/consultations/{consultationId}/events",
    response_model=Timeline,
    responses={200: {"content": {"application/json": {"example": examples.EVENTS}}}},
    summary="The timeline of a consultation / Samrådets tidslinje",
)
async def list_events(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_READ))],
    consultation_id: ConsultationId,
) -> Response:
    """The events that the caller's side may see: from these anyone can count the lead time again.

    Each reading is audited. When the person has protected identity nothing of a meeting is told but that it is one.

    Händelserna som den egna sidan får se; ur dem kan var och en räkna om ledtiden. Varje läsning loggas. Om personen
    har skyddade personuppgifter visas inget om ett möte utöver att det finns.
    """
    context = context_of(request)
    found = await repository.read_timeline(context.database.single, repository.Reader.of(caller), consultation_id)
    if found is None:
        raise Problem(NOT_FOUND)
    consultation, events = found
    _refuse_answering_without_queue(caller, consultation.org)
    entry = reading(context, caller, consultation, "consultation.events_read", ["events"])
    await record_alone(context.database.single, entry)
    left_out = _OF_MEETINGS if is_withheld(caller, consultation) else frozenset()
    told = [
        TimelineEvent(
            event_id=row.event_id,
            sequence=row.sequence,
            at=row.at,
            happened_at=row.happened_at,
            kind=row.action,
            state=row.state,
            turn=row.turn,
            side=side_of(row.actor_org, consultation.org),
            actor=row.actor if row.actor_org == caller.organisation else None,
            channel=row.channel,
            unit=row.unit,
            detail={} if row.action in left_out else row.detail,
        )
        for row in events
        if row.action not in MARKS or scopes.VIOLENCE_READ.name in caller.scopes
    ]
    links = {"self": {"href": f"{context.base_url}/consultations/{consultation_id}/events"}}
    return context.json(Timeline(events=told, links=links))


def _written(vault: Vault, row: Any, messages: Sequence[Any]) -> list[Message]:
    return [
        Message(
            at=each.at,
            side=side_of(each.actor_org, row.org),
            kind=each.action,
            text=open_message(vault, row.id, each.sequence, each.sealed),
        )
        for each in messages
    ]


async def visible(connection: AsyncConnection, caller: Caller, consultation_id: uuid.UUID) -> Row[Any]:
    """The consultation as one of its sides may read it. Raises Problem 404, and 403 without the scope of its side."""
    row = await repository.find_visible(connection, repository.Reader.of(caller), consultation_id)
    if row is None:
        raise Problem(NOT_FOUND)
    _refuse_answering_without_queue(caller, row.org)
    return row


async def answered_by(
    context: Context, connection: AsyncConnection, caller: Caller, consultation_id: uuid.UUID, event: str
) -> tuple[Row[Any], AuditEntry]:
    """The consultation as its handlers read what is their own of it, and the entry that tells so to their own side.

    Raises Problem 404, also for the side that asked, and 409 for a person with protected identity without the scope.
    """
    row = await repository.find_answered_by(connection, repository.Reader.of(caller), consultation_id)
    if row is None:
        raise Problem(NOT_FOUND)
    if is_withheld(caller, row):
        raise Problem(PROTECTED_IDENTITY, for_audit={"subject": row.person_mark, "objectId": row.id})
    marks = disclosure_marks(protected=row.protected, withheld=False)
    entry = reading(context, caller, row, event, ["text"], marks=marks)
    return row, replace(entry, owner=row.answering_org)


def is_withheld(caller: Caller, row: Row[Any]) -> bool:
    """Whether the person has protected identity, and the caller lacks the scope for what is then told."""
    return bool(row.protected) and scopes.PROTECTED_READ.name not in caller.scopes


def reading(
    context: Context,
    caller: Caller,
    row: Row[Any],
    event: str,
    fields: list[str],
    *,
    withheld: bool = False,
    marks: Mapping[str, object] = _NO_MARKS,
) -> AuditEntry:
    """The entry that tells of a reading."""
    return AuditEntry(
        event=event,
        outcome="refused" if withheld else "permitted",
        at=context.clock(),
        caller=caller,
        object_type="consultation",
        object_id=row.id,
        owner=row.org,
        subject=row.person_mark,
        detail={
            **basis_of(row),
            "fields": fields,
            **marks,
        },
    )


def _refuse_answering_without_queue(caller: Caller, owner: str) -> None:
    """The answering side reads as a worker of the queue, not as any client of the organisation."""
    if owner != caller.organisation and scopes.QUEUE_WORK.name not in caller.scopes:
        raise Problem(SCOPE_MISSING, members={"requiredScope": scopes.QUEUE_WORK.name})
