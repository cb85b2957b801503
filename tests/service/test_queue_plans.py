"""How the queue is read and taken from when it is long: as ranges of indexes, whatever is asked for.

What PostgreSQL says it has read is looked at, never how long it took. In a database of its own: a queue with fifty
units, in which every tenth consultation is answered, three in ten are held and one in a hundred is restricted.
"""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, TypeVar, cast

import asyncpg
import pytest
from sqlalchemy import Row, TextClause, event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.counting import Clockwork
from services.consultation.clocks.domain import OFFICE_WEEK
from services.consultation.clocks.opening_rules import OpeningRules
from services.consultation.clocks.swedish import is_holiday
from services.consultation.clocks.targets import Targets
from services.consultation.clocks.turns import Turn
from services.consultation.clocks.unit_calendars import UnitCalendars
from services.consultation.consultations import repository as consultations
from services.consultation.consultations.changes import Change
from services.consultation.consultations.domain import ConsultationType, Queue
from services.consultation.consultations.repository import Reader
from services.consultation.leadtimes.cuts import Cut
from services.consultation.leadtimes.domain import AgeBoundary
from services.consultation.leadtimes.open_now import OpenCut, open_ages
from services.consultation.main import MIGRATIONS
from services.consultation.queue import repository
from services.consultation.queue.claim_next import DEPTHS, claim_next
from services.consultation.queue.domain import Assigned, Filters, Part, Sort, Tab, Today
from services.consultation.searches.domain import Numbers, SearchBy
from services.consultation.searches.repository import search
from shared.database.engine import Database, Tenancy
from shared.database.migrate import upgrade
from shared.database.single import SingleStatements
from shared.problems import Problem
from shared.tokens.caller import Caller
from tests.attack.support import AF, UMEA, sql
from tests.exchange import Exchange
from tests.sizes import sample_or_full

ROWS = sample_or_full(30_000, 1_000_000)
DATABASE = "queue_plans"
SIGHTS = ((), ("corrections", "violence"))
PAGE = 21
MOST_LANES = 24
Result = TypeVar("Result")

_FILL = """
    INSERT INTO consultation (org, id, number, answering_org, type, state, turn, version, assigned_to, case_reference,
        asked_by, person_mark, person_sealed, purpose, decision_id, decision_version, asker_name, asker_kind, opened_at,
        due_at, target_seconds, unit, queue, restricted, escalated_at, proposed_by)
    SELECT CASE WHEN n % 10 < 3 THEN $2 ELSE '0007:' || n % 290 END, gen_random_uuid(),
           'S26-' || substr(code, 1, 4) || '-' || substr(code, 5), $3,
           (ARRAY['information_request', 'consultation', 'decision_interpretation', 'study_transition',
                  'employer_contact', 'joint_planning'])[1 + of_type % 6],
           CASE WHEN share = 9 THEN 'answered' WHEN share < 6 THEN 'received' WHEN share < 8 THEN 'in_progress'
                ELSE 'waiting_for_municipality' END,
           CASE WHEN share = 9 THEN 'nobody' WHEN share < 8 THEN 'answering_authority' ELSE 'municipality' END,
           1, CASE WHEN share >= 6 THEN 'af-' || n % 300 END, 'EB-' || n, 'hl-1', sha256(n::text::bytea), '', 'p',
           gen_random_uuid(), 1, 'x', 'municipality', now() - n * interval '1 minute',
           now() + interval '5 days' - n * interval '1 minute', 1, 'af-' || of_unit % 50,
           (ARRAY['general', 'general', 'employer', 'studies'])[1 + of_queue % 4],
           CASE WHEN n % 97 = 0 THEN 'violence' END, CASE WHEN n % 101 = 0 AND share < 9 THEN now() END,
           CASE WHEN n % 103 = 0 AND share BETWEEN 6 AND 7 THEN 'af-' || n % 300 END
    FROM (SELECT n, (hashint4(n) & 65535) % 10 AS share, hashint4(n + 1000000) & 65535 AS of_type,
                 hashint4(n + 2000000) & 65535 AS of_queue, hashint4(n + 3000000) & 65535 AS of_unit,
                 lpad(upper(to_hex(n)), 8, '0') AS code
          FROM generate_series(1, $1::int) n) AS numbered
"""
_INDEXES = """
    SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
    WHERE indrelid = 'consultation'::regclass
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


@pytest.fixture(scope="module")
def long_queue(running: Exchange) -> Iterator[str]:
    """The address of the filled database, as the role that serves."""

    async def administer(statement: str) -> None:
        connection = await asyncpg.connect(database="postgres", user="postgres", host=_host(running))
        await connection.execute(statement)
        await connection.close()

    async def fill() -> None:
        await upgrade(running.postgres.url(DATABASE, "consultation_owner"), MIGRATIONS)
        connection = await asyncpg.connect(database=DATABASE, user="postgres", host=_host(running))
        # Rows first and indexes after them, and no trigger for each: the tests are of reading.
        indexes = await connection.fetch(_INDEXES)
        await connection.execute("SET session_replication_role = replica")
        for index in indexes:
            await connection.execute(f"DROP INDEX {index['name']}")
        await connection.execute(_FILL, ROWS, UMEA, AF)
        for index in indexes:
            await connection.execute(index["definition"])
        await connection.execute("VACUUM ANALYZE consultation")
        await connection.close()

    asyncio.run(administer(f"CREATE DATABASE {DATABASE} OWNER consultation_owner"))
    asyncio.run(fill())
    yield running.postgres.url(DATABASE, "consultation_runtime")
    asyncio.run(administer(f"DROP DATABASE {DATABASE} WITH (FORCE)"))


def _host(exchange: Exchange) -> str:
    return str(exchange.postgres.socket_directory)


def on(url: str, work: Callable[[Database], Awaitable[Result]], *, pool_size: int = 1) -> Result:
    """The result of `work` in the long queue."""

    async def run() -> Result:
        database = Database(url, pool_size=pool_size)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


@dataclass(frozen=True)
class Plan:
    """What a statement did: its nodes, with what each scan returned and what it read in vain."""

    nodes: list[dict[str, Any]]

    @property
    def scans(self) -> list[dict[str, Any]]:
        return [
            node for node in self.nodes if node.get("Relation Name") == "consultation" and "Scan" in node["Node Type"]
        ]

    @property
    def indexes(self) -> set[str]:
        return {node.get("Index Name", "none") for node in self.scans}

    @property
    def removed(self) -> int:
        return int(sum(node.get("Rows Removed by Filter", 0) * node["Actual Loops"] for node in self.scans))

    @property
    def read(self) -> int:
        return self.removed + int(sum(node["Actual Rows"] * node["Actual Loops"] for node in self.scans))

    def has(self, kind: str) -> bool:
        return any(node["Node Type"] == kind for node in self.nodes)


async def explained(
    database: Database,
    work: Callable[[AsyncConnection], Awaitable[object]],
    organisation: str = AF,
    *,
    by_index: bool = False,
    plans: str = "force_generic_plan",
) -> Plan:
    """The plan of the one statement that `work` makes, carried out and rolled back; `by_index` if there is any way."""
    told: list[Any] = []

    def explain(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> tuple[str, Any]:
        return f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", parameters

    class Stop(Exception):
        pass

    async with database.engine.connect() as connection:
        await connection.execute(text("SELECT set_config('app.org', :org, true)"), {"org": organisation})
        # A plan that is kept for every unit, as connections come to do.
        await connection.execute(text(f"SET LOCAL plan_cache_mode = {plans}"))
        # Of parallel workers only the average is told.
        await connection.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))
        if by_index:
            for way in ("seqscan", "bitmapscan"):
                await connection.execute(text(f"SET LOCAL enable_{way} = off"))
        event.listen(connection.sync_connection, "before_cursor_execute", explain, retval=True)

        def keep(_: Any, cursor: Any, *__: Any) -> None:
            told.extend(cursor.fetchall())
            raise Stop

        event.listen(connection.sync_connection, "after_cursor_execute", keep)
        with pytest.raises(Stop):
            await work(connection)
        await connection.rollback()
    ((document,),) = told
    return Plan(_nodes((json.loads(document) if isinstance(document, str) else document)[0]["Plan"]))


def _nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *chain.from_iterable(_nodes(child) for child in node.get("Plans", ()))]


def named(filters: Filters) -> str:
    plain = Filters()
    return "&".join(
        f"{name}={getattr(filters, name)}"
        for name in Filters.__slots__
        if getattr(filters, name) != getattr(plain, name)
    )


def every_combination() -> list[Filters]:
    """Each shape of filters that is let through; values that stand for others are left out."""
    lenses: list[dict[str, Any]] = [
        {},
        {"tab": Tab.LATE},
        {"tab": Tab.WAITING},
        {"turn": Turn.POST},
        {"escalated": True},
        {"awaiting_approval": True},
    ]
    shapes = [
        Filters(unit, queue, kind, assigned=assigned, sort=sort, **lens)
        for unit in (None, "af-7")
        for queue in (None, Queue.STUDIES)
        for kind in (None, ConsultationType.EMPLOYER_CONTACT)
        for lens in lenses
        for assigned in Assigned
        for sort in Sort
    ]
    return [filters for filters in shapes if _is_let_through(filters)]


def _is_let_through(filters: Filters) -> bool:
    try:
        filters.check()
    except Problem:
        return False
    return True


def is_few(filters: Filters) -> bool:
    """Whether it has an index of its own in which no filter chooses."""
    return filters.escalated or filters.awaiting_approval


COMBINATIONS = every_combination()


@pytest.mark.parametrize("assigned", [Assigned.ANYONE, Assigned.NOBODY])
def test_every_page_that_can_be_asked_for_is_ranges_of_one_index_in_order(long_queue: str, assigned: Assigned) -> None:
    """Without a sort, and without reading more than the page and a row for each lane."""
    today = Today.at(datetime.now(UTC))

    async def work(database: Database) -> None:
        for filters in (each for each in COMBINATIONS if each.assigned is assigned and not is_few(each)):

            async def page(connection: AsyncConnection, filters: Filters = filters) -> object:
                return await repository.page(
                    connection, Reader(AF), filters, handler="af-17", today=today, place=None, rows=PAGE
                )

            plan = await explained(database, page)
            assert len(plan.indexes) == 1, (named(filters), plan.indexes)
            assert not plan.has("Sort"), named(filters)
            assert (len(plan.scans) <= MOST_LANES, plan.removed) == (True, 0), named(filters)
            assert plan.read <= PAGE + len(plan.scans), (named(filters), plan.read)

    on(long_queue, work)


def test_what_is_few_is_looked_at_row_by_row_and_nothing_else_is(long_queue: str) -> None:
    """One's own, what is escalated, proposed or restricted: the rest of the queue is never read for it."""
    today = Today.at(datetime.now(UTC))

    async def work(database: Database) -> None:
        async with database.begin(Tenancy(AF)) as connection:
            few = (
                await connection.execute(
                    text(
                        "SELECT count(*) FILTER (WHERE assigned_to = 'af-17') AS mine, "
                        "count(*) FILTER (WHERE escalated_at IS NOT NULL) AS escalated, "
                        "count(*) FILTER (WHERE proposed_by IS NOT NULL) AS proposed, "
                        "count(*) FILTER (WHERE restricted IS NOT NULL) AS restricted "
                        "FROM consultation WHERE turn <> 'nobody'"
                    )
                )
            ).one()
        for filters in COMBINATIONS[:: sample_or_full(3, 1)]:
            for sight in SIGHTS:
                own = filters.assigned is Assigned.ME or is_few(filters)
                if not own and not sight:
                    continue

                async def page(
                    connection: AsyncConnection, filters: Filters = filters, sight: tuple[str, ...] = sight
                ) -> object:
                    reader = Reader(AF, sight)
                    return await repository.page(
                        connection, reader, filters, handler="af-17", today=today, place=None, rows=PAGE
                    )

                plan = await explained(database, page)
                bound = max(few.mine, few.escalated, few.proposed) if own else few.restricted + PAGE + MOST_LANES
                assert plan.indexes, named(filters)
                assert plan.read <= bound, (named(filters), sight, plan.read, plan.indexes)

    on(long_queue, work)


@pytest.mark.parametrize(("left", "bound"), [(5_000, PAGE + MOST_LANES), (50, 50 * MOST_LANES)], ids=["far", "last"])
def test_a_page_far_down_costs_what_the_first_does_and_the_last_no_more_than_what_is_left(
    long_queue: str, left: int, bound: int
) -> None:
    today = Today.at(datetime.now(UTC))

    async def work(database: Database) -> None:
        async with database.begin(Tenancy(AF)) as connection:
            late = await connection.execute(
                text(
                    "SELECT due_at, id FROM consultation WHERE turn <> 'nobody' "
                    f"ORDER BY due_at DESC, id DESC OFFSET {left - 1} LIMIT 1"
                )
            )
            place = tuple(late.one())
        for filters in (Filters(), Filters(tab=Tab.IN_TIME), Filters(queue=Queue.GENERAL)):

            async def page(connection: AsyncConnection, filters: Filters = filters) -> object:
                return await repository.page(
                    connection, Reader(AF), filters, handler=None, today=today, place=place, rows=PAGE
                )

            # Where the statistics say that little is left, a lane may read that and leave out what isn't its own.
            plan = await explained(database, page)
            assert plan.indexes, named(filters)
            assert plan.read <= bound, named(filters)

    on(long_queue, work)


def test_searches_and_loads_read_what_they_find(long_queue: str) -> None:
    today = Today.at(datetime.now(UTC))
    numbers = Numbers.parse("S26-0000-1")

    async def work(database: Database) -> None:
        async with database.begin(Tenancy(AF)) as connection:
            mark = (await connection.execute(text("SELECT person_mark FROM consultation LIMIT 1"))).scalar_one()
            held = (
                await connection.execute(
                    text("SELECT count(*) FROM consultation WHERE assigned_to IS NOT NULL AND turn <> 'nobody'")
                )
            ).scalar_one()
        criteria = {
            SearchBy.NUMBER: {"first": numbers.first, "last": numbers.last},
            SearchBy.CASE: {"case": "EB-17"},
            SearchBy.PERSON: {"mark": mark},
            SearchBy.HANDLER: {"handler": "af-17"},
        }
        for by, values in criteria.items():

            async def find(connection: AsyncConnection, by: SearchBy = by, values: dict[str, Any] = values) -> object:
                reader = Reader(AF, SIGHTS[1])
                return await search(connection, reader, by, values, answering=True, sees_protected=False, rows=PAGE)

            plan = await explained(database, find)
            assert plan.read <= 2 * PAGE, (by, plan.read, plan.nodes)

        async def loads(connection: AsyncConnection) -> object:
            return await repository.handlers(connection, Reader(AF), today, unit=None)

        plan = await explained(database, loads)
        assert (plan.indexes, plan.read <= held) == ({"queue_of_handler"}, True)

    on(long_queue, work)


class OneStatement:
    """A connection in the place of those that statements of their own are sent on."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def rows(self, statement: TextClause, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        return (await self._connection.execute(statement, values)).all()


def test_what_is_open_is_counted_without_a_look_at_the_table(long_queue: str) -> None:
    """By turn and by any cut: from one index that holds what is open and nothing else. Here that is nearly all."""
    now = datetime.now(UTC)
    boundaries = [AgeBoundary(days, now - timedelta(days=days)) for days in (1, 3, 5)]

    async def work(database: Database) -> None:
        for cut in (None, Cut.UNIT, Cut.ORGANISATION, Cut.COUNTY, Cut.MUNICIPALITY, Cut.TYPE, Cut.CHANNEL):

            async def count(connection: AsyncConnection, cut: Cut | None = cut) -> object:
                return await open_ages(connection, OpenCut(AF, AF, {}), now, boundaries, cut)

            plan = await explained(database, count, by_index=True)
            assert [node["Node Type"] for node in plan.scans] == ["Index Only Scan"], cut
            assert plan.indexes == {"consultation_open_now"}, cut

    on(long_queue, work)


def test_one_consultation_is_found_by_its_key_by_either_side(long_queue: str) -> None:
    async def work(database: Database) -> None:
        async with database.begin(Tenancy(AF)) as connection:
            one = (await connection.execute(text("SELECT id FROM consultation LIMIT 1"))).scalar_one()

        async def read(connection: AsyncConnection) -> object:
            single = cast(SingleStatements, OneStatement(connection))
            return await consultations.read(single, Reader(AF), one)

        async def read_timeline(connection: AsyncConnection) -> object:
            single = cast(SingleStatements, OneStatement(connection))
            return await consultations.read_timeline(single, Reader(AF), one)

        async def found(connection: AsyncConnection) -> object:
            return await consultations.find_visible(connection, Reader(AF), one)

        for finding in (read, read_timeline, found):
            plan = await explained(database, finding)
            assert plan.indexes <= {"consultation_of_answerer", "consultation_pkey"}, plan.indexes
            assert plan.read <= 2

    on(long_queue, work)


def test_a_page_of_what_one_has_asked_reads_the_page_wherever_it_is(long_queue: str) -> None:
    """Also for an organisation that has asked three in ten of all."""

    async def work(database: Database) -> None:
        async with database.begin(Tenancy(UMEA)) as connection:
            middle = text(
                "SELECT opened_at, id FROM consultation WHERE org = :org ORDER BY opened_at OFFSET :n LIMIT 1"
            )
            place = (await connection.execute(middle, {"org": UMEA, "n": ROWS // 10})).one()
        for after in (None, tuple(place)):

            async def page(connection: AsyncConnection, after: Any = after) -> object:
                return await consultations.page_of_asker(connection, Reader(UMEA, SIGHTS[1]), None, after, PAGE)

            plan = await explained(database, page, UMEA)
            assert plan.indexes == {"consultation_of_asker"}
            assert plan.read <= PAGE + 1

    on(long_queue, work)


# --- the next one ----------------------------------------------------------------------------------------------------


def claiming(exchange: Exchange, handler: str, scopes: frozenset[str] = frozenset()) -> Change:
    caller = Caller(AF, "af-workbench", scopes, "", handler, "r", "")
    clockwork = Clockwork(UnitCalendars(OpeningRules(OFFICE_WEEK, is_holiday)), Targets({}))
    return Change(caller, uuid.UUID(int=0), 0, datetime.now(UTC), exchange.vault(), clockwork=clockwork)


PARTS = (
    Part(),
    Part(unit="af-7"),
    Part(queue=Queue.STUDIES),
    Part(type=ConsultationType.EMPLOYER_CONTACT),
    Part(unit="af-7", queue=Queue.GENERAL, type=ConsultationType.CONSULTATION),
    Part(unit="nowhere"),
)


@pytest.mark.parametrize("part", PARTS, ids=["any", "unit", "queue", "type", "all three", "none"])
def test_claiming_the_next_looks_at_a_few_dozen_however_many_wait(
    exchange: Exchange, long_queue: str, part: Part
) -> None:
    async def work(database: Database) -> Plan:
        return await explained(database, lambda connection: claim_next(connection, claiming(exchange, "af-1"), part))

    plan = on(long_queue, work)

    assert all("Index Name" in node for node in plan.scans)
    # Ranked, locked, changed: once each, of those that are tried.
    assert plan.read <= DEPTHS[0] + MOST_LANES + DEPTHS[0] + 1
    assert plan.removed == 0


def test_who_claims_waits_for_nobody_and_gets_what_nobody_holds(exchange: Exchange, long_queue: str) -> None:
    """The first has not committed. The second may not wait at all, and gets the next one at once."""

    async def work(database: Database) -> None:
        async with database.begin(Tenancy(AF)) as first, database.begin(Tenancy(AF)) as second:
            for connection in (first, second):
                await connection.execute(text("SET LOCAL lock_timeout = '1ms'"))
            held = await claim_next(first, claiming(exchange, "af-1"), Part(unit="af-3"))
            given = await claim_next(second, claiming(exchange, "af-2"), Part(unit="af-3"))
            assert held.id != given.id
            assert held.due_at < given.due_at

    on(long_queue, work, pool_size=2)


def test_eight_handlers_empty_a_queue_and_never_get_the_same(exchange: Exchange, long_queue: str) -> None:
    part = Part(unit="af-11", queue=Queue.EMPLOYER)

    async def work(database: Database) -> list[list[uuid.UUID]]:
        async def handler(name: str) -> list[uuid.UUID]:
            taken = []
            while True:
                try:
                    async with database.begin(Tenancy(AF)) as connection:
                        taken.append((await claim_next(connection, claiming(exchange, name), part)).id)
                except Problem:
                    return taken

        return await asyncio.gather(*(handler(f"af-{number}") for number in range(8)))

    waiting = sql(
        exchange,
        "SELECT count(*) AS number FROM consultation WHERE unit = 'af-11' AND queue = 'employer' "
        "AND state = 'received' AND restricted IS NULL",
        database=DATABASE,
    )[0]["number"]
    before = counters(exchange)
    each = on(long_queue, work, pool_size=8)
    after = counters(exchange)

    assert all(each), "nobody is left without while there is something to take"
    taken = [one for those in each for one in those]
    assert len(taken) == len(set(taken)) == waiting > 0
    assert after["scanned"] == before["scanned"], "a table has been read from end to end"
    assert after["fetched"] - before["fetched"] <= waiting * MOST_FETCHED


MOST_FETCHED = 3 * DEPTHS[0] + 2 * MOST_LANES
"""Rows of `consultation` for a claim: ranked, looked at again, changed, and once more when somebody was faster."""


def counters(exchange: Exchange) -> dict[str, int]:
    """How often the tables that a claim touches have been read from end to end, and rows fetched of consultations."""
    statement = """
        SELECT sum(seq_scan)::bigint AS scanned,
               (sum(idx_tup_fetch + seq_tup_read) FILTER (WHERE relname = 'consultation'))::bigint AS fetched
        FROM pg_stat_user_tables
        WHERE relname IN ('consultation', 'consultation_event', 'outbox', 'audit_entry', 'timer', 'protected_person')
    """
    return dict(sql(exchange, statement, database=DATABASE)[0])
