"""Call back: the handler tries to reach the asker through the switchboard; the second failure leads to a letter (R5).

The number is the organisation's switchboard, never a person's: that is what verifies who asks.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.domain import Actor, Channel, Consultation, Event
from services.consultation.consultations.repository import find_answered_by

FAILURES_BEFORE_POST = 2

_KEEP = text(
    """
    WITH kept AS (
        INSERT INTO call_back (org, consultation_id, sequence, answering_org, switchboard, outcome, minutes)
        VALUES (:org, :id, :sequence, :answering_org, :switchboard, :outcome, :minutes)
        RETURNING outcome
    )
    SELECT (SELECT count(*) FROM call_back WHERE org = :org AND consultation_id = :id AND outcome <> 'reached')
           + (SELECT count(*) FROM kept WHERE outcome <> 'reached')
    """
)


class CallBackOutcome(StrEnum):
    """How an attempt ended."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    NOT_VERIFIED = "not_verified"


@dataclass(frozen=True, slots=True)
class CallBack:
    """One attempt. `minutes` is the handler's time."""

    switchboard: str
    outcome: CallBackOutcome
    minutes: int


async def call_back(connection: AsyncConnection, change: Change, attempt: CallBack) -> tuple[Consultation, int]:
    """The consultation, and how many attempts have failed; after the second failure the answer goes by post.

    Each attempt is an event of its own, and so is the choice of a letter. Raises Problem 404, 409 when another handler
    has it or it is not in progress, 412.
    """

    def attempted(consultation: Consultation, by: Actor) -> tuple[Consultation, Event]:
        return consultation.call_back(by, outcome=attempt.outcome.value, minutes=attempt.minutes)

    by_phone = replace(change, channel=Channel.PHONE)
    after = await apply(connection, by_phone, find_answered_by, attempted)
    failed = await _keep(connection, after, attempt)
    if attempt.outcome is CallBackOutcome.REACHED or failed < FAILURES_BEFORE_POST:
        return after, failed
    letter = replace(change, expected_version=after.version, channel=Channel.POST, happened_at=None, event_id=uuid4())
    return await apply(connection, letter, find_answered_by, _by_post), failed


def _by_post(consultation: Consultation, by: Actor) -> tuple[Consultation, Event]:
    return consultation.send_by_post(by, reason="no_callback")


async def _keep(connection: AsyncConnection, after: Consultation, attempt: CallBack) -> int:
    values: dict[str, Any] = {
        "org": after.organisation,
        "id": after.id,
        "sequence": after.version,
        "answering_org": after.answering,
        "switchboard": attempt.switchboard,
        "outcome": attempt.outcome.value,
        "minutes": attempt.minutes,
    }
    failed: int = (await connection.execute(_KEEP, values)).scalar_one()
    return failed
