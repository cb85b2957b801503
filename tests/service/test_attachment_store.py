"""Where the contents of attachments are, or are not: a volume that is not mounted damages nothing."""

import asyncio
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from services.consultation.attachments.store import MISSING, store_faults
from services.consultation.tables import RUNTIME_ROLE
from shared.blobs.directory import DirectoryBlobs
from shared.blobs.protocol import BlobsUnavailable
from shared.database.engine import Database
from tests.attack.support import sql
from tests.exchange import Exchange
from tests.service.given_consultations import HANDLER, claimed
from tests.service.given_files import fetch, filed, give, given_file, kept_at, path_of, seen, swept

DAY = timedelta(days=1)


@contextmanager
def unmounted(exchange: Exchange) -> Iterator[Path]:
    """The directory is what the volume would be mounted on: there, and empty."""
    store, volume = exchange.home / "attachments", exchange.home / "volume"
    store.rename(volume)
    for folder in ("drafts", "kept"):
        (store / folder).mkdir(parents=True)
    try:
        yield store
    finally:
        shutil.rmtree(store)
        volume.rename(store)


def ready(exchange: Exchange) -> bool:
    address = f"http://127.0.0.1:{exchange.ports['consultation']}/health/ready"
    return exchange.http.get(address).status_code == 200


def soon_ready(exchange: Exchange) -> bool:
    """At once, or in some seconds: other work of the machine can make it unready for a moment too."""
    for _ in range(50):
        if ready(exchange):
            return True
        time.sleep(0.1)
    return False


def test_a_volume_that_is_not_mounted_is_told_as_such_and_nothing_is_lost(exchange: Exchange) -> None:
    receipt, attachment = filed(exchange, "umea")
    own = claimed(exchange)
    taken_back = given_file(exchange, HANDLER, own)
    content = kept_at(exchange, taken_back)
    before = soon_ready(exchange)

    with unmounted(exchange) as store:
        fetched, given = fetch(exchange, "umea", receipt, attachment), give(exchange, HANDLER, own)
        removed = exchange.send(HANDLER, "DELETE", path_of(own, taken_back))
        while_away = soon_ready(exchange)
        with pytest.raises(BlobsUnavailable):
            swept(exchange, exchange.clock() + DAY)
        written = [each for each in store.rglob("*") if each.is_file()]

    for refused in (fetched, given):
        assert (refused.status_code, refused.json()["code"]) == (503, "attachments_unavailable"), refused.text
        assert int(refused.headers["Retry-After"]) > 0
    # All the rest is served.
    assert (before, while_away, soon_ready(exchange), written) == (True, True, True, [])
    assert fetch(exchange, "umea", receipt, attachment).status_code == 200
    # What was taken back meanwhile is without a row, and so for the sweep.
    assert (removed.status_code, content.exists()) == (200, True)


def test_another_installation_s_store_is_neither_served_from_nor_swept(exchange: Exchange) -> None:
    with unmounted(exchange) as store:
        (store / "store").write_text(str(uuid.uuid4()), "ascii")
        theirs = store / "kept" / "ab" / f"ab{uuid.uuid4().hex[2:]}"
        theirs.parent.mkdir()
        theirs.write_bytes(b"theirs")

        with pytest.raises(BlobsUnavailable):
            swept(exchange, exchange.clock() + DAY)

        assert (ready(exchange), theirs.read_bytes()) == (False, b"theirs")
    assert soon_ready(exchange)


def test_which_store_it_is_is_one_and_for_good(exchange: Exchange) -> None:
    [known] = sql(exchange, "SELECT id, made_at FROM attachment_store")

    assert (exchange.home / "attachments" / "store").read_text("ascii").strip() == str(known["id"])
    assert known["made_at"] is not None
    with pytest.raises(Exception, match="attachment_store_is_one"):
        sql(exchange, "INSERT INTO attachment_store (id) VALUES (gen_random_uuid())")
    for role in ("consultation_runtime", "consultation_worker"):
        with pytest.raises(Exception, match="permission denied"):
            sql(exchange, "UPDATE attachment_store SET id = gen_random_uuid()", role=role)


def test_a_disk_that_refuses_is_a_store_that_is_away_and_what_was_taken_back_stays_taken_back(
    exchange: Exchange,
) -> None:
    receipt, attachment = filed(exchange, "umea")
    own = claimed(exchange)
    taken_back = given_file(exchange, HANDLER, own)
    kept, aside = exchange.home / "attachments" / "kept", exchange.home / "aside"

    # As a disk that has gone bad: what was a folder is none.
    kept.rename(aside)
    kept.touch()
    try:
        refused = [give(exchange, HANDLER, own), fetch(exchange, "umea", receipt, attachment)]
        removed = exchange.send(HANDLER, "DELETE", path_of(own, taken_back))
    finally:
        kept.unlink()
        aside.rename(kept)

    assert [(each.status_code, each.json()["code"]) for each in refused] == [(503, "attachments_unavailable")] * 2
    # Committed before its content was to go, which is left to the sweep.
    assert (removed.status_code, seen(exchange, HANDLER, own)) == (200, [])
    assert fetch(exchange, "umea", receipt, attachment).status_code == 200


def test_of_two_that_start_at_once_one_makes_the_store_and_the_other_looks_for_it(
    exchange: Exchange, tmp_path: Path
) -> None:
    mounted, not_mounted = (DirectoryBlobs(tmp_path / name, exchange.vault()) for name in ("volume", "empty"))
    sql(exchange, "UPDATE attachment_store SET made_at = NULL")

    async def run() -> tuple[list[str], list[str]]:
        database = Database(exchange.postgres.url("consultation", RUNTIME_ROLE), pool_size=2)

        async def second() -> list[str]:
            async with database.without_tenant() as connection:
                return await store_faults(connection, not_mounted, exchange.clock())

        try:
            async with database.without_tenant() as connection:
                first = await store_faults(connection, mounted, exchange.clock())
                waiting = asyncio.create_task(second())
                while not await connection.scalar(text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")):  # noqa: ASYNC110 - of the database, which tells nobody
                    await asyncio.sleep(0.01)
            return first, await waiting
        finally:
            await database.close()

    assert asyncio.run(run()) == ([], [MISSING])
    assert asyncio.run(not_mounted.identity()) is None
