"""What an agreement looks like outside."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.agreements.grounds.legal_bases_wire import BASIS_WARNING_EXAMPLE, BasisWarning
from services.agreements.register.domain import Agreement, NamedParty, Party, Proposal
from services.agreements.wire import COUNTY, MUNICIPALITY, ORGANISATION, Day, Instant, Links, Title
from shared.http.bodies import Flag, WireModel

Kind = Literal[
    "local", "multi_municipal", "regional", "national_multi_agency", "international", "financial", "dua", "project"
]


class PartyBody(WireModel):
    """Exactly one of the three. A county stands for all its municipalities."""

    organisation_number: Annotated[str, Field(pattern=ORGANISATION)] | None = None
    municipality_code: Annotated[str, Field(pattern=MUNICIPALITY)] | None = None
    county_code: Annotated[str, Field(pattern=COUNTY)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        stated = (self.organisation_number, self.municipality_code, self.county_code)
        if sum(each is not None for each in stated) != 1:
            raise ValueError("a party is named in exactly one way")
        return self

    def party(self) -> Party:
        """Inside."""
        return Party(self.organisation_number, self.municipality_code, self.county_code)


class AgreementBody(WireModel):
    """`signedOn` is stated when, and only when, `status` is `signed`. Only what is signed can be published."""

    kind: Kind
    title: Title
    status: Literal["draft", "signed"]
    signed_on: Day | None = None
    valid_from: Day
    valid_to: Day | None = None
    published: Flag = False
    parties: Annotated[list[PartyBody], Field(min_length=2, max_length=300)]
    legal_bases: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=20, default_factory=list)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.status == "signed") != (self.signed_on is not None):
            raise ValueError("signedOn belongs to what is signed")
        if self.published and self.status != "signed":
            raise ValueError("only what is signed can be published")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("validTo lies before validFrom")
        return self

    def proposal(self) -> Proposal:
        """Inside."""
        return Proposal(
            kind=self.kind,
            title=self.title,
            signed_on=self.signed_on,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            published=self.published,
            parties=tuple(party.party() for party in self.parties),
            legal_bases=tuple(self.legal_bases),
        )


class PartyAnswer(WireModel):
    """`role` is organisation, municipality or county."""

    role: Literal["organisation", "municipality", "county"]
    organisation_number: str | None
    municipality_code: str | None
    county_code: str | None
    name: str | None


class AgreementAnswer(WireModel):
    """`inForce` is about today. `warnings` are about legal bases not in force on `validFrom`."""

    agreement_id: UUID
    version: int
    owner: str
    kind: Kind
    title: str
    status: Literal["draft", "signed"]
    in_force: bool
    signed_on: Day | None
    valid_from: Day
    valid_to: Day | None
    published: bool
    invented: bool
    parties: list[PartyAnswer]
    legal_bases: list[str]
    warnings: list[BasisWarning]
    created_at: Instant
    links: Links


class AgreementPage(WireModel):
    """Newest first."""

    items: list[AgreementAnswer]
    links: Links


def party_answer(named: NamedParty) -> PartyAnswer:
    """On the wire."""
    return PartyAnswer.model_validate(
        {
            "role": named.party.role,
            "organisationNumber": named.party.number,
            "municipalityCode": named.party.municipality_code,
            "countyCode": named.party.county_code,
            "name": named.name,
        }
    )


def agreement_members(agreement: Agreement) -> dict[str, Any]:
    """Everything but what depends on the day and on other records."""
    return {
        "agreementId": agreement.id,
        "version": agreement.version,
        "owner": agreement.owner,
        "kind": agreement.kind,
        "title": agreement.title,
        "status": agreement.status,
        "signedOn": agreement.signed_on,
        "validFrom": agreement.valid_from,
        "validTo": agreement.valid_to,
        "published": agreement.published,
        "invented": agreement.invented,
        "parties": [party_answer(named) for named in agreement.parties],
        "legalBases": list(agreement.legal_bases),
        "createdAt": agreement.created_at,
    }


_API = "https://samrad.example/agreements/v1"
_ID = "1c9b1c50-7a0e-4a5e-8b53-7f8e3a1f0c11"
AGREEMENT_BODY_EXAMPLE: dict[str, Any] = {
    "kind": "local",
    "title": "Överenskommelse om samverkan, Umeå",
    "status": "signed",
    "signedOn": "2026-01-15",
    "validFrom": "2026-02-01",
    "validTo": "2027-12-31",
    "published": True,
    "parties": [{"organisationNumber": "2021002114"}, {"municipalityCode": "2480"}],
    "legalBases": ["sfs-2022-811-14"],
}
AGREEMENT_EXAMPLE: dict[str, Any] = {
    "agreementId": _ID,
    "version": 1,
    "owner": "2120002627",
    "kind": "local",
    "title": "Överenskommelse om samverkan, Umeå",
    "status": "signed",
    "inForce": True,
    "signedOn": "2026-01-15",
    "validFrom": "2026-02-01",
    "validTo": "2027-12-31",
    "published": True,
    "invented": False,
    "parties": [
        {
            "role": "organisation",
            "organisationNumber": "2021002114",
            "municipalityCode": None,
            "countyCode": None,
            "name": "Arbetsförmedlingen",
        },
        {
            "role": "municipality",
            "organisationNumber": "2120002627",
            "municipalityCode": "2480",
            "countyCode": None,
            "name": "Umeå kommun",
        },
    ],
    "legalBases": ["sfs-2007-1030"],
    "warnings": [BASIS_WARNING_EXAMPLE],
    "createdAt": "2026-02-02T09:00:00Z",
    "_links": {"self": {"href": f"{_API}/agreements/{_ID}"}},
}
AGREEMENTS_EXAMPLE: dict[str, Any] = {
    "items": [AGREEMENT_EXAMPLE],
    "_links": {"self": {"href": f"{_API}/agreements?kind=local&limit=20"}},
}
