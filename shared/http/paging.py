"""Keyset pages: a cursor is the place of the last row, so any page costs the same."""

import base64
import binascii
import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Query
from pydantic import Field

from shared.http.bodies import WireModel
from shared.problems import BAD_REQUEST, Problem, Words

Row = TypeVar("Row")

Limit = Annotated[int, Query(ge=1, le=100, description="Rows on a page / Rader per sida")]
LimitInBody = Annotated[int, Field(strict=True, ge=1, le=100, description="Rows on a page / Rader per sida")]
"""As `Limit`, where what is looked for travels in a body. A number there is a number, never a text that holds one."""
Cursor = Annotated[str | None, Query(max_length=200, description="From `_links.next` / Ur `_links.next`")]


class Link(WireModel):
    """Where to go next."""

    href: str


def encode_cursor(at: datetime, row_id: uuid.UUID) -> str:
    """The place after a row ordered by time and id."""
    text = json.dumps([at.isoformat(), str(row_id)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode_cursor(cursor: str | None) -> tuple[datetime, uuid.UUID] | None:
    """The place, or None for the first page. Raises Problem 400 for anything we did not make."""
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        at, row_id = json.loads(text)
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC), uuid.UUID(row_id)
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error):
        pass
    raise Problem(BAD_REQUEST, Words("cursor kan inte läsas", "cursor cannot be read"))


def page_links(address: str, parameters: dict[str, object], next_cursor: str | None) -> dict[str, dict[str, str]]:
    """Absolute `self` and, when there is more, `next`."""
    present = {name: str(value) for name, value in parameters.items() if value is not None}
    links = {"self": {"href": _address(address, present)}}
    if next_cursor is not None:
        links["next"] = {"href": _address(address, {**present, "cursor": next_cursor})}
    return links


def _address(address: str, parameters: dict[str, str]) -> str:
    return f"{address}?{urlencode(parameters)}" if parameters else address


def split_page(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], bool]:
    """The page and whether more follows, from one row more than asked for."""
    return rows[:limit], len(rows) > limit
