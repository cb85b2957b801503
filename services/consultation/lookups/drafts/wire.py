"""Drafts of consultations on the wire."""

import uuid
from collections.abc import Sequence
from typing import Literal

from services.consultation.lookups.drafts.rules import suggested
from services.consultation.lookups.sources.domain import SourceAnswer
from services.consultation.question_categories import QuestionCategory
from services.consultation.wire import TextsModel
from shared.http.bodies import WireModel


class ConsultationDraftModel(WireModel):
    """The body of a consultation, but for the words: choose a language of `question`, or write your own."""

    category: QuestionCategory
    type: Literal["consultation", "information_request"]
    purpose: str
    case_reference: str
    lookup_id: uuid.UUID
    question: TextsModel


def told_drafts(
    answers: Sequence[SourceAnswer], *, purpose: str, case_reference: str, lookup_id: uuid.UUID
) -> list[ConsultationDraftModel]:
    """What the answers, as they leave, suggest to ask about."""
    return [
        ConsultationDraftModel.model_validate(
            {
                "category": rule.category,
                "type": rule.type,
                "purpose": purpose,
                "case_reference": case_reference,
                "lookup_id": lookup_id,
                "question": {"sv": rule.question.sv, "en": rule.question.en},
            }
        )
        for rule in suggested(answers)
    ]
