"""What a question that is marked for violence is about, as a code: nothing of it stands in free text.

Codes are added and never taken away: what has been asked is read by them for as long as it is kept.
"""

from collections.abc import Mapping
from enum import StrEnum

from services.consultation.consultations.forms.models import FieldKind, Form, asked_fields
from shared.problems import MALFORMED, Problem, Words


class ViolenceMatter(StrEnum):
    """What the municipality needs of the other authority."""

    PLANNED_MEASURES = "planned_measures"
    REQUIREMENTS_EASED = "requirements_eased"
    SAFE_CONTACT = "safe_contact"
    REFERRAL = "referral"


MATTER_WORDS: Mapping[ViolenceMatter, Words] = {
    ViolenceMatter.PLANNED_MEASURES: Words("Planerade insatser", "Planned measures"),
    ViolenceMatter.REQUIREMENTS_EASED: Words("Anpassning av krav och möten", "Easing of requirements and meetings"),
    ViolenceMatter.SAFE_CONTACT: Words("Hur personen kan nås säkert", "How the person can be reached safely"),
    ViolenceMatter.REFERRAL: Words("Hänvisning till stöd", "Referral to support"),
}


def require_words(
    *, violence: bool, question: str | None, matter: ViolenceMatter | None, form: Form | None, category: object = None
) -> None:
    """Raises Problem 422 when a marked question holds words or no matter, and an unmarked one no words or a matter."""
    errors = [
        {"field": field, "reason": reason}
        for field, reason, holds in (
            ("question", "free_text_not_taken", violence and question is not None),
            ("question", "missing", not violence and question is None),
            ("matter", "missing", violence and matter is None),
            ("matter", "only_with_violence", not violence and matter is not None),
            ("category", "not_with_violence", violence and category is not None),
            ("details", "free_text_not_taken", violence and form is not None and _holds_words(form)),
        )
        if holds
    ]
    if errors:
        raise Problem(MALFORMED, members={"errors": errors})


def _holds_words(form: Form) -> bool:
    return any(asked.kind is FieldKind.TEXT for asked in asked_fields(type(form)).values())
