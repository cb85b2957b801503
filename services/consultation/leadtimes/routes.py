"""Lead times over HTTP, for dashboards: no persons, and a plain bearer token is enough."""

from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.clocks.domain import FIRST_YEAR, LAST_YEAR
from services.consultation.clocks.turns import Turn
from services.consultation.clocks.zone import SWEDEN
from services.consultation.consultations.domain import ConsultationType
from services.consultation.context import context_of
from services.consultation.leadtimes import examples
from services.consultation.leadtimes.domain import age_boundaries
from services.consultation.leadtimes.report import PERCENTILES, Cut, Group, Grouping, Spread, lead_times, open_ages
from services.consultation.problems import PERIOD_INVALID
from services.consultation.wire import Day, Instant
from shared.http.bodies import WireModel
from shared.http.paging import page_links
from shared.problems import Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["lead-times"])

Statistics = Annotated[Caller, Depends(Requires(scopes.STATISTICS_READ, actor=False))]
Municipality = Annotated[str | None, Query(alias="municipalityCode", pattern="^[0-9]{4}$")]
County = Annotated[str | None, Query(alias="countyCode", pattern="^[0-9]{2}$")]
Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]
_DEFAULT_SPAN = timedelta(days=365)
_LONGEST_SPAN = timedelta(days=366 * 10)


class PercentileModel(WireModel):
    """So many working minutes or fewer at this percentile."""

    percentile: int
    minutes: int


class TurnsModel(WireModel):
    """The same by whose turn it was."""

    answering_authority: list[PercentileModel]
    municipality: list[PercentileModel]


class GroupModel(WireModel):
    """One group of answered consultations."""

    key: str
    count: int
    within_target: Annotated[float, Field(ge=0, le=1)]
    total: list[PercentileModel]
    turns: TurnsModel


class LeadTimeReport(WireModel):
    """Lead times of what was answered in a period."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day
    group_by: Grouping
    unit: str
    groups: list[GroupModel]
    links: Links


class OpenAgeModel(WireModel):
    """Open consultations up to an age; null is older than the last limit."""

    turn: Turn
    up_to_working_days: int | None
    count: int
    overdue: int


class WorkInProgress(WireModel):
    """What is open now."""

    at: Instant
    count: int
    overdue: int
    ages: list[OpenAgeModel]
    links: Links


@router.get(
    "/lead-times",
    response_model=LeadTimeReport,
    responses={200: {"content": {"application/json": {"example": examples.REPORT}}}},
    summary="Lead times by whose turn it was / Ledtider, uppdelade på vems tur det var",
)
async def get_lead_times(
    request: Request,
    _: Statistics,
    from_: Annotated[date | None, Query(alias="from", description="First day answered / Första svarsdag")] = None,
    to: Annotated[date | None, Query(description="Last day answered / Sista svarsdag")] = None,
    group_by: Annotated[Grouping, Query(alias="groupBy")] = Grouping.NONE,
    municipality_code: Municipality = None,
    county_code: County = None,
    type: ConsultationType | None = None,  # noqa: A002 - the public name of the parameter
) -> Response:
    """Median, 85th and 95th percentile in working minutes with Swedish holidays, in all and by whose turn it was.

    Days are Swedish calendar days. Defaults to the last year.

    Median, 85:e och 95:e percentil i arbetsminuter med svenska helgdagar, totalt och per part.
    """
    context = context_of(request)
    if any(not FIRST_YEAR <= day.year <= LAST_YEAR for day in (from_, to) if day is not None):
        raise Problem(PERIOD_INVALID)
    last = to or context.clock().astimezone(SWEDEN).date()
    first = from_ or last - _DEFAULT_SPAN
    if not timedelta(0) <= last - first <= _LONGEST_SPAN:
        raise Problem(PERIOD_INVALID)
    cut = Cut(municipality_code, county_code, type.value if type else None)
    async with context.statistics.without_tenant() as connection:
        groups = await lead_times(connection, group_by, cut, _midnight(first), _midnight(last + timedelta(days=1)))
    parameters: dict[str, object] = {
        "from": first,
        "to": last,
        "groupBy": group_by.value,
        "municipalityCode": cut.municipality,
        "countyCode": cut.county,
        "type": cut.type,
    }
    report = LeadTimeReport(
        from_=first,
        to=last,
        group_by=group_by,
        unit="workingMinutes",
        groups=[_group(group) for group in groups],
        links=page_links(f"{context.base_url}/lead-times", parameters, None),
    )
    return context.json(report)


@router.get(
    "/work-in-progress",
    response_model=WorkInProgress,
    responses={200: {"content": {"application/json": {"example": examples.OPEN}}}},
    summary="Open consultations by age and turn / Öppna samråd efter ålder och vems tur",
)
async def get_work_in_progress(
    request: Request,
    _: Statistics,
    municipality_code: Municipality = None,
    county_code: County = None,
    type: ConsultationType | None = None,  # noqa: A002 - the public name of the parameter
) -> Response:
    """How many are open, how old in working days, whose turn it is, and how many are past their due date.

    Hur många som är öppna, hur gamla i arbetsdagar, vems tur det är och hur många som är försenade.
    """
    context = context_of(request)
    now = context.clock()
    cut = Cut(municipality_code, county_code, type.value if type else None)
    async with context.statistics.without_tenant() as connection:
        ages = await open_ages(connection, cut, now, age_boundaries(now, context.calendar))
    parameters: dict[str, object] = {
        "municipalityCode": cut.municipality,
        "countyCode": cut.county,
        "type": cut.type,
    }
    model = WorkInProgress(
        at=now,
        count=sum(age.count for age in ages),
        overdue=sum(age.overdue for age in ages),
        ages=[
            OpenAgeModel(
                turn=Turn(age.turn),
                up_to_working_days=age.up_to_working_days,
                count=age.count,
                overdue=age.overdue,
            )
            for age in ages
        ],
        links=page_links(f"{context.base_url}/work-in-progress", parameters, None),
    )
    return context.json(model)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SWEDEN)


def _group(group: Group) -> GroupModel:
    return GroupModel(
        key=group.key,
        count=group.count,
        within_target=group.within_target,
        total=_percentiles(group.total),
        turns=TurnsModel(answering_authority=_percentiles(group.answering), municipality=_percentiles(group.asking)),
    )


def _percentiles(spread: Spread) -> list[PercentileModel]:
    pairs = zip(PERCENTILES, spread.minutes, strict=True)
    return [PercentileModel(percentile=percentile, minutes=value) for percentile, value in pairs]
