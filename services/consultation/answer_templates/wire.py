"""Wire models of answer templates."""

import uuid
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import Row

from services.consultation.answer_templates.domain import MOST_CHARACTERS, Placing, Template, TemplateField
from services.consultation.consultations.domain import ConsultationType
from services.consultation.question_categories import QuestionCategory
from services.consultation.wire import Instant
from shared.http.bodies import WireModel
from shared.identity import passes_for_identity

Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]


def _of_nobody(text: str) -> str:
    """Raises when it holds what passes for an identity number: templates are kept in the clear, and are for all."""
    if passes_for_identity(text):
        raise PydanticCustomError("names_somebody", "an identity number does not stand in a template")
    return text


Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$"), AfterValidator(_of_nobody)]
Text = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS), AfterValidator(_of_nobody)]
UnitCode = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class TemplateBody(WireModel):
    """A text with fields such as `{{caseReference}}` (code list `templateFields`). Nothing about a person belongs here.

    `type`, `category` and `unit` say for which consultations it is; left out, it is for all.
    """

    name: Name
    type: ConsultationType | None = None
    category: QuestionCategory | None = None
    unit: UnitCode | None = None
    text: Text

    def template(self, template_id: uuid.UUID, edition: int) -> Template:
        """As the rules see it."""
        placing = Placing(self.type and self.type.value, self.category and self.category.value, self.unit)
        return Template(template_id, edition, self.name, placing, self.text)


class TemplateModel(TemplateBody):
    """One edition, the latest. `edition` belongs in `If-Match`."""

    template_id: uuid.UUID
    edition: int
    edited_at: Instant
    links: Links


class TemplateList(WireModel):
    """The latest edition of each."""

    templates: list[TemplateModel]
    links: Links


class RemovedTemplate(WireModel):
    """It is no longer to be used."""

    template_id: uuid.UUID


class FillingRequest(WireModel):
    """Which template."""

    template_id: uuid.UUID


class FilledTemplate(WireModel):
    """The text to go on with, from which edition, and the fields that are still to be filled by hand."""

    template_id: uuid.UUID
    edition: int
    text: str
    unfilled: list[TemplateField]
    links: Links


def template_model(row: Row[Any], base_url: str) -> TemplateModel:
    """A row as it is told. Who edited it stands in the trail."""
    return TemplateModel(
        template_id=row.id,
        edition=row.edition,
        edited_at=row.edited_at,
        name=row.name,
        type=row.type,
        category=row.category,
        unit=row.unit,
        text=row.body,
        links=template_links(row.id, base_url),
    )


def template_links(template_id: uuid.UUID, base_url: str) -> dict[str, dict[str, str]]:
    """The link of a template to itself."""
    return {"self": {"href": f"{base_url}/answer-templates/{template_id}"}}


_BASE = "https://samrad.example/consultation/v1"
_ID = "3d0f2a3e-8c1b-4f57-9c57-0a7d5a1f9e21"
BODY: dict[str, Any] = {
    "name": "Insatser, med begärda mängder",
    "type": "information_request",
    "category": None,
    "unit": None,
    "text": "Svar på er fråga {{caseReference}} om {{askedSets}}.\n\nHälsningar {{unitName}}",
}
TEMPLATE: dict[str, Any] = {
    **BODY,
    "templateId": _ID,
    "edition": 1,
    "editedAt": "2026-11-20T09:12:00Z",
    "_links": {"self": {"href": f"{_BASE}/answer-templates/{_ID}"}},
}
TEMPLATES: dict[str, Any] = {"templates": [TEMPLATE], "_links": {"self": {"href": f"{_BASE}/answer-templates"}}}
REMOVED: dict[str, Any] = {"templateId": _ID}
FILLING: dict[str, Any] = {"templateId": _ID}
FILLED: dict[str, Any] = {
    "templateId": _ID,
    "edition": 1,
    "text": "Svar på er fråga EB-2026-1 om Program och perioder.\n\nHälsningar {{unitName}}",
    "unfilled": ["unitName"],
    "_links": {"self": {"href": f"{_BASE}/answer-templates/{_ID}"}},
}
