"""Rules of approval, and answers that wait for it, in the database. What is proposed is sealed to its place."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.repository import Recording
from services.consultation.consultations.approvals.rules import ApprovalRule, Covers
from services.consultation.consultations.disclosures.domain import Decision, Disclosure, RefusalReason
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.information_sets import InformationSet
from services.consultation.consultations.reasons import AnswerClosing, ClosingCode
from shared.vault import Vault

_RULES = text(
    """
    SELECT id, unit, type, valid_from, recorded_at, covers FROM approval_rule
    WHERE org = :org ORDER BY unit NULLS FIRST, type NULLS FIRST, valid_from, recorded_at, id
    """
)
_ADD_RULE = text(
    """
    INSERT INTO approval_rule (org, id, unit, type, valid_from, recorded_at, recorded_by, client_id, covers)
    VALUES (:org, :id, :unit, :type, :valid_from, :recorded_at, :recorded_by, :client_id, :covers)
    """
)
_KEEP = text(
    """
    INSERT INTO answer_proposal (org, consultation_id, consultation_org, sequence, proposed_at, proposed_by, sealed)
    VALUES (:org, :id, :consultation_org, :sequence, :at, :by, :sealed)
    ON CONFLICT (org, consultation_id) DO UPDATE
       SET sequence = excluded.sequence, proposed_at = excluded.proposed_at, proposed_by = excluded.proposed_by,
           sealed = excluded.sealed, sent_back_at = NULL, sent_back_by = NULL, reason = NULL
    """
)
_FIND = text(
    """
    SELECT sequence, proposed_at, proposed_by, sealed, sent_back_at, sent_back_by, reason FROM answer_proposal
    WHERE org = :org AND consultation_id = :id
    """
)
_SEND_BACK = text(
    """
    UPDATE answer_proposal SET sent_back_at = :at, sent_back_by = :by, reason = :reason
    WHERE org = :org AND consultation_id = :id AND sent_back_at IS NULL
    """
)


@dataclass(frozen=True, slots=True)
class ProposedAnswer:
    """All that will be told when it is approved."""

    text: str
    decided: tuple[Disclosure, ...]
    closing: AnswerClosing
    attachments: tuple[uuid.UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class SentBack:
    """That it was not approved, by whom, and why."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeptProposal:
    """An answer that waits, or that has been sent back to its author."""

    proposed_at: datetime
    proposed_by: str
    answer: ProposedAnswer
    sent_back: SentBack | None


async def rules(connection: AsyncConnection, organisation: str) -> Sequence[Row[Any]]:
    """Every version: a handful, so there are no pages."""
    return (await connection.execute(_RULES, {"org": organisation})).all()


def as_rule(row: Row[Any]) -> ApprovalRule:
    """A row of `rules`."""
    covers = Covers(row.covers) if row.covers else None
    return ApprovalRule(row.unit, row.type, row.valid_from, row.recorded_at, covers)


async def add_rule(
    connection: AsyncConnection,
    recording: Recording,
    unit: str | None,
    consultation_type: str | None,
    valid_from: date,
    covers: Covers | None,
) -> None:
    """Record a version."""
    values = {
        **recording.values(),
        "unit": unit,
        "type": consultation_type,
        "valid_from": valid_from,
        "covers": covers and covers.value,
    }
    await connection.execute(_ADD_RULE, values)


async def keep(
    connection: AsyncConnection, vault: Vault, after: Consultation, at: datetime, answer: ProposedAnswer
) -> None:
    """Keep what has been proposed, in the place of what was before. `after` is the consultation as it became."""
    values = {
        "org": after.answering,
        "id": after.id,
        "consultation_org": after.organisation,
        "sequence": after.version,
        "at": at,
        "by": after.proposed_by,
        "sealed": vault.seal(_encoded(answer), _purpose(after.id, after.version)),
    }
    await connection.execute(_KEEP, values)


async def find(
    connection: AsyncConnection, vault: Vault, organisation: str, consultation_id: uuid.UUID
) -> KeptProposal | None:
    """What waits, or was sent back; None when there is neither. Raises CannotOpen."""
    row = (await connection.execute(_FIND, {"org": organisation, "id": consultation_id})).one_or_none()
    if row is None:
        return None
    answer = _decoded(vault.open(row.sealed, _purpose(consultation_id, row.sequence)))
    sent_back = None
    if row.sent_back_at is not None:
        reason = vault.open(row.reason, _purpose_of_reason(consultation_id)).decode()
        sent_back = SentBack(row.sent_back_at, row.sent_back_by, reason)
    return KeptProposal(row.proposed_at, row.proposed_by, answer, sent_back)


async def note_sent_back(
    connection: AsyncConnection, vault: Vault, organisation: str, consultation_id: uuid.UUID, sent_back: SentBack
) -> None:
    """Keep why it was not approved, beside what was proposed."""
    values = {
        "org": organisation,
        "id": consultation_id,
        "at": sent_back.at,
        "by": sent_back.by,
        "reason": vault.seal(sent_back.reason.encode(), _purpose_of_reason(consultation_id)),
    }
    await connection.execute(_SEND_BACK, values)


def _encoded(answer: ProposedAnswer) -> bytes:
    decided = [
        {
            "code": each.code.value,
            "decision": each.decision.value,
            "legal_basis": each.legal_basis,
            "reason": each.reason and each.reason.value,
            "explanation": each.explanation,
            "content": each.content,
            "attachments": [str(file) for file in each.attachments],
        }
        for each in answer.decided
    ]
    return json.dumps(
        {
            "text": answer.text,
            "closing": answer.closing.value,
            "decided": decided,
            "attachments": [str(file) for file in answer.attachments],
        }
    ).encode()


def _decoded(written: bytes) -> ProposedAnswer:
    read = json.loads(written)
    decided = tuple(
        Disclosure(
            code=InformationSet(each["code"]),
            decision=Decision(each["decision"]),
            legal_basis=each["legal_basis"],
            reason=RefusalReason(each["reason"]) if each["reason"] else None,
            explanation=each["explanation"],
            content=each["content"],
            attachments=_files(each),
        )
        for each in read["decided"]
    )
    return ProposedAnswer(read["text"], decided, cast(AnswerClosing, ClosingCode(read["closing"])), _files(read))


def _files(read: Mapping[str, Any]) -> tuple[uuid.UUID, ...]:
    return tuple(uuid.UUID(file) for file in read["attachments"])


def _purpose(consultation_id: uuid.UUID, sequence: int) -> str:
    return f"answer_proposal:{consultation_id}:{sequence}"


def _purpose_of_reason(consultation_id: uuid.UUID) -> str:
    return f"answer_proposal:{consultation_id}:reason"
