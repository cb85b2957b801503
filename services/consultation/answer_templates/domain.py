"""Templates with a closed list of fields. Pure.

A template is text. What stands between double braces is one of the fields, or it is not a template: there are no
conditions, no expressions and no way to reach anything. What is filled in is never looked at again.
"""

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.consultation.problems import TEMPLATE_FIELDS_INVALID
from shared.problems import Problem, Words

MOST_CHARACTERS = 5000
MOST_USES = 2
"""Of one field in a template, so that what is filled in stays within the length of a message."""

_BRACED = re.compile(r"\{\{([^{}]*)\}\}")


class TemplateField(StrEnum):
    """What can be filled in. Nothing that tells who the person is, or who the handler is."""

    CASE_REFERENCE = "caseReference"
    CONSULTATION_NUMBER = "consultationNumber"
    CONSULTATION_TYPE = "consultationType"
    QUESTION_CATEGORY = "questionCategory"
    ASKED_BY = "askedBy"
    ASKED_SETS = "askedSets"
    OPENED_DATE = "openedDate"
    TARGET_DATE = "targetDate"
    TODAYS_DATE = "todaysDate"
    UNIT_NAME = "unitName"


FIELD_WORDS: Mapping[TemplateField, Words] = {
    TemplateField.CASE_REFERENCE: Words("Ärendets id hos den som frågar", "The asker's case id"),
    TemplateField.CONSULTATION_NUMBER: Words("Samrådets nummer", "The number of the consultation"),
    TemplateField.CONSULTATION_TYPE: Words("Samrådets typ", "The type of the consultation"),
    TemplateField.QUESTION_CATEGORY: Words("Frågans slag", "What kind of question it is"),
    TemplateField.ASKED_BY: Words("Organisationen som frågar", "The organisation that asks"),
    TemplateField.ASKED_SETS: Words("Informationsmängder som begärts", "Sets of information that were asked for"),
    TemplateField.OPENED_DATE: Words("Dagen då frågan kom", "The day on which the question came"),
    TemplateField.TARGET_DATE: Words("Dagen då svaret ska vara lämnat", "The day by which it is to be answered"),
    TemplateField.TODAYS_DATE: Words("Dagens datum", "Today's date"),
    TemplateField.UNIT_NAME: Words("Enheten som svarar", "The unit that answers"),
}


@dataclass(frozen=True, slots=True)
class Placing:
    """Which consultations a template is for; None is all of them."""

    type: str | None
    category: str | None
    unit: str | None

    def fits(self, type_: str, category: str | None, unit: str) -> bool:
        """Whether it is for such a consultation."""
        return self.type in (None, type_) and self.category in (None, category) and self.unit in (None, unit)

    def order(self) -> tuple[int, ...]:
        """The smaller the more relevant: as much as possible in common, and of as much first the type."""
        left_open = [each is None for each in (self.type, self.category, self.unit)]
        return (sum(left_open), *left_open)


@dataclass(frozen=True, slots=True)
class Template:
    """One edition of a template."""

    id: uuid.UUID
    edition: int
    name: str
    placing: Placing
    text: str


@dataclass(frozen=True, slots=True)
class Filling:
    """A filled text, and the fields of the template that could not be filled: these stand in it as they were."""

    text: str
    unfilled: tuple[TemplateField, ...]


def require_known_fields(text: str) -> None:
    """Raises Problem when anything but known fields stands between braces, or a field too often."""
    names = _BRACED.findall(text)
    rest = _BRACED.sub("", text)
    too_often = any(uses > MOST_USES for uses in Counter(names).values())
    if "{{" in rest or "}}" in rest or too_often or not set(names) <= set(TemplateField):
        raise Problem(TEMPLATE_FIELDS_INVALID, members={"allowedFields": [each.value for each in TemplateField]})


def fill(text: str, values: Mapping[TemplateField, str]) -> Filling:
    """The text of a template with its fields filled in, once and in one pass; `values` are those that are known."""
    unfilled: list[TemplateField] = []

    def filled(found: re.Match[str]) -> str:
        name = TemplateField(found[1])
        if name not in values:
            unfilled.append(name)
        return values.get(name, found[0])

    written = _BRACED.sub(filled, text)
    return Filling(written, tuple(dict.fromkeys(unfilled)))


def by_relevance(
    templates: Iterable[Template], *, consultation_type: str, category: str | None, unit: str
) -> list[Template]:
    """Those that are for such a consultation, the most specific first; of equals by name."""
    fitting = (each for each in templates if each.placing.fits(consultation_type, category, unit))
    return sorted(fitting, key=lambda each: (*each.placing.order(), each.name, each.id))
