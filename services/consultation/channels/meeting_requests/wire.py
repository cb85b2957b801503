"""Wire models of requests for a physical meeting."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import Row

from services.consultation.channels.meeting_requests.domain import MeetingRefusal, MeetingRequestOutcome, outcome_of
from services.consultation.wire import Instant
from shared.http.bodies import WireModel

FARTHEST_KM = 2000
"""Longer than the country, by road."""

DistanceKm = Annotated[
    int,
    Field(
        strict=True,
        ge=0,
        le=FARTHEST_KM,
        description="Home municipality to the nearest office, whole km / Hemkommun till närmaste kontor, hela km",
    ),
]


class PhysicalMeetingRequest(WireModel):
    """How far the person has to the nearest office, when it is known."""

    distance_km: DistanceKm | None = None


class MeetingRefusalRequest(WireModel):
    """Why no physical meeting is granted (code list `meetingRefusals`)."""

    reason: MeetingRefusal


class RequestedMeeting(WireModel):
    """A request for a physical meeting. `outcome` (code list `meetingRequestOutcomes`) is null while it waits.

    `meetingId` is the meeting that it was granted with, `reason` why it was refused. When the consultation ended while
    it waited it is `not_granted`, and `outcomeAt` is null.
    """

    requested_at: Instant
    distance_km: int | None
    outcome: MeetingRequestOutcome | None
    outcome_at: Instant | None
    meeting_id: UUID | None
    reason: MeetingRefusal | None


def requested(row: Row[Any], *, ended: bool) -> RequestedMeeting:
    """As both sides read it. `ended` when the consultation has."""
    return RequestedMeeting(
        requested_at=row.requested_at,
        distance_km=row.distance_km,
        outcome=outcome_of(row.outcome, ended=ended),
        outcome_at=row.outcome_at,
        meeting_id=row.meeting_id,
        reason=row.reason,
    )


REQUEST_EXAMPLE: dict[str, Any] = {"distanceKm": 84}
REFUSAL_EXAMPLE: dict[str, Any] = {"reason": "remote_instead"}
REQUESTED_EXAMPLE: dict[str, Any] = {
    "requestedAt": "2026-11-19T08:10:00Z",
    "distanceKm": 84,
    "outcome": "granted",
    "outcomeAt": "2026-11-20T09:30:00Z",
    "meetingId": "0f7f2f0a-7f53-4a39-bb9d-5a2c4e6a9a11",
    "reason": None,
}
