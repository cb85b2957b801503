"""How cells are read: those of the periods that are asked for, however many there are of others.

What PostgreSQL says it has read is looked at, never how long it took. A quarter of a century of months is put in, and
taken away again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from itertools import product
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.leadtimes.cuts import Cut, Grouping, Slice, slice_of
from services.consultation.leadtimes.figures import (
    TOTAL,
    TOUCH,
    read_tallies,
    read_times,
    read_times_and_within,
)
from services.consultation.leadtimes.periods import Period, cells, months
from services.consultation.tables import STATISTICS_ROLE
from shared.database.embedded import SUPERUSER
from shared.database.engine import Database
from tests.exchange import Exchange

COUNTIES = 21
MEASURES = (TOTAL, TOUCH)
QUARTER = Period(date(1999, 1, 1), date(1999, 4, 1))
ASKED = [(str(cell.day), cell) for month in months(QUARTER) for cell in cells(month)]

# Long ago, so that nothing else is there.
_EVERY = f"""
    FROM generate_series(date '1975-01-01', date '1999-12-01', interval '1 month') AS month
    CROSS JOIN generate_series(1, {COUNTIES}) AS county
"""
_TIMES = f"""
    INSERT INTO lead_time_cube (level, cut, type, period, key, measure, number, seconds, buckets, counts)
    SELECT 'month', 'county', '*', month, county::text, measure, county, 0, '{{160}}', ARRAY[county] {_EVERY}
    CROSS JOIN unnest(ARRAY['{TOTAL}', '{TOUCH}']) AS measure
"""
_TALLIES = f"""
    INSERT INTO lead_time_tally (level, cut, type, period, key, item, number, amount)
    SELECT 'month', 'county', '*', month, county::text, 'within_target', county, 0 {_EVERY}
"""
_READ = text(
    """
    SELECT coalesce(sum(idx_tup_fetch + seq_tup_read), 0)::bigint FROM pg_stat_xact_user_tables
    WHERE relname IN ('lead_time_cube', 'lead_time_tally')
    """
)
Reading = Callable[[AsyncConnection, Slice], Awaitable[list[Any]]]


async def _times(connection: AsyncConnection, chosen: Slice) -> list[Any]:
    return await read_times(connection, chosen, ASKED, MEASURES)


async def _times_and_within(connection: AsyncConnection, chosen: Slice) -> list[Any]:
    rows = await read_times_and_within(connection, chosen, ASKED, MEASURES)
    assert all(row.within == (row.number if row.measure == TOTAL else None) for row in rows)
    return [*rows, *(row for row in rows if row.within is not None)]


async def _tallies(connection: AsyncConnection, chosen: Slice) -> list[Any]:
    return await read_tallies(connection, chosen, ASKED, ["within_target"])


@pytest.mark.parametrize("read", [_times, _times_and_within, _tallies])
def test_no_cell_is_read_but_those_that_were_asked_for(exchange: Exchange, read: Reading) -> None:
    """Of all counties and of one; with a plan that is kept, as connections come to do, and one for the question."""
    questions = [slice_of(Grouping.COUNTY, narrowed, ()) for narrowed in ({}, {Cut.COUNTY: "7"})]

    async def work(connection: AsyncConnection) -> None:
        for statement in (_TIMES, _TALLIES, "ANALYZE lead_time_cube, lead_time_tally"):
            await connection.execute(text(statement))
        await connection.execute(text(f"SET LOCAL ROLE {STATISTICS_ROLE}"))
        for chosen, plans in product(questions, ("force_generic_plan", "force_custom_plan")):
            await connection.execute(text(f"SET LOCAL plan_cache_mode = {plans}"))
            before = (await connection.execute(_READ)).scalar_one()
            rows = await read(connection, chosen)
            assert {row.label for row in rows} == {label for label, _ in ASKED}
            assert (await connection.execute(_READ)).scalar_one() - before == len(rows), (chosen, plans)

    asyncio.run(_rolled_back(exchange, work))


async def _rolled_back(exchange: Exchange, work: Callable[[AsyncConnection], Awaitable[None]]) -> None:
    database = Database(exchange.postgres.url("consultation", SUPERUSER), pool_size=1)
    try:
        async with database.engine.connect() as connection:
            await work(connection)
            await connection.rollback()
    finally:
        await database.close()
