"""Figures that are sums, over HTTP: throughput, cumulative flow, reasons for delay, manual work, demand."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field
from starlette.requests import Request

from services.consultation.consultations.information_sets import FACTS
from services.consultation.consultations.transitions import State
from services.consultation.leadtimes import examples
from services.consultation.leadtimes.answers import kept_until_folded
from services.consultation.leadtimes.asking import Asked, From, Narrowed, Statistics, To, read_question
from services.consultation.leadtimes.cuts import Grouping, Slice
from services.consultation.leadtimes.flow import (
    THROUGHPUT,
    Sums,
    cumulative_flow,
    delay_items,
    demand,
    largest_causes,
    manual_items,
    own,
    sums,
)
from services.consultation.leadtimes.manual import MANUAL_CHANNELS, standard_on
from services.consultation.leadtimes.others import FiguresWithheld
from services.consultation.leadtimes.periods import Period, days_from
from services.consultation.leadtimes.report import minutes_of
from services.consultation.leadtimes.tables import Format, answers, told, wants_table
from services.consultation.problems import FIGURES_WITHHELD, PERIOD_INVALID
from services.consultation.wire import Day
from shared.http.bodies import WireModel
from shared.http.paging import page_links
from shared.problems import Problem

router = APIRouter(tags=["lead-times"])

Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]
GroupBy = Annotated[Grouping, Query(alias="groupBy")]
_THROUGHPUT_TABLE = (
    *("from", "to", "key", "opened", "answered", "closed", "rejected", "withdrawn", "withinTarget", "cooperationCases"),
)
_FLOW_TABLE = ("day", *(state.value for state in State))
_DELAY_TABLE = ("from", "to", "key", "reason", "count", "hoursLost")
_MANUAL_TABLE = ("from", "to", "key", "answered", "withoutManualStep", "channel", "steps", "minutes")
_DEMAND_TABLE = ("from", "to", "code", "asked", "answered", "medianMinutes", "lookupShare")


class ThroughputGroup(WireModel):
    """What happened in one group. `withinTarget` counts of the answered, `cooperationCases` of the opened (R59)."""

    key: str
    opened: int
    answered: int
    closed: int
    rejected: int
    withdrawn: int
    within_target: int
    cooperation_cases: int


class Throughput(WireModel):
    """What came, and what went."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day
    group_by: Grouping
    groups: list[ThroughputGroup]
    links: Links


class FlowDayModel(WireModel):
    """How many were in each state when the day ended."""

    day: Day
    states: dict[State, int]


class CumulativeFlow(WireModel):
    """Day by day; those that have ended pile up."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day
    days: list[FlowDayModel]
    links: Links


class CauseModel(WireModel):
    """A reason for delay, how often, and the working hours that went by."""

    reason: str
    count: int
    hours_lost: float


class DelayGroup(WireModel):
    """The largest causes of one group, the one that cost most first."""

    key: str
    causes: list[CauseModel]


class DelayReasons(WireModel):
    """What delays are put down to (R12)."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day
    group_by: Grouping
    groups: list[DelayGroup]
    links: Links


class ManualStepsModel(WireModel):
    """How many steps by one channel, and the standard minutes that they stand for."""

    channel: str
    steps: int
    minutes: int


class ManualGroup(WireModel):
    """Manual work of one group, and how many were answered with none."""

    key: str
    answered: int
    answered_without_manual_step: int
    minutes: int
    steps: list[ManualStepsModel]


class ManualWork(WireModel):
    """Work by hand, in standard minutes of the version named (R14)."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day
    group_by: Grouping
    standard: str
    groups: list[ManualGroup]
    links: Links


class DemandModel(WireModel):
    """An information set: how often asked for, and the median lead time. The share is null for a category."""

    code: str
    asked: int
    answered: int
    median_minutes: int | None
    lookup_share: Annotated[float | None, Field(description="Could have been a look-up, 0-1 / Kunde ha slagits upp")]


class Demand(WireModel):
    """What is asked for, the most asked first (R3)."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day
    sets: list[DemandModel]
    links: Links


@router.get(
    "/throughput",
    response_model=Throughput,
    responses=answers(examples.THROUGHPUT, ",".join(_THROUGHPUT_TABLE) + "\r\n"),
    summary="What came and what went / Vad som kommit in och gått ut",
)
@kept_until_folded
async def get_throughput(
    request: Request,
    caller: Statistics,
    narrowed: Narrowed,
    from_: From = None,
    to: To = None,
    group_by: GroupBy = Grouping.MONTH,
    format: Format = None,  # noqa: A002 - the public name of the parameter
) -> Response:
    """Opened, answered, closed, rejected and withdrawn. Of all for the answering authority, of their own for others.

    Öppnade, besvarade, avslutade, avvisade och återtagna. Alla för den svarande myndigheten, egna för övriga.
    """
    asked = read_question(request, caller, from_, to, group_by, narrowed)
    groups = await _sums(asked, THROUGHPUT)
    model = Throughput(
        from_=asked.period.first,
        to=_last(asked),
        group_by=group_by,
        groups=[
            ThroughputGroup(key=_key(each.key), **{item: each.numbers.get(item, 0) for item in THROUGHPUT})
            for each in groups
        ],
        links=_links(asked, "throughput"),
    )
    rows = [
        (model.from_, model.to, group.key, *(getattr(group, item) for item in THROUGHPUT)) for group in model.groups
    ]
    return told(asked.context, model, _THROUGHPUT_TABLE, rows, as_table=wants_table(request, format))


@router.get(
    "/cumulative-flow",
    response_model=CumulativeFlow,
    responses=answers(examples.FLOW, ",".join(_FLOW_TABLE) + "\r\n"),
    summary="How many in each state, day by day / Hur många i varje läge, dag för dag",
)
@kept_until_folded
async def get_cumulative_flow(
    request: Request,
    caller: Statistics,
    narrowed: Narrowed,
    from_: From = None,
    to: To = None,
    format: Format = None,  # noqa: A002 - the public name of the parameter
) -> Response:
    """At the end of each day, by default the last 90, at most 400 back. Corrections count from when things happened.

    Vid varje dags slut, normalt de senaste 90 och högst 400 bakåt. Rättelser räknas från när det hände.
    """
    asked = read_question(request, caller, from_, to, Grouping.NONE, narrowed)
    first = from_ or asked.last - timedelta(days=89)
    if first < days_from(asked.today) or asked.last > asked.today:
        raise Problem(PERIOD_INVALID, members={"earliest": str(days_from(asked.today))})
    async with asked.context.statistics.without_tenant() as connection:
        flow = await cumulative_flow(connection, Period(first, asked.last + timedelta(days=1)), _chosen(asked))
    model = CumulativeFlow(
        from_=first,
        to=asked.last,
        days=[
            FlowDayModel(day=each.day, states={State(state): n for state, n in each.states.items()}) for each in flow
        ],
        links=_links(asked, "cumulative-flow", {"from": first, "groupBy": None}),
    )
    rows = [(each.day, *(each.states[state.value] for state in State)) for each in flow]
    return told(asked.context, model, _FLOW_TABLE, rows, as_table=wants_table(request, format))


@router.get(
    "/delay-reasons",
    response_model=DelayReasons,
    responses=answers(examples.DELAYS, ",".join(_DELAY_TABLE) + "\r\n"),
    summary="What delays are put down to / Vad fördröjningar beror på",
)
@kept_until_folded
async def get_delay_reasons(
    request: Request,
    caller: Statistics,
    narrowed: Narrowed,
    from_: From = None,
    to: To = None,
    group_by: GroupBy = Grouping.NONE,
    most: Annotated[int, Query(ge=1, le=10, description="Causes in a group / Orsaker per grupp")] = 3,
    format: Format = None,  # noqa: A002 - the public name of the parameter
) -> Response:
    """The largest causes with the working hours lost, by unit, county, month or other cut.

    De största orsakerna med förlorade arbetstimmar, per enhet, län, månad eller annat snitt.
    """
    asked = read_question(request, caller, from_, to, group_by, narrowed)
    groups = await _sums(asked, delay_items())
    model = DelayReasons(
        from_=asked.period.first,
        to=_last(asked),
        group_by=group_by,
        groups=[DelayGroup(key=_key(each.key), causes=_causes(each, most)) for each in groups],
        links=_links(asked, "delay-reasons", {"most": most}),
    )
    rows = [
        (model.from_, model.to, group.key, cause.reason, cause.count, cause.hours_lost)
        for group in model.groups
        for cause in group.causes
    ]
    return told(asked.context, model, _DELAY_TABLE, rows, as_table=wants_table(request, format))


@router.get(
    "/manual-work",
    response_model=ManualWork,
    responses=answers(examples.MANUAL, ",".join(_MANUAL_TABLE) + "\r\n"),
    summary="Work by hand / Manuellt arbete",
)
@kept_until_folded
async def get_manual_work(
    request: Request,
    caller: Statistics,
    narrowed: Narrowed,
    from_: From = None,
    to: To = None,
    group_by: GroupBy = Grouping.MONTH,
    format: Format = None,  # noqa: A002 - the public name of the parameter
) -> Response:
    """Steps and standard minutes of calls, post and meetings, and how many were answered with no manual step.

    Moment och schablonminuter för samtal, post och möten, och hur många som besvarats helt utan.
    """
    asked = read_question(request, caller, from_, to, group_by, narrowed)
    groups = await _sums(asked, manual_items())
    model = ManualWork(
        from_=asked.period.first,
        to=_last(asked),
        group_by=group_by,
        standard=standard_on(asked.today).version,
        groups=[_manual(each) for each in groups],
        links=_links(asked, "manual-work"),
    )
    rows = [
        (
            *(model.from_, model.to, group.key, group.answered, group.answered_without_manual_step),
            *(step.channel, step.steps, step.minutes),
        )
        for group in model.groups
        for step in group.steps
    ]
    return told(asked.context, model, _MANUAL_TABLE, rows, as_table=wants_table(request, format))


@router.get(
    "/demand",
    response_model=Demand,
    responses=answers(examples.DEMAND, ",".join(_DEMAND_TABLE) + "\r\n"),
    summary="What is asked for / Vad som efterfrågas",
)
@kept_until_folded
async def get_demand(
    request: Request,
    caller: Statistics,
    narrowed: Narrowed,
    from_: From = None,
    to: To = None,
    format: Format = None,  # noqa: A002 - the public name of the parameter
) -> Response:
    """How often each information set is asked for, and its median lead time. For the answering authority.

    Hur ofta varje informationsmängd efterfrågas, och medianledtiden. För den svarande myndigheten.
    """
    asked = read_question(request, caller, from_, to, Grouping.NONE, narrowed)
    if not asked.reader.party_to_all or asked.chosen.cut != "all":
        raise Problem(FIGURES_WITHHELD)
    async with asked.context.statistics.without_tenant() as connection:
        ranked = await demand(connection, asked.period)
    model = Demand(
        from_=asked.period.first,
        to=_last(asked),
        sets=[
            DemandModel(
                code=each.code,
                asked=each.number,
                answered=each.answered,
                median_minutes=None if each.median is None else minutes_of(each.median),
                lookup_share=_lookup_share(each.code),
            )
            for each in ranked
        ],
        links=_links(asked, "demand", {"groupBy": None}),
    )
    rows = [
        (model.from_, model.to, each.code, each.asked, each.answered, each.median_minutes, each.lookup_share)
        for each in model.sets
    ]
    return told(asked.context, model, _DEMAND_TABLE, rows, as_table=wants_table(request, format))


async def _sums(asked: Asked, items: Sequence[str]) -> list[Sums]:
    chosen = _chosen(asked)
    async with asked.context.statistics.without_tenant() as connection:
        return await sums(connection, asked.period, asked.grouping, chosen, items)


def _chosen(asked: Asked) -> Slice:
    try:
        return own(asked.chosen, asked.grouping, asked.reader)
    except FiguresWithheld:
        raise Problem(FIGURES_WITHHELD) from None


def _causes(group: Sums, most: int) -> list[CauseModel]:
    return [
        CauseModel(reason=reason, count=count, hours_lost=round(seconds / 3600, 2))
        for reason, count, seconds in largest_causes(group, most)
    ]


def _manual(group: Sums) -> ManualGroup:
    steps = [
        ManualStepsModel(
            channel=channel,
            steps=group.numbers.get(f"manual:{channel}", 0),
            minutes=group.amounts.get(f"manual:{channel}", 0) // 60,
        )
        for channel in MANUAL_CHANNELS
    ]
    return ManualGroup(
        key=_key(group.key),
        answered=group.numbers.get("answered", 0),
        answered_without_manual_step=group.numbers.get("without_manual", 0),
        minutes=sum(step.minutes for step in steps),
        steps=steps,
    )


def _last(asked: Asked) -> Day:
    return min(asked.period.last, asked.last) if asked.last >= asked.today else asked.period.last


def _lookup_share(code: str) -> float | None:
    """The share that could have been a look-up: all of a set that registers tell, none of the others.

    Of a category it can't be said: a question in words alone names no set.
    """
    known = {each.value: facts for each, facts in FACTS.items()}.get(code)
    return None if known is None else float(known.in_registers)


def _links(asked: Asked, path: str, changed: dict[str, object] | None = None) -> dict[str, dict[str, str]]:
    return page_links(f"{asked.context.base_url}/{path}", {**asked.parameters, **(changed or {})}, None)


def _key(key: str) -> str:
    return key.removeprefix("0007:")
