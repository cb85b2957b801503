"""Published entries in the database. They are everybody's to read, and hold nobody: no organisation, person or time.

Beside them stand the confirmations, the answering organisation's alone. The database lets nobody write an entry but who
has confirmed a text with just its digest, and nobody confirm what she has written herself.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.forms.codes import DecisionType
from services.consultation.faq.domain import EntryText, QuestionAndAnswer

_COLUMNS = "id, version, decision_type, question_sv, answer_sv, question_en, answer_en"
_FIND = text(f"SELECT {_COLUMNS} FROM faq_entry WHERE id = :id")
_OWN = text(
    f"""
    SELECT {_COLUMNS} FROM faq_entry e
    WHERE id = :id AND EXISTS (SELECT FROM faq_confirmation c WHERE c.org = :org AND c.entry_id = e.id)
    """
)
# By ids, which are made at random: an order by time would tell when each was asked.
_OF_TYPE = "AND decision_type = :decision_type"
_FOUND = """
    AND searched @@ (plainto_tsquery('swedish', :words) || plainto_tsquery('english', :words))
"""
_PAGES = {
    (of_type, found): text(
        f"""
        SELECT {_COLUMNS} FROM faq_entry
        WHERE id > :after {_OF_TYPE if of_type else ""} {_FOUND if found else ""}
        ORDER BY id LIMIT :rows
        """
    )
    for of_type in (False, True)
    for found in (False, True)
}
_CONFIRM = text(
    """
    INSERT INTO faq_confirmation (org, entry_id, version, digest, written_by, confirmed_by, client_id, confirmed_at)
    VALUES (:org, :entry_id, :version, :digest, :written_by, :confirmed_by, :client_id, :at)
    """
)
_PUBLISH = text(
    f"""
    INSERT INTO faq_entry ({_COLUMNS}, digest)
    VALUES (:id, :version, :decision_type, :question_sv, :answer_sv, :question_en, :answer_en, :digest)
    """
)
_CORRECT = text(
    """
    UPDATE faq_entry
    SET version = :version, decision_type = :decision_type, question_sv = :question_sv, answer_sv = :answer_sv,
        question_en = :question_en, answer_en = :answer_en, digest = :digest
    WHERE id = :id AND version = :version - 1
    """
)
_WITHDRAW = text("DELETE FROM faq_entry WHERE id = :id AND version = :version")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('faq_entry ' || :id, 28))")
_FIRST = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Who has confirmed, for which organisation and when, that what others have written holds no personal data."""

    organisation: str
    entry_id: uuid.UUID
    version: int
    written_by: Sequence[str]
    confirmed_by: str
    client_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PublishedEntry:
    """An entry as everybody reads it."""

    id: uuid.UUID
    version: int
    text: EntryText


async def find(connection: AsyncConnection, entry_id: uuid.UUID) -> Row[Any] | None:
    """A published entry."""
    return (await connection.execute(_FIND, {"id": entry_id})).one_or_none()


async def find_own(connection: AsyncConnection, organisation: str, entry_id: uuid.UUID) -> Row[Any] | None:
    """A published entry that the organisation has confirmed."""
    return (await connection.execute(_OWN, {"org": organisation, "id": entry_id})).one_or_none()


async def one_at_a_time(connection: AsyncConnection, entry_id: uuid.UUID) -> None:
    """Of those who correct or withdraw an entry one goes on, until its transaction ends.

    No row can be held for it: who confirms takes the proposal before the entry, and who proposes has neither yet.
    """
    await connection.execute(_ONE_AT_A_TIME, {"id": str(entry_id)})


async def page(
    connection: AsyncConnection,
    decision_type: DecisionType | None,
    words: str | None,
    after: uuid.UUID | None,
    rows: int,
) -> Sequence[Row[Any]]:
    """Published entries after an id. With `words` those that hold all of them, in either language."""
    statement = _PAGES[decision_type is not None, words is not None]
    values: dict[str, Any] = {"after": after or _FIRST, "rows": rows}
    if decision_type is not None:
        values["decision_type"] = decision_type.value
    if words is not None:
        values["words"] = words
    return (await connection.execute(statement, values)).all()


async def publish(connection: AsyncConnection, confirmation: Confirmation, written: EntryText) -> bool:
    """Confirm and publish, as a new entry or as the next version of one. False when that version is no longer there.

    The transaction is then not to be committed.
    """
    # First, since the policy of entries asks for it.
    values = {
        "org": confirmation.organisation,
        "entry_id": confirmation.entry_id,
        "version": confirmation.version,
        "digest": written.digest,
        "written_by": list(confirmation.written_by),
        "confirmed_by": confirmation.confirmed_by,
        "client_id": confirmation.client_id,
        "at": confirmation.at,
    }
    await connection.execute(_CONFIRM, values)
    english = written.en or QuestionAndAnswer("", "")
    told = {
        "id": confirmation.entry_id,
        "version": confirmation.version,
        "decision_type": written.decision_type.value,
        "question_sv": written.sv.question,
        "answer_sv": written.sv.answer,
        "question_en": english.question or None,
        "answer_en": english.answer or None,
        "digest": written.digest,
    }
    statement = _PUBLISH if confirmation.version == 1 else _CORRECT
    return (await connection.execute(statement, told)).rowcount == 1


async def withdraw(connection: AsyncConnection, entry_id: uuid.UUID, version: int) -> bool:
    """Remove a published entry with its text; False when it is no longer there in that version."""
    return (await connection.execute(_WITHDRAW, {"id": entry_id, "version": version})).rowcount == 1


def as_entry(row: Row[Any]) -> PublishedEntry:
    """A row as it is told."""
    english = None if row.question_en is None else QuestionAndAnswer(row.question_en, row.answer_en)
    written = EntryText(DecisionType(row.decision_type), QuestionAndAnswer(row.question_sv, row.answer_sv), english)
    return PublishedEntry(row.id, row.version, written)
