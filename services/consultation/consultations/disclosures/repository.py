"""Asked sets and the decisions on them, in the database. Contents are sealed to their place."""

import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.disclosures.domain import AskedSet, Decision, Disclosure, RefusalReason
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.information_sets import Basis, InformationSet
from shared.vault import Vault

WITH_ASKED_SETS = """
    added_sets AS (
        INSERT INTO asked_set (org, consultation_id, code, answering_org, basis, in_registers)
        SELECT changed.org, changed.id, named.code, changed.answering_org, named.basis, named.in_registers
        FROM changed, unnest(CAST(:set_codes AS text[]), CAST(:set_bases AS text[]),
                             CAST(:set_in_registers AS boolean[])) AS named (code, basis, in_registers)
    )
"""
"""For the statement that opens: the sets it names are written with it. See `asked_values`."""

TOLD_SETS = """
    (SELECT json_agg(json_build_object(
        'code', a.code, 'basis', a.basis, 'inRegisters', a.in_registers, 'decision', d.decision,
        'legalBasis', d.legal_basis, 'reason', d.reason, 'explanation', encode(d.explanation, 'base64'),
        'content', encode(d.content, 'base64')) ORDER BY a.code)
     FROM asked_set a LEFT JOIN disclosure d USING (org, consultation_id, code)
     WHERE a.org = consultation.org AND a.consultation_id = consultation.id)
"""
"""For a statement that reads a consultation: its sets and the decisions on them, as JSON or NULL. See `read_told`."""

_ASKED = text("SELECT code FROM asked_set WHERE org = :org AND consultation_id = :id ORDER BY code")
_KEEP = text(
    """
    INSERT INTO disclosure (org, consultation_id, code, answering_org, sequence, decision, legal_basis, reason,
                            explanation, content)
    VALUES (:org, :id, :code, :answering_org, :sequence, :decision, :legal_basis, :reason, :explanation, :content)
    """
)


@dataclass(frozen=True, slots=True)
class ReadSet:
    """A set that was asked for, and the decision on it once there is one."""

    asked: AskedSet
    disclosure: Disclosure | None


def asked_values(asked: Sequence[AskedSet]) -> dict[str, Any]:
    """Parameters of `WITH_ASKED_SETS`."""
    return {
        "set_codes": [each.code.value for each in asked],
        "set_bases": [each.basis.value for each in asked],
        "set_in_registers": [each.in_registers for each in asked],
    }


async def asked_sets(connection: AsyncConnection, owner: str, consultation_id: uuid.UUID) -> list[InformationSet]:
    """The sets that a consultation asks for."""
    values = {"org": owner, "id": consultation_id}
    return [InformationSet(row.code) for row in await connection.execute(_ASKED, values)]


async def keep(connection: AsyncConnection, vault: Vault, after: Consultation, decided: Sequence[Disclosure]) -> None:
    """Write the decisions that came with the latest event of the consultation."""
    if not decided:
        return
    rows = [
        {
            "org": after.organisation,
            "id": after.id,
            "code": each.code.value,
            "answering_org": after.answering,
            "sequence": after.version,
            "decision": each.decision.value,
            "legal_basis": each.legal_basis,
            "reason": each.reason.value if each.reason else None,
            "explanation": _sealed(vault, after.id, each.code, "explanation", each.explanation),
            "content": _sealed(vault, after.id, each.code, "content", each.content),
        }
        for each in decided
    ]
    await connection.execute(_KEEP, rows)


def read_told(vault: Vault, consultation_id: uuid.UUID, told: str | None) -> list[ReadSet]:
    """Every set of `TOLD_SETS`, with its decision once there is one. Raises CannotOpen."""
    return [ReadSet(_asked(each), _disclosure(vault, consultation_id, each)) for each in json.loads(told or "[]")]


def _asked(told: Mapping[str, Any]) -> AskedSet:
    return AskedSet(InformationSet(told["code"]), Basis(told["basis"]), told["inRegisters"])


def _disclosure(vault: Vault, consultation_id: uuid.UUID, told: Mapping[str, Any]) -> Disclosure | None:
    if told["decision"] is None:
        return None
    code = InformationSet(told["code"])
    return Disclosure(
        code=code,
        decision=Decision(told["decision"]),
        legal_basis=told["legalBasis"],
        reason=RefusalReason(told["reason"]) if told["reason"] else None,
        explanation=_opened(vault, consultation_id, code, "explanation", told["explanation"]),
        content=_opened(vault, consultation_id, code, "content", told["content"]),
    )


def _sealed(vault: Vault, consultation_id: uuid.UUID, code: InformationSet, part: str, text: str | None) -> Any:
    return None if text is None else vault.seal(text.encode(), _purpose(consultation_id, code, part))


def _opened(
    vault: Vault, consultation_id: uuid.UUID, code: InformationSet, part: str, sealed: str | None
) -> str | None:
    if sealed is None:
        return None
    return vault.open(base64.b64decode(sealed), _purpose(consultation_id, code, part)).decode()


def _purpose(consultation_id: uuid.UUID, code: InformationSet, part: str) -> str:
    return f"disclosure:{consultation_id}:{code.value}:{part}"
