"""What kind of question a consultation asks: told when it is opened, and of help to the one who takes it."""

from collections.abc import Mapping
from enum import StrEnum

from shared.problems import Words


class QuestionCategory(StrEnum):
    """A category says what is asked about, and nothing of what a look-up answered."""

    PLANNED_MEASURES = "planned_measures"
    ACTIVITY_REPORT = "activity_report"
    DEREGISTRATION = "deregistration"
    PROGRAMME_PLAN = "programme_plan"
    AF_UNREAD = "af_unread"
    OTHER = "other"


WORDS: Mapping[QuestionCategory, Words] = {
    QuestionCategory.PLANNED_MEASURES: Words("Planerade insatser", "Planned measures"),
    QuestionCategory.ACTIVITY_REPORT: Words("Aktivitetsrapport", "Activity report"),
    QuestionCategory.DEREGISTRATION: Words("Avaktualisering", "Deregistration"),
    QuestionCategory.PROGRAMME_PLAN: Words("Planering i program", "Plan in a programme"),
    QuestionCategory.AF_UNREAD: Words(
        "Uppgifter som inte kunde hämtas hos Arbetsförmedlingen",
        "Information that could not be read at Arbetsförmedlingen",
    ),
    QuestionCategory.OTHER: Words("Annat", "Other"),
}
