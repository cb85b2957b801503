"""What several answers are made of."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import AfterValidator, Field

from shared.http.bodies import WireModel
from shared.http.paging import Link, page_links
from shared.http.times import WRITTEN_DAY, WRITTEN_INSTANT

Day = Annotated[date, WRITTEN_DAY, Field(json_schema_extra={"example": "2025-07-01"})]
Instant = Annotated[datetime, WRITTEN_INSTANT, Field(json_schema_extra={"example": "2026-02-02T09:00:00Z"})]
OnDay = Annotated[date | None, Query(description="A day; today in Sweden when absent / En dag; dagens när den saknas")]

MUNICIPALITY = r"^[0-9]{4}$"
COUNTY = r"^[0-9]{2}$"
ORGANISATION = r"^[0-9]{10}$"
ICD = "0007:"
"""Before an organisation number wherever organisations of several registers could meet (ISO 6523)."""


def _printable(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("not printable text")
    return text


Title = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
Links = Annotated[dict[str, Link], Field(alias="_links")]


class Texts(WireModel):
    """The same words in Swedish and English."""

    sv: str
    en: str


def links(address: str, parameters: Mapping[str, object], next_cursor: str | None = None) -> dict[str, Link]:
    """Absolute `self` and, when there is more, `next`."""
    made = page_links(address, dict(parameters), next_cursor)
    return {name: Link(href=link["href"]) for name, link in made.items()}


def answered(example: Any, status: int = 200, description: str = "Answer / Svar") -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation with a full example."""
    return {status: {"description": description, "content": {"application/json": {"example": example}}}}
