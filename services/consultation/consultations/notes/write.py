"""Write a note: by either side, for its own eyes. Nothing else is changed, no time and no version."""

import uuid

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.basis import basis_of
from services.consultation.consultations.notes import repository
from services.consultation.consultations.notes.repository import NewNote
from services.consultation.consultations.repository import Reader
from services.consultation.consultations.staying import keep_from_going
from services.consultation.consultations.worked_on import worked_on_by
from services.consultation.problems import PROTECTED_IDENTITY
from shared.audit import AuditEntry, record
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault


async def write_note(
    connection: AsyncConnection, vault: Vault, caller: Caller, consultation_id: uuid.UUID, note: NewNote
) -> None:
    """Raises Problem 404, 403 without the scope of the caller's side, 409 about a person with protected identity or
    when what it supersedes has been superseded, 422 when that is not there.
    """
    row = await worked_on_by(caller)(connection, Reader.of(caller), consultation_id)
    if row is None or not await keep_from_going(connection, row):
        raise Problem(NOT_FOUND)
    if row.protected:
        raise Problem(PROTECTED_IDENTITY, for_audit={"subject": row.person_mark})
    await repository.add(connection, vault, caller, row, note)
    entry = AuditEntry(
        event="consultation.note_written",
        at=note.at,
        caller=caller,
        object_type="consultation",
        object_id=row.id,
        subject=row.person_mark,
        detail={
            **basis_of(row),
            "note": str(note.id),
            "supersedes": note.supersedes and str(note.supersedes),
        },
    )
    await record(connection, entry)
