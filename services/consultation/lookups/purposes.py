"""Purposes: what a look-up may be for, and therefore which sources it asks, about what, and for which period.

They are data, in `purposes.json`, read once and refused as a whole when anything in it does not hold together.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from services.consultation.lookups.months import Month
from services.consultation.lookups.roles import Role
from services.consultation.lookups.sources.domain import Period, SourceCode
from services.consultation.problems import PERIOD_INVALID, SOURCE_OUTSIDE_PURPOSE
from shared.problems import MALFORMED, Problem, Words

FILE = Path(__file__).with_name("purposes.json")
TAKES_OWN_PERIOD = (SourceCode.AF, SourceCode.CSN, SourceCode.FK, SourceCode.SO, SourceCode.TNS)
"""The sources that can be asked for a period of their own: the contract has none for SKV and MIV."""

_LONGEST = timedelta(days=5 * 366)
_MOST_YEARS_FK = 2
_LATEST = timedelta(days=366)
_MOST_MONTHS = 23
"""A default reaches at most so far from the month of the day: two years are what FK answers."""


@dataclass(frozen=True, slots=True)
class Span:
    """A period counted in whole months around a month."""

    months_before: int
    months_after: int

    def around(self, month: Month) -> Period:
        """From the first day of the first month to the last day of the last."""
        return Period(month.moved(-self.months_before).period.first, month.moved(self.months_after).period.last)


@dataclass(frozen=True, slots=True)
class SourceSpan:
    """What one source is asked for instead, when the month of the day is one of `in_months`."""

    source: SourceCode
    in_months: frozenset[int]
    span: Span


@dataclass(frozen=True, slots=True)
class Purpose:
    """`sources` may be asked, `default_sources` are when nothing else is chosen.

    Without `default`, a period is required. `benefit_groups` are LEFI's codes for what FK is asked about.
    """

    code: str
    words: Words
    sources: tuple[SourceCode, ...]
    default_sources: tuple[SourceCode, ...]
    benefit_groups: tuple[str, ...]
    default: Span | None
    source_spans: tuple[SourceSpan, ...]

    def default_period(self, today: date) -> Period | None:
        """The period that applies when none is given."""
        return self.default.around(Month.of(today)) if self.default else None

    def default_source_periods(self, today: date) -> dict[SourceCode, Period]:
        """The sources that are then asked for another period, each with its own."""
        month = Month.of(today)
        return {each.source: each.span.around(month) for each in self.source_spans if month.number in each.in_months}

    def sources_for(self, role: Role) -> tuple[SourceCode, ...]:
        """The sources that may be asked about a member of a household."""
        return tuple(source for source in self.sources if role is not Role.CHILD or source in CHILD_SOURCES)


CHILD_SOURCES = (SourceCode.CSN, SourceCode.FK)
"""What may be paid for or to a child: study aid, and benefits. A child has no work, vehicle or capital to ask about."""


def read_purposes(text: str) -> dict[str, Purpose]:
    """The purposes of a file in the form of `purposes.json`, by code. Raises ValueError with what does not hold."""
    content = json.loads(text)
    purposes = [_purpose(each, content["benefitGroups"]) for each in content["purposes"]]
    if len({each.code for each in purposes}) != len(purposes):
        raise ValueError("a purpose is there twice")
    return {each.code: each for each in purposes}


def _purpose(row: dict[str, Any], groups: Mapping[str, Sequence[str]]) -> Purpose:
    unknown = row.keys() ^ {
        "code", "words", "allowedSources", "defaultSources", "benefitGroups", "defaultPeriod", "sourcePeriods"
    }  # fmt: skip
    if unknown:
        raise ValueError(f"{row.get('code')}: unknown or missing: {', '.join(sorted(unknown))}")
    allowed, default = _sources(row["allowedSources"]), _sources(row["defaultSources"])
    purpose = Purpose(
        code=row["code"],
        words=Words(row["words"]["sv"], row["words"]["en"]),
        sources=allowed,
        default_sources=default,
        benefit_groups=tuple(code for name in row["benefitGroups"] for code in groups[name]),
        default=_span(row["defaultPeriod"]) if row["defaultPeriod"] else None,
        source_spans=tuple(_source_span(each) for each in row["sourcePeriods"]),
    )
    if not default or not set(default) <= set(allowed) or not purpose.benefit_groups:
        raise ValueError(f"{purpose.code}: default sources must be some of the allowed, and benefit groups named")
    return purpose


def _sources(names: Sequence[str]) -> tuple[SourceCode, ...]:
    found = {SourceCode(name) for name in names}
    return tuple(source for source in SourceCode if source in found)


def _span(row: Mapping[str, int]) -> Span:
    span = Span(row["monthsBefore"], row["monthsAfter"])
    if span.months_before < 0 or span.months_after < 0 or span.months_before + span.months_after > _MOST_MONTHS:
        raise ValueError(f"a default period reaches at most {_MOST_MONTHS} months")
    return span


def _source_span(row: Mapping[str, Any]) -> SourceSpan:
    source, months = SourceCode(row["source"]), frozenset(row.get("inMonths", range(1, 13)))
    if source not in TAKES_OWN_PERIOD or not months <= set(range(1, 13)):
        raise ValueError(f"{source}: takes no period of its own, or the months are not 1 to 12")
    return SourceSpan(source, months, _span(row["period"]))


PURPOSES: Mapping[str, Purpose] = read_purposes(FILE.read_text("utf-8"))


def chosen_sources(purpose: Purpose, wanted: Sequence[SourceCode] | None) -> tuple[SourceCode, ...]:
    """The sources to ask, in the contract's order. Raises Problem when one lies outside the purpose."""
    if wanted is None:
        return purpose.default_sources
    if not wanted or set(wanted) - set(purpose.sources):
        members = {"allowedSources": [source.value for source in purpose.sources]}
        raise Problem(SOURCE_OUTSIDE_PURPOSE, members=members)
    return tuple(source for source in purpose.sources if source in wanted)


def chosen_periods(
    purpose: Purpose,
    sources: Sequence[SourceCode],
    wanted: Period | None,
    own: Mapping[SourceCode, Period],
    today: date,
) -> tuple[Period, dict[SourceCode, Period]]:
    """The general period, and the one of each source that is asked, in the contract's order.

    What the caller states goes before what the purpose has: a stated general period holds for every source that has
    none of its own in `own`. Raises Problem when a period is missing or cannot be used, and when it is for a source
    that takes none.
    """
    for source in own:
        if source not in TAKES_OWN_PERIOD or source not in sources:
            reason = "not_asked" if source in TAKES_OWN_PERIOD else "takes_no_period"
            raise Problem(MALFORMED, members={"errors": [{"field": f"sourcePeriods.{source}", "reason": reason}]})
    general = wanted or purpose.default_period(today)
    if general is None:
        raise Problem(MALFORMED, members={"errors": [{"field": "period", "reason": "required_by_purpose"}]})
    usual = {} if wanted else purpose.default_source_periods(today)
    periods = {source: own.get(source) or usual.get(source) or general for source in sources}
    _check_period("period", general, today)
    for source, period in periods.items():
        _check_period(f"sourcePeriods.{source}" if source in own else "period", period, today, source)
    return general, periods


def _check_period(field: str, period: Period, today: date, source: SourceCode | None = None) -> None:
    """Raises Problem, naming the field, when the order is wrong or the span longer than the source accepts.

    Försäkringskassan answers a period over two years with an error for the whole source.
    """
    span = period.last - period.first
    if not timedelta(0) <= span <= _LONGEST or period.last > today + _LATEST or _too_long_for(source, period):
        raise Problem(PERIOD_INVALID, members={"errors": [{"field": field, "reason": "period_invalid"}]})


def _too_long_for(source: SourceCode | None, period: Period) -> bool:
    if source is not SourceCode.FK:
        return False
    year = period.first.year + _MOST_YEARS_FK
    # By the calendar, since two years are not always as many days; from a leap day to the last of February.
    last = min(period.first.day, Month(year, period.first.month).period.last.day)
    return period.last > date(year, period.first.month, last)
