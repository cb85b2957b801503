"""The consultation behind a proposal: whether entries are made of it, and what of it must not stand in one."""

import uuid
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.repository import Reader, find_answered_by
from services.consultation.faq.domain import EntryText, gives_entries
from services.consultation.faq.identifying import NOTHING_KNOWN, Known, leads_in
from services.consultation.faq.problems import FAQ_IDENTIFIES, FAQ_SOURCE_UNFIT
from services.consultation.problems import PROTECTED_IDENTITY
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller

_PERSONS = text("SELECT DISTINCT actor FROM consultation_event WHERE org = :owner AND consultation_id = :id")


async def require_source(connection: AsyncConnection, caller: Caller, consultation_id: uuid.UUID) -> Row[Any]:
    """The consultation, as the caller's organisation has answered it.

    Raises Problem 404, 409 when nothing is made of such a consultation, and of nobody with protected identity.
    """
    row = await find_answered_by(connection, Reader.of(caller), consultation_id)
    if row is None:
        raise Problem(NOT_FOUND)
    if row.protected:
        raise Problem(PROTECTED_IDENTITY, for_audit={"subject": row.person_mark, "objectId": row.id})
    if not gives_entries(row.type, row.state):
        raise Problem(FAQ_SOURCE_UNFIT, members={"type": row.type, "state": row.state})
    return row


async def require_nobody_in(connection: AsyncConnection, written: EntryText, source: Row[Any] | None) -> None:
    """Raises Problem 422 with what may lead to somebody, by field, and never with the text.

    `source` is the consultation it is made from; of a correction none is known any more.
    """
    known = NOTHING_KNOWN if source is None else await _known_of(connection, source)
    errors = [
        {"field": field, "reason": lead.value}
        for field, each in written.fields().items()
        for lead in leads_in(each, known)
    ]
    if errors:
        raise Problem(FAQ_IDENTIFIES, members={"errors": errors})


async def _known_of(connection: AsyncConnection, source: Row[Any]) -> Known:
    actors = (await connection.execute(_PERSONS, {"owner": source.org, "id": source.id})).scalars().all()
    return Known(
        references=(source.case_reference, source.number),
        persons=[each for each in {*actors, source.asked_by, source.assigned_to} if each],
        organisations=[source.asker_name],
    )
