"""The forms of the simulated questions: codes alone, the same for all of a type."""

from datetime import date, timedelta
from typing import Any

from pydantic import TypeAdapter

from services.consultation.consultations.domain import ConsultationType
from services.consultation.consultations.forms.models import FORMS, MAY_BE_LEFT_OUT, Details, Form

_DETAILS: TypeAdapter[Form] = TypeAdapter(Details)
_EMPLOYER = "2021002114"
"""The answering authority itself: an employer that there is."""


def invented_form(asked: ConsultationType, today: date) -> Form | None:
    """A form that the type accepts on the day; None where none is needed."""
    if asked not in FORMS or asked in MAY_BE_LEFT_OUT:
        return None
    fields: dict[ConsultationType, dict[str, Any]] = {
        ConsultationType.DECISION_INTERPRETATION: {
            "decisionType": "deregistration",
            "decidedOn": str(today - timedelta(days=14)),
        },
        ConsultationType.STUDY_TRANSITION: {"studyForm": "university", "startsOn": str(today + timedelta(days=60))},
        ConsultationType.EMPLOYER_CONTACT: {"employer": _EMPLOYER, "matter": "Påhittad text i ett simulerat år."},
        ConsultationType.JOINT_PLANNING: {"needs": ["work_training", "health"]},
    }
    return _DETAILS.validate_python({"type": asked.value, **fields[asked]})
