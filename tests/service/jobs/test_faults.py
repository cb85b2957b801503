"""Workers that are killed, stopped and overtaken: nothing lost, and nothing twice that must not be."""

import asyncio
import json
import random
import signal
import uuid
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import text

from shared.database.engine import Database
from shared.jobs.enqueue import enqueue
from tests.background import Place, Process, process
from tests.sizes import sample_or_full

SEED = 3
KILLS = sample_or_full(2, 60)
JOBS_BETWEEN = 50

AT_WORK = "SELECT EXISTS (SELECT FROM begun WHERE pid = $1) OR EXISTS (SELECT FROM effect WHERE pid = $1)"
OVERLAPPING = """
    SELECT count(*) FROM finished f JOIN begun b ON b.name = f.name AND b.at > f.began AND b.at < f.ended
"""


async def ask_for(database: Database, count: int, chance: random.Random) -> None:
    """Transactions that want an effect and enqueue its job; one in six is rolled back."""
    for _ in range(count):
        wanted = uuid.uuid4()
        try:
            async with database.without_tenant() as connection:
                await enqueue(connection, "test.effect", {"effect": wanted})
                await connection.execute(text("INSERT INTO wanted VALUES (:id)"), {"id": wanted})
                if chance.random() < 1 / 6:
                    raise _ChangedTheirMind
        except _ChangedTheirMind:
            pass


class _ChangedTheirMind(Exception):
    pass


def test_workers_killed_at_random_under_load_lose_nothing_and_do_nothing_twice(place: Place, tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311 - not a secret
    with ExitStack() as stack:

        def another() -> Process:
            return stack.enter_context(process(place, tmp_path, "test.effect", "test.tick"))

        async def story() -> None:
            database = Database(place.runtime, pool_size=4)
            workers = [another(), another()]
            for kill in range(KILLS):
                victim = workers[kill % 2]
                # Not while it is still importing.
                await place.until(AT_WORK, victim.pid)
                asking = asyncio.create_task(ask_for(database, JOBS_BETWEEN, chance))
                await asyncio.sleep(chance.uniform(0.05, 0.4))
                victim.kill()
                workers[kill % 2] = another()
                await asking
            await place.until("SELECT count(*) = 0 FROM jobs.pgqueuer WHERE entrypoint = 'test.effect'", seconds=60)
            [(ticks,)] = await place.rows("SELECT count(*) FROM finished")
            await place.until("SELECT count(*) > $1 FROM finished", ticks)
            await database.close()

        asyncio.run(story())

    assert place.sql("SELECT id FROM wanted EXCEPT SELECT id FROM effect") == [], "lost"
    assert place.sql("SELECT id FROM effect EXCEPT SELECT id FROM wanted") == [], "of a transaction rolled back"
    assert place.sql("SELECT id FROM effect GROUP BY id HAVING count(*) > 1") == [], "twice"
    assert place.sql(OVERLAPPING) == [(0,)], "a recurring job ran beside itself"
    assert place.sql("SELECT count(*) FROM jobs.pgqueuer WHERE status = 'failed'") == [(0,)]
    for log in tmp_path.glob("*.log"):
        # The last line may be half: its writer was killed.
        assert all(json.loads(line) for line in log.read_text("utf-8").splitlines()[:-1])
    [(wanted, pids, ticks)] = place.sql(
        """
        SELECT (SELECT count(*) FROM wanted), (SELECT count(DISTINCT pid) FROM effect), (SELECT count(*) FROM finished)
        """
    )
    assert wanted > KILLS * JOBS_BETWEEN / 2
    assert pids >= 3, "the load must have been shared, and taken over"
    assert ticks > KILLS


def test_a_worker_stopped_in_the_middle_is_overtaken_and_its_run_comes_to_nothing(place: Place, tmp_path: Path) -> None:
    """As a machine that is suspended, or a process out of memory: it doesn't know that its time is over."""
    wanted = uuid.uuid4()
    jobs = ("test.slow", "test.long_tick")
    with process(place, tmp_path, *jobs) as first:

        async def story() -> None:
            await enqueue_slow(place, wanted)
            await place.until("SELECT count(DISTINCT name) = 2 FROM begun")
            first.process.send_signal(signal.SIGSTOP)
            with process(place, tmp_path, *jobs) as second:
                await place.until("SELECT count(*) > 0 FROM effect WHERE pid = $1", second.pid)
                # The stopped one holds the lock of the recurring job until PostgreSQL ends its session.
                await place.until("SELECT count(*) > 1 FROM finished WHERE name LIKE '%tick' AND pid = $1", second.pid)
                first.process.send_signal(signal.SIGCONT)
                await asyncio.to_thread(first.await_word, "taken over by another worker")
                [(ticks,)] = await place.rows("SELECT count(*) FROM finished")
                await place.until("SELECT count(*) > $1 FROM finished", ticks + 1)

        asyncio.run(story())

    assert len(place.sql("SELECT 1 FROM effect WHERE id = $1", wanted)) == 1
    assert place.sql(OVERLAPPING) == [(0,)], "a recurring job ran beside itself"


async def enqueue_slow(place: Place, wanted: uuid.UUID) -> None:
    database = Database(place.runtime, pool_size=1)
    async with database.without_tenant() as connection:
        await enqueue(connection, "test.slow", {"effect": wanted})
    await database.close()
