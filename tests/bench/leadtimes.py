"""Dashboards over millions of closed consultations, beside percentile_cont over the same rows.

Five years, 290 municipalities of which one holds 30 %. Facts are written as rows, in order of time as they would be;
cells are summed up from them by month, in a few statements, since what is measured is reading. Reading goes through the
use case that the API calls.
"""

import asyncio
import time
import uuid
from collections import defaultdict
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
_ROUNDS, _WARM = 15, 3
_PEER = "percentile_cont"
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
    """Each question at each size, the peer at each size, and how much the ten times as many cost.

    A database for each size, asked in turns: what else the machine does meanwhile it does to all of them.
    """
    with EmbeddedPostgres(home / "postgres") as postgres:
        for size in sizes:
            asyncio.run(_prepare(postgres, size))
            asyncio.run(_fill(postgres, size))
        taken = asyncio.run(_measured(postgres, sizes))
    for size in sizes:
        name = _NAMES.get(size, str(size))
        for question, milliseconds in taken[size].items():
            # With fewer, groups are below 1 000 answers and their rows are read: exact, and slower.
            goal = at_most(15) if size == max(SIZES) and question != _PEER else None
            yield Figure(f"leadtimes.{name}.{question}", milliseconds, "ms", goal)
        yield Figure(f"leadtimes.{name}.times-as-fast", taken[size][_PEER] / taken[size]["all-time"], "x", at_least(20))
    for question in _questions():
        ratio = taken[sizes[-1]][question] / taken[sizes[0]][question]
        yield Figure(f"leadtimes.growth.{question}", ratio, "x", at_most(1.5))


async def _prepare(postgres: EmbeddedPostgres, size: int) -> None:
    await provision(postgres.url("postgres", SUPERUSER), _name(size), ROLES)
    await upgrade(postgres.url(_name(size), OWNER_ROLE), MIGRATIONS)
    connection = await _connected(postgres, size)
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
    connection = await _connected(postgres, number)
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


async def _measured(postgres: EmbeddedPostgres, sizes: tuple[int, ...]) -> dict[int, dict[str, float]]:
    """Median milliseconds of each question at each size, and of the peer, which is asked once."""
    databases = {size: Database(postgres.url(_name(size), STATISTICS_ROLE), pool_size=1) for size in sizes}
    try:
        for size, database in databases.items():
            if await _ask(database, _questions()["all-time"]) != size:
                raise CannotMeasure("the cells of the measurement do not hold all that is there")
        # What filling has left to be written is written first.
        connection = await _connected(postgres, sizes[0])
        await connection.execute("CHECKPOINT", timeout=600)
        await connection.close()
        taken: dict[int, dict[str, list[float]]] = {size: defaultdict(list) for size in sizes}
        for name, question in _questions().items():
            for _ in range(_WARM + _ROUNDS):
                for size, database in databases.items():
                    taken[size][name].append(await _seconds(partial(_ask, database, question)))
        told = {size: {name: median(of[_WARM:]) * 1000 for name, of in taken[size].items()} for size in sizes}
        for size, database in databases.items():
            told[size][_PEER] = await _seconds(partial(_ask_naively, database)) * 1000
        return told
    finally:
        for database in databases.values():
            await database.close()


async def _ask(database: Database, question: Question) -> int:
    async with database.without_tenant() as connection:
        report = await lead_times(connection, question, _READER, _TODAY)
        return sum(group.number or 0 for group in report.groups)


async def _ask_naively(database: Database) -> None:
    async with database.without_tenant() as connection:
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        await connection.execute(_NAIVE)


async def _seconds(step: Callable[[], Awaitable[Any]]) -> float:
    started = time.perf_counter()
    await step()
    return time.perf_counter() - started


def _name(size: int) -> str:
    return f"{_DATABASE}_{size}"


async def _connected(postgres: EmbeddedPostgres, size: int) -> asyncpg.Connection:
    return await asyncpg.connect(database=_name(size), user=SUPERUSER, host=str(postgres.socket_directory))
