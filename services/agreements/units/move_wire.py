"""What a move looks like outside."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.agreements.units.domain import Competence, Move, MoveState, MoveWish
from services.agreements.units.wire import UNIT
from services.agreements.wire import MUNICIPALITY, Day, Instant, Links, links
from shared.http.bodies import WireModel


class MoveBody(WireModel):
    """From `validFrom` on the unit handles the municipality's questions of the competence."""

    municipality_code: Annotated[str, Field(pattern=MUNICIPALITY)]
    competence: Competence
    unit: Annotated[str, Field(pattern=UNIT)]
    valid_from: Annotated[Day, Field(description="Tomorrow at the earliest / Tidigast i morgon")]

    def wish(self) -> MoveWish:
        """Inside."""
        return MoveWish(self.municipality_code, self.competence, self.unit, self.valid_from)


class MoveAnswer(WireModel):
    """`previousUnit` has the questions the day before. Who made and withdrew it are handlers of your own."""

    move_id: UUID
    version: int
    municipality_code: str
    municipality_name: str | None
    competence: Competence
    previous_unit: str | None
    unit: str
    valid_from: Day
    state: Annotated[MoveState, Field(description="Today: not begun, begun, or withdrawn / I dag")]
    made_at: Instant
    made_by: str
    withdrawn_at: Instant | None
    withdrawn_by: str | None
    links: Links


class MovePage(WireModel):
    """Newest first."""

    items: list[MoveAnswer]
    links: Links


def move_answer(move: Move, today: date, api_url: str) -> MoveAnswer:
    """On the wire, to the owner of the units."""
    return MoveAnswer(
        move_id=move.id,
        version=move.version,
        municipality_code=move.municipality_code,
        municipality_name=move.municipality_name,
        competence=move.competence,
        previous_unit=move.previous_unit,
        unit=move.unit,
        valid_from=move.valid_from,
        state=move.state(today),
        made_at=move.made_at,
        made_by=move.made_by,
        withdrawn_at=move.withdrawn_at,
        withdrawn_by=move.withdrawn_by,
        links=links(f"{api_url}/unit-moves/{move.id}", {}),
    )


_API = "https://samrad.example/agreements/v1"
_ID = "8d2f3c1e-5b7a-4f0e-9a4c-0d8d3c1e7a42"
MOVE_BODY_EXAMPLE: dict[str, Any] = {
    "municipalityCode": "2480",
    "competence": "general",
    "unit": "af-25",
    "validFrom": "2027-01-01",
}
MOVE_EXAMPLE: dict[str, Any] = {
    "moveId": _ID,
    "version": 1,
    **MOVE_BODY_EXAMPLE,
    "municipalityName": "Umeå",
    "previousUnit": "af-24",
    "state": "planned",
    "madeAt": "2026-11-20T09:12:00Z",
    "madeBy": "afc-12",
    "withdrawnAt": None,
    "withdrawnBy": None,
    "_links": {"self": {"href": f"{_API}/unit-moves/{_ID}"}},
}
WITHDRAWN_EXAMPLE: dict[str, Any] = {
    **MOVE_EXAMPLE,
    "version": 2,
    "state": "withdrawn",
    "withdrawnAt": "2026-12-03T14:30:00Z",
    "withdrawnBy": "afc-7",
}
MOVES_EXAMPLE: dict[str, Any] = {
    "items": [MOVE_EXAMPLE],
    "_links": {"self": {"href": f"{_API}/unit-moves?state=planned&limit=20"}},
}
