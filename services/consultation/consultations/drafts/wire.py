"""Wire models of drafts: the whole form of an answer, as unfinished as it is."""

import uuid
from typing import Annotated, Any

from pydantic import Field

from services.consultation.consultations.attachments.wire import AttachmentIds
from services.consultation.consultations.disclosures.domain import Decision, RefusalReason
from services.consultation.consultations.information_sets import InformationSet
from services.consultation.consultations.reasons import AnswerClosing
from services.consultation.wire import Instant
from shared.http.bodies import WireModel

DraftText = Annotated[str, Field(max_length=10_000)]
Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]


class DraftDecision(WireModel):
    """What has been filled in of the decision on one set. Nothing of it is checked before the answer is sent."""

    information_set: InformationSet
    decision: Decision | None = None
    legal_basis: Annotated[str, Field(max_length=60)] | None = None
    reason: RefusalReason | None = None
    explanation: Annotated[str, Field(max_length=2000)] | None = None
    content: DraftText | None = None
    attachments: AttachmentIds = Field(default_factory=list)


class DraftBody(WireModel):
    """What has been written so far, of an answer or a question back."""

    text: DraftText = ""
    disclosures: Annotated[list[DraftDecision], Field(max_length=len(InformationSet))] = Field(default_factory=list)
    closing_code: AnswerClosing | None = None
    attachments: AttachmentIds = Field(default_factory=list)


class SavedDraft(WireModel):
    """That it is saved. `version` belongs in the next `If-Match`; the draft is forgotten at `expiresAt`."""

    consultation_id: uuid.UUID
    version: int
    saved_at: Instant
    expires_at: Instant
    links: Links


class WholeDraft(SavedDraft):
    """The draft as it was saved."""

    draft: DraftBody


class RemovedDraft(WireModel):
    """It is gone."""

    consultation_id: uuid.UUID


_ID = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
DRAFT: dict[str, Any] = {
    "text": "Personen är inskriven sedan",
    "disclosures": [{"informationSet": "programme", "decision": "partly"}],
    "closingCode": None,
    "attachments": [],
}
SAVED: dict[str, Any] = {
    "consultationId": _ID,
    "version": 4711,
    "savedAt": "2026-11-20T09:12:00Z",
    "expiresAt": "2026-12-04T09:12:00Z",
    "_links": {"self": {"href": f"https://samrad.example/consultation/v1/consultations/{_ID}/draft"}},
}
WHOLE: dict[str, Any] = {
    **SAVED,
    "draft": {
        **DRAFT,
        "disclosures": [
            {
                **DRAFT["disclosures"][0],
                **dict.fromkeys(("legalBasis", "reason", "explanation", "content")),
                "attachments": [],
            }
        ],
    },
}
REMOVED: dict[str, Any] = {"consultationId": _ID}
