"""Saved views: sets of filters with a name, a handler's own or shared with the colleagues."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.problems import TOO_MANY_VIEWS
from shared.problems import NOT_FOUND, Problem

MOST = 50
"""Of one's own, and of shared ones in the organisation."""

_LIST = text(
    """
    SELECT id, handler, name, shared, filters, created_at FROM saved_view
    WHERE org = :org AND (handler = :handler OR shared) ORDER BY shared, created_at, id
    """
)
# Those who save at the same time come one after the other, so that nobody gets past the limit.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('saved_view ' || :org, 12))")
_SAVE = text(
    """
    INSERT INTO saved_view (org, id, handler, name, shared, filters, created_at)
    SELECT :org, :id, :handler, :name, :shared, CAST(:filters AS jsonb), :at
    WHERE (SELECT count(*) FROM saved_view
           WHERE org = :org AND CASE WHEN :shared THEN shared ELSE handler = :handler AND NOT shared END) < :most
    RETURNING 1
    """
)
_REMOVE = text("DELETE FROM saved_view WHERE org = :org AND id = :id AND handler = :handler RETURNING 1")


@dataclass(frozen=True, slots=True)
class NewView:
    """A view as it is saved; `filters` are what travels, in the names of the API."""

    id: uuid.UUID
    handler: str
    name: str
    shared: bool
    filters: dict[str, Any]
    at: datetime


async def list_views(connection: AsyncConnection, organisation: str, handler: str) -> Sequence[Row[Any]]:
    """The handler's own, oldest first, and then what is shared."""
    return (await connection.execute(_LIST, {"org": organisation, "handler": handler})).all()


async def save_view(connection: AsyncConnection, organisation: str, view: NewView) -> None:
    """Raises Problem 409 when there are as many as there may be."""
    await connection.execute(_ONE_AT_A_TIME, {"org": organisation})
    values = {
        "org": organisation,
        "id": view.id,
        "handler": view.handler,
        "name": view.name,
        "shared": view.shared,
        "filters": json.dumps(view.filters),
        "at": view.at,
        "most": MOST,
    }
    if (await connection.execute(_SAVE, values)).one_or_none() is None:
        raise Problem(TOO_MANY_VIEWS, members={"most": MOST})


async def remove_view(connection: AsyncConnection, organisation: str, handler: str, view_id: uuid.UUID) -> None:
    """Only who saved it removes it. Raises Problem 404, also for a colleague's."""
    values = {"org": organisation, "id": view_id, "handler": handler}
    if (await connection.execute(_REMOVE, values)).one_or_none() is None:
        raise Problem(NOT_FOUND)
