"""The types and the codes of their forms, in words.

Codes are added and never taken away: what has been asked is read by them for as long as it is kept.
"""

from collections.abc import Mapping
from enum import StrEnum

from services.consultation.consultations.domain import ConsultationType
from shared.problems import Words


class DecisionType(StrEnum):
    """A kind of decision at Arbetsförmedlingen that may need to be explained."""

    PROGRAMME_PLACEMENT = "programme_placement"
    PROGRAMME_ENDED = "programme_ended"
    DEREGISTRATION = "deregistration"
    ACTIVITY_REPORT_REVIEW = "activity_report_review"
    WAGE_SUBSIDY = "wage_subsidy"
    OTHER = "other"


class StudyForm(StrEnum):
    """Where the person is to study."""

    MUNICIPAL_ADULT_EDUCATION = "municipal_adult_education"
    FOLK_HIGH_SCHOOL = "folk_high_school"
    HIGHER_VOCATIONAL = "higher_vocational"
    UNIVERSITY = "university"
    LABOUR_MARKET_TRAINING = "labour_market_training"
    OTHER = "other"


class PlanningNeed(StrEnum):
    """What a joint plan is to deal with."""

    LANGUAGE = "language"
    EDUCATION = "education"
    WORK_TRAINING = "work_training"
    HEALTH = "health"
    CHILDCARE = "childcare"
    HOUSING = "housing"
    OTHER = "other"


TYPE_WORDS: Mapping[ConsultationType, Words] = {
    ConsultationType.INFORMATION_REQUEST: Words("Begäran om uppgift", "Information request"),
    ConsultationType.CONSULTATION: Words("Samråd", "Consultation"),
    ConsultationType.DECISION_INTERPRETATION: Words("Tolkning av ett beslut", "Interpretation of a decision"),
    ConsultationType.STUDY_TRANSITION: Words("Övergång till studier", "Study transition"),
    ConsultationType.EMPLOYER_CONTACT: Words("Arbetsgivarkontakt", "Employer contact"),
    ConsultationType.JOINT_PLANNING: Words("Gemensam planering", "Joint planning"),
}
DECISION_TYPE_WORDS: Mapping[DecisionType, Words] = {
    DecisionType.PROGRAMME_PLACEMENT: Words("Anvisning till program", "Placement in a programme"),
    DecisionType.PROGRAMME_ENDED: Words("Program avslutat eller återkallat", "Programme ended or withdrawn"),
    DecisionType.DEREGISTRATION: Words("Avaktualisering", "Deregistration"),
    DecisionType.ACTIVITY_REPORT_REVIEW: Words("Granskning av aktivitetsrapport", "Review of an activity report"),
    DecisionType.WAGE_SUBSIDY: Words("Lönestöd", "Wage subsidy"),
    DecisionType.OTHER: Words("Annat beslut", "Another decision"),
}
STUDY_FORM_WORDS: Mapping[StudyForm, Words] = {
    StudyForm.MUNICIPAL_ADULT_EDUCATION: Words("Komvux", "Municipal adult education"),
    StudyForm.FOLK_HIGH_SCHOOL: Words("Folkhögskola", "Folk high school"),
    StudyForm.HIGHER_VOCATIONAL: Words("Yrkeshögskola", "Higher vocational education"),
    StudyForm.UNIVERSITY: Words("Universitet eller högskola", "University"),
    StudyForm.LABOUR_MARKET_TRAINING: Words("Arbetsmarknadsutbildning", "Labour market training"),
    StudyForm.OTHER: Words("Annan utbildning", "Other studies"),
}
PLANNING_NEED_WORDS: Mapping[PlanningNeed, Words] = {
    PlanningNeed.LANGUAGE: Words("Svenska språket", "The Swedish language"),
    PlanningNeed.EDUCATION: Words("Utbildning", "Education"),
    PlanningNeed.WORK_TRAINING: Words("Arbetsträning och praktik", "Work training and placement"),
    PlanningNeed.HEALTH: Words("Hälsa och rehabilitering", "Health and rehabilitation"),
    PlanningNeed.CHILDCARE: Words("Barnomsorg", "Childcare"),
    PlanningNeed.HOUSING: Words("Boende", "Housing"),
    PlanningNeed.OTHER: Words("Annat", "Other"),
}
