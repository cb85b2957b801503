"""Templates in the database: every edition, added to and never changed. They hold no person, and are not sealed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.answer_templates.domain import Placing, Template
from services.consultation.problems import TOO_MANY_TEMPLATES
from shared.problems import Problem

MOST = 500
"""Templates of an organisation."""

_LATEST = """
    SELECT DISTINCT ON (id) id, edition, name, type, category, unit, body, removed, edited_at FROM answer_template
    WHERE org = :org ORDER BY id, edition DESC
"""
_ALL = text(f"SELECT * FROM ({_LATEST}) AS latest WHERE NOT removed ORDER BY name, id")
_ONE = text(
    """
    SELECT id, edition, name, type, category, unit, body, removed, edited_at FROM answer_template
    WHERE org = :org AND id = :id ORDER BY edition DESC LIMIT 1
    """
)
# Those who add at the same time come one after the other, so that nobody gets past the limit.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('answer_template ' || :org, 21))")
_COUNT = text(f"SELECT count(*) FROM ({_LATEST}) AS latest WHERE NOT removed")
_ADD = text(
    """
    INSERT INTO answer_template (org, id, edition, name, type, category, unit, body, removed, edited_at, edited_by,
                                 client_id)
    VALUES (:org, :id, :edition, :name, :type, :category, :unit, :body, :removed, :at, :by, :client_id)
    ON CONFLICT (org, id, edition) DO NOTHING RETURNING 1
    """
)


@dataclass(frozen=True, slots=True)
class Editing:
    """Who makes an edition, of whose template, and when."""

    organisation: str
    client_id: str
    person: str
    at: datetime


async def list_templates(connection: AsyncConnection, organisation: str) -> Sequence[Row[Any]]:
    """The latest edition of each, by name."""
    return (await connection.execute(_ALL, {"org": organisation})).all()


async def find(connection: AsyncConnection, organisation: str, template_id: uuid.UUID) -> Row[Any] | None:
    """The latest edition; None when there is none any more."""
    row = (await connection.execute(_ONE, {"org": organisation, "id": template_id})).one_or_none()
    return None if row is None or row.removed else row


def as_template(row: Row[Any]) -> Template:
    """A row of either."""
    return Template(row.id, row.edition, row.name, Placing(row.type, row.category, row.unit), row.body)


async def require_room(connection: AsyncConnection, organisation: str) -> None:
    """Raises Problem 409 when there are as many as there may be."""
    await connection.execute(_ONE_AT_A_TIME, {"org": organisation})
    if (await connection.execute(_COUNT, {"org": organisation})).scalar_one() >= MOST:
        raise Problem(TOO_MANY_TEMPLATES, members={"most": MOST})


async def add_edition(
    connection: AsyncConnection, editing: Editing, template: Template, *, removed: bool = False
) -> bool:
    """Write an edition; False when somebody else was faster with the same."""
    values = {
        "org": editing.organisation,
        "id": template.id,
        "edition": template.edition,
        "name": template.name,
        "type": template.placing.type,
        "category": template.placing.category,
        "unit": template.placing.unit,
        "body": template.text,
        "removed": removed,
        "at": editing.at,
        "by": editing.person,
        "client_id": editing.client_id,
    }
    return (await connection.execute(_ADD, values)).scalar_one_or_none() is not None
