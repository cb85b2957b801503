"""What the fields of a template are filled with: facts of a consultation, in Swedish words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from services.consultation.answer_templates.domain import TemplateField
from services.consultation.clocks.zone import SWEDEN
from services.consultation.consultations.domain import ConsultationType
from services.consultation.consultations.forms.codes import TYPE_WORDS
from services.consultation.consultations.information_sets import WORDS as SET_WORDS
from services.consultation.consultations.information_sets import InformationSet
from services.consultation.question_categories import WORDS as CATEGORY_WORDS
from services.consultation.question_categories import QuestionCategory


def known_values(
    row: Row[Any], asked: Sequence[InformationSet], unit_name: str | None, now: datetime
) -> dict[TemplateField, str]:
    """Every field that the consultation, a row of its own, tells something of. Dates are ISO, Swedish days."""
    told = {
        TemplateField.CASE_REFERENCE: row.case_reference,
        TemplateField.CONSULTATION_NUMBER: row.number,
        TemplateField.CONSULTATION_TYPE: TYPE_WORDS[ConsultationType(row.type)].sv,
        TemplateField.QUESTION_CATEGORY: row.question_category
        and CATEGORY_WORDS[QuestionCategory(row.question_category)].sv,
        TemplateField.ASKED_BY: row.asker_name,
        TemplateField.ASKED_SETS: _listed([SET_WORDS[each].sv for each in asked]),
        TemplateField.OPENED_DATE: _day(row.opened_at),
        TemplateField.TARGET_DATE: _day(row.due_at),
        TemplateField.TODAYS_DATE: _day(now),
        TemplateField.UNIT_NAME: unit_name,
    }
    return {field: value for field, value in told.items() if value}


def _day(instant: datetime) -> str:
    return instant.astimezone(SWEDEN).date().isoformat()


def _listed(words: Sequence[str]) -> str:
    *first, last = words or [""]
    return f"{', '.join(first)} och {last}" if first else last
