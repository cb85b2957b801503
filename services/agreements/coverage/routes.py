"""Coverage over HTTP. Public."""

from typing import Any

from fastapi import APIRouter

from services.agreements.coverage import repository
from services.agreements.coverage.domain import not_covered, per_county
from services.agreements.days import swedish_day
from services.agreements.wire import Day, Links, OnDay, answered, links
from services.agreements.wiring import Wired
from shared.database.engine import PUBLIC
from shared.http.bodies import WireModel

router = APIRouter(tags=["coverage"])


class CodeAndName(WireModel):
    """A municipality."""

    code: str
    name: str


class CountyNumbers(WireModel):
    """A county."""

    code: str
    name: str
    municipalities: int
    covered: int


class CoverageAnswer(WireModel):
    """`invented` says that invented agreements are among those counted."""

    on: Day
    municipalities: int
    covered: int
    agreements: int
    not_covered: list[CodeAndName]
    counties: list[CountyNumbers]
    invented: bool
    links: Links


_EXAMPLE: dict[str, Any] = {
    "on": "2023-12-01",
    "municipalities": 290,
    "covered": 280,
    "agreements": 273,
    "notCovered": [{"code": "0140", "name": "Nykvarn"}],
    "counties": [{"code": "24", "name": "Västerbottens län", "municipalities": 15, "covered": 15}],
    "invented": True,
    "_links": {"self": {"href": "https://samrad.example/agreements/v1/coverage?on=2023-12-01"}},
}


@router.get("/coverage", summary="Coverage on a day / Täckning en dag", responses=answered(_EXAMPLE))
async def read_coverage(wired: Wired, on: OnDay = None) -> CoverageAnswer:
    """How many municipalities an agreement with Arbetsförmedlingen covers on a day, and which have none.

    Counted from published local, multi-municipal and regional agreements in force, each municipality once.

    Hur många kommuner som omfattas av en överenskommelse en dag, och vilka som saknar. Räknat ur publicerade
    överenskommelser som gäller, varje kommun en gång.
    """
    day = on or swedish_day(wired.clock())
    async with wired.database.begin(PUBLIC) as connection:
        areas = await repository.areas(connection, day)
        counted = await repository.counted(connection, day)
    without = not_covered(areas)
    return CoverageAnswer(
        on=day,
        municipalities=len(areas),
        covered=len(areas) - len(without),
        agreements=counted.agreements,
        not_covered=[CodeAndName(code=area.code, name=area.name) for area in without],
        counties=[
            CountyNumbers(code=each.code, name=each.name, municipalities=each.municipalities, covered=each.covered)
            for each in per_county(areas)
        ],
        invented=counted.invented,
        links=links(f"{wired.settings.api_url}/coverage", {"on": on}),
    )
