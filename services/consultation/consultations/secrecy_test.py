"""The secrecy test: begun before anything is told, ended when the handler knows what may be."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.repository import find_answered_by


async def begin_secrecy_test(connection: AsyncConnection, change: Change) -> Consultation:
    """Raises Problem 404, 409 when another handler has it or it can't be tested now, 412."""
    return await apply(connection, change, find_answered_by, Consultation.begin_secrecy_test)


async def end_secrecy_test(connection: AsyncConnection, change: Change) -> Consultation:
    """Raises Problem 404, 409 when another handler has it or no test is under way, 412."""
    return await apply(connection, change, find_answered_by, Consultation.end_secrecy_test)
