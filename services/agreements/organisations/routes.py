"""The register of organisations over HTTP. Public."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from services.agreements.days import swedish_day
from services.agreements.organisations import repository
from services.agreements.organisations.cursor import decode_place, encode_place
from services.agreements.organisations.wire import (
    COUNTIES_EXAMPLE,
    MUNICIPALITIES_EXAMPLE,
    ORGANISATION_EXAMPLE,
    ORGANISATIONS_EXAMPLE,
    CountyList,
    Kind,
    MunicipalityList,
    OrganisationAnswer,
    OrganisationPage,
    county_answer,
    municipality_answer,
    organisation_answer,
)
from services.agreements.wire import COUNTY, ORGANISATION, OnDay, answered, links
from services.agreements.wiring import Wired
from shared.http.paging import Cursor, Limit, split_page
from shared.problems import NOT_FOUND, Problem

router = APIRouter(tags=["organisations"])


@router.get(
    "/organisations",
    summary="List organisations / Lista organisationer",
    responses=answered(ORGANISATIONS_EXAMPLE),
)
async def list_organisations(
    wired: Wired,
    kind: Annotated[Kind | None, Query(description="Kind / Slag")] = None,
    county_code: Annotated[
        str | None,
        Query(alias="countyCode", pattern=COUNTY, description="County of municipalities / Kommuners län"),
    ] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> OrganisationPage:
    """Municipalities, authorities, a-kassor and others that exist today.

    Kommuner, myndigheter, a-kassor och andra som finns i dag.
    """
    after, today = decode_place(cursor), swedish_day(wired.clock())
    async with wired.database.without_tenant() as connection:
        found = await repository.organisations_page(
            connection, on=today, kind=kind, county_code=county_code, after=after, rows=limit + 1
        )
    page, more = split_page(found, limit)
    parameters = {"kind": kind, "countyCode": county_code, "limit": limit, "cursor": cursor}
    following = encode_place(page[-1].code) if more else None
    return OrganisationPage(
        items=[organisation_answer(organisation) for organisation in page],
        links=links(f"{wired.settings.api_url}/organisations", parameters, following),
    )


@router.get(
    "/organisations/{organisationNumber}",
    summary="Read an organisation / Läs en organisation",
    responses=answered(ORGANISATION_EXAMPLE),
)
async def read_organisation(
    wired: Wired,
    number: Annotated[
        str, Path(alias="organisationNumber", pattern=ORGANISATION, description="Ten digits / Tio siffror")
    ],
) -> OrganisationAnswer:
    """The organisation with a number. Organisations whose number is not known are only in the list.

    Organisationen med ett nummer. De vars nummer inte är känt finns bara i listan.
    """
    async with wired.database.without_tenant() as connection:
        found = await repository.find_organisation(connection, number, swedish_day(wired.clock()))
    if found is None:
        raise Problem(NOT_FOUND)
    return organisation_answer(found)


@router.get(
    "/municipalities",
    summary="List municipalities on a day / Lista kommuner en dag",
    responses=answered(MUNICIPALITIES_EXAMPLE),
)
async def list_municipalities(wired: Wired, on: OnDay = None) -> MunicipalityList:
    """The municipalities by Statistics Sweden's codes. The register begins on 2007-01-01.

    Kommunerna efter SCB:s koder. Registret börjar 2007-01-01.
    """
    day = on or swedish_day(wired.clock())
    async with wired.database.without_tenant() as connection:
        found = await repository.municipalities(connection, day)
    return MunicipalityList(
        on=day,
        total=len(found),
        items=[municipality_answer(municipality) for municipality in found],
        links=links(f"{wired.settings.api_url}/municipalities", {"on": on}),
    )


@router.get("/counties", summary="List counties on a day / Lista län en dag", responses=answered(COUNTIES_EXAMPLE))
async def list_counties(wired: Wired, on: OnDay = None) -> CountyList:
    """The counties, with how many municipalities each has. The register begins on 2007-01-01.

    Länen, med antal kommuner i vart och ett. Registret börjar 2007-01-01.
    """
    day = on or swedish_day(wired.clock())
    async with wired.database.without_tenant() as connection:
        found = await repository.counties(connection, day)
    return CountyList(
        on=day,
        total=len(found),
        items=[county_answer(county) for county in found],
        links=links(f"{wired.settings.api_url}/counties", {"on": on}),
    )
