"""Errands: background work that waits for others, with no transaction around it."""

import asyncio
import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from shared.jobs.job import AnyJob, Errand, Outing
from shared.jobs.worker import Worker, working
from tests.background import QUICK, Place
from tests.service.jobs.test_jobs import DONE, QUEUED, asked, holds

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EFFECT = text("INSERT INTO effect (id, pid) VALUES (:id, 1)")


def worker(place: Place, *jobs: AnyJob) -> Worker:
    return Worker("test", place.worker, jobs, lambda: NOON, QUICK)


def test_an_errand_waits_outside_any_transaction_and_what_it_has_committed_stays_when_it_fails(place: Place) -> None:
    ids, open_transactions = uuid.uuid4(), list[int]()

    async def work(outing: Outing) -> None:
        async with outing.begin() as connection:
            await connection.execute(EFFECT, {"id": outing.ids["effect"]})
        [(number,)] = await place.rows(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'jobs_worker' AND state LIKE 'idle in transaction%'"
        )
        open_transactions.append(number)
        assert outing.clock() == NOON
        if len(open_transactions) == 1:
            raise OSError("the network is away")

    async def story() -> None:
        await asked(place, "test.errand", effect=ids)
        async with working(worker(place, Errand("test.errand", work))):
            await place.until(DONE, "test.errand")

    asyncio.run(story())
    assert open_transactions == [0, 0]
    assert place.sql("SELECT count(*) FROM effect WHERE id = $1", ids) == [(2,)], "at least once, in all that it does"


def test_an_errand_recurs_by_one_row_and_one_that_takes_too_long_is_broken_off_and_comes_back(place: Place) -> None:
    runs: list[int] = []

    async def work(_: Outing) -> None:
        runs.append(1)
        if len(runs) == 2:
            await asyncio.sleep(60)

    async def story() -> None:
        errand = Errand("test.errand", work, every_seconds=0.05, limit_seconds=0.3)
        async with working(worker(place, errand), worker(place, errand)):
            await holds(lambda: len(runs) >= 4)
            assert await place.rows(QUEUED, "test.errand") == [(1,)]

    asyncio.run(story())


def test_an_errand_is_told_that_the_worker_is_to_stop_and_may_finish(place: Place) -> None:
    finished: list[bool] = []

    async def work(outing: Outing) -> None:
        await holds(outing.stopping)
        finished.append(True)

    async def story() -> None:
        one = worker(place, Errand("test.errand", work, every_seconds=1))
        async with working(one):
            await one.at_work()
            await place.until("SELECT count(*) = 1 FROM jobs.pgqueuer WHERE status = 'picked'")

    asyncio.run(story())
    assert finished == [True]
    assert place.sql(QUEUED, "test.errand") == [(1,)], "it is there for the next worker"


@pytest.mark.parametrize(("name", "every"), [("Errand", None), ("test.errand", 0.0)], ids=str)
def test_an_errand_is_named_and_timed_like_a_job(name: str, every: float | None) -> None:
    async def nothing(_: Outing) -> None:
        return

    with pytest.raises(ValueError, match=name):
        Errand(name, nothing, every_seconds=every)
