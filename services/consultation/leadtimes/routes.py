"""Lead times over HTTP, for dashboards: no persons, and a plain bearer token is enough."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field
from starlette.requests import Request

from services.consultation.leadtimes import examples
from services.consultation.leadtimes.answers import kept_until_folded
from services.consultation.leadtimes.asking import Asked, From, Narrowed, Statistics, To, read_question
from services.consultation.leadtimes.buckets import ERROR_BOUND
from services.consultation.leadtimes.cuts import Grouping
from services.consultation.leadtimes.figures import FIRST_RESPONSE, MEASURES, TOTAL, TOUCH
from services.consultation.leadtimes.others import FiguresWithheld
from services.consultation.leadtimes.report import Group, Question, Report, lead_times, minutes_of
from services.consultation.leadtimes.tables import Format, answers, told, wants_table
from services.consultation.problems import FIGURES_WITHHELD
from services.consultation.wire import Day
from shared.http.bodies import WireModel
from shared.http.paging import page_links
from shared.problems import MALFORMED, Problem

router = APIRouter(tags=["lead-times"])

Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]
Share = Annotated[float, Field(ge=0, le=1)]
_PERCENTILE = re.compile(r"(?:0|[1-9]\d?|100)(?:\.\d{1,2})?", re.ASCII)
_MOST_PERCENTILES = 20
_TURNS = tuple(measure for measure in MEASURES if measure not in (TOTAL, FIRST_RESPONSE, TOUCH))
_TABLE = (
    *("from", "to", "groupBy", "key", "suppressed", "monthsLeftOut", "count", "withinTarget", "exact"),
    *("measure", "percentile", "minutes"),
)


class PercentileModel(WireModel):
    """So many working minutes or fewer at this percentile; null when too few of others' answers lie beyond it."""

    percentile: int | float
    minutes: int | None


class TurnsModel(WireModel):
    """The same by whose turn it was, or what was waited for."""

    answering_authority: list[PercentileModel]
    municipality: list[PercentileModel]
    person: list[PercentileModel]
    post: list[PercentileModel]
    secrecy_test: list[PercentileModel]
    meeting: list[PercentileModel]


class GroupModel(WireModel):
    """One group of answered consultations. Of one that is `suppressed` the figures are null.

    `exact` tells whether the percentiles are exact, or within `errorBound` of it. `monthsLeftOut` is how many months
    of the period could not be told, and are in none of the figures.
    """

    key: str
    suppressed: bool
    months_left_out: int
    count: int | None
    within_target: Share | None
    exact: bool | None
    total: list[PercentileModel] | None
    turns: TurnsModel | None
    first_response: list[PercentileModel] | None
    touch: list[PercentileModel] | None


class LeadTimeReport(WireModel):
    """Lead times of what was answered in a period."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day
    group_by: Grouping
    unit: str
    error_bound: Share
    groups: list[GroupModel]
    links: Links


@router.get(
    "/lead-times",
    response_model=LeadTimeReport,
    responses=answers(examples.REPORT, ",".join(_TABLE) + "\r\n"),
    summary="Lead times by whose turn it was / Ledtider, uppdelade på vems tur det var",
)
@kept_until_folded
async def get_lead_times(
    request: Request,
    caller: Statistics,
    narrowed: Narrowed,
    from_: From = None,
    to: To = None,
    group_by: Annotated[Grouping, Query(alias="groupBy")] = Grouping.NONE,
    percentiles: Annotated[
        str, Query(max_length=120, description="From 0 to 100, by commas / Från 0 till 100, med komma")
    ] = "50,85,95",
    format: Format = None,  # noqa: A002 - the public name of the parameter
) -> Response:
    """Any percentiles in working minutes, in all, by whose turn it was, to the first response, and of touch time.

    Days are Swedish calendar days, by default twelve months. One cut at a time, and municipality by type; by month
    always, by day and week over the last 400 days. Exact below 1 000 answers. Of other organisations than the
    caller's own whole months that have ended are told, and no small numbers or percentiles that few of them reach.

    Valfria percentiler i arbetsminuter, totalt, per part, till första reaktion och aktiv handläggningstid. Ett snitt i
    taget, samt kommun per typ. Exakta under 1 000 svar. Om andra än den egna organisationen visas hela avslutade
    månader och inga små tal.
    """
    asked = read_question(request, caller, from_, to, group_by, narrowed)
    shares = _shares(percentiles)
    question = Question(asked.period, group_by, asked.chosen, [share / 100 for share in shares], tuple(MEASURES))
    try:
        async with asked.context.statistics.without_tenant() as connection:
            report = await lead_times(connection, question, asked.reader, asked.today)
    except FiguresWithheld:
        raise Problem(FIGURES_WITHHELD) from None
    model = _model(asked, report, shares)
    return told(asked.context, model, _TABLE, list(_rows(model)), as_table=wants_table(request, format))


def _shares(written: str) -> list[int | float]:
    """From 0 to 100, in the order written. Raises Problem 422."""
    parts = written.split(",")
    if len(parts) > _MOST_PERCENTILES or any(not _PERCENTILE.fullmatch(part) or float(part) > 100 for part in parts):
        raise Problem(MALFORMED, members={"errors": [{"field": "percentiles", "reason": "unknown"}]})
    return [float(part) if "." in part else int(part) for part in dict.fromkeys(parts)]


def _model(asked: Asked, report: Report, shares: Sequence[int | float]) -> LeadTimeReport:
    parameters = {**asked.parameters, "percentiles": ",".join(str(share) for share in shares)}
    return LeadTimeReport(
        from_=report.period.first,
        to=min(report.period.last, asked.last) if asked.last >= asked.today else report.period.last,
        group_by=asked.grouping,
        unit="workingMinutes",
        error_bound=round(ERROR_BOUND, 4),
        groups=[_group(group, shares) for group in report.groups],
        links=page_links(f"{asked.context.base_url}/lead-times", parameters, None),
    )


def _group(group: Group, shares: Sequence[int | float]) -> GroupModel:
    if group.spreads is None:
        nothing = dict.fromkeys(("count", "within_target", "exact", "total", "turns", "first_response", "touch"))
        return GroupModel(key=_key(group.key), suppressed=True, months_left_out=group.months_left_out, **nothing)
    spreads = {
        measure: [
            PercentileModel(percentile=share, minutes=None if value is None else minutes_of(value))
            for share, value in zip(shares, group.spreads.by_measure[measure], strict=True)
        ]
        for measure in group.spreads.by_measure
    }
    return GroupModel(
        key=_key(group.key),
        suppressed=False,
        months_left_out=group.months_left_out,
        count=group.number,
        within_target=group.within_target,
        exact=group.spreads.exact,
        total=spreads[TOTAL],
        turns=TurnsModel(**{turn: spreads[turn] for turn in _TURNS}),
        first_response=spreads.get(FIRST_RESPONSE),
        touch=spreads.get(TOUCH),
    )


def _key(key: str) -> str:
    """Organisations by their number, as everywhere outside."""
    return key.removeprefix("0007:")


def _rows(model: LeadTimeReport) -> Iterator[Sequence[object]]:
    """A row for each measure and percentile; one for a group that is suppressed."""
    for group in model.groups:
        start = (model.from_, model.to, model.group_by.value, group.key, group.suppressed, group.months_left_out)
        figures = (*start, group.count, group.within_target, group.exact)
        if group.suppressed:
            yield (*figures, None, None, None)
        for measure, spread in _spreads(group).items():
            for each in spread:
                yield (*figures, measure, each.percentile, each.minutes)


def _spreads(group: GroupModel) -> Mapping[str, Sequence[PercentileModel]]:
    named = {TOTAL: group.total, FIRST_RESPONSE: group.first_response, TOUCH: group.touch}
    turns = {turn: getattr(group.turns, turn) for turn in _TURNS} if group.turns else {}
    return {measure: spread for measure, spread in {**named, **turns}.items() if spread is not None}
