"""The same figures as JSON or as a table of comma-separated values (RFC 4180), for a spreadsheet."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from services.consultation.context import Context

CSV = "text/csv"
Format = Annotated[
    Literal["json", "csv"] | None,
    Query(description="Overrides Accept / Går före Accept"),
]


def answers(example: Mapping[str, Any], table: str) -> dict[int | str, dict[str, Any]]:
    """What an operation that tells both is documented with."""
    return {
        200: {
            "content": {
                "application/json": {"example": example},
                CSV: {"schema": {"type": "string"}, "example": table},
            }
        }
    }


def wants_table(request: Request, chosen: str | None) -> bool:
    """As the parameter says, else as the first of the two that Accept names."""
    if chosen is not None:
        return chosen == "csv"
    named = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    return next((each == CSV for each in named if each in (CSV, "application/json", "*/*")), False)


def told(
    context: Context,
    model: BaseModel,
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    as_table: bool,
) -> Response:
    """The model as JSON, or the rows as a table."""
    if not as_table:
        return context.json(model, headers={"Vary": "Accept"})
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(header)
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    return Response(written.getvalue(), media_type=f"{CSV}; charset=utf-8", headers={"Vary": "Accept"})
