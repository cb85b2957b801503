"""Wire models of approval."""

import uuid
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Row

from services.consultation.consultations.approvals.repository import KeptProposal
from services.consultation.consultations.approvals.rules import Covers
from services.consultation.consultations.attachments.wire import AttachmentIds
from services.consultation.consultations.disclosures.wire import DisclosureModel, Explanation
from services.consultation.consultations.domain import ConsultationType
from services.consultation.consultations.models import Links, self_link
from services.consultation.consultations.reasons import ClosingCode
from services.consultation.wire import Day, Instant
from shared.http.bodies import WireModel

UnitCode = Annotated[
    str, Field(pattern="^[a-z0-9][a-z0-9-]{0,39}$", description="From the units of agreements / Ur enheterna")
]


class SendBackRequest(WireModel):
    """Why it is not approved, for its author."""

    reason: Explanation


class AnswerProposal(WireModel):
    """An answer that waits for a second handler, or that has been sent back to its author: then `reason` says why.

    `version` is the consultation's, for `If-Match`: what is approved is exactly what was read.
    """

    consultation_id: uuid.UUID
    version: int
    waiting: bool
    proposed_at: Instant
    proposed_by: str
    text: str
    disclosures: list[DisclosureModel]
    attachments: AttachmentIds
    closing_code: ClosingCode
    sent_back_at: Instant | None
    sent_back_by: str | None
    reason: str | None
    links: Links


class RuleBody(WireModel):
    """From `validFrom` these answers have to be approved (code list `answersToApprove`).

    Without a unit, or a type, it is for every one; with null `covers` there no longer is a rule for just these.
    """

    unit: UnitCode | None = None
    type: ConsultationType | None = None
    valid_from: Day
    covers: Covers | None


class RuleModel(RuleBody):
    """One version. Of two that begin on the same day the one recorded last counts."""

    rule_id: uuid.UUID
    recorded_at: Instant


class RuleList(WireModel):
    """Every version. The most specific decides: unit and type, the unit, the type, everything."""

    rules: list[RuleModel]
    links: Links


def proposal_model(consultation_id: uuid.UUID, version: int, kept: KeptProposal, base_url: str) -> AnswerProposal:
    """On the wire."""
    sent_back = kept.sent_back
    return AnswerProposal(
        consultation_id=consultation_id,
        version=version,
        waiting=sent_back is None,
        proposed_at=kept.proposed_at,
        proposed_by=kept.proposed_by,
        text=kept.answer.text,
        disclosures=[
            DisclosureModel(
                information_set=each.code,
                decision=each.decision,
                legal_basis=each.legal_basis,
                reason=each.reason,
                explanation=each.explanation,
                content=each.content,
                attachments=list(each.attachments),
            )
            for each in kept.answer.decided
        ],
        attachments=list(kept.answer.attachments),
        closing_code=kept.answer.closing,
        sent_back_at=sent_back and sent_back.at,
        sent_back_by=sent_back and sent_back.by,
        reason=sent_back and sent_back.reason,
        links=self_link(base_url, consultation_id),
    )


def rule_model(row: Row[Any]) -> RuleModel:
    """A row as it is told. Who recorded it stands in the trail."""
    return RuleModel(
        rule_id=row.id,
        recorded_at=row.recorded_at,
        unit=row.unit,
        type=row.type,
        valid_from=row.valid_from,
        covers=row.covers,
    )


_BASE = "https://samrad.example/consultation/v1"
_ID = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
SEND_BACK: dict[str, Any] = {"reason": "Perioden i beslutet saknas."}
PROPOSAL: dict[str, Any] = {
    "consultationId": _ID,
    "version": 3,
    "waiting": True,
    "proposedAt": "2026-11-20T09:12:00Z",
    "proposedBy": "af-17",
    "text": "Se besluten nedan.",
    "disclosures": [{"informationSet": "programme", "decision": "refuse", "reason": "secrecy"}],
    "attachments": [],
    "closingCode": "answered",
    "sentBackAt": None,
    "sentBackBy": None,
    "reason": None,
    "_links": {"self": {"href": f"{_BASE}/consultations/{_ID}"}},
}
RULE_BODY: dict[str, Any] = {
    "unit": None,
    "type": "information_request",
    "validFrom": "2027-01-01",
    "covers": "refusals",
}
RULE: dict[str, Any] = {
    "ruleId": "5f3f1c9a-9a57-4b1e-8a3e-6f1f0f6b7c21",
    "recordedAt": "2026-11-20T09:12:00Z",
    **RULE_BODY,
}
RULES: dict[str, Any] = {"rules": [RULE], "_links": {"self": {"href": f"{_BASE}/approval-rules"}}}
