"""What is asked beside the question, by type of consultation: `details` of a request, a form for each type."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from services.consultation.consultations.domain import ConsultationType
from services.consultation.consultations.forms.codes import DecisionType, PlanningNeed, StudyForm
from services.consultation.consultations.information_sets import InformationSet
from services.consultation.wire import Day
from shared.http.bodies import WireModel
from shared.luhn import luhn_remainder
from shared.problems import MALFORMED, Problem, Words


class FieldKind(StrEnum):
    """What a field of a form holds."""

    CODE = "code"
    CODES = "codes"
    DATE = "date"
    ORGANISATION_NUMBER = "organisation_number"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Asked:
    """How a field is shown to people. `codes` is the name of its code list."""

    kind: FieldKind
    words: Words
    codes: str | None = None


def _each_once(codes: list[Any]) -> list[Any]:
    if len(set(codes)) != len(codes):
        raise PydanticCustomError("repeated", "the same code twice")
    return codes


def _organisation_number(digits: str) -> str:
    # A sole trader's number is her identity number, which has no place here: its third digit is 0 or 1.
    if digits[2] in "01" or luhn_remainder(digits) != 0:
        raise PydanticCustomError("organisation_number", "not an organisation number")
    return digits


class InformationRequestForm(WireModel):
    """Which sets of information are asked for (code list `informationSets`)."""

    type: Literal[ConsultationType.INFORMATION_REQUEST]
    information_sets: Annotated[
        list[InformationSet],
        Field(min_length=1, max_length=len(InformationSet)),
        AfterValidator(_each_once),
        Asked(FieldKind.CODES, Words("Uppgifter som begärs", "Information asked for"), "informationSets"),
    ]
    consent_registered_on: Annotated[
        Day | None,
        Asked(FieldKind.DATE, Words("Samtycke registrerat hos myndigheten", "Consent registered with the authority")),
    ] = None


class DecisionInterpretationForm(WireModel):
    """Which decision is to be explained (code list `decisionTypes`), and the day it is dated."""

    type: Literal[ConsultationType.DECISION_INTERPRETATION]
    decision_type: Annotated[
        DecisionType, Asked(FieldKind.CODE, Words("Typ av beslut", "Type of decision"), "decisionTypes")
    ]
    decided_on: Annotated[Day, Asked(FieldKind.DATE, Words("Beslutsdatum", "Date of the decision"))]


class StudyTransitionForm(WireModel):
    """Which studies (code list `studyForms`), and the day they begin."""

    type: Literal[ConsultationType.STUDY_TRANSITION]
    study_form: Annotated[StudyForm, Asked(FieldKind.CODE, Words("Studieform", "Form of study"), "studyForms")]
    starts_on: Annotated[Day, Asked(FieldKind.DATE, Words("Studierna börjar", "The studies begin"))]


class EmployerContactForm(WireModel):
    """Which employer, by organisation number in ten digits, and what the contact is about."""

    type: Literal[ConsultationType.EMPLOYER_CONTACT]
    employer: Annotated[
        str,
        Field(pattern=r"^[0-9]{10}$", description="Ten digits / Tio siffror"),
        AfterValidator(_organisation_number),
        Asked(FieldKind.ORGANISATION_NUMBER, Words("Arbetsgivarens organisationsnummer", "The employer's number")),
    ]
    matter: Annotated[
        str,
        Field(min_length=1, max_length=500),
        Asked(FieldKind.TEXT, Words("Vad kontakten gäller", "What the contact is about")),
    ]


class JointPlanningForm(WireModel):
    """What the plan is to deal with (code list `planningNeeds`)."""

    type: Literal[ConsultationType.JOINT_PLANNING]
    needs: Annotated[
        list[PlanningNeed],
        Field(min_length=1, max_length=len(PlanningNeed)),
        AfterValidator(_each_once),
        Asked(FieldKind.CODES, Words("Behov", "Needs"), "planningNeeds"),
    ]


Form = (
    InformationRequestForm | DecisionInterpretationForm | StudyTransitionForm | EmployerContactForm | JointPlanningForm
)
Details = Annotated[Form, Field(discriminator="type")]
FORMS: Mapping[ConsultationType, type[Form]] = {
    ConsultationType.INFORMATION_REQUEST: InformationRequestForm,
    ConsultationType.DECISION_INTERPRETATION: DecisionInterpretationForm,
    ConsultationType.STUDY_TRANSITION: StudyTransitionForm,
    ConsultationType.EMPLOYER_CONTACT: EmployerContactForm,
    ConsultationType.JOINT_PLANNING: JointPlanningForm,
}
"""A plain consultation has none: its question says it all."""
MAY_BE_LEFT_OUT = frozenset((ConsultationType.INFORMATION_REQUEST,))
"""Types that can be asked in words alone."""


def require_form(asked: ConsultationType, form: Form | None, today: date) -> None:
    """Raises Problem when the type has another form or needs one, and when something is dated after today."""
    if form is None:
        if asked in FORMS and asked not in MAY_BE_LEFT_OUT:
            raise _refused("details", "missing")
    elif form.type is not asked:
        raise _refused("details.type", "another_type")
    elif isinstance(form, DecisionInterpretationForm) and form.decided_on > today:
        raise _refused("details.decidedOn", "in_the_future")
    elif isinstance(form, InformationRequestForm) and (form.consent_registered_on or today) > today:
        raise _refused("details.consentRegisteredOn", "in_the_future")


def asked_fields(form: type[Form]) -> Mapping[str, Asked]:
    """The fields of a form as they are shown to people, by their names in the API."""
    return {
        field.alias or name: asked
        for name, field in form.model_fields.items()
        for asked in field.metadata
        if isinstance(asked, Asked)
    }


def longest(form: type[Form], name: str) -> int | None:
    """How long a text may be, or how many codes there may be; None where there is no such limit."""
    found = form.model_json_schema(by_alias=True)["properties"][name]
    limit: int | None = found.get("maxLength", found.get("maxItems"))
    return limit


def _refused(field: str, reason: str) -> Problem:
    return Problem(MALFORMED, members={"errors": [{"field": field, "reason": reason}]})
