"""Marking persons with protected identity by hand, over HTTP. Nobody can ask here who is marked."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.context import context_of
from services.consultation.persons.vault import mark_person
from services.consultation.protection.mark import mark_by_hand, remove_by_hand
from services.consultation.protection.repository import Marking, find_by_hand
from services.consultation.wire import Instant, PersonText, read_person
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody, WireModel
from shared.idempotency import OnceOnly
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["protected-persons"])

Marker = Annotated[Caller, Depends(Requires(scopes.PROTECTED_MARK))]

_PERSON = {"person": "189001019802"}
_MARK: dict[str, Any] = {"markId": "0c8f3d2e-5b7a-4e19-9d42-7a1c6f0b3e55", "markedAt": "2026-11-20T09:12:00Z"}
_REMOVAL: dict[str, Any] = {"markId": _MARK["markId"], "endedAt": "2026-11-21T10:00:00Z"}


class MarkedPerson(WireModel):
    """Who it is about. In the body, since an identity number never stands in an address."""

    person: PersonText


class ProtectionMark(WireModel):
    """The organisation's own mark. What others have marked is not told."""

    mark_id: uuid.UUID
    marked_at: Instant


class ProtectionRemoval(WireModel):
    """The organisation's own mark has ended. Marks of others, and of sources, may still protect the person."""

    mark_id: uuid.UUID
    ended_at: Instant


MarkId = Annotated[uuid.UUID, Path(alias="markId", description="From the marking / Från märkningen")]
Body = Annotated[MarkedPerson, Depends(JsonBody(MarkedPerson, _PERSON))]


@router.post(
    "/protected-persons",
    status_code=201,
    response_model=ProtectionMark,
    responses={
        200: {"content": {"application/json": {"example": _MARK}}, "model": ProtectionMark},
        201: {"content": {"application/json": {"example": _MARK}}},
    },
    summary="Mark a person with protected identity / Märk en person med skyddade personuppgifter",
)
async def mark_protected_person(request: Request, caller: Marker, body: Body, attempt: OnceOnly) -> Response:
    """From now on content about the person is withheld from everyone, and questions about her go by phone.

    200 when the organisation has marked the person already. Whether anybody else has is never told.

    Från och med nu visas inget innehåll om personen för någon, och frågor om henne eller honom tas per telefon. Om
    någon annan har märkt personen framgår aldrig.
    """
    context = context_of(request)
    now = context.clock()
    marking = Marking(caller, mark_person(context.vault, read_person(body.person)), now)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def told() -> Response:
            mark = await mark_by_hand(connection, marking)
            model = ProtectionMark(mark_id=mark.id, marked_at=mark.marked_at)
            headers = {"Location": f"{context.base_url}/protected-persons/{mark.id}"} if mark.new else None
            return context.json(model, 201 if mark.new else 200, headers)

        return await context.ledger.once(connection, caller, attempt, now, told)


@router.get(
    "/protected-persons/{markId}",
    response_model=ProtectionMark,
    responses={200: {"content": {"application/json": {"example": _MARK}}}},
    summary="One's own mark / Den egna märkningen",
)
async def get_protection_mark(request: Request, caller: Marker, mark_id: MarkId) -> Response:
    """A mark that the organisation has made by hand, while it is in force. Whom it is of is not told.

    En märkning som organisationen har gjort för hand, medan den gäller. Vem den avser framgår inte.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        found = await find_by_hand(connection, caller.organisation, mark_id)
    if found is None:
        raise Problem(NOT_FOUND)
    return context.json(ProtectionMark(mark_id=found.id, marked_at=found.marked_at))


@router.post(
    "/protected-persons/removals",
    response_model=ProtectionRemoval,
    responses={200: {"content": {"application/json": {"example": _REMOVAL}}}},
    summary="Remove one's own mark / Ta bort den egna märkningen",
)
async def remove_protected_person(request: Request, caller: Marker, body: Body, attempt: OnceOnly) -> Response:
    """End the organisation's own mark by hand. A mark that a source has made ends when the source no longer makes it.

    Without a mark of one's own the answer is 404, whatever others have marked.

    Avsluta den egna organisationens märkning. En källas märkning upphör när källan inte längre gör den.
    """
    context = context_of(request)
    now = context.clock()
    marking = Marking(caller, mark_person(context.vault, read_person(body.person)), now)
    request.scope["state"]["audit"] = {"subject": marking.person_mark}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def told() -> Response:
            mark_id = await remove_by_hand(connection, marking)
            return context.json(ProtectionRemoval(mark_id=mark_id, ended_at=now))

        return await context.ledger.once(connection, caller, attempt, now, told)
