"""Background jobs: asked for in a transaction, carried out by whoever is there, and traps of the engine kept shut."""

import asyncio
import io
import json
import logging
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.domain.models import TracebackRecord
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.consultation.lookups.simulator.persons import PERSONS
from shared.clock import system_clock
from shared.database.engine import Database
from shared.jobs import tables
from shared.jobs.enqueue import enqueue
from shared.jobs.job import Job, Pace, Run
from shared.jobs.queue import Queue
from shared.jobs.worker import Worker, working
from shared.logs import JsonFormatter
from tests.background import QUICK, Place, traced
from tests.exchange import NOBODY

PERSON = PERSONS["complete"].number
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUEUED = "SELECT count(*) FROM jobs.pgqueuer WHERE entrypoint = $1"
DONE = "SELECT count(*) = 0 FROM jobs.pgqueuer WHERE entrypoint = $1"


@asynccontextmanager
async def transaction(url: str) -> Any:
    """One, on a connection of its own."""
    database = Database(url, pool_size=1)
    try:
        async with database.without_tenant() as connection:
            yield connection
    finally:
        await database.close()


async def asked(place: Place, name: str, **ids: uuid.UUID) -> None:
    """A job enqueued and committed, as the role that serves."""
    async with transaction(place.runtime) as connection:
        await enqueue(connection, name, ids)


def worker(place: Place, *jobs: Job, pace: Pace = QUICK) -> Worker:
    """Not yet at work."""
    return Worker("test", place.worker, jobs, system_clock, pace)


def counting(counted: list[Run]) -> Callable[[Run], Awaitable[None]]:
    """Work that only notes that it is done."""

    async def work(run: Run) -> None:
        counted.append(run)

    return work


async def holds(told: Callable[[], bool]) -> None:
    """Return when it does."""
    for _ in range(1500):
        if told():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("never held")


class _ChangedTheirMind(Exception):
    pass


# --- asking for a job --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [(), ("SELECT 1",)])
def test_a_job_is_rolled_back_with_its_transaction_also_as_its_first_statement(
    place: Place, before: tuple[str, ...]
) -> None:
    async def story() -> None:
        async with transaction(place.runtime) as connection:
            for statement in before:
                await connection.execute(text(statement))
            assert await enqueue(connection, "test.effect", {"effect": uuid.uuid4()})
            raise _ChangedTheirMind

    with pytest.raises(_ChangedTheirMind):
        asyncio.run(story())
    assert place.sql(QUEUED, "test.effect") == [(0,)]


def test_a_job_outside_a_transaction_is_refused(place: Place) -> None:
    async def story() -> None:
        database = Database(place.runtime, pool_size=1)
        async with database.autocommit() as connection:
            with pytest.raises(RuntimeError, match="in a transaction"):
                await enqueue(connection, "test.effect")
        await database.close()

    asyncio.run(story())
    assert place.sql(QUEUED, "test.effect") == [(0,)]


def test_what_waits_already_is_not_enqueued_again_and_the_transaction_lives_on(place: Place) -> None:
    one, other = uuid.uuid4(), uuid.uuid4()

    async def story() -> list[bool]:
        async with transaction(place.runtime) as connection:
            answers = [
                await enqueue(connection, "test.effect", {"effect": id_}, unless_waiting=True)
                for id_ in (one, one, other)
            ]
            await connection.execute(text("INSERT INTO wanted VALUES (:id)"), {"id": one})
            return answers

    assert asyncio.run(story()) == [True, False, True]
    assert place.sql("SELECT id FROM wanted") == [(one,)]
    assert place.sql(QUEUED, "test.effect") == [(2,)]


@pytest.mark.parametrize("value", [PERSON, int(PERSON), NOBODY, None])
def test_a_job_is_told_ids_and_nothing_else(place: Place, value: Any) -> None:
    async def story() -> None:
        async with transaction(place.runtime) as connection:
            await enqueue(connection, "test.effect", {"effect": value})

    with pytest.raises(TypeError, match="effect is no UUID") as refused:
        asyncio.run(story())
    assert PERSON not in str(refused.value)
    assert place.sql(QUEUED, "test.effect") == [(0,)]


def test_a_job_gets_its_ids_and_the_injected_time_when_its_wait_is_over(place: Place) -> None:
    runs: list[Run] = []
    id_ = uuid.uuid4()

    async def story() -> None:
        async with transaction(place.runtime) as connection:
            await enqueue(connection, "test.now", {"row": id_})
            await enqueue(connection, "test.later", after=timedelta(hours=1))
        jobs = (Job("test.now", counting(runs)), Job("test.later", counting(runs)))
        async with working(Worker("test", place.worker, jobs, lambda: NOON, QUICK)):
            await place.until(DONE, "test.now")

    asyncio.run(story())
    assert [(run.ids, run.now) for run in runs] == [({"row": id_}, NOON)]
    assert place.sql(QUEUED, "test.later") == [(1,)]


def test_the_serving_role_may_ask_for_jobs_and_neither_read_nor_change_them(place: Place) -> None:
    asyncio.run(asked(place, "test.effect", effect=uuid.uuid4()))

    async def attempt(statement: str) -> str:
        try:
            async with transaction(place.runtime) as connection:
                await connection.execute(text(statement))
        except DBAPIError as fault:
            return str(getattr(fault.orig, "sqlstate", ""))
        return "allowed"

    for statement in (
        "SELECT payload FROM jobs.pgqueuer",
        "SELECT * FROM jobs.pgqueuer_log",
        "UPDATE jobs.pgqueuer SET priority = 9",
        "DELETE FROM jobs.pgqueuer",
        "TRUNCATE jobs.pgqueuer",
        "DROP TABLE jobs.pgqueuer",
    ):
        assert asyncio.run(attempt(statement)) == "42501", statement


# --- carrying out ------------------------------------------------------------------------------------------------


def test_a_job_that_fails_for_good_is_held_and_its_words_are_nowhere(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(JsonFormatter())

    async def fail(run: Run) -> None:
        try:
            await run.connection.execute(text("SELECT CAST(:person AS uuid)"), {"person": PERSON})
        except DBAPIError as fault:
            raise ValueError(f"{PERSON} is not as it should be, says Märta") from fault

    async def story() -> None:
        for name in ("test.once", "test.again"):
            await asked(place, name)
        async with working(worker(place, Job("test.once", fail, attempts=1), Job("test.again", fail, attempts=9))):
            await place.until("SELECT count(*) = 1 FROM jobs.pgqueuer WHERE status = 'failed'")
            await place.until("SELECT count(*) = 1 FROM jobs.pgqueuer WHERE attempts = 1")

    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [*root.handlers, handler])
    asyncio.run(story())

    assert place.sql("SELECT entrypoint FROM jobs.pgqueuer WHERE status = 'failed'") == [("test.once",)]
    kept = json.dumps([place.sql(f"SELECT to_jsonb(t)::text FROM jobs.{name} t") for name in every_table(place)])
    assert "ValueError at test_jobs.py" in kept, "where and by what type is told"
    logged = said.getvalue()
    assert "a job failed for good and is held" in logged
    assert '"logger": "pgqueuer"' in logged, "the engine's own lines go the same way"
    for words in (PERSON, "Märta", "as it should be", "invalid input"):
        assert words not in kept
        assert words not in logged


def test_an_exception_that_reaches_the_engine_itself_leaves_no_words_either(place: Place) -> None:
    """Not by way of a job: what PgQueuer catches on its own, as when the database refuses its statements."""

    async def story() -> None:
        await asked(place, "test.held")
        await asked(place, "test.again")
        async with transaction(place.worker) as connection:
            driver = AsyncpgDriver((await connection.get_raw_connection()).driver_connection)
            queue = Queue(driver, asked=lambda: None, broken=asyncio.Event())
            wanted = {QueueEntrypoint(name): EntrypointExecutionParameter(0) for name in ("test.held", "test.again")}
            held, again = await queue.dequeue(2, wanted, QueueManagerId(uuid.uuid4()), None, timedelta(seconds=9))
            record = TracebackRecord.from_exception(ValueError(PERSON), held.id)
            await queue.log_jobs([(held, "failed", record)])
            await queue.retry_job(again, timedelta(0), record)

    asyncio.run(story())
    kept = json.dumps([place.sql(f"SELECT to_jsonb(t)::text FROM jobs.{name} t") for name in every_table(place)])
    assert kept.count("ValueError") == 2, "what kind it was is told"
    assert PERSON not in kept


def every_table(place: Place) -> list[str]:
    """Of the engine."""
    found = place.sql("SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'jobs'")
    assert len(found) >= 4
    return [name for (name,) in found]


def test_a_run_that_takes_too_long_is_stopped_and_a_recurring_job_goes_on(place: Place) -> None:
    async def hang(_: Run) -> None:
        await asyncio.sleep(60)

    async def story() -> None:
        job = Job("test.tick", traced(place.worker, "test.tick", 60), every_seconds=0.1, limit_seconds=0.2)
        async with working(worker(place, job)):
            await place.until("SELECT count(*) >= 3 FROM begun")

    asyncio.run(story())
    assert place.sql("SELECT count(*) FROM finished") == [(0,)]
    assert place.sql(QUEUED, "test.tick") == [(1,)]


def test_a_recurring_job_that_fails_runs_again_in_its_turn(place: Place) -> None:
    runs: list[Run] = []

    async def fail(run: Run) -> None:
        runs.append(run)
        await run.connection.execute(text("INSERT INTO wanted VALUES (gen_random_uuid())"))
        raise ValueError

    async def story() -> None:
        async with working(worker(place, Job("test.tick", fail, every_seconds=0.1))):
            await holds(lambda: len(runs) >= 3)

    asyncio.run(story())
    assert place.sql("SELECT count(*) FROM wanted") == [(0,)], "what a failed run wrote is rolled back"
    assert place.sql("SELECT count(*) FROM jobs.pgqueuer WHERE status = 'failed'") == [(0,)]


def test_a_recurring_job_asked_for_out_of_turn_runs_and_not_beside_itself(place: Place) -> None:
    async def story() -> None:
        job = Job("test.tick", traced(place.worker, "test.tick", 0.3), every_seconds=3600)
        async with working(worker(place, job), worker(place, job)):
            await place.until("SELECT count(*) = 1 FROM begun")
            await asked(place, "test.tick")
            await place.until("SELECT count(*) = 2 FROM finished")

    asyncio.run(story())
    assert place.sql("SELECT count(*) FROM finished f JOIN begun b ON b.at > f.began AND b.at < f.ended") == [(0,)]
    assert place.sql(QUEUED, "test.tick") == [(1,)], "it waits for its next turn"


def test_turns_missed_while_nobody_worked_are_not_made_up_for(place: Place) -> None:
    runs: list[Run] = []
    job = Job("test.tick", counting(runs), every_seconds=3600)
    due = "SELECT count(*) = 1 FROM jobs.pgqueuer WHERE entrypoint = 'test.tick' AND execute_after > now()"

    async def story() -> None:
        async with working(worker(place, job)):
            await place.until(due)
        await place.rows("UPDATE jobs.pgqueuer SET execute_after = now() - interval '3 days'")
        async with working(worker(place, job), worker(place, job)):
            await place.until(due)

    asyncio.run(story())
    assert len(runs) == 2


def test_a_job_that_recurs_more_often_than_before_does_so_at_once(place: Place) -> None:
    runs: list[Run] = []

    async def story() -> None:
        async with working(worker(place, Job("test.tick", counting(runs), every_seconds=86400))):
            await holds(lambda: len(runs) == 1)
        async with working(worker(place, Job("test.tick", counting(runs), every_seconds=0.1))):
            await holds(lambda: len(runs) >= 3)

    asyncio.run(story())


def test_slow_enqueued_jobs_do_not_hold_up_a_recurring_one(place: Place) -> None:
    runs: list[Run] = []
    pace = replace(QUICK, at_once=2)

    async def hang(_: Run) -> None:
        await asyncio.sleep(60)

    async def story() -> None:
        for _ in range(4):
            await asked(place, "test.slow")
        jobs = (Job("test.slow", hang), Job("test.tick", counting(runs), every_seconds=0.1))
        async with working(worker(place, *jobs, pace=replace(pace, stop=0.1))):
            await place.until(
                "SELECT count(*) = 2 FROM jobs.pgqueuer WHERE status = 'picked' AND entrypoint = 'test.slow'"
            )
            before = len(runs)
            await holds(lambda: len(runs) >= before + 3)
            assert await place.rows("SELECT count(*) FROM jobs.pgqueuer WHERE status = 'picked'") in ([(2,)], [(3,)])

    asyncio.run(story())
    assert place.sql("SELECT count(*) FROM jobs.pgqueuer WHERE entrypoint = 'test.slow' AND status = 'queued'") == [
        (4,)
    ]


# --- stopping, and being stopped ---------------------------------------------------------------------------------


def test_a_stop_lets_what_is_in_hand_finish(place: Place) -> None:
    id_ = uuid.uuid4()

    async def story() -> None:
        await asked(place, "test.slow", effect=id_)
        async with working(worker(place, Job("test.slow", traced(place.worker, "test.slow", 0.5)))):
            await place.until("SELECT count(*) = 1 FROM begun")

    asyncio.run(story())
    assert place.sql("SELECT id FROM effect") == [(id_,)]
    assert place.sql(QUEUED, "test.slow") == [(0,)]


def test_what_a_stop_breaks_off_is_not_forgotten_but_carried_out_by_another_at_once(place: Place) -> None:
    id_ = uuid.uuid4()
    patient = replace(QUICK, heartbeat=600)

    async def story() -> None:
        await asked(place, "test.slow", effect=id_)
        hasty = replace(patient, stop=0.1)
        async with working(worker(place, Job("test.slow", traced(place.worker, "test.slow", 60)), pace=hasty)):
            await place.until("SELECT count(*) = 1 FROM begun")
        async with working(worker(place, Job("test.slow", traced(place.worker, "test.slow", 0)), pace=patient)):
            await place.until(DONE, "test.slow")

    asyncio.run(story())
    assert place.sql("SELECT id FROM effect") == [(id_,)]


def test_a_worker_leaves_signals_and_the_loop_to_the_process(place: Place) -> None:
    def held() -> list[Any]:
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
        return [*handlers, asyncio.get_event_loop_policy()]

    async def story() -> None:
        before = held()
        async with working(worker(place, Job("test.tick", counting([]), every_seconds=0.1))):
            await place.until("SELECT count(*) > 0 FROM jobs.pgqueuer_log WHERE status = 'picked'")
            assert held() == before
        assert held() == before

    asyncio.run(story())


def test_a_worker_whose_connections_are_ended_goes_on_by_itself(place: Place) -> None:
    async def story() -> None:
        async with working(worker(place, Job("test.tick", counting([]), every_seconds=0.1))):
            for _ in range(3):
                await place.until("SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'worker test'")
                await place.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'jobs_worker'")
                await asked(place, "test.tick")
                # Without ids, and so without its mark, it is an enqueued one.
                await place.until("SELECT count(*) = 0 FROM jobs.pgqueuer WHERE headers IS NULL")

    asyncio.run(story())


def test_a_worker_survives_a_restart_of_the_database_and_is_seen_while_it_is_gone(place: Place) -> None:
    runs: list[Run] = []

    async def story() -> None:
        one = worker(place, Job("test.tick", counting(runs), every_seconds=0.1))
        assert one.faults() == ()
        async with working(one):
            await one.at_work()
            assert one.faults() == ()
            # In the way of the worker's loop, since PostgreSQL is started on the main thread.
            place.postgres.stop()
            await holds(lambda: bool(one.faults()))
            assert "the background worker of test has been silent for" in one.faults()[0]
            place.postgres.start()
            before = len(runs)
            await holds(lambda: len(runs) >= before + 2)
            assert one.faults() == ()

    asyncio.run(story())


# --- the engine's tables -----------------------------------------------------------------------------------------


def test_the_migrations_make_what_the_installed_version_of_the_engine_wants() -> None:
    """When this fails PgQueuer has been upgraded: write migrations from its own plan, then change the line."""
    assert tables.fingerprint() == "ea9fd42bd6269c4e956d5102beab9f4ece4b95c3d7217cf3b70eb1d18899b8f6"


def test_the_engine_finds_nothing_to_upgrade(place: Place) -> None:
    async def story() -> Any:
        async with transaction(place.worker) as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            return await tables.queries(AsyncpgDriver(driver)).plan_upgrade()

    assert asyncio.run(story()).statements == ()


def test_names_of_tables_are_not_taken_from_the_environment(place: Place) -> None:
    """`CHANNEL` is too common a variable to leave the name of a channel to."""
    others = {f"PGQUEUER_{name}": "other" for name in ("QUEUE_TABLE", "SCHEMA", "CHANNEL", "PREFIX", "FUNCTION")}
    environment = {**os.environ, **others, "CHANNEL": "other", "FUNCTION": "other", "DB_SCHEMA": "other"}
    told = subprocess.run(
        [sys.executable, "-c", "from shared.jobs import tables; print(tables.fingerprint(), tables.CHANNEL)"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == [tables.fingerprint(), "jobs"]
