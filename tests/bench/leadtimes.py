"""Dashboards over millions of closed consultations, beside percentile_cont over the same rows.

Five years, 290 municipalities of which one holds 30 %. Facts are written as rows, in order of time as they would be;
cells are summed up from them by month, in a few statements, since what is measured is reading. Reading goes through the
use case that the API calls.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
from sqlalchemy import text

from services.consultation.leadtimes.buckets import PER_OCTAVE
from services.consultation.leadtimes.cuts import Cut, Grouping, slice_of
from services.consultation.leadtimes.figures import MEASURES
from services.consultation.leadtimes.others import Reader
from services.consultation.leadtimes.periods import Period, answerable
from services.consultation.leadtimes.report import Question, lead_times
from services.consultation.main import MIGRATIONS
from services.consultation.tables import OWNER_ROLE, ROLES, STATISTICS_ROLE
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.database.engine import Database
from shared.database.migrate import upgrade
from shared.database.provision import provision
from tests.bench.figures import Figure, at_least, at_most
from tests.bench.processes import CannotMeasure

SIZES = (1_000_000, 10_000_000)
_DATABASE = "leadtimes"
_ROUNDS = 15
_FIRST, _TODAY = date(2021, 11, 1), date(2026, 11, 22)
_LARGEST = "2480"
_READER = Reader("0007:2021002114", True, 5)
_NAMES = {1_000_000: "1M", 10_000_000: "10M"}

_FILL = f"""
    INSERT INTO lead_time_fact (org, consultation_id, answering_org, version, folded_at, answered_at, answered_day,
        type, unit, area, county, municipality, kind, channel, sets, target_seconds, total_seconds, answering_seconds,
        asking_seconds, person_seconds, post_seconds, secrecy_seconds, meeting_seconds, first_response_seconds,
        touch_seconds, tallies)
    SELECT '0007:2120' || made.municipality, CAST($2 AS uuid), '0007:2021002114', 1, now(), made.day, made.day,
           (ARRAY['consultation', 'information_request', 'study_transition'])[1 + made.place % 3], 'national', 'SE33',
           left(made.municipality, 2), made.municipality, 'municipality', 'api', '{{}}', 97200, made.seconds,
           made.seconds / 2, made.seconds / 4, 0, 0, made.seconds / 4, 0, made.seconds / 8, made.seconds / 16, '[]'
    FROM (SELECT place, date '{_FIRST}' + (place * {(_TODAY - _FIRST).days - 1}.0 / $1)::int AS day,
                 CASE WHEN random() < 0.3 THEN '{_LARGEST}'
                      ELSE lpad((1 + (random() * 20)::int)::text, 2, '0') || lpad((random() * 13)::int::text, 2, '0')
                 END AS municipality,
                 exp(10.5 + 0.9 * (random() + random() + random() - 1.5) * 2)::bigint AS seconds
          FROM generate_series(1, $1) AS place) AS made
"""
_BASE = f"""
    CREATE UNLOGGED TABLE base AS
    SELECT {{period}} AS period, county, municipality,
           floor({PER_OCTAVE} * ln(total_seconds::float8) / ln(2::float8))::smallint AS bucket,
           count(*) AS number, sum(total_seconds)::bigint AS seconds
    FROM lead_time_fact WHERE answered_day >= '{{first}}' GROUP BY 1, 2, 3, 4
"""
# Every measure has cells as large as those of the whole, which is more than there would be.
_CELLS = """
    INSERT INTO lead_time_cube (level, cut, type, period, key, measure, number, seconds, buckets, counts)
    SELECT '{level}', '{cut}', '*', summed.period, summed.key, measure, summed.number, summed.seconds, buckets,
           counts
    FROM (
        SELECT period, key, sum(number) AS number, sum(seconds) AS seconds,
               array_agg(bucket ORDER BY bucket) AS buckets, array_agg(number ORDER BY bucket) AS counts
        FROM (SELECT {period} AS period, {key} AS key, bucket, sum(number)::bigint AS number, sum(seconds) AS seconds
              FROM base GROUP BY 1, 2, 3) AS each
        GROUP BY 1, 2
    ) AS summed CROSS JOIN unnest(ARRAY['total', 'first_response', 'touch', 'answering_authority', 'municipality',
                                        'secrecy_test']) AS measure
"""
_TALLIES = """
    INSERT INTO lead_time_tally (level, cut, type, period, key, item, number, amount)
    SELECT level, cut, type, period, key, 'within_target', number * 8 / 10, 0
    FROM lead_time_cube WHERE measure = 'total'
"""
_KEYS = {"all": "'*'", "county": "county", "municipality": "municipality"}
_INDEXES = {
    "all": "answered_day, answered_at, consultation_id",
    "county": "county, answered_day",
    "municipality": "municipality, type, answered_day",
}
_NOT_ASKED = ("organisation", "unit", "area", "kind", "type", "channel")
_PERCENTILES = "percentile_cont(ARRAY[0.5, 0.85, 0.95]) WITHIN GROUP (ORDER BY {})"
_NAIVE = text(
    f"""
    SELECT count(*), avg((answering_seconds + secrecy_seconds + post_seconds <= target_seconds)::int),
           {_PERCENTILES.format("total_seconds")}, {_PERCENTILES.format("answering_seconds")},
           {_PERCENTILES.format("asking_seconds")}
    FROM lead_time_fact
    """
)


def _questions() -> dict[str, Question]:
    def asked(grouping: Grouping, first: date, last: date, **narrowed: str) -> Question:
        chosen = slice_of(grouping, {Cut(cut): key for cut, key in narrowed.items()}, ())
        period = answerable(Period(first, last + timedelta(days=1)), _TODAY)
        return Question(period, grouping, chosen, measures=tuple(MEASURES))

    return {
        "all-time": asked(Grouping.NONE, _FIRST, _TODAY),
        "trend-13-months": asked(Grouping.MONTH, date(2025, 11, 1), _TODAY, municipality=_LARGEST),
        "counties-quarter": asked(Grouping.COUNTY, date(2026, 9, 1), _TODAY),
        "days-90": asked(Grouping.DAY, _TODAY - timedelta(days=89), _TODAY - timedelta(days=1)),
    }


def measure(home: Path, sizes: tuple[int, ...] = SIZES) -> Iterator[Figure]:
    """Each question at each size, the peer at each size, and how much the ten times as many cost."""
    with EmbeddedPostgres(home / "postgres") as postgres:
        asyncio.run(_prepare(postgres))
        taken: dict[int, dict[str, float]] = {}
        there = 0
        for size in sizes:
            asyncio.run(_fill(postgres, size - there))
            there = size
            taken[size] = asyncio.run(_measured(postgres, size))
            name = _NAMES.get(size, str(size))
            for question, milliseconds in taken[size].items():
                # With fewer, groups are below 1 000 answers and their rows are read: exact, and slower.
                goal = at_most(15) if size == max(SIZES) and question != "percentile_cont" else None
                yield Figure(f"leadtimes.{name}.{question}", milliseconds, "ms", goal)
            faster = taken[size]["percentile_cont"] / taken[size]["all-time"]
            yield Figure(f"leadtimes.{name}.times-as-fast", faster, "x", at_least(20))
        for question in _questions():
            ratio = taken[sizes[-1]][question] / taken[sizes[0]][question]
            yield Figure(f"leadtimes.growth.{question}", ratio, "x", at_most(1.5))


async def _prepare(postgres: EmbeddedPostgres) -> None:
    await provision(postgres.url("postgres", SUPERUSER), _DATABASE, ROLES)
    await upgrade(postgres.url(_DATABASE, OWNER_ROLE), MIGRATIONS)
    connection = await _connected(postgres)
    try:
        # Filling is not what is measured: without the log, and with the indexes that are asked for, made afterwards.
        for table in ("lead_time_fact", "lead_time_cube", "lead_time_tally"):
            await connection.execute(f"ALTER TABLE {table} SET UNLOGGED")
        for index in _NOT_ASKED:
            await connection.execute(f"DROP INDEX lead_time_fact_of_{index}")
        await connection.execute("ALTER TABLE lead_time_fact DROP CONSTRAINT lead_time_fact_pkey")
    finally:
        await connection.close()


async def _fill(postgres: EmbeddedPostgres, number: int) -> None:
    connection = await _connected(postgres)
    try:
        await connection.execute("SET work_mem = '512MB'; SET maintenance_work_mem = '512MB'")
        for index in _INDEXES:
            await connection.execute(f"DROP INDEX lead_time_fact_of_{index}")
        await connection.execute(_FILL, number, uuid.uuid4(), timeout=600)
        for index, columns in _INDEXES.items():
            await connection.execute(
                f"CREATE INDEX lead_time_fact_of_{index} ON lead_time_fact ({columns}) WHERE answered_day IS NOT NULL",
                timeout=600,
            )
        await connection.execute("TRUNCATE lead_time_cube, lead_time_tally")
        await _sum_up(connection, "day", "answered_day", _TODAY - timedelta(days=400), ("all", "municipality"))
        months = "date_trunc('month', answered_day)::date"
        await _sum_up(connection, "month", months, _FIRST, tuple(_KEYS))
        await connection.execute(_TALLIES)
        await connection.execute("VACUUM ANALYZE lead_time_fact, lead_time_cube, lead_time_tally", timeout=600)
    finally:
        await connection.close()


async def _sum_up(connection: asyncpg.Connection, level: str, period: str, first: date, cuts: tuple[str, ...]) -> None:
    await connection.execute(_BASE.format(period=period, first=first), timeout=600)
    levels = {level: "period"} | ({"year": "date_trunc('year', period)::date"} if level == "month" else {})
    for name, of_level in levels.items():
        for cut in cuts:
            await connection.execute(_CELLS.format(level=name, cut=cut, period=of_level, key=_KEYS[cut]), timeout=600)
    await connection.execute("DROP TABLE base")


async def _measured(postgres: EmbeddedPostgres, size: int) -> dict[str, float]:
    database = Database(postgres.url(_DATABASE, STATISTICS_ROLE), pool_size=1)

    async def ask(question: Question) -> int:
        async with database.without_tenant() as connection:
            report = await lead_times(connection, question, _READER, _TODAY)
            return sum(group.number or 0 for group in report.groups)

    async def ask_naively() -> None:
        async with database.without_tenant() as connection:
            await connection.execute(text("SET LOCAL statement_timeout = 0"))
            await connection.execute(_NAIVE)

    try:
        if await ask(_questions()["all-time"]) != size:
            raise CannotMeasure("the cells of the measurement do not hold all that is there")
        taken = {
            name: await _median_milliseconds(partial(ask, question), _ROUNDS) for name, question in _questions().items()
        }
        return {**taken, "percentile_cont": await _median_milliseconds(ask_naively, 1, warm=0)}
    finally:
        await database.close()


async def _median_milliseconds(step: Callable[[], Awaitable[Any]], times: int, warm: int = 3) -> float:
    taken = []
    for _ in range(warm + times):
        started = time.perf_counter()
        await step()
        taken.append(time.perf_counter() - started)
    return median(taken[warm:]) * 1000


async def _connected(postgres: EmbeddedPostgres) -> asyncpg.Connection:
    return await asyncpg.connect(database=_DATABASE, user=SUPERUSER, host=str(postgres.socket_directory))
