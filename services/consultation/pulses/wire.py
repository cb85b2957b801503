"""Wire models of the pulse."""

import uuid
from typing import Annotated, Any

from pydantic import Field

from services.consultation.consultations.message_text import MessageText
from services.consultation.pulses.domain import Pulse
from services.consultation.pulses.repository import PulseGrouping
from services.consultation.wire import Instant
from shared.http.bodies import WireModel

Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]
Rating = Annotated[int, Field(strict=True, ge=1, le=5, description="5 is best / 5 är bäst")]

_ID = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
_BASE = "https://samrad.example/consultation/v1"


class PulseRequest(WireModel):
    """How it went, from 1 to 5, and words that nobody but one's own organisation reads."""

    rating: Rating
    text: MessageText | None = None


class PulseModel(WireModel):
    """One's own pulse."""

    consultation_id: uuid.UUID
    rating: int
    text: str | None
    given_at: Instant
    links: Links


class RatingModel(WireModel):
    """How many gave a rating."""

    rating: int
    count: int


class PulseGroupModel(WireModel):
    """`n` of `closed` have answered. `mean` and `ratings` are null when so few have that nothing is told."""

    key: str
    closed: int
    n: int
    response_rate: Annotated[float, Field(ge=0, le=1)]
    suppressed: bool
    mean: float | None
    ratings: list[RatingModel] | None


class PulseResults(WireModel):
    """What was closed in the months from `from` to `to`."""

    from_: Annotated[str, Field(alias="from")]
    to: str
    group_by: PulseGrouping
    groups: list[PulseGroupModel]
    links: Links


REQUEST_EXAMPLE = {"rating": 4, "text": "Snabbt svar, men en motfråga för mycket."}
PULSE_EXAMPLE: dict[str, Any] = {
    "consultationId": _ID,
    **REQUEST_EXAMPLE,
    "givenAt": "2026-11-20T09:12:00Z",
    "_links": {"self": {"href": f"{_BASE}/consultations/{_ID}/pulses"}},
}
RESULTS_EXAMPLE: dict[str, Any] = {
    "from": "2026-10",
    "to": "2026-10",
    "groupBy": "none",
    "groups": [
        {
            "key": "all",
            "closed": 40,
            "n": 10,
            "responseRate": 0.25,
            "suppressed": False,
            "mean": 3.9,
            "ratings": [{"rating": rating, "count": count} for rating, count in enumerate((0, 1, 2, 4, 3), start=1)],
        }
    ],
    "_links": {"self": {"href": f"{_BASE}/pulse-results?from=2026-10&to=2026-10&groupBy=none"}},
}


def told(group: Pulse) -> PulseGroupModel:
    """A group as it is told."""
    counted = None if group.ratings is None else enumerate(group.ratings, start=1)
    return PulseGroupModel(
        key=group.key,
        closed=group.closed,
        n=group.n,
        response_rate=group.response_rate,
        suppressed=group.ratings is None,
        mean=group.mean,
        ratings=None if counted is None else [RatingModel(rating=rating, count=count) for rating, count in counted],
    )
