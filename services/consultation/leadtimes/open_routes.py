"""What is open now, over HTTP: work in progress by turn, and ageing by any cut."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field
from starlette.requests import Request

from services.consultation.clocks.turns import Turn
from services.consultation.context import Context, context_of
from services.consultation.leadtimes import examples
from services.consultation.leadtimes.answers import kept_until_folded_or_older
from services.consultation.leadtimes.asking import Narrowed, Narrowing, Statistics
from services.consultation.leadtimes.cuts import Cut
from services.consultation.leadtimes.domain import age_boundaries
from services.consultation.leadtimes.open_now import OpenAge, OpenCut, open_ages
from services.consultation.leadtimes.tables import Format, answers, told, wants_table
from services.consultation.wire import Instant
from shared.database.engine import Tenancy
from shared.http.bodies import WireModel
from shared.http.paging import page_links
from shared.tokens.caller import Caller

router = APIRouter(tags=["lead-times"])

Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]
AgeingCut = Literal["all", "organisation", "unit", "county", "municipality", "kind", "type", "channel"]
_OPEN_TABLE = ("at", "turn", "upToWorkingDays", "count", "overdue")
_AGEING_TABLE = ("at", "groupBy", "key", "upToWorkingDays", "count", "overdue", "oldestOpenedAt")


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


class AgeModel(WireModel):
    """So many up to an age; null is older than the last limit."""

    up_to_working_days: int | None
    count: int
    overdue: int


class AgeingGroup(WireModel):
    """The open consultations of one key, by age, and when the oldest was opened."""

    key: str
    count: int
    overdue: int
    oldest_opened_at: Instant
    ages: list[AgeModel]


class Ageing(WireModel):
    """How old what is open is."""

    at: Instant
    group_by: AgeingCut
    groups: list[AgeingGroup]
    links: Links


@router.get(
    "/work-in-progress",
    response_model=WorkInProgress,
    responses=answers(examples.OPEN, ",".join(_OPEN_TABLE) + "\r\n"),
    summary="Open consultations by age and turn / Öppna samråd efter ålder och vems tur",
)
@kept_until_folded_or_older
async def get_work_in_progress(
    request: Request,
    caller: Statistics,
    narrowed: Narrowed,
    format: Format = None,  # noqa: A002 - the public name of the parameter
) -> Response:
    """How many are open, how old in working days, whose turn it is, and how many are past their due date.

    The answering authority counts all that are put to it, others their own.

    Hur många som är öppna, hur gamla i arbetsdagar, vems tur det är och hur många som är försenade. Den svarande
    myndigheten räknar alla, övriga sina egna.
    """
    context = context_of(request)
    now = context.clock()
    ages = await _ages(context, caller, narrowed, None)
    model = WorkInProgress(
        at=now,
        count=sum(age.count for age in ages),
        overdue=sum(age.overdue for age in ages),
        ages=[
            OpenAgeModel(
                turn=Turn(age.key),
                up_to_working_days=age.up_to_working_days,
                count=age.count,
                overdue=age.overdue,
            )
            for age in ages
        ],
        links=page_links(f"{context.base_url}/work-in-progress", narrowed.parameters, None),
    )
    rows = [(now, age.key, age.up_to_working_days, age.count, age.overdue) for age in ages]
    return told(context, model, _OPEN_TABLE, rows, as_table=wants_table(request, format))


@router.get(
    "/ageing",
    response_model=Ageing,
    responses=answers(examples.AGEING, ",".join(_AGEING_TABLE) + "\r\n"),
    summary="How old what is open is / Hur gammalt det öppna är",
)
@kept_until_folded_or_older
async def get_ageing(
    request: Request,
    caller: Statistics,
    narrowed: Narrowed,
    group_by: Annotated[AgeingCut, Query(alias="groupBy")] = "unit",
    format: Format = None,  # noqa: A002 - the public name of the parameter
) -> Response:
    """Open consultations by age, for each unit, municipality or other key, and when the oldest was opened.

    The answering authority counts all that are put to it, others their own.

    Öppna samråd efter ålder, per enhet, kommun eller annat, och när det äldsta öppnades. Den svarande myndigheten
    räknar alla, övriga sina egna.
    """
    context = context_of(request)
    now = context.clock()
    ages = await _ages(context, caller, narrowed, Cut(group_by))
    keys = dict.fromkeys(age.key for age in ages)
    model = Ageing(
        at=now,
        group_by=group_by,
        groups=[_group(key, [age for age in ages if age.key == key]) for key in keys],
        links=page_links(f"{context.base_url}/ageing", {"groupBy": group_by, **narrowed.parameters}, None),
    )
    rows = [
        (now, group_by, _key(age.key), age.up_to_working_days, age.count, age.overdue, age.oldest.isoformat())
        for age in ages
    ]
    return told(context, model, _AGEING_TABLE, rows, as_table=wants_table(request, format))


async def _ages(context: Context, caller: Caller, narrowed: Narrowing, by: Cut | None) -> list[OpenAge]:
    now = context.clock()
    cut = OpenCut(caller.organisation, context.answering, narrowed.by_cut)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        return await open_ages(connection, cut, now, age_boundaries(now, context.calendar), by)


def _group(key: str, ages: Sequence[OpenAge]) -> AgeingGroup:
    return AgeingGroup(
        key=_key(key),
        count=sum(age.count for age in ages),
        overdue=sum(age.overdue for age in ages),
        oldest_opened_at=min(age.oldest for age in ages),
        ages=[
            AgeModel(up_to_working_days=age.up_to_working_days, count=age.count, overdue=age.overdue) for age in ages
        ],
    )


def _key(key: str) -> str:
    return key.removeprefix("0007:")
