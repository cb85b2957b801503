"""Hand over: another unit gets the consultation, in its queue. Before that it can be seen what the move does.

A meeting that is booked stays booked, since the person has been told of it: the new unit holds it, or cancels it. The
slot that it was booked in is the old unit's time, and is left, so that others can book it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, Method, apply
from services.consultation.consultations.domain import Actor, Consultation, Event
from services.consultation.consultations.repository import Reader, as_domain, find_answered_by
from services.consultation.problems import UNIT_HANDLES_NOTHING, WITH_THE_UNIT_ALREADY
from services.consultation.queue.domain import HandOverReason
from services.consultation.units.domain import Units
from shared.problems import NOT_FOUND, Problem

MOVING = (
    ("messages", "consultation_message"),
    ("informationSets", "asked_set"),
    ("callBacks", "call_back"),
    ("meetings", "meeting"),
    ("meetingRequests", "meeting_request"),
)
"""What goes along, and the table that holds it: each has columns `org` and `consultation_id`."""
_MOVED = text(
    " UNION ALL ".join(
        f"SELECT '{part}' AS part, count(*) AS number FROM {table} WHERE org = :org AND consultation_id = :id"
        for part, table in MOVING
    )
)
# A slot that has begun was used: it stays with the unit whose time it took.
_LEAVES = "slot_id IS NOT NULL AND starts_at > :now"
_AWAITED = text(
    f"SELECT {_LEAVES} AS leaves_slot FROM meeting WHERE org = :org AND consultation_id = :id AND outcome IS NULL"
)
# Before the consultation, as by whoever ends a meeting: two who do never wait in a circle.
_LOCK = text("SELECT FROM meeting WHERE org = :org AND consultation_id = :id AND outcome IS NULL FOR UPDATE")
_LEAVE = text(
    f"""
    UPDATE meeting SET slot_id = NULL
    WHERE org = :org AND consultation_id = :id AND outcome IS NULL AND {_LEAVES}
    """
)


@dataclass(frozen=True, slots=True)
class BookedMeeting:
    """A meeting that is waited for, and whether it would leave a slot of the old unit's. Never when it is: that is
    told by the meetings themselves, audited, and withheld for who has protected identity.
    """

    leaves_slot: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a hand-over would do: the consultation as it is and as it would be, and what goes along, by part."""

    consultation: Consultation
    after: Consultation
    moved: Mapping[str, int]
    meeting: BookedMeeting | None


@dataclass(frozen=True, slots=True)
class HandOver:
    """To which unit, and why."""

    unit: str
    reason: HandOverReason


async def preview_hand_over(connection: AsyncConnection, change: Change, to: HandOver) -> Preview:
    """What the hand-over would do; nothing is written. Raises the Problems that the hand-over itself would, but 412."""
    row = await find_answered_by(connection, Reader.of(change.caller), change.consultation_id)
    if row is None:
        raise Problem(NOT_FOUND)
    before = as_domain(row)
    after, _ = _handed_over(to)(before, change.actor())
    values = {"org": before.organisation, "id": before.id}
    moved: Sequence[tuple[str, int]] = [tuple(each) for each in (await connection.execute(_MOVED, values)).all()]
    awaited = (await connection.execute(_AWAITED, {**values, "now": change.at})).one_or_none()
    return Preview(before, after, dict(moved), None if awaited is None else BookedMeeting(awaited.leaves_slot))


async def hand_over_consultation(connection: AsyncConnection, change: Change, to: HandOver) -> Consultation:
    """Raises Problem 404, 409 when somebody else has it, it is there already or can't be moved, 412."""
    row = await find_answered_by(connection, Reader.of(change.caller), change.consultation_id)
    if row is None:
        raise Problem(NOT_FOUND)
    meeting = {"org": row.org, "id": row.id}
    await connection.execute(_LOCK, meeting)
    after = await apply(connection, change, find_answered_by, _handed_over(to))
    await connection.execute(_LEAVE, {**meeting, "now": change.at})
    return after


async def known_unit(units: Units, code: str) -> str:
    """What the unit is called, asked for before anything is begun. Raises Problem 422 for a code that is none."""
    if (name := await units.name_of(code)) is None:
        raise Problem(UNIT_HANDLES_NOTHING)
    return name


def _handed_over(to: HandOver) -> Method:
    def moved(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        if before.unit == to.unit:
            raise Problem(WITH_THE_UNIT_ALREADY)
        return before.hand_over(by, to.unit, reason=to.reason.value, fromUnit=before.unit)

    return moved
