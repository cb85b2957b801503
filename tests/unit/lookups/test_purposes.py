"""Purposes: which sources they ask, and for which periods."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.lookups.months import Month
from services.consultation.lookups.purposes import FILE, PURPOSES, chosen_periods, chosen_sources, read_purposes
from services.consultation.lookups.sources.domain import Period, SourceCode
from shared.problems import Problem
from tests.sizes import sample_or_full

APPLICATION = PURPOSES["financial_aid_application"]
FIRST_VISIT = PURPOSES["financial_aid_first_visit"]
RECOVERY = PURPOSES["financial_aid_recovery"]
TODAY = date(2026, 11, 20)
AUTUMN = Period(date(2026, 9, 1), date(2026, 11, 30))
LONG = Period(date(2022, 1, 1), date(2026, 11, 30))


def refused(*args: Any) -> tuple[str, str]:
    """The field and reason of the refusal."""
    with pytest.raises(Problem) as caught:
        chosen_periods(*args)
    (error,) = (caught.value.members or {})["errors"]
    return error["field"], error["reason"]


def test_a_monthly_application_asks_few_sources_and_a_first_visit_all() -> None:
    assert chosen_sources(APPLICATION, None) == (SourceCode.AF, SourceCode.CSN, SourceCode.FK, SourceCode.SO)
    assert chosen_sources(FIRST_VISIT, None) == tuple(SourceCode)
    assert chosen_sources(APPLICATION, [SourceCode.MIV]) == (SourceCode.MIV,)


def test_the_default_period_is_the_month_and_the_two_before_it() -> None:
    period, periods = chosen_periods(APPLICATION, [SourceCode.AF, SourceCode.CSN], None, {}, TODAY)

    assert period == AUTUMN
    assert set(periods.values()) == {AUTUMN}


@pytest.mark.parametrize("month", range(1, 13))
def test_csn_is_asked_further_back_from_june_to_october(month: int) -> None:
    day = date(2026, month, 15)
    period, periods = chosen_periods(APPLICATION, [SourceCode.CSN, SourceCode.FK], None, {}, day)

    assert periods[SourceCode.FK] == period
    assert (periods[SourceCode.CSN].first < period.first) is (month in (6, 7, 8, 9, 10))
    if month in (6, 7, 8, 9, 10):
        assert periods[SourceCode.CSN].first <= date(2026, 5, 1), "the last study aid before the summer is seen"


def test_what_the_caller_states_goes_before_what_the_purpose_has() -> None:
    own = {SourceCode.FK: Period(date(2026, 10, 1), date(2026, 10, 31))}
    period, periods = chosen_periods(APPLICATION, [SourceCode.CSN, SourceCode.FK], AUTUMN, own, date(2026, 9, 1))

    assert period == AUTUMN
    assert periods == {SourceCode.CSN: AUTUMN, **own}


def test_a_recovery_must_state_its_period() -> None:
    assert refused(RECOVERY, [SourceCode.AF], None, {}, TODAY) == ("period", "required_by_purpose")


@pytest.mark.parametrize("source", [SourceCode.SKV, SourceCode.MIV])
def test_a_source_that_takes_no_period_by_the_contract_is_named(source: SourceCode) -> None:
    assert refused(APPLICATION, list(SourceCode), None, {source: AUTUMN}, TODAY) == (
        f"sourcePeriods.{source}",
        "takes_no_period",
    )


def test_a_period_for_a_source_that_is_not_asked_is_named() -> None:
    assert refused(APPLICATION, [SourceCode.AF], None, {SourceCode.SO: AUTUMN}, TODAY) == (
        "sourcePeriods.SO",
        "not_asked",
    )


def test_over_two_years_is_too_long_for_fk_alone() -> None:
    assert refused(RECOVERY, [SourceCode.AF, SourceCode.FK], LONG, {}, TODAY) == ("period", "period_invalid")
    assert refused(RECOVERY, [SourceCode.FK], AUTUMN, {SourceCode.FK: LONG}, TODAY) == (
        "sourcePeriods.FK",
        "period_invalid",
    )

    _, periods = chosen_periods(RECOVERY, [SourceCode.AF, SourceCode.FK], LONG, {SourceCode.FK: AUTUMN}, TODAY)
    assert periods == {SourceCode.AF: LONG, SourceCode.FK: AUTUMN}


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2024, 11, 20), date(2026, 11, 20)),
        (date(2025, 3, 1), date(2027, 3, 1)),
        (date(2024, 2, 29), date(2026, 2, 28)),
        (date(2023, 3, 1), date(2025, 3, 1)),
        (date(2022, 2, 28), date(2024, 2, 28)),
        (date(1, 1, 1), date(3, 1, 1)),
    ],
    ids=str,
)
def test_two_years_to_the_day_are_not_too_long_for_fk_and_a_day_more_is(first: date, last: date) -> None:
    chosen_periods(RECOVERY, [SourceCode.FK], Period(first, last), {}, TODAY)

    longer = Period(first, last + timedelta(days=1))
    assert refused(RECOVERY, [SourceCode.FK], longer, {}, TODAY) == ("period", "period_invalid")


def test_a_period_at_the_end_of_time_is_refused() -> None:
    assert refused(RECOVERY, [SourceCode.FK], Period(date.max, date.max), {}, TODAY) == ("period", "period_invalid")


@settings(max_examples=sample_or_full(100, 2000), deadline=None)
@given(st.dates(date(2020, 1, 1), date(2090, 1, 1)), st.sampled_from([APPLICATION, FIRST_VISIT]))
def test_a_default_period_can_be_asked_on_any_day_and_holds_the_day(today: date, purpose: Any) -> None:
    period, periods = chosen_periods(purpose, purpose.default_sources, None, {}, today)

    assert period.first.day == 1
    assert period.last == Month.of(today).period.last
    assert all(each.first <= period.first and each.last >= today for each in periods.values())


@given(st.integers(2000, 2090), st.integers(1, 12), st.integers(-40, 40))
def test_months_move_over_the_turn_of_the_year_and_back(year: int, number: int, moved: int) -> None:
    month = Month(year, number)

    assert month.moved(moved).moved(-moved) == month
    assert Month.parse(str(month)) == month
    assert Month.of(month.period.last + timedelta(days=1)) == month.moved(1)


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "0000-01", "november", "26-11", "2026-110", "2026-11-1", "2026-11-01T00"]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Month.parse(text)


@pytest.mark.parametrize(
    "change",
    [
        {"defaultSources": []},
        {"allowedSources": ["AF"]},
        {"allowedSources": ["AF", "XX"]},
        {"benefitGroups": []},
        {"defaultPeriod": {"monthsBefore": 24, "monthsAfter": 0}},
        {"defaultPeriod": {"monthsBefore": -1, "monthsAfter": 0}},
        {"sourcePeriods": [{"source": "MIV", "period": {"monthsBefore": 1, "monthsAfter": 0}}]},
        {"sourcePeriods": [{"source": "CSN", "inMonths": [13], "period": {"monthsBefore": 1, "monthsAfter": 0}}]},
        {"colour": "green"},
    ],
    ids=str,
)
def test_a_table_that_does_not_hold_together_is_refused(change: dict[str, Any]) -> None:
    content = json.loads(FILE.read_text("utf-8"))
    content["purposes"][0] |= change

    with pytest.raises(ValueError, match=r".+"):
        read_purposes(json.dumps(content))


def test_a_purpose_that_is_there_twice_is_refused() -> None:
    content = json.loads(FILE.read_text("utf-8"))
    content["purposes"].append(content["purposes"][0])

    with pytest.raises(ValueError, match="twice"):
        read_purposes(json.dumps(content))
