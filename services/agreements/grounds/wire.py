"""What a decision looks like outside."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.agreements.grounds.domain import Decision, Ground, Item, Reason
from services.agreements.grounds.legal_bases_wire import BasisWarning, basis_warning
from services.agreements.organisations.domain import Organisation
from services.agreements.organisations.wire import Kind
from services.agreements.units.domain import Competence, HandlingUnit
from services.agreements.wire import ORGANISATION, Day, Instant
from shared.http.bodies import WireModel

LONGEST_STATED_LAW = 4000
InformationSet = Annotated[str, Field(pattern=r"^[a-z][a-z_.]{0,59}$")]


class DecisionBody(WireModel):
    """The question. `organisation` is the ten digits of the one that wants to ask."""

    organisation: Annotated[str, Field(pattern=ORGANISATION)]
    purpose: Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,59}$")]
    information_sets: Annotated[list[InformationSet], Field(min_length=1, max_length=20)]
    stated_law: Annotated[
        str | None, Field(max_length=LONGEST_STATED_LAW, description="The asker's words on the law / Frågarens lagtext")
    ] = None
    received_on: Annotated[
        Day | None,
        Field(description="The day it came, when written down later: whose unit / Dagen då det kom in, om tidigare"),
    ] = None


class GroundAnswer(WireModel):
    """Both days belong to the validity; null is open."""

    ground_id: str
    legal_basis_id: str
    reference: str
    title: str
    valid_from: Day
    valid_to: Day | None


class HandlingUnitAnswer(WireModel):
    """The unit of the answering organisation, null when none is assigned. `region` is null when it is not in one."""

    unit: str | None
    unit_name: str | None
    region: str | None
    competence: Competence


class ItemAnswer(WireModel):
    """Either a ground, or a reason.

    `fields` are the pieces that the ground opens, none when there is no ground; `verified` tells whether its legal
    basis was read in the statute. `handledBy` is null for what is no question to a handler.
    """

    information_set: str
    permitted: bool
    reason: Reason | None
    fields: list[str]
    verified: bool | None
    answering_organisation: str | None
    ground: GroundAnswer | None
    handled_by: HandlingUnitAnswer | None


class AskingOrganisation(WireModel):
    """Who wants to ask, as the register knows it."""

    organisation_number: str
    name: str
    kind: Kind
    municipality_code: str | None
    municipality_name: str | None
    county_code: str | None
    county_name: str | None


class DecisionAnswer(WireModel):
    """`permitted` when every item is. `organisation` is null when the register does not know it.

    `warnings` tell what in `statedLaw` is not in force today, and what is in its place.
    """

    decision_id: UUID
    version: int
    decided_at: Instant
    purpose: str
    permitted: bool
    organisation: AskingOrganisation | None
    items: list[ItemAnswer]
    warnings: list[BasisWarning]


def decision_answer(decision: Decision) -> DecisionAnswer:
    """On the wire."""
    return DecisionAnswer(
        decision_id=decision.id,
        version=decision.version,
        decided_at=decision.at,
        purpose=decision.purpose,
        permitted=decision.permitted,
        organisation=decision.organisation and _asking(decision.organisation, decision.number),
        items=[_item(item) for item in decision.items],
        warnings=[basis_warning(each) for each in decision.warnings],
    )


def _asking(organisation: Organisation, number: str) -> AskingOrganisation:
    return AskingOrganisation.model_validate(
        {
            "organisationNumber": number,
            "name": organisation.name,
            "kind": organisation.kind,
            "municipalityCode": organisation.municipality_code,
            "municipalityName": organisation.municipality_name,
            "countyCode": organisation.county_code,
            "countyName": organisation.county_name,
        }
    )


def _item(item: Item) -> ItemAnswer:
    return ItemAnswer(
        information_set=item.information_set,
        permitted=item.permitted,
        reason=item.reason,
        fields=list(item.ground.fields) if item.ground else [],
        verified=item.ground.verified if item.ground else None,
        answering_organisation=item.answering,
        ground=item.ground and _ground(item.ground),
        handled_by=item.handled_by and _handling_unit(item.handled_by),
    )


def _handling_unit(unit: HandlingUnit) -> HandlingUnitAnswer:
    return HandlingUnitAnswer(unit=unit.code, unit_name=unit.name, region=unit.region, competence=unit.competence)


def _ground(ground: Ground) -> GroundAnswer:
    return GroundAnswer(
        ground_id=ground.id,
        legal_basis_id=ground.legal_basis_id,
        reference=ground.reference,
        title=ground.title,
        valid_from=ground.valid_from,
        valid_to=ground.valid_to,
    )


DECISION_BODY_EXAMPLE: dict[str, Any] = {
    "organisation": "2120002627",
    "purpose": "financial_aid_application",
    "informationSets": ["lookup.af", "consultation.information_request"],
    "statedLaw": "15 kap. 10-12 §§ socialtjänstlagen (2025:400); förordning (2008:975)",
}
DECISION_EXAMPLE: dict[str, Any] = {
    "decisionId": "6f0c4b3e-7b57-4a86-9e65-0f3c0c6f7c11",
    "version": 1,
    "decidedAt": "2026-02-02T09:00:00Z",
    "purpose": "financial_aid_application",
    "permitted": True,
    "organisation": {
        "organisationNumber": "2120002627",
        "name": "Umeå kommun",
        "kind": "municipality",
        "municipalityCode": "2480",
        "municipalityName": "Umeå",
        "countyCode": "24",
        "countyName": "Västerbottens län",
    },
    "items": [
        {
            "informationSet": "lookup.af",
            "permitted": True,
            "reason": None,
            "fields": ["jobseeker", "registered", "category", "activityReport", "decisions"],
            "verified": True,
            "answeringOrganisation": "2021002114",
            "ground": {
                "groundId": "lookup.af:financial_aid_application:municipality:2025-07-01",
                "legalBasisId": "sfs-2008-975-5",
                "reference": "5 § förordningen (2008:975) och 15 kap. 10–12 §§ socialtjänstlagen (2025:400)",
                "title": "Uppgifter från Arbetsförmedlingen till socialtjänsten",
                "validFrom": "2025-07-01",
                "validTo": None,
            },
            "handledBy": None,
        },
        {
            "informationSet": "consultation.information_request",
            "permitted": True,
            "reason": None,
            "fields": ["lookupSources", "afItems"],
            "verified": False,
            "answeringOrganisation": "2021002114",
            "ground": {
                "groundId": "consultation.information_request:financial_aid_application:municipality:2022-01-01",
                "legalBasisId": "sfs-2009-400-assessment",
                "reference": "menprövning enligt offentlighets- och sekretesslagen (2009:400)",
                "title": "Sekretessprövning hos Arbetsförmedlingen i varje ärende",
                "validFrom": "2022-01-01",
                "validTo": None,
            },
            "handledBy": {
                "unit": "af-24",
                "unitName": "Enhet Västerbotten (påhittad)",
                "region": "af-north",
                "competence": "general",
            },
        },
    ],
    "warnings": [],
}
