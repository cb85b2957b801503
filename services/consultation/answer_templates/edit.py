"""Edit: write a template, make a new edition of it, or remove it. What was filled from an earlier edition stays so."""

import uuid
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.answer_templates import repository
from services.consultation.answer_templates.domain import Template, require_known_fields
from services.consultation.answer_templates.repository import Editing
from services.consultation.problems import NOT_ANSWERING
from shared.audit import AuditEntry, record
from shared.problems import NOT_FOUND, VERSION_CHANGED, Problem
from shared.tokens.caller import Caller


async def write_template(
    connection: AsyncConnection, caller: Caller, answering: str, template: Template, now: datetime
) -> None:
    """The first edition. Raises Problem 403 for anybody but the answering authority, 409 for one too many, 422."""
    if caller.organisation != answering:
        raise Problem(NOT_ANSWERING)
    require_known_fields(template.text)
    await repository.require_room(connection, caller.organisation)
    await repository.add_edition(connection, _editing(caller, now), template)
    await _tell(connection, caller, template, "written", now)


async def edit_template(
    connection: AsyncConnection, caller: Caller, template: Template, expected: int, now: datetime
) -> Template:
    """The next edition, of the one that was read. Raises Problem 404, 412, 422."""
    await _require_edition(connection, caller, template.id, expected)
    require_known_fields(template.text)
    edited = replace(template, edition=expected + 1)
    await _add(connection, caller, edited, now)
    await _tell(connection, caller, edited, "edited", now)
    return edited


async def remove_template(
    connection: AsyncConnection, caller: Caller, template_id: uuid.UUID, expected: int, now: datetime
) -> None:
    """No longer to be used. Raises Problem 404, 412."""
    last = replace(await _require_edition(connection, caller, template_id, expected), edition=expected + 1)
    await _add(connection, caller, last, now, removed=True)
    await _tell(connection, caller, last, "removed", now)


async def _require_edition(
    connection: AsyncConnection, caller: Caller, template_id: uuid.UUID, expected: int
) -> Template:
    row = await repository.find(connection, caller.organisation, template_id)
    if row is None:
        raise Problem(NOT_FOUND)
    if row.edition != expected:
        raise Problem(VERSION_CHANGED, members={"version": row.edition})
    return repository.as_template(row)


async def _add(
    connection: AsyncConnection, caller: Caller, template: Template, now: datetime, *, removed: bool = False
) -> None:
    if not await repository.add_edition(connection, _editing(caller, now), template, removed=removed):
        raise Problem(VERSION_CHANGED, members={"version": template.edition})


def _editing(caller: Caller, now: datetime) -> Editing:
    return Editing(caller.organisation, caller.client_id, caller.actor or "", now)


async def _tell(connection: AsyncConnection, caller: Caller, template: Template, what: str, now: datetime) -> None:
    entry = AuditEntry(
        event=f"answer_template.{what}",
        at=now,
        caller=caller,
        object_type="answer_template",
        object_id=template.id,
        detail={"edition": template.edition},
    )
    await record(connection, entry)
