"""Requests for a physical meeting in the database. One waits at a time: `outcome` is null while it does."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.channels.meeting_requests.domain import MeetingRefusal
from services.consultation.consultations.domain import Consultation

_OF = "org = :org AND consultation_id = :consultation_id"
# Whoever changes the consultation has taken its version, so nobody else asks or books meanwhile.
_ADD = text(
    f"""
    INSERT INTO meeting_request (org, consultation_id, sequence, answering_org, requested_at, distance_km)
    SELECT :org, :consultation_id, :sequence, :answering_org, :at, CAST(:distance_km AS smallint)
    WHERE NOT EXISTS (SELECT FROM meeting_request WHERE {_OF} AND outcome IS NULL)
      AND NOT EXISTS (SELECT FROM meeting WHERE {_OF} AND kind = 'physical' AND outcome IS NULL)
    RETURNING 1
    """
)
_SETTLE = text(
    f"""
    UPDATE meeting_request
    SET outcome = :outcome, outcome_sequence = :sequence, outcome_at = :at, meeting_id = :meeting_id, reason = :reason
    WHERE {_OF} AND outcome IS NULL RETURNING 1
    """
)
_WAIT_AGAIN = text(
    f"""
    UPDATE meeting_request SET outcome = NULL, outcome_sequence = NULL, outcome_at = NULL, meeting_id = NULL
    WHERE {_OF} AND meeting_id = :meeting_id
    """
)
_LIST = text(
    f"""
    SELECT requested_at, distance_km, outcome, outcome_at, meeting_id, reason
    FROM meeting_request WHERE {_OF} ORDER BY sequence
    """
)


async def add(connection: AsyncConnection, after: Consultation, at: datetime, distance_km: int | None) -> bool:
    """With the event that `after` came about by; False when one waits, or a physical meeting is awaited."""
    values = {**_of(after), "answering_org": after.answering, "at": at, "distance_km": distance_km}
    return (await connection.execute(_ADD, values)).scalar_one_or_none() is not None


async def grant(connection: AsyncConnection, after: Consultation, at: datetime, meeting_id: UUID) -> None:
    """The request that waits, if there is one, is granted with the meeting that has been booked."""
    values = {**_of(after), "at": at, "outcome": "granted", "meeting_id": meeting_id, "reason": None}
    await connection.execute(_SETTLE, values)


async def refuse(connection: AsyncConnection, after: Consultation, at: datetime, reason: MeetingRefusal) -> bool:
    """The request that waits is refused; False when none does."""
    values = {**_of(after), "at": at, "outcome": "refused", "meeting_id": None, "reason": reason.value}
    return (await connection.execute(_SETTLE, values)).scalar_one_or_none() is not None


async def wait_again(connection: AsyncConnection, after: Consultation, meeting_id: UUID) -> None:
    """The request that was granted with this meeting, if there is one, waits again."""
    await connection.execute(_WAIT_AGAIN, {**_of(after), "meeting_id": meeting_id})


async def requests_of(connection: AsyncConnection, owner: str, consultation_id: UUID) -> Sequence[Row[Any]]:
    """All of a consultation, in the order made."""
    return (await connection.execute(_LIST, {"org": owner, "consultation_id": consultation_id})).all()


def _of(after: Consultation) -> dict[str, Any]:
    return {"org": after.organisation, "consultation_id": after.id, "sequence": after.version}
