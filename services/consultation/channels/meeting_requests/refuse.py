"""Refuse a physical meeting that was asked for, with a reason that can be counted."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.channels.meeting_requests import repository
from services.consultation.channels.meeting_requests.domain import MeetingRefusal
from services.consultation.channels.problems import NO_MEETING_REQUESTED
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Actor, Consultation, Event
from services.consultation.consultations.repository import find_answered_by
from shared.problems import Problem


async def refuse_meeting(connection: AsyncConnection, change: Change, reason: MeetingRefusal) -> Consultation:
    """Raises Problem 404, 409 when it has ended, another handler has it or no request waits, 412."""

    def refused(consultation: Consultation, by: Actor) -> tuple[Consultation, Event]:
        return consultation.refuse_meeting(by, reason=reason.value)

    after = await apply(connection, change, find_answered_by, refused)
    if not await repository.refuse(connection, after, change.at, reason):
        raise Problem(NO_MEETING_REQUESTED)
    return after
