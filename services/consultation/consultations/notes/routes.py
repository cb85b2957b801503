"""Internal notes over HTTP: each side writes and reads its own, and learns nothing of the other's."""

import uuid
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from pydantic import Field
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.consultations.carrying_out import ConsultationId
from services.consultation.consultations.message_text import MessageText
from services.consultation.consultations.notes import repository
from services.consultation.consultations.notes.repository import NewNote
from services.consultation.consultations.notes.write import write_note
from services.consultation.consultations.reading_routes import is_withheld, reading, visible
from services.consultation.context import Context, context_of
from services.consultation.lookups.domain import disclosure_marks
from services.consultation.wire import Instant
from shared.audit import record
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody, WireModel
from shared.http.paging import Cursor, Limit, decode_cursor, encode_cursor, page_links, split_page
from shared.idempotency import OnceOnly
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["consultations"])

Side = Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_READ))]
NoteId = Annotated[uuid.UUID, Path(alias="noteId", description="From the list / Ur listan")]
Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]

_ID = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
_NOTE_ID = "9e107d9d-372b-4b68-81d8-7f1c7e6b3a10"
_PATH = f"https://samrad.example/consultation/v1/consultations/{_ID}/notes"
_REQUEST: dict[str, Any] = {"text": "Ring enheten i Luleå innan svaret skickas.", "supersedes": None}
_WRITTEN: dict[str, Any] = {
    "noteId": _NOTE_ID,
    "consultationId": _ID,
    "writtenAt": "2026-11-20T09:12:00Z",
    "_links": {"self": {"href": f"{_PATH}/{_NOTE_ID}"}},
}
_NOTE: dict[str, Any] = {**_WRITTEN, "author": "af-17", **_REQUEST, "supersededBy": None}
_NOTES: dict[str, Any] = {"withheld": False, "notes": [_NOTE], "_links": {"self": {"href": _PATH}}}


class NoteRequest(WireModel):
    """Words to one's own side. A note is never edited: to correct one, write another that supersedes it."""

    text: MessageText
    supersedes: uuid.UUID | None = None


class WrittenNote(WireModel):
    """The receipt of a note."""

    note_id: uuid.UUID
    consultation_id: uuid.UUID
    written_at: Instant
    links: Links


class Note(WrittenNote):
    """A note of one's own side. `supersededBy` is the one that stands in its place."""

    author: str
    text: str
    supersedes: uuid.UUID | None
    superseded_by: uuid.UUID | None


class NoteList(WireModel):
    """The newest first. `withheld` when the person has protected identity: then none is told."""

    withheld: bool
    notes: list[Note]
    links: Links


@router.post(
    "/consultations/{consultationId}/notes",
    status_code=201,
    response_model=WrittenNote,
    responses={201: {"content": {"application/json": {"example": _WRITTEN}}}},
    summary="Write an internal note / Skriv en intern anteckning",
)
async def write(
    request: Request,
    caller: Side,
    consultation_id: ConsultationId,
    body: Annotated[NoteRequest, Depends(JsonBody(NoteRequest, _REQUEST))],
    attempt: OnceOnly,
) -> Response:
    """For one's own side alone, in whatever state the consultation is. It is no event, and stops no clock.

    Bara för den egna sidan, i vilket läge samrådet än är. Det är ingen händelse, och ingen klocka stannar.
    """
    context = context_of(request)
    note = NewNote(uuid.uuid4(), body.text, body.supersedes, context.clock())
    request.scope["state"]["audit"] = {"objectId": consultation_id}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            await write_note(connection, context.vault, caller, consultation_id, note)
            links = _links(context, consultation_id, note.id)
            written = WrittenNote(note_id=note.id, consultation_id=consultation_id, written_at=note.at, links=links)
            return context.json(written, 201, headers={"Location": links["self"]["href"]})

        return await context.ledger.once(connection, caller, attempt, note.at, effect)


@router.get(
    "/consultations/{consultationId}/notes",
    response_model=NoteList,
    responses={200: {"content": {"application/json": {"example": _NOTES}}}},
    summary="Internal notes of one's own side / Den egna sidans interna anteckningar",
)
async def list_notes(
    request: Request, caller: Side, consultation_id: ConsultationId, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """Newest first. Each reading is audited, in the own side's trail alone.

    Nyast först. Varje läsning loggas, bara i den egna sidans spår.
    """
    context, place = context_of(request), decode_cursor(cursor)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        withheld = await _read(context, connection, caller, consultation_id)
        rows = (
            []
            if withheld
            else await repository.page(connection, caller.organisation, consultation_id, place, limit + 1)
        )
    shown, more = split_page(rows, limit)
    next_cursor = encode_cursor(shown[-1].written_at, shown[-1].id) if more else None
    address = f"{context.base_url}/consultations/{consultation_id}/notes"
    model = NoteList(
        withheld=withheld,
        notes=[_note(context, row) for row in shown],
        links=page_links(address, {"limit": limit, "cursor": cursor}, next_cursor),
    )
    return context.json(model)


@router.get(
    "/consultations/{consultationId}/notes/{noteId}",
    response_model=Note,
    responses={200: {"content": {"application/json": {"example": _NOTE}}}},
    summary="One internal note / En intern anteckning",
)
async def get_note(request: Request, caller: Side, consultation_id: ConsultationId, note_id: NoteId) -> Response:
    """A note of one's own side. 404 for the other side's, and when the person has protected identity.

    En anteckning av den egna sidan. 404 för den andra sidans, och när personen har skyddade personuppgifter.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        withheld = await _read(context, connection, caller, consultation_id)
        row = None if withheld else await repository.find(connection, caller.organisation, consultation_id, note_id)
    if row is None:
        raise Problem(NOT_FOUND)
    return context.json(_note(context, row))


async def _read(context: Context, connection: AsyncConnection, caller: Caller, consultation_id: uuid.UUID) -> bool:
    """Whether notes are withheld from the caller; that they were read is recorded, for the caller's side alone."""
    row = await visible(connection, caller, consultation_id)
    withheld = is_withheld(caller, row)
    marks = disclosure_marks(protected=row.protected, withheld=withheld)
    fields = [] if withheld else ["notes"]
    entry = reading(context, caller, row, "consultation.notes_read", fields, withheld=withheld, marks=marks)
    await record(connection, replace(entry, owner=caller.organisation))
    return withheld


def _note(context: Context, row: Row[Any]) -> Note:
    return Note(
        note_id=row.id,
        consultation_id=row.consultation_id,
        written_at=row.written_at,
        author=row.author,
        text=repository.opened(context.vault, row),
        supersedes=row.supersedes,
        superseded_by=row.superseded_by,
        links=_links(context, row.consultation_id, row.id),
    )


def _links(context: Context, consultation_id: uuid.UUID, note_id: uuid.UUID) -> dict[str, dict[str, str]]:
    return {"self": {"href": f"{context.base_url}/consultations/{consultation_id}/notes/{note_id}"}}
