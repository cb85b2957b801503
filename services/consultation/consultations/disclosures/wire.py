"""Wire models of disclosure."""

from typing import Annotated, Any

from pydantic import Field

from services.consultation.consultations.attachments.wire import AttachmentIds
from services.consultation.consultations.disclosures.domain import APPEAL, Decision, Disclosure, RefusalReason
from services.consultation.consultations.disclosures.repository import ReadSet
from services.consultation.consultations.information_sets import FACTS, Basis, InformationSet, Sensitivity
from services.consultation.consultations.message_text import MessageText
from services.consultation.wire import TextsModel
from shared.http.bodies import WireModel

LegalBasisId = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9-]{3,60}$",
        description="An id of GET /agreements/v1/legal-bases; the set's own when left out / Annars mängdens eget",
    ),
]
Explanation = Annotated[str, Field(min_length=1, max_length=2000)]


class DisclosureModel(WireModel):
    """The decision on one set (code lists `informationSets`, `disclosureDecisions`, `refusalReasons`).

    `content` is what is told of it, and stands in every decision but a refusal; `reason` in every one but a whole
    disclosure. `explanation` is words on a refusal, for the one who asked. `attachments` are files that are a part of
    the set; a refusal has none.
    """

    information_set: InformationSet
    decision: Decision
    legal_basis: LegalBasisId | None = None
    reason: RefusalReason | None = None
    explanation: Explanation | None = None
    content: MessageText | None = None
    attachments: AttachmentIds = Field(default_factory=list)


Disclosures = Annotated[list[DisclosureModel], Field(max_length=len(InformationSet))]


class ToldSet(WireModel):
    """A set that was asked for, and the decision on it; null until there is one.

    `appeal` follows every refusal, of the whole or a part. Of a set that is refused there is no content.
    """

    information_set: InformationSet
    basis: Basis
    in_registers: bool
    decision: Decision | None
    legal_basis: str | None
    reason: RefusalReason | None
    explanation: str | None
    content: str | None
    appeal: TextsModel | None


class CataloguedSet(WireModel):
    """What is known of a set. `inRegisters`: a look-up tells it, so that there is no need to ask."""

    code: InformationSet
    texts: TextsModel
    in_registers: bool
    legal_basis: str
    basis_without_consent: Basis
    sensitivity: Sensitivity
    default_channel: str


class Catalogue(WireModel):
    """All sets."""

    information_sets: list[CataloguedSet]
    links: Annotated[dict[str, dict[str, str]], Field(alias="_links")]


def read_disclosures(stated: list[DisclosureModel]) -> list[Disclosure]:
    """As stated, with the set's own legal basis where none is."""
    return [
        Disclosure(
            code=each.information_set,
            decision=each.decision,
            legal_basis=each.legal_basis or FACTS[each.information_set].legal_basis,
            reason=each.reason,
            explanation=each.explanation,
            content=each.content,
            attachments=tuple(each.attachments),
        )
        for each in stated
    ]


def told_set(read: ReadSet) -> ToldSet:
    """On the wire."""
    decided = read.disclosure
    refused = decided is not None and decided.decision is not Decision.DISCLOSE
    return ToldSet(
        information_set=read.asked.code,
        basis=read.asked.basis,
        in_registers=read.asked.in_registers,
        decision=decided and decided.decision,
        legal_basis=decided and decided.legal_basis,
        reason=decided and decided.reason,
        explanation=decided and decided.explanation,
        content=decided and decided.content,
        appeal=TextsModel(sv=APPEAL.sv, en=APPEAL.en) if refused else None,
    )


CATALOGUE_EXAMPLE: dict[str, Any] = {
    "informationSets": [
        {
            "code": "action_plan",
            "texts": {"sv": "Handlingsplan", "en": "Action plan"},
            "inRegisters": False,
            "legalBasis": "sfs-2009-400-assessment",
            "basisWithoutConsent": "secrecy_assessment",
            "sensitivity": "confidential",
            "defaultChannel": "sdk",
        }
    ],
    "_links": {"self": {"href": "https://samrad.example/consultation/v1/information-sets"}},
}
