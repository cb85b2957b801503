"""What the register of organisations looks like outside."""

from typing import Any, Literal

from services.agreements.organisations.domain import County, Municipality, Organisation
from services.agreements.wire import Day, Links
from shared.http.bodies import WireModel

Kind = Literal["municipality", "state_agency", "a_kassa", "region", "supplier", "association", "international"]


class OrganisationAnswer(WireModel):
    """`organisationNumber` is null when no open source gives it."""

    organisation_number: str | None
    kind: Kind
    name: str
    name_en: str | None
    abbreviation: str | None
    municipality_code: str | None
    municipality_name: str | None
    county_code: str | None
    county_name: str | None
    invented: bool


class OrganisationPage(WireModel):
    """By the register's own order."""

    items: list[OrganisationAnswer]
    links: Links


class MunicipalityAnswer(WireModel):
    """Both days belong to the validity; null is open."""

    code: str
    name: str
    county_code: str
    county_name: str
    organisation_number: str | None
    valid_from: Day
    valid_to: Day | None


class MunicipalityList(WireModel):
    """All on one page."""

    on: Day
    total: int
    items: list[MunicipalityAnswer]
    links: Links


class CountyAnswer(WireModel):
    """`municipalities` counts those of the day asked about."""

    code: str
    name: str
    municipalities: int
    valid_from: Day
    valid_to: Day | None


class CountyList(WireModel):
    """All on one page."""

    on: Day
    total: int
    items: list[CountyAnswer]
    links: Links


def organisation_answer(organisation: Organisation) -> OrganisationAnswer:
    """The kind is held to the same list by the table."""
    return OrganisationAnswer.model_validate(
        {
            "organisationNumber": organisation.number,
            "kind": organisation.kind,
            "name": organisation.name,
            "nameEn": organisation.name_en,
            "abbreviation": organisation.abbreviation,
            "municipalityCode": organisation.municipality_code,
            "municipalityName": organisation.municipality_name,
            "countyCode": organisation.county_code,
            "countyName": organisation.county_name,
            "invented": organisation.invented,
        }
    )


def municipality_answer(municipality: Municipality) -> MunicipalityAnswer:
    """One line of the code list."""
    return MunicipalityAnswer(
        code=municipality.code,
        name=municipality.name,
        county_code=municipality.county_code,
        county_name=municipality.county_name,
        organisation_number=municipality.number,
        valid_from=municipality.valid_from,
        valid_to=municipality.valid_to,
    )


def county_answer(county: County) -> CountyAnswer:
    """One line of the code list."""
    return CountyAnswer(
        code=county.code,
        name=county.name,
        municipalities=county.municipalities,
        valid_from=county.valid_from,
        valid_to=county.valid_to,
    )


_API = "https://samrad.example/agreements/v1"
ORGANISATION_EXAMPLE: dict[str, Any] = {
    "organisationNumber": "2120002627",
    "kind": "municipality",
    "name": "Umeå kommun",
    "nameEn": None,
    "abbreviation": None,
    "municipalityCode": "2480",
    "municipalityName": "Umeå",
    "countyCode": "24",
    "countyName": "Västerbottens län",
    "invented": False,
}
ORGANISATIONS_EXAMPLE: dict[str, Any] = {
    "items": [ORGANISATION_EXAMPLE],
    "_links": {"self": {"href": f"{_API}/organisations?kind=municipality&limit=20"}},
}
MUNICIPALITIES_EXAMPLE: dict[str, Any] = {
    "on": "2026-02-02",
    "total": 290,
    "items": [
        {
            "code": "2480",
            "name": "Umeå",
            "countyCode": "24",
            "countyName": "Västerbottens län",
            "organisationNumber": "2120002627",
            "validFrom": "2007-01-01",
            "validTo": None,
        }
    ],
    "_links": {"self": {"href": f"{_API}/municipalities?on=2026-02-02"}},
}
COUNTIES_EXAMPLE: dict[str, Any] = {
    "on": "2026-02-02",
    "total": 21,
    "items": [
        {
            "code": "24",
            "name": "Västerbottens län",
            "municipalities": 15,
            "validFrom": "2007-01-01",
            "validTo": None,
        }
    ],
    "_links": {"self": {"href": f"{_API}/counties?on=2026-02-02"}},
}
