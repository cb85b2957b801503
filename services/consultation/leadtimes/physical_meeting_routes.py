"""Physical meetings that were asked for, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field
from starlette.requests import Request

from services.consultation.leadtimes import examples
from services.consultation.leadtimes.answers import kept_until_folded
from services.consultation.leadtimes.asking import From, Narrowed, Statistics, To, read_question
from services.consultation.leadtimes.cuts import Grouping
from services.consultation.leadtimes.others import FiguresWithheld
from services.consultation.leadtimes.physical_meetings import IN_TIME, RequestsGroup, physical_meetings
from services.consultation.leadtimes.tables import Format, answers, told, wants_table
from services.consultation.problems import FIGURES_WITHHELD
from services.consultation.wire import Day
from shared.http.bodies import WireModel
from shared.http.paging import page_links
from shared.problems import Problem

router = APIRouter(tags=["lead-times"])

Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]
_FIGURES = (
    "requests",
    "granted",
    "refused",
    "not_granted",
    "waiting",
    "in_time",
    "share_in_time",
    "median_working_days",
)
_TABLE = (
    *("from", "to", "groupBy", "key", "suppressed", "monthsLeftOut", "requests", "granted", "refused", "notGranted"),
    *("waiting", "inTime", "shareInTime", "medianWorkingDays"),
)


class RequestsGroupModel(WireModel):
    """The requests of one group by what they have come to. Of one that is `suppressed` the figures are null.

    `requests` is n: the sum of `granted`, `refused`, `notGranted` (the consultation ended while it waited) and
    `waiting`. `inTime` are those granted whose meeting begins within `withinWorkingDays`, `shareInTime` their share of
    all requests. `medianWorkingDays` is from request to meeting, of those granted. `monthsLeftOut` is how many months
    of the period could not be told, and are in none of the figures.
    """

    key: str
    suppressed: bool
    months_left_out: int
    requests: int | None
    granted: int | None
    refused: int | None
    not_granted: int | None
    waiting: int | None
    in_time: int | None
    share_in_time: Annotated[float | None, Field(ge=0, le=1)]
    median_working_days: float | None


class PhysicalMeetings(WireModel):
    """Requests for a physical meeting that were made in a period."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day
    group_by: Grouping
    within_working_days: int
    groups: list[RequestsGroupModel]
    links: Links


@router.get(
    "/physical-meetings",
    response_model=PhysicalMeetings,
    responses=answers(examples.PHYSICAL_MEETINGS, ",".join(_TABLE) + "\r\n"),
    summary="Physical meetings asked for and granted / Begärda och beviljade fysiska möten",
)
@kept_until_folded
async def get_physical_meetings(
    request: Request,
    caller: Statistics,
    narrowed: Narrowed,
    from_: From = None,
    to: To = None,
    group_by: Annotated[Grouping, Query(alias="groupBy")] = Grouping.COUNTY,
    format: Format = None,  # noqa: A002 - the public name of the parameter
) -> Response:
    """By the day of the request: the share granted so that the meeting begins within ten working days, with n.

    Working days are those on which the unit that booked is open, from the day after the request up to and with the day
    of the meeting. By the asker's county unless asked otherwise. Of others whole months that have ended, in which no
    request waits any more, and no small numbers.

    Efter dagen för begäran: andelen som beviljats så att mötet börjar inom tio arbetsdagar, med antal. Arbetsdagar är
    de dagar då enheten som bokat har öppet, från dagen efter begäran till och med mötets dag. Per frågarens län om
    inget annat anges. Om andra visas hela avslutade månader där ingen begäran längre väntar, och inga små tal.
    """
    asked = read_question(request, caller, from_, to, group_by, narrowed)
    try:
        async with asked.context.statistics.without_tenant() as connection:
            period, groups = await physical_meetings(
                connection, asked.period, group_by, asked.chosen, asked.reader, asked.today
            )
    except FiguresWithheld:
        raise Problem(FIGURES_WITHHELD) from None
    model = PhysicalMeetings(
        from_=period.first,
        to=min(period.last, asked.last) if asked.last >= asked.today else period.last,
        group_by=group_by,
        within_working_days=IN_TIME,
        groups=[_model(group) for group in groups],
        links=page_links(f"{asked.context.base_url}/physical-meetings", asked.parameters, None),
    )
    rows = [
        (
            *(model.from_, model.to, group_by.value, group.key, group.suppressed, group.months_left_out),
            *(getattr(group, name) for name in _FIGURES),
        )
        for group in model.groups
    ]
    return told(asked.context, model, _TABLE, rows, as_table=wants_table(request, format))


def _model(group: RequestsGroup) -> RequestsGroupModel:
    # Organisations by their number, as everywhere outside.
    key, figures = group.key.removeprefix("0007:"), group.figures
    return RequestsGroupModel(
        key=key,
        suppressed=figures is None,
        months_left_out=group.months_left_out,
        **{name: None if figures is None else getattr(figures, name) for name in _FIGURES},
    )
