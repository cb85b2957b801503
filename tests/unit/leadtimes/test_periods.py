"""Periods laid with cells."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.consultation.leadtimes.periods import (
    DAYS_KEPT,
    Cell,
    Level,
    Period,
    answerable,
    cells,
    days,
    days_from,
    months,
    next_month,
    weeks,
)

DAYS = st.dates(date(2019, 1, 1), date(2027, 12, 31))
TODAY = date(2026, 11, 22)


def beyond(cell: Cell) -> date:
    match cell.level:
        case Level.YEAR:
            return cell.day.replace(year=cell.day.year + 1)
        case Level.MONTH:
            return next_month(cell.day)
    return cell.day + timedelta(days=1)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    first, last = sorted((draw(DAYS), draw(DAYS)))
    return Period(first, last + timedelta(days=1))


@given(period=periods())
def test_cells_follow_each_other_without_gaps_from_the_first_day_to_the_last(period: Period) -> None:
    day = period.first
    for cell in cells(period):
        assert cell.day == day
        day = beyond(cell)
    assert day == period.beyond


@given(period=periods())
def test_ten_years_take_few_cells(period: Period) -> None:
    assert len(cells(period)) <= 30 + 11 + 10 + 11 + 30


@given(period=periods())
def test_months_weeks_and_days_part_the_period(period: Period) -> None:
    for parts in (list(months(period)), list(weeks(period)), list(days(period))):
        assert [part.first for part in parts] == [period.first, *(part.beyond for part in parts[:-1])]
        assert parts[-1].beyond == period.beyond


@given(period=periods())
def test_what_is_answered_needs_no_cell_of_a_day_that_is_no_longer_kept(period: Period) -> None:
    counted = answerable(period, TODAY)

    assert counted.first <= period.first
    assert counted.beyond >= period.beyond
    assert all(cell.day >= days_from(TODAY) for cell in cells(counted) if cell.level is Level.DAY)


def test_a_period_of_whole_months_or_of_late_days_is_counted_as_it_is() -> None:
    for period in (
        Period(date(2020, 2, 1), date(2023, 7, 1)),
        Period(TODAY - timedelta(days=DAYS_KEPT), TODAY - timedelta(days=3)),
    ):
        assert answerable(period, TODAY) == period
