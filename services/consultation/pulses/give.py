"""Give a pulse: once for a closed consultation, by the side that asked."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.basis import basis_of
from services.consultation.consultations.domain import State
from services.consultation.consultations.repository import Reader, find_own
from services.consultation.consultations.staying import keep_from_going
from services.consultation.problems import PROTECTED_IDENTITY, PULSE_NOT_OPEN
from services.consultation.pulses import repository
from shared.audit import AuditEntry, record
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault


@dataclass(frozen=True, slots=True)
class GivenPulse:
    """A rating from 1 to 5, and words if there are any."""

    rating: int
    words: str | None
    given_at: datetime


async def give_pulse(
    connection: AsyncConnection, vault: Vault, caller: Caller, consultation_id: uuid.UUID, given: GivenPulse
) -> None:
    """Raises Problem 404, 409 before it is closed, when one has been given, or for words about a protected person."""
    row = await find_own(connection, Reader.of(caller), consultation_id)
    if row is None or not await keep_from_going(connection, row):
        raise Problem(NOT_FOUND)
    if row.protected and given.words is not None:
        raise Problem(PROTECTED_IDENTITY, for_audit={"subject": row.person_mark})
    values = {
        "org": row.org,
        "id": row.id,
        "given_at": given.given_at,
        "rating": given.rating,
        "sealed": None if given.words is None else vault.seal(given.words.encode(), _purpose(row.id)),
    }
    if row.state != State.CLOSED or not await repository.keep(connection, values):
        raise Problem(PULSE_NOT_OPEN, members={"state": row.state})
    await record(
        connection,
        AuditEntry(
            event="consultation.pulse_given",
            at=given.given_at,
            caller=caller,
            object_type="consultation",
            object_id=row.id,
            subject=row.person_mark,
            detail={
                **basis_of(row),
            },
        ),
    )


async def read_pulse(
    connection: AsyncConnection, vault: Vault, caller: Caller, consultation_id: uuid.UUID
) -> GivenPulse:
    """What the caller's organisation has given. Its words are withheld when the person has protected identity.

    Raises Problem 404 when there is no such consultation, or no pulse of it.
    """
    row = await find_own(connection, Reader.of(caller), consultation_id)
    found = await repository.find(connection, caller.organisation, consultation_id) if row is not None else None
    if row is None or found is None:
        raise Problem(NOT_FOUND)
    told = found.sealed is not None and not row.protected
    words = vault.open(found.sealed, _purpose(consultation_id)).decode() if told else None
    return GivenPulse(found.rating, words, found.given_at)


def _purpose(consultation_id: uuid.UUID) -> str:
    return f"pulse:{consultation_id}"
