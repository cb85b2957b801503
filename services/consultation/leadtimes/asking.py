"""What every figure is asked with: a period of Swedish days, a grouping, and what it is narrowed to."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.clocks.domain import FIRST_YEAR, LAST_YEAR
from services.consultation.consultations.domain import Channel, ConsultationType
from services.consultation.context import Context, context_of
from services.consultation.leadtimes.cuts import Cut, CutNotKept, Grouping, Slice, slice_of
from services.consultation.leadtimes.facts import day_of
from services.consultation.leadtimes.others import Reader
from services.consultation.leadtimes.periods import Period, answerable, days_from, month_of
from services.consultation.problems import CUT_NOT_KEPT, PERIOD_INVALID
from shared.problems import Problem
from shared.tokens.caller import Caller, Requires

Statistics = Annotated[Caller, Depends(Requires(scopes.STATISTICS_READ, actor=False))]
UNIT = "^[a-z0-9][a-z0-9._-]{0,63}$"
_LONGEST = timedelta(days=366 * 10)
_TYPES = tuple(each.value for each in ConsultationType)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the request names, by cut, and under the names that it used."""

    by_cut: dict[Cut, str]
    parameters: dict[str, object]


async def narrowing(
    organisation: Annotated[
        str | None, Query(pattern="^[0-9]{10}$", description="Organisation number of the asker / Frågarens orgnummer")
    ] = None,
    unit: Annotated[str | None, Query(pattern=UNIT, description="Answering unit / Svarande enhet")] = None,
    area_code: Annotated[
        str | None, Query(alias="areaCode", pattern="^SE[1-3][1-9]$", description="National area / Riksområde")
    ] = None,
    county_code: Annotated[str | None, Query(alias="countyCode", pattern="^[0-9]{2}$")] = None,
    municipality_code: Annotated[str | None, Query(alias="municipalityCode", pattern="^[0-9]{4}$")] = None,
    asker_kind: Annotated[str | None, Query(alias="askerKind", pattern="^[a-z_]{1,40}$")] = None,
    type: ConsultationType | None = None,  # noqa: A002 - the public name of the parameter
    channel: Channel | None = None,
) -> Narrowing:
    """The cuts that a request names. Raises Problem 422 for an organisation number that is none."""
    # Asynchronous though it waits for nothing: FastAPI carries out a plain function in another thread.
    named: dict[str, tuple[Cut, str | None]] = {
        "organisation": (Cut.ORGANISATION, organisation),
        "unit": (Cut.UNIT, unit),
        "areaCode": (Cut.AREA, area_code),
        "countyCode": (Cut.COUNTY, county_code),
        "municipalityCode": (Cut.MUNICIPALITY, municipality_code),
        "askerKind": (Cut.KIND, asker_kind),
        "type": (Cut.TYPE, type.value if type else None),
        "channel": (Cut.CHANNEL, channel.value if channel else None),
    }
    by_cut = {cut: value for cut, value in named.values() if value is not None}
    if organisation is not None:
        by_cut[Cut.ORGANISATION] = f"0007:{organisation}"
    return Narrowing(by_cut, {name: value for name, (_, value) in named.items()})


Narrowed = Annotated[Narrowing, Depends(narrowing)]
From = Annotated[date | None, Query(alias="from", description="First day / Första dagen")]
To = Annotated[date | None, Query(description="Last day / Sista dagen")]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of figures, read. `last` is the last day that was asked for."""

    context: Context
    reader: Reader
    today: date
    period: Period
    last: date
    grouping: Grouping
    chosen: Slice
    parameters: dict[str, object]


def read_question(
    request: Request, caller: Caller, from_: date | None, to: date | None, grouping: Grouping, narrowed: Narrowing
) -> Asked:
    """Raises Problem 422 for a period that can't be, and for cuts that no cells are kept by.

    Without a period it is the last twelve months, this one included.
    """
    context = context_of(request)
    today = day_of(context.clock())
    last = to or today
    for day in (from_, last):
        require_in_calendar(day)
    first = from_ or _twelve_months_to(last)
    if not timedelta(0) <= last - first <= _LONGEST:
        raise Problem(PERIOD_INVALID)
    if grouping in (Grouping.DAY, Grouping.WEEK) and first < days_from(today):
        raise Problem(PERIOD_INVALID, members={"earliest": str(days_from(today))})
    try:
        chosen = slice_of(grouping, narrowed.by_cut, _TYPES)
    except CutNotKept:
        raise Problem(CUT_NOT_KEPT) from None
    period = Period(first, last + timedelta(days=1))
    counted = period if grouping in (Grouping.DAY, Grouping.WEEK) else answerable(period, today)
    parameters = {"from": first, "to": last, "groupBy": grouping.value, **narrowed.parameters}
    return Asked(context, reader_of(context, caller), today, counted, last, grouping, chosen, parameters)


def require_in_calendar(day: date | None) -> None:
    """Raises Problem 422 for a day outside the years whose holidays are known."""
    if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Problem(PERIOD_INVALID)


def reader_of(context: Context, caller: Caller) -> Reader:
    """The answering authority is a party to everything."""
    return Reader(caller.organisation, caller.organisation == context.answering, context.small_numbers_below)


def _twelve_months_to(day: date) -> date:
    first = month_of(day)
    return first.replace(year=first.year - 1, month=first.month + 1) if first.month < 12 else first.replace(month=1)
