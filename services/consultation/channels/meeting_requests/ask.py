"""Ask for a physical meeting: some need one, and the answering side grants it by booking it, or refuses."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.channels.meeting_requests import repository
from services.consultation.channels.problems import MEETING_REQUESTED_ALREADY
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.repository import find_own
from shared.problems import Problem


async def ask_for_meeting(connection: AsyncConnection, change: Change, distance_km: int | None) -> Consultation:
    """`distance_km` is from the person's home municipality to the nearest office, when it is known.

    Raises Problem 404, 409 when it has ended, one is asked for already, a physical meeting is awaited, or the person
    has protected identity, and 412.
    """
    after = await apply(connection, change, find_own, Consultation.request_meeting)
    if not await repository.add(connection, after, change.at, distance_km):
        raise Problem(MEETING_REQUESTED_ALREADY)
    return after
