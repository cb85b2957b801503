"""Sealing as it goes on beside the service: under load, killed, late, and seen through the door."""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from joserfc.jwk import ECKey
from pydantic import ValidationError

from services.assembly.sealing import _post, _publish
from services.audit.settings import Settings as AuditSettings
from services.consultation.tables import AUDITOR_ROLE, OWNER_ROLE, RUNTIME_ROLE, WORKER_ROLE
from shared.audit import AuditEvent, record
from shared.clock import system_clock
from shared.database.ddl import sealing_tables
from shared.database.engine import Database, Tenancy
from shared.metrics import REGISTRY
from shared.problems import Problem
from shared.sealing.book import Book
from shared.sealing.checkpointing import Pace
from shared.sealing.checkpoints import read_public_keys
from shared.sealing.delivery import deliver
from shared.sealing.erasure import erase_expired
from shared.sealing.keeping import Keeper
from shared.sealing.sealer import seal
from shared.sealing.verify import verify
from shared.sealing.watch import SealingWatch
from tests.attack.support import CONSULTATIONS, LOOKUPS, act, sql
from tests.exchange import NOBODY, Exchange, consultation_body
from tests.instance import ROOT
from tests.sizes import sample_or_full
from tests.trail import LENGTH, Trail, an_entry

# --- the sealer --------------------------------------------------------------------------------------------------


@pytest.mark.requirement(107)
def test_writers_hammer_while_two_sealers_compete_and_the_chain_is_whole(trail: Trail) -> None:
    writers, each = 4, sample_or_full(40, 1000)

    async def write(database: Database, place: int) -> None:
        for number in range(each):
            entry = an_entry(place * each + number)
            async with database.begin(Tenancy(entry.caller.organisation)) as connection:
                await record(connection, entry)

    async def work() -> int:
        runtime = Database(trail.url(RUNTIME_ROLE), pool_size=writers)
        sealers = [Database(trail.url(WORKER_ROLE), pool_size=1) for _ in range(2)]
        sealed, over = 0, asyncio.Event()

        async def keep(database: Database) -> None:
            nonlocal sealed
            while not over.is_set():
                number = await seal(database, most=7)
                sealed += number
                await asyncio.sleep(0)

        kept = [asyncio.create_task(keep(database)) for database in sealers]
        await asyncio.gather(*(write(runtime, place) for place in range(writers)))
        over.set()
        await asyncio.gather(*kept)
        while number := await seal(sealers[0]):
            sealed += number
        for database in (runtime, *sealers):
            await database.close()
        return sealed

    assert asyncio.run(work()) == writers * each
    verdict = trail.verified(with_checkpoints=True)
    assert verdict.fault is None
    assert (verdict.records, verdict.waiting) == (LENGTH + writers * each, 0)


@pytest.mark.requirement(107)
def test_a_sealer_killed_at_random_loses_nothing_and_seals_nothing_twice(trail: Trail) -> None:
    rounds = sample_or_full(2, 25)
    for _ in range(rounds):
        trail.write(30)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.service.sealer_process", trail.url(WORKER_ROLE)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        time.sleep(random.random() * 0.02)  # noqa: S311 - any moment will do
        process.kill()
        process.wait(10)
        process.stdout.close()
        verdict = trail.verified(with_checkpoints=True)
        assert verdict.fault is None
        assert verdict.records + verdict.waiting >= LENGTH
    while trail.seal():
        pass

    verdict = trail.verified(with_checkpoints=True)

    assert verdict.fault is None
    assert verdict.records == LENGTH + rounds * 30


def test_a_batch_is_the_oldest_in_order(trail: Trail) -> None:
    entries = trail.write(5)
    assert [trail.seal(most=2) for _ in range(4)] == [2, 2, 1, 0]
    rows = trail.as_role("postgres", f"SELECT entry_id FROM audit_chain WHERE position > {LENGTH} ORDER BY position")
    assert [row["entry_id"] for row in rows] == [entry.id for entry in entries]


def test_what_was_written_before_there_was_a_queue_is_sealed_after_the_upgrade(trail: Trail) -> None:
    trail.tamper("DELETE FROM audit_chain", "DELETE FROM audit_checkpoint")

    trail.as_role(OWNER_ROLE, *sealing_tables(OWNER_ROLE, RUNTIME_ROLE, WORKER_ROLE, AUDITOR_ROLE)[-3:], "SELECT 1")

    assert trail.seal() == LENGTH
    assert trail.verified().fault is None


# --- checkpoints -------------------------------------------------------------------------------------------------


def test_a_checkpoint_waits_for_a_minute_or_ten_thousand_records(trail: Trail) -> None:
    assert trail.checkpoint() is None, "nothing is new"
    trail.write(3)
    assert trail.checkpoint() is None, "nothing is sealed"
    trail.seal()
    assert trail.checkpoint(Pace()) is None
    assert trail.checkpoint(Pace(records=4)) is None
    made = trail.checkpoint(Pace(records=3))
    assert made is not None
    assert made.position == LENGTH + 3

    trail.write(1)
    trail.seal()
    trail.tamper(f"UPDATE audit_chain SET sealed_at = now() - interval '61 seconds' WHERE position > {LENGTH + 3}")
    assert trail.checkpoint(Pace()) is not None
    assert trail.verified(with_checkpoints=True).checkpoints == 4


@pytest.mark.requirement(107)
def test_a_death_between_file_and_database_is_made_good_by_the_next_turn(trail: Trail) -> None:
    class Dying(Book):
        def append(self, lines: list[str]) -> None:
            super().append(lines)
            raise SystemExit

    trail.write(1)
    trail.seal()
    dying = Trail(trail.postgres, trail.name, Dying(trail.book.path.parent, trail.book.origin), trail.key)
    with pytest.raises(SystemExit):
        dying.checkpoint()
    assert trail.verified(with_checkpoints=True).checkpoints == 3, "it stands in the file"

    trail.write(1)
    trail.seal()
    assert trail.checkpoint() is not None

    verdict = trail.verified(with_checkpoints=True)
    assert (verdict.fault, verdict.checkpoints) == (None, 4)
    rows = trail.as_role("postgres", "SELECT position FROM audit_checkpoint ORDER BY position")
    assert [row["position"] for row in rows][-2:] == [LENGTH + 1, LENGTH + 2]


def test_a_torn_last_line_is_passed_over_and_the_next_checkpoint_follows_on_the_one_before(trail: Trail) -> None:
    with trail.book.path.open("a") as opened:
        opened.write("eyJhbGciOiJFUzI1NiIsInR5cCI6ImF1ZGl0LWNoZWN")
    trail.write(1)
    trail.seal()

    assert trail.checkpoint() is not None

    verdict = trail.verified(with_checkpoints=True)
    assert (verdict.fault, verdict.checkpoints, verdict.torn) == (None, 3, 1)


def test_checkpoints_reach_directories_and_the_counterpart_from_the_last_that_arrived(
    trail: Trail, tmp_path: Path
) -> None:
    copies = [tmp_path / "one", tmp_path / "other"]
    copies[0].mkdir()
    arrived: list[str] = []
    down = False

    async def post(line: str) -> None:
        if down:
            raise OSError
        arrived.append(line)

    def hand_on() -> int:
        return asyncio.run(deliver("a-trail", trail.book, copies, post))

    written = [line for _, line in trail.book.lines()]
    assert hand_on() == 4, "two to the directory and two to the counterpart"
    assert arrived == written
    failed = {"trail": "a-trail", "to": "directory"}
    assert REGISTRY.get_sample_value("samrad_audit_checkpoint_copies_failed_total", failed) == 1

    copies[1].mkdir()
    down = True
    for _ in range(2):
        trail.write(1)
        trail.seal()
        assert trail.checkpoint() is not None
    assert hand_on() == 2 + 4
    down = False
    assert hand_on() == 2
    assert hand_on() == 0

    written = [line for _, line in trail.book.lines()]
    assert arrived == written
    for copy in copies:
        assert Book(copy, trail.book.origin).path.read_bytes() == trail.book.path.read_bytes()


def test_the_counterpart_is_posted_a_signed_checkpoint_and_must_accept_it() -> None:
    seen: list[httpx.Request] = []
    answers = [204, 503]

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(answers.pop(0))

    async def send() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            post = _post(http, "https://witness.example/checkpoints")
            await post("a.b.c")
            await post("a.b.d")

    with pytest.raises(OSError, match="did not accept"):
        asyncio.run(send())
    assert [request.content for request in seen] == [b"a.b.c", b"a.b.d"]
    assert seen[0].headers["Content-Type"] == "application/jose"


def test_a_counterpart_whose_answer_never_ends_is_not_waited_for() -> None:
    read: list[bytes] = []

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                read.append(b"more")
                yield b"more"

    async def send() -> None:
        answering = httpx.MockTransport(lambda _: httpx.Response(200, stream=Endless()))
        async with httpx.AsyncClient(transport=answering) as http:
            await _post(http, "https://witness.example/checkpoints")("a.b.c")

    asyncio.run(asyncio.wait_for(send(), 10))
    assert read == []


def test_a_new_key_is_published_beside_the_earlier_ones(tmp_path: Path) -> None:
    keys = [ECKey.generate_key("P-256", private=True) for _ in range(2)]
    for key in (*keys, keys[0]):
        _publish(key, tmp_path / "samrad.jwks")

    assert list(read_public_keys(tmp_path / "samrad.jwks")) == [key.thumbprint() for key in keys]
    assert '"d"' not in (tmp_path / "samrad.jwks").read_text("utf-8")


def test_a_counterpart_is_posted_to_in_the_open_only_on_this_machine() -> None:
    def settings(**given: str) -> AuditSettings:
        return AuditSettings(checkpoint_directory=Path("/x"), checkpoint_key_file=Path("/y"), **given)  # type: ignore[arg-type]

    for url in ("https://witness.example/a", "http://127.0.0.1:9000/a", "http://localhost/a", ""):
        assert settings(checkpoint_webhook_url=url).checkpoint_webhook_url == url
    for url in ("http://witness.example/a", "ftp://witness.example", "https://", "witness.example", "file:///a"):
        with pytest.raises(ValidationError):
            settings(checkpoint_webhook_url=url)
    assert settings(checkpoint_copies="/a:/b").copies == [Path("/a"), Path("/b")]


# --- lateness ----------------------------------------------------------------------------------------------------


def watched(trail: Trail) -> tuple[str | None, list[str], float | None]:
    """The refusal if any, what readiness tells, and the alarm."""

    async def look(database: Database) -> tuple[str | None, list[str], float | None]:
        watch = SealingWatch(database, "a-trail")
        try:
            await watch.require()
            code = None
        except Problem as problem:
            code = problem.kind.code
        alarm = REGISTRY.get_sample_value("samrad_audit_sealing_alarm", {"trail": "a-trail"})
        return code, list(await watch.faults()), alarm

    answer: tuple[str | None, list[str], float | None] = trail.on(RUNTIME_ROLE, look)
    return answer


@pytest.mark.requirement(107)
def test_late_is_an_alarm_after_a_minute_and_no_disclosure_after_a_quarter_of_an_hour(trail: Trail) -> None:
    trail.write(2)
    assert watched(trail) == (None, [], 0)
    trail.tamper("UPDATE audit_queue SET queued_at = queued_at - interval '61 seconds'")
    assert watched(trail) == (None, [], 1)
    trail.tamper("UPDATE audit_queue SET queued_at = queued_at - interval '14 minutes'")
    code, faults, alarm = watched(trail)
    assert (code, alarm) == ("trail_not_sealed", 1)
    assert faults == ["the trail has not been sealed for 15 minutes: nothing is disclosed"]
    trail.seal()
    assert watched(trail) == (None, [], 0)

    # What is sealed and not under a checkpoint has a minute before it counts.
    for minutes, expected in ((1.5, (None, 0)), (3, (None, 1)), (16.5, ("trail_not_sealed", 1))):
        trail.tamper(f"UPDATE audit_chain SET sealed_at = now() - interval '{minutes} min' WHERE position > {LENGTH}")
        code, _, alarm = watched(trail)
        assert (code, alarm) == expected
    assert trail.checkpoint() is not None
    assert watched(trail) == (None, [], 0)


def test_a_checkpoint_that_cannot_be_written_counts_as_late(trail: Trail, tmp_path: Path) -> None:
    trail.write(1)
    trail.seal()
    trail.tamper(f"UPDATE audit_chain SET sealed_at = now() - interval '17 min' WHERE position > {LENGTH}")
    nowhere = Trail(trail.postgres, trail.name, Book(tmp_path / "gone", trail.book.origin), trail.key)

    with pytest.raises(FileNotFoundError):
        nowhere.checkpoint()

    assert watched(trail)[0] == "trail_not_sealed"


def test_a_keeper_tells_why_there_is_no_checkpoint(trail: Trail, caplog: pytest.LogCaptureFixture) -> None:
    trail.tamper(f"DELETE FROM audit_chain WHERE position = {LENGTH}")

    async def turn(database: Database) -> object:
        keeper = Keeper("a-trail", database, trail.book, trail.key, 5, system_clock)
        assert await keeper.seal() == 0
        assert await keeper.erase() is None
        return await keeper.checkpoint()

    assert trail.on(WORKER_ROLE, turn) is None
    (told,) = [each for each in caplog.records if each.getMessage() == "no checkpoint"]
    assert f"position {LENGTH}" in vars(told)["why"]


def test_what_cannot_be_found_out_is_refused(trail: Trail) -> None:
    trail.as_role(OWNER_ROLE, f"REVOKE EXECUTE ON FUNCTION audit_sealing_ages() FROM {RUNTIME_ROLE}")

    code, faults, alarm = watched(trail)

    assert (code, alarm) == ("unavailable", 1)
    assert faults == ["how late the sealing of the trail is cannot be found out"]


def test_a_guard_that_is_switched_off_is_told_by_readiness(trail: Trail) -> None:
    for trigger in ("queued_for_sealing", "append_only", "append_only_whole"):
        trail.as_role(OWNER_ROLE, f"ALTER TABLE audit_entry DISABLE TRIGGER {trigger}")
        assert watched(trail)[1] == ["a trigger that guards the trail is switched off"]
        trail.as_role(OWNER_ROLE, f"ALTER TABLE audit_entry ENABLE TRIGGER {trigger}")


def test_lateness_is_told_once_and_its_end_once(trail: Trail, caplog: pytest.LogCaptureFixture) -> None:
    async def look(database: Database) -> None:
        watch = SealingWatch(database, "a-trail")
        for _ in range(3):
            await watch.look()
        await asyncio.to_thread(trail.seal)
        for _ in range(3):
            await watch.look()

    trail.write(1)
    trail.tamper("UPDATE audit_queue SET queued_at = now() - interval '2 minutes'")
    trail.on(RUNTIME_ROLE, look)

    told = [each.getMessage() for each in caplog.records if each.name == "sealing"]
    assert told == ["sealing is late", "sealing has caught up"]


# --- through the door --------------------------------------------------------------------------------------------


@contextmanager
def unsealed(exchange: Exchange, trail: str) -> Iterator[Callable[[str], None]]:
    """Nothing of the trail is sealed inside the block. Answers a way to run SQL as superuser."""
    with asyncio.Runner() as runner:
        host = str(exchange.postgres.socket_directory)
        connection = runner.run(asyncpg.connect(database=trail, user="postgres", host=host))
        try:
            runner.run(connection.execute("SELECT pg_advisory_lock(727475, 1)"))
            yield lambda statement: runner.run(connection.execute(statement))
        finally:
            runner.run(connection.close())


def eventually(answer: Callable[[], httpx.Response], status: int) -> httpx.Response:
    until = time.monotonic() + 20
    while (got := answer()).status_code != status:
        assert time.monotonic() < until, got.text
        time.sleep(0.1)
    return got


def age_is_told(seconds: float) -> bool:
    """Soon: all products of this process tell of theirs in one place, and whoever has looked last is heard."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if (REGISTRY.get_sample_value("samrad_audit_sealing_age_seconds", {"trail": "consultation"}) or 0) >= seconds:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.requirement(107)
def test_when_sealing_is_a_quarter_of_an_hour_late_nothing_is_disclosed_and_statistics_go_on(
    exchange: Exchange,
) -> None:
    receipt = exchange.open()
    one = f"{CONSULTATIONS}/{receipt['consultationId']}"
    ready = f"http://127.0.0.1:{exchange.ports['consultation']}/health/ready"
    with unsealed(exchange, "consultation") as run:
        exchange.open()
        run("UPDATE audit_queue SET queued_at = now() - interval '16 minutes'")
        refused = eventually(lambda: exchange.send("umea", "GET", one), 503)
        sent = len(exchange.sent_to_sources)

        assert refused.json()["code"] == "trail_not_sealed"
        assert refused.headers["Retry-After"] == "60"
        assert {refused.json()["texts"][language]["title"] for language in ("sv", "en")} == {
            "Loggen är inte förseglad, så inget lämnas ut",
            "The trail is not sealed, so nothing is disclosed",
        }
        for answer in (
            exchange.look_up("complete"),
            exchange.send("umea", "POST", CONSULTATIONS, consultation_body()),
            exchange.send("umea", "GET", CONSULTATIONS),
            exchange.send("af-workbench", "GET", "/consultation/v1/queue"),
            act(exchange, "af-workbench", receipt, "claims", 1),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "trail_not_sealed")
        assert len(exchange.sent_to_sources) == sent
        assert exchange.http.get(ready).status_code == 503
        assert exchange.send("dashboard", "GET", "/consultation/v1/lead-times").status_code == 200
        assert exchange.send("dashboard", "GET", "/agreements/v1/agreements").status_code == 200
        assert exchange.http.get(f"{exchange.base_url}/agreements/v1/coverage").status_code == 200
        assert age_is_told(960)
    with unsealed(exchange, "agreements") as run:
        missing = f"/agreements/v1/agreements/{NOBODY}"
        assert exchange.send("umea", "GET", missing).status_code == 404
        run("UPDATE audit_queue SET queued_at = now() - interval '16 minutes'")
        eventually(lambda: exchange.send("umea", "GET", "/agreements/v1/audit-entries"), 503)
        assert exchange.send("umea", "GET", missing).status_code == 404, "agreements hold no persons"
        # No decision can be had, and so nothing is asked.
        assert exchange.look_up("nothing_registered").status_code == 503
    eventually(lambda: exchange.send("umea", "GET", one), 200)
    eventually(lambda: exchange.look_up("complete", sources=["AF"]), 200)
    assert exchange.http.get(ready).status_code == 200


@pytest.mark.requirement(107)
@pytest.mark.parametrize("table", ["audit_entry", "audit_queue"])
def test_with_the_audit_table_unwritable_look_ups_answer_503_and_nothing_leaves(exchange: Exchange, table: str) -> None:
    receipt = exchange.open()
    role = {"audit_entry": "consultation_runtime", "audit_queue": "consultation_owner"}[table]
    before = exchange.sent_to_sources[:]
    sql(exchange, f"REVOKE INSERT ON {table} FROM {role}")
    try:
        answers = [
            exchange.look_up("complete"),
            exchange.look_up("complete", "malmo"),
            exchange.send("umea", "POST", CONSULTATIONS, consultation_body()),
            exchange.send("umea", "GET", f"{CONSULTATIONS}/{receipt['consultationId']}"),
            exchange.send("umea", "GET", f"{CONSULTATIONS}/{receipt['consultationId']}/events"),
            act(exchange, "af-workbench", receipt, "claims", 1),
            exchange.send("malmo", "GET", f"{CONSULTATIONS}/{receipt['consultationId']}"),
        ]
    finally:
        sql(exchange, f"GRANT INSERT ON {table} TO {role}")
    assert [answer.status_code for answer in answers] == [503] * len(answers)
    assert exchange.sent_to_sources == before
    assert exchange.look_up("complete", sources=["AF"]).status_code == 200
    assert len(exchange.sent_to_sources) == len(before) + 1


_DISCLOSURES = {"lookup.disclosed", "lookup.withheld", "lookup.read", "consultation.read", "consultation.events_read"}


@pytest.mark.requirement(107)
def test_for_each_answered_data_request_there_is_exactly_one_disclosure_record_by_its_id(exchange: Exchange) -> None:
    answers = [answer for _ in range(sample_or_full(2, 200)) for answer in a_mixed_batch(exchange)]

    entries = [json.loads(row["entry"]) for row in sql(exchange, "SELECT entry FROM audit_entry")]
    told = Counter(entry["request"] for entry in entries if entry["event"] in _DISCLOSURES)
    refused = Counter(entry["request"] for entry in entries if entry["event"] == "request.refused")

    assert len({answer.headers["Request-Id"] for answer in answers}) == len(answers)
    for answer in answers:
        request = answer.headers["Request-Id"]
        assert told[request] == (1 if answer.status_code == 200 else 0)
        assert refused[request] == (0 if answer.status_code == 200 else 1)
        if answer.status_code != 200:
            assert answer.json()["instance"] == f"urn:uuid:{request}"
    own = {answer.headers["Request-Id"] for answer in answers}
    assert all(number == 1 for request, number in (told | refused).items() if request in own)


def a_mixed_batch(exchange: Exchange) -> list[httpx.Response]:
    """Requests for data, answered and refused."""
    receipt = exchange.open()
    one = f"{CONSULTATIONS}/{receipt['consultationId']}"
    key = f"again-{receipt['number']}"
    body: dict[str, Any] = {"sources": ["AF"]}
    look_up = exchange.look_up("complete", **body)
    question = {
        "person": "189001049809",
        "caseReference": "EB-1",
        "purpose": "financial_aid_application",
        "period": {"from": "2026-09-01", "to": "2026-10-01"},
        "sources": ["AF"],
    }
    made = f"{LOOKUPS}/{look_up.json()['lookupId']}"
    return [
        look_up,
        exchange.look_up("protected_by_af", sources=["AF"]),
        exchange.send("umea", "POST", LOOKUPS, question, key=key),
        exchange.send("umea", "POST", LOOKUPS, question, key=key),
        exchange.send("umea", "GET", made),
        exchange.send("malmo", "GET", made),
        exchange.send("umea", "GET", one),
        exchange.send("af-workbench", "GET", one),
        exchange.send("malmo", "GET", one),
        exchange.send("umea", "GET", f"{one}/events"),
        exchange.send("af-workbench", "GET", f"{one}/events"),
        exchange.send("malmo", "GET", f"{one}/events"),
        exchange.send("umea", "GET", f"{CONSULTATIONS}/{NOBODY}"),
        exchange.look_up("complete", purpose="financial_aid_application", name="akassa"),
    ]


def test_everything_that_has_been_recorded_is_as_the_catalogue_says(exchange: Exchange) -> None:
    a_mixed_batch(exchange)
    for database in ("consultation", "agreements"):
        rows = sql(exchange, "SELECT entry FROM audit_entry WHERE entry IS NOT NULL", database=database)
        for entry in (json.loads(row["entry"]) for row in rows):
            event = AuditEvent.catalogue[entry["event"]]
            assert entry["outcome"] in event.outcomes, entry
            extra = set(entry.get("detail", {})) - set(event.details)
            assert not extra, f"say in the catalogue what {event.name} tells: {extra}"


@pytest.mark.requirement(107)
def test_an_erased_entry_is_no_longer_read_over_the_api(exchange: Exchange) -> None:
    url = exchange.postgres.url
    past = an_entry(at=exchange.clock() - timedelta(days=6 * 366))

    async def work() -> None:
        runtime, worker = Database(url("consultation", RUNTIME_ROLE)), Database(url("consultation", WORKER_ROLE))
        async with runtime.begin(Tenancy(past.caller.organisation)) as connection:
            await record(connection, past)
        await seal(worker)
        until = time.monotonic() + 10
        while not await erase_expired(worker, 5, system_clock):
            assert time.monotonic() < until, "another sealer had it"
            await asyncio.sleep(0.05)
        await runtime.close()
        await worker.close()

    path = f"/consultation/v1/audit-entries?objectId={past.object_id}"
    asyncio.run(work())

    assert exchange.send("umea", "GET", path).json()["entries"] == []
    (row,) = sql(exchange, "SELECT entry, outcome FROM audit_entry WHERE id = $1", past.id)
    assert (row["entry"], row["outcome"]) == (None, "permitted")


def test_what_the_whole_session_has_written_is_whole(exchange: Exchange) -> None:
    exchange.open()
    for trail in ("consultation", "agreements"):
        verdict = asyncio.run(verify(exchange.postgres.url(trail, f"{trail}_auditor")))
        assert verdict.fault is None
