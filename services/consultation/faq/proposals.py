"""Proposals in the database: sealed to their place, the answering organisation's alone, and gone when confirmed.

One is made from a consultation and goes with it, or corrects an entry and is kept for as long as a draft.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.forms.codes import DecisionType
from services.consultation.consultations.repository import Reader, in_sight
from services.consultation.faq.domain import EntryText, QuestionAndAnswer
from services.consultation.faq.problems import FAQ_PROPOSED_ALREADY
from shared.problems import Problem
from shared.vault import Vault

# The other one of two who propose at once is told of the first.
_ADD = text(
    """
    INSERT INTO faq_proposal (org, id, consultation_org, consultation_id, entry_id, entry_version, edition, written_by,
                              proposed_at, expires_at, sealed)
    VALUES (:org, :id, :consultation_org, :consultation_id, :entry_id, :entry_version, 1, ARRAY[:by], :at, :expires_at,
            :sealed)
    ON CONFLICT DO NOTHING RETURNING 1
    """
)
_COLUMNS = """
    p.id, p.consultation_org, p.consultation_id, p.entry_id, p.entry_version, p.edition, p.written_by, p.proposed_at,
    p.sent_back_at, p.sent_back_by, p.reason, p.sealed
"""
_OTHER = text(
    """
    SELECT id FROM faq_proposal
    WHERE org = :org AND (consultation_id = CAST(:consultation_id AS uuid) OR entry_id = CAST(:entry_id AS uuid))
    """
)
_FIND = text(f"SELECT {_COLUMNS} FROM faq_proposal p WHERE p.org = :org AND p.id = :id")
_HOLD = text(f"SELECT {_COLUMNS} FROM faq_proposal p WHERE p.org = :org AND p.id = :id FOR UPDATE")
# Of what is hidden from the handler, and of persons with protected identity, nothing is listed.
_PAGE = text(
    f"""
    SELECT {_COLUMNS} FROM faq_proposal p
    LEFT JOIN consultation c ON c.org = p.consultation_org AND c.id = p.consultation_id
    WHERE p.org = :org AND (p.proposed_at, p.id) > (CAST(:at AS timestamptz), CAST(:after AS uuid))
      AND (p.consultation_id IS NULL OR ({in_sight("c")} AND NOT is_protected(c.person_mark)))
    ORDER BY p.proposed_at, p.id LIMIT :rows
    """
)
_REWRITE = text(
    """
    UPDATE faq_proposal
    SET edition = edition + 1, written_by = :written_by, sealed = :sealed,
        sent_back_at = NULL, sent_back_by = NULL, reason = NULL
    WHERE org = :org AND id = :id AND edition = :edition
    """
)
_SEND_BACK = text(
    """
    UPDATE faq_proposal SET edition = edition + 1, sent_back_at = :at, sent_back_by = :by, reason = :reason
    WHERE org = :org AND id = :id AND edition = :edition
    """
)
_REMOVE = text("DELETE FROM faq_proposal WHERE org = :org AND id = :id")
_REMOVE_OF_ENTRY = text("DELETE FROM faq_proposal WHERE org = :org AND entry_id = :entry_id")
_FORGET = text("DELETE FROM faq_proposal WHERE expires_at <= :now")
_OLDEST = (datetime.min.replace(tzinfo=UTC), uuid.UUID(int=0))


@dataclass(frozen=True, slots=True)
class NewProposal:
    """A proposal as it is made, by whom of which organisation: from a consultation, or of a version of an entry."""

    id: uuid.UUID
    organisation: str
    by: str
    at: datetime
    text: EntryText
    consultation: tuple[str, uuid.UUID] | None = None
    entry: tuple[uuid.UUID, int] | None = None
    expires_at: datetime | None = None


async def add(connection: AsyncConnection, vault: Vault, new: NewProposal) -> None:
    """Keep it. Raises Problem 409 when one of the same consultation or entry waits already."""
    consultation_org, consultation_id = new.consultation or (None, None)
    entry_id, entry_version = new.entry or (None, None)
    values = {
        "org": new.organisation,
        "id": new.id,
        "consultation_org": consultation_org,
        "consultation_id": consultation_id,
        "entry_id": entry_id,
        "entry_version": entry_version,
        "by": new.by,
        "at": new.at,
        "expires_at": new.expires_at,
        "sealed": _sealed(vault, new.id, new.text),
    }
    if (await connection.execute(_ADD, values)).scalar_one_or_none() is None:
        # None when it has been confirmed in the same moment.
        other = (await connection.execute(_OTHER, values)).scalar_one_or_none()
        raise Problem(FAQ_PROPOSED_ALREADY, members={"proposalId": other and str(other)})


async def find(connection: AsyncConnection, organisation: str, proposal_id: uuid.UUID) -> Row[Any] | None:
    """One of the organisation's own."""
    return (await connection.execute(_FIND, {"org": organisation, "id": proposal_id})).one_or_none()


async def hold(connection: AsyncConnection, organisation: str, proposal_id: uuid.UUID) -> Row[Any] | None:
    """The same, and nobody else changes it until the transaction ends."""
    return (await connection.execute(_HOLD, {"org": organisation, "id": proposal_id})).one_or_none()


async def page(
    connection: AsyncConnection, reader: Reader, place: tuple[datetime, uuid.UUID] | None, rows: int
) -> Sequence[Row[Any]]:
    """The organisation's own that the reader may see, the oldest first."""
    at, after = place or _OLDEST
    values = {**reader.values(), "at": at, "after": after, "rows": rows}
    return (await connection.execute(_PAGE, values)).all()


async def rewrite(
    connection: AsyncConnection, vault: Vault, organisation: str, row: Row[Any], by: str, written: EntryText
) -> None:
    """Put another text in its place. `row` is held; who writes stands last among those who have."""
    values = {
        "org": organisation,
        "id": row.id,
        "edition": row.edition,
        "written_by": [*(each for each in row.written_by if each != by), by],
        "sealed": _sealed(vault, row.id, written),
    }
    await connection.execute(_REWRITE, values)


async def send_back(
    connection: AsyncConnection, vault: Vault, organisation: str, row: Row[Any], by: str, at: datetime, reason: str
) -> None:
    """Keep why it was not confirmed, beside it. `row` is held."""
    values = {
        "org": organisation,
        "id": row.id,
        "edition": row.edition,
        "at": at,
        "by": by,
        "reason": vault.seal(reason.encode(), _purpose_of_reason(row.id)),
    }
    await connection.execute(_SEND_BACK, values)


async def remove(connection: AsyncConnection, organisation: str, proposal_id: uuid.UUID) -> None:
    """It has become an entry."""
    await connection.execute(_REMOVE, {"org": organisation, "id": proposal_id})


async def remove_of_entry(connection: AsyncConnection, organisation: str, entry_id: uuid.UUID) -> None:
    """What was to correct an entry that is withdrawn."""
    await connection.execute(_REMOVE_OF_ENTRY, {"org": organisation, "entry_id": entry_id})


async def forget_expired(connection: AsyncConnection, now: datetime) -> int:
    """Remove corrections that nobody has confirmed in time, of every organisation; how many. For background jobs."""
    return (await connection.execute(_FORGET, {"now": now})).rowcount


def opened(vault: Vault, row: Row[Any]) -> EntryText:
    """What is proposed. Raises CannotOpen."""
    read = json.loads(vault.open(row.sealed, _purpose(row.id)))
    english = None if read["en"] is None else QuestionAndAnswer(*read["en"])
    return EntryText(DecisionType(read["decisionType"]), QuestionAndAnswer(*read["sv"]), english)


def opened_reason(vault: Vault, row: Row[Any]) -> str | None:
    """Why it was sent back; None when it was not. Raises CannotOpen."""
    return None if row.reason is None else vault.open(row.reason, _purpose_of_reason(row.id)).decode()


def _sealed(vault: Vault, proposal_id: uuid.UUID, written: EntryText) -> bytes:
    languages = {
        name: None if each is None else [each.question, each.answer]
        for name, each in (("sv", written.sv), ("en", written.en))
    }
    content = {"decisionType": written.decision_type.value, **languages}
    return vault.seal(json.dumps(content).encode(), _purpose(proposal_id))


def _purpose(proposal_id: uuid.UUID) -> str:
    return f"faq_proposal:{proposal_id}"


def _purpose_of_reason(proposal_id: uuid.UUID) -> str:
    return f"faq_proposal:{proposal_id}:reason"
