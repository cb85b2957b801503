"""Units and routing over HTTP. Public."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from services.agreements.days import swedish_day
from services.agreements.units import repository
from services.agreements.units.domain import Competence
from services.agreements.units.wire import (
    ROUTING_EXAMPLE,
    UNIT,
    UNIT_EXAMPLE,
    UNITS_EXAMPLE,
    RoutingAnswer,
    UnitDetail,
    UnitList,
    route_answer,
    unit_answer,
    unit_detail,
)
from services.agreements.wire import MUNICIPALITY, OnDay, answered, links
from services.agreements.wiring import Wired
from shared.database.engine import PUBLIC
from shared.problems import NOT_FOUND, Problem

router = APIRouter(tags=["units"])


@router.get("/units", summary="List units on a day / Lista enheter en dag", responses=answered(UNITS_EXAMPLE))
async def list_units(wired: Wired, on: OnDay = None) -> UnitList:
    """The units of the authority that answers, the regions that they are in, and the national level.

    Enheterna hos den myndighet som svarar, regionerna som de hör till, och den nationella nivån.
    """
    day = on or swedish_day(wired.clock())
    async with wired.database.without_tenant() as connection:
        found = await repository.units(connection, day)
    return UnitList(
        on=day,
        total=len(found),
        items=[unit_answer(unit, wired.settings.api_url) for unit in found],
        links=links(f"{wired.settings.api_url}/units", {"on": on}),
    )


@router.get("/units/{unitCode}", summary="Read a unit / Läs en enhet", responses=answered(UNIT_EXAMPLE))
async def read_unit(
    wired: Wired,
    code: Annotated[str, Path(alias="unitCode", pattern=UNIT, description="Code / Kod")],
    on: OnDay = None,
) -> UnitDetail:
    """One unit, with the municipalities and other askers whose questions it handles on the day.

    En enhet, med de kommuner och andra frågande vars frågor den handlägger den dagen.
    """
    day = on or swedish_day(wired.clock())
    async with wired.database.begin(PUBLIC) as connection:
        found = await repository.units(connection, day, code)
        if not found:
            raise Problem(NOT_FOUND)
        routes = await repository.routes(connection, day, competences=tuple(Competence), unit=code)
        askers = await repository.askers(connection, day, code)
    address = links(f"{wired.settings.api_url}/units/{code}", {"on": on})
    return unit_detail(found[0], day, routes, askers, address)


@router.get(
    "/routing",
    summary="Which unit handles a municipality's questions / Vilken enhet som handlägger en kommuns frågor",
    responses=answered(ROUTING_EXAMPLE),
)
async def read_routing(
    wired: Wired,
    municipality_code: Annotated[
        str | None,
        Query(alias="municipalityCode", pattern=MUNICIPALITY, description="One; all when absent / En; annars alla"),
    ] = None,
    competence: Annotated[
        Competence, Query(description="What the questions are about / Vad frågorna gäller")
    ] = Competence.GENERAL,
    on: OnDay = None,
) -> RoutingAnswer:
    """The unit of each municipality on a day, and until when, if a move is planned. Nothing when there is no such one.

    Varje kommuns enhet en dag, och till när om en flytt är planerad. Tomt när kommunen inte finns den dagen.
    """
    day = on or swedish_day(wired.clock())
    async with wired.database.begin(PUBLIC) as connection:
        found = await repository.routes(connection, day, competences=(competence,), municipality=municipality_code)
    parameters = {"municipalityCode": municipality_code, "competence": competence.value, "on": on}
    return RoutingAnswer(
        on=day,
        total=len(found),
        items=[route_answer(route) for route in found],
        links=links(f"{wired.settings.api_url}/routing", parameters),
    )
