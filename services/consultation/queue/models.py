"""Wire models of the queue."""

import uuid
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import Row

from services.consultation.clocks.turns import Turn
from services.consultation.consultations.domain import ConsultationType, Queue, State
from services.consultation.consultations.models import ConsultationSummary, Links, summary_values
from services.consultation.consultations.reasons import DelayReason
from services.consultation.queue.domain import Assigned, Filters, HandOverReason, Sort, Tab, Today
from services.consultation.wire import Day, Instant
from shared.http.bodies import Flag, WireModel
from shared.identity import passes_for_identity

UNIT = r"^[a-z0-9][a-z0-9-]{0,39}$"
UnitCode = Annotated[str, Field(pattern=UNIT, description="From the units of agreements / Ur enheterna")]
Handler = Annotated[str, Field(min_length=1, max_length=64, description="As in Samrad-Handler / Som i Samrad-Handler")]


class QueuedConsultation(ConsultationSummary):
    """A row of the queue. `tab` is by the calendar day; `escalatedAt` is null when nobody waits for it to be led.

    `awaitingApproval` when its answer waits for a second handler, `meetingRequested` when the asking side waits to be
    granted a physical meeting.
    """

    unit: str
    queue: Queue
    tab: Tab
    escalated_at: Instant | None
    awaiting_approval: bool
    meeting_requested: bool


class QueuePage(WireModel):
    """A page of the queue."""

    consultations: list[QueuedConsultation]
    links: Links


class TabCount(WireModel):
    """How many open consultations, and of these how many that nobody has."""

    tab: Tab
    consultations: int
    unassigned: int


class QueueCounts(WireModel):
    """Each tab, as of the calendar day `day`."""

    day: Day
    tabs: list[TabCount]
    links: Links


class ClaimRequest(WireModel):
    """Where to take from. What is left out may be anything."""

    unit: UnitCode | None = None
    queue: Queue | None = None
    type: ConsultationType | None = None


class ClaimedConsultation(WireModel):
    """What has become the handler's."""

    consultation_id: uuid.UUID
    number: str
    type: ConsultationType
    state: State
    turn: Turn
    version: int
    assigned_to: str
    unit: str
    due_at: Instant
    links: Links


class HandlerLoad(WireModel):
    """What a handler has. `late` is past its day; what waits for somebody else is in `waiting` and never late."""

    handler: str
    open: int
    late: int
    waiting: int


class HandlerLoads(WireModel):
    """Everybody who has anything open, at most a thousand."""

    day: Day
    handlers: list[HandlerLoad]
    links: Links


class AssignmentRequest(WireModel):
    """Who is to have it. Null gives it back to the queue."""

    handler: Handler | None


class AssignedItem(WireModel):
    """One of many, in the version that was read."""

    consultation_id: uuid.UUID
    version: Annotated[int, Field(strict=True, ge=1, le=999_999_999)]


class ManyAssignments(WireModel):
    """All to the same handler, or back to the queue."""

    handler: Handler | None
    consultations: Annotated[list[AssignedItem], Field(min_length=1, max_length=200)]


class AssignmentOutcome(WireModel):
    """What became of one. When `done` is false `code` is the problem, and nothing of it has been changed."""

    consultation_id: uuid.UUID
    done: bool
    assigned_to: str | None
    version: int | None
    code: str | None


class AssignmentOutcomes(WireModel):
    """In the order of the request."""

    outcomes: list[AssignmentOutcome]


class RedistributionRequest(WireModel):
    """Who is absent, and who gets it, in turns. Without `to` it goes back to the queue."""

    handler: Handler
    to: Annotated[list[Handler], Field(max_length=50, default_factory=list)]


class PlannedMove(WireModel):
    """Who gets how many. Null is the queue."""

    handler: str | None
    consultations: int


class RedistributionPreview(WireModel):
    """What would be moved. `version` belongs in If-Match; `more` when as many as can be moved at once are not all."""

    version: int
    moves: list[PlannedMove]
    more: bool


class RedistributionOutcome(AssignmentOutcomes):
    """What became of each; `more` when something is left to be moved by the same request again."""

    more: bool


class HandOverRequest(WireModel):
    """Which unit gets it, and why."""

    unit: UnitCode
    reason: HandOverReason


class MovedPart(WireModel):
    """How many of a kind go along."""

    part: str
    number: int


class InSight(WireModel):
    """Whose queue it stands in, and who has it."""

    unit: str
    unit_name: str | None
    handler: str | None


class BookedMeetingModel(WireModel):
    """A meeting that stays booked; `leaves_slot` when it lets go of a slot of the old unit's, which others can book."""

    leaves_slot: bool


class HandOverPreview(WireModel):
    """What a hand-over would do. `loses` no longer has it in its queue, and `gains` has; everybody at the authority
    who may work the queue still finds it by its number. `booked_meeting` when a meeting is waited for.
    """

    version: int
    state: State
    moves: list[MovedPart]
    booked_meeting: BookedMeetingModel | None
    loses: InSight
    gains: InSight


class EscalationRequest(WireModel):
    """Why it stands still."""

    reason: DelayReason


class FiltersModel(WireModel):
    """What of the queue is looked at, by the names of its parameters."""

    unit: UnitCode | None = None
    queue: Queue | None = None
    type: ConsultationType | None = None
    turn: Turn | None = None
    tab: Tab | None = None
    escalated: Flag = False
    assigned: Assigned = Assigned.ANYONE
    sort: Sort = Sort.DUE
    awaiting_approval: Flag = False

    def filters(self) -> Filters:
        """Checked. Raises Problem when they can't be combined."""
        filters = Filters(**self.model_dump())
        filters.check()
        return filters


def _nobody(name: str) -> str:
    """Raises when it holds what passes for an identity number: names are kept in the clear."""
    if passes_for_identity(name):
        raise PydanticCustomError("names_somebody", "an identity number does not stand in a name")
    return name


class ViewRequest(WireModel):
    """A view to save. Its name is read by colleagues when it is shared: nothing about a person belongs in it."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$"), AfterValidator(_nobody)]
    shared: Flag = False
    filters: FiltersModel


class SavedView(WireModel):
    """A saved view; `own` when the one who asks saved it."""

    view_id: uuid.UUID
    name: str
    shared: bool
    own: bool
    filters: FiltersModel
    created_at: Instant


class SavedViews(WireModel):
    """One's own, and those shared in the organisation."""

    views: list[SavedView]
    links: Links


class RemovedView(WireModel):
    """It is gone."""

    view_id: uuid.UUID


def queued(row: Row[Any], reader: str, today: Today, base_url: str) -> QueuedConsultation:
    """A row of the queue, as the answering side sees it."""
    return QueuedConsultation(
        **summary_values(row, reader, "", base_url),
        unit=row.unit,
        queue=row.queue,
        tab=today.tab(Turn(row.turn), row.due_at),
        escalated_at=row.escalated_at,
        awaiting_approval=row.proposed_by is not None,
        meeting_requested=row.meeting_requested,
    )
