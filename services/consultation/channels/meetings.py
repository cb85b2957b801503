"""Meetings: booked, held, missed or cancelled; until then the consultation waits for the meeting (R9)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.channels.meeting_requests import repository as requests
from services.consultation.channels.problems import MEETING_ENDED, MEETING_NOT_YET, SLOT_TAKEN
from services.consultation.channels.slots import repository as slots
from services.consultation.consultations.changes import Change, Find, apply
from services.consultation.consultations.domain import Actor, Channel, Consultation, Event
from services.consultation.consultations.repository import Reader, find_answered_by
from shared.database.constraints import broken_by
from shared.problems import MALFORMED, NOT_FOUND, Problem

_COLUMNS = "id, kind, booked_at, starts_at, minutes, participants, outcome, missed_by, outcome_at"
_BOOK = text(
    """
    INSERT INTO meeting (org, id, consultation_id, answering_org, kind, booked_sequence, booked_at, starts_at, minutes,
                         participants, slot_id)
    VALUES (:org, :id, :consultation_id, :answering_org, :kind, :sequence, :at, :starts_at, :minutes, :participants,
            :slot_id)
    """
)
_FIND = text(
    "SELECT starts_at, kind, outcome FROM meeting WHERE consultation_id = :consultation_id AND id = :id FOR UPDATE"
)
_END = text(
    """
    UPDATE meeting SET outcome = :outcome, missed_by = :missed_by, outcome_sequence = :sequence, outcome_at = :at,
                       slot_id = CASE WHEN :outcome = 'cancelled' THEN NULL ELSE slot_id END
    WHERE org = :org AND id = :id AND outcome IS NULL
    """
)
_LIST = text(
    f"SELECT {_COLUMNS} FROM meeting WHERE org = :org AND consultation_id = :consultation_id ORDER BY booked_sequence"
)


class MeetingKind(StrEnum):
    """Where and with how many parties."""

    REMOTE = "remote"
    PHYSICAL = "physical"
    THREE_PARTY = "three_party"


class Participant(StrEnum):
    """Who is to take part, by role: never a name."""

    MUNICIPALITY = "municipality"
    ANSWERING_AUTHORITY = "answering_authority"
    PERSON = "person"
    SUPPLIER = "supplier"
    EMPLOYER = "employer"


class MeetingOutcome(StrEnum):
    """What became of it."""

    HELD = "held"
    MISSED = "missed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Time:
    """When, and for how many minutes."""

    starts_at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Meeting:
    """What is booked: at a time that was agreed upon, or in a slot, which tells when and how long."""

    id: UUID
    kind: MeetingKind
    participants: tuple[Participant, ...]
    time: Time | None
    slot_id: UUID | None = None


_CHANNELS = {
    MeetingKind.REMOTE: Channel.REMOTE_MEETING,
    MeetingKind.PHYSICAL: Channel.LOCAL_OFFICE,
    MeetingKind.THREE_PARTY: Channel.REMOTE_MEETING,
}


async def book_meeting(connection: AsyncConnection, change: Change, meeting: Meeting) -> Consultation:
    """The consultation waits for the meeting from here on. A physical one grants the request for it that waits.

    Raises Problem 404, 409 also for a slot that somebody has, 412, 422 for one that the consultation's unit does not
    offer, or that has passed.
    """

    def booked(consultation: Consultation, by: Actor) -> tuple[Consultation, Event]:
        return consultation.book_meeting(by, meeting=str(meeting.id), kind=meeting.kind.value)

    after = await apply(connection, change, find_answered_by, booked)
    time = meeting.time or await _time_of_slot(connection, after, meeting.slot_id, change.at)
    values: dict[str, Any] = {
        "org": after.organisation,
        "id": meeting.id,
        "slot_id": meeting.slot_id,
        "consultation_id": after.id,
        "answering_org": after.answering,
        "kind": meeting.kind.value,
        "sequence": after.version,
        "at": change.at,
        "starts_at": time.starts_at,
        "minutes": time.minutes,
        "participants": [each.value for each in meeting.participants],
    }
    try:
        await connection.execute(_BOOK, values)
    except IntegrityError as fault:
        match broken_by(fault):
            case slots.TAKEN:
                raise Problem(SLOT_TAKEN) from None
            case slots.OFFERED:
                # Withdrawn since it was looked at.
                raise _no_such_slot() from None
            case _:
                raise
    if meeting.kind is MeetingKind.PHYSICAL:
        await requests.grant(connection, after, change.at, meeting.id)
    return after


async def _time_of_slot(connection: AsyncConnection, after: Consultation, slot_id: UUID | None, now: datetime) -> Time:
    slot = None if slot_id is None else await slots.find(connection, after.answering, slot_id)
    if slot is None or slot.unit != after.unit or slot.starts_at <= now:
        raise _no_such_slot()
    return Time(slot.starts_at, slot.minutes)


def _no_such_slot() -> Problem:
    return Problem(MALFORMED, members={"errors": [{"field": "slotId", "reason": "unknown"}]})


async def end_meeting(
    connection: AsyncConnection,
    change: Change,
    meeting_id: UUID,
    outcome: MeetingOutcome,
    missed_by: Participant | None,
    find: Find = find_answered_by,
) -> Consultation:
    """The meeting was held, missed or cancelled, and the work goes on. `find` says whose consultation it is.

    When the answering side cancels it, the request that it granted waits again.

    Raises Problem 404, 409 when it has ended or has not begun (what has not begun can only be cancelled), 412.
    """
    reader = Reader.of(change.caller)
    values: dict[str, Any] = {"consultation_id": change.consultation_id, "id": meeting_id}
    found = await find(connection, reader, change.consultation_id)
    row = (await connection.execute(_FIND, values)).one_or_none() if found is not None else None
    if row is None:
        raise Problem(NOT_FOUND)
    if row.outcome is not None:
        raise Problem(MEETING_ENDED, members={"outcome": row.outcome})
    if outcome is not MeetingOutcome.CANCELLED and (change.happened_at or change.at) < row.starts_at:
        raise Problem(MEETING_NOT_YET)
    detail = {"meeting": str(meeting_id), "missedBy": missed_by.value if missed_by else None}

    def ended(consultation: Consultation, by: Actor) -> tuple[Consultation, Event]:
        match outcome:
            case MeetingOutcome.HELD:
                return consultation.hold_meeting(by, **detail)
            case MeetingOutcome.MISSED:
                return consultation.miss_meeting(by, **detail)
            case MeetingOutcome.CANCELLED:
                return consultation.cancel_meeting(by, **detail)

    by_channel = replace(change, channel=_CHANNELS[MeetingKind(row.kind)])
    after = await apply(connection, by_channel, find, ended)
    ending: dict[str, Any] = {
        "org": after.organisation,
        "id": meeting_id,
        "outcome": outcome.value,
        "missed_by": missed_by.value if missed_by else None,
        "sequence": after.version,
        "at": change.happened_at or change.at,
    }
    await connection.execute(_END, ending)
    if outcome is MeetingOutcome.CANCELLED and change.caller.organisation == after.answering:
        await requests.wait_again(connection, after, meeting_id)
    return after


async def meetings_of(connection: AsyncConnection, owner: str, consultation_id: UUID) -> Sequence[Row[Any]]:
    """All of them, in the order booked."""
    return (await connection.execute(_LIST, {"org": owner, "consultation_id": consultation_id})).all()
