"""What the sources said is in the database for a short while and sealed, then nowhere: shown by reading every table."""

import asyncio
import json
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from services.consultation import tables
from services.consultation.jobs import CHORES
from services.consultation.lookups.simulator.answers import tns
from services.consultation.lookups.simulator.answers.common import error
from services.consultation.lookups.simulator.question import Question
from services.consultation.lookups.sources.ssbtek.xml import Element
from shared.database.engine import Database
from shared.jobs.job import Run
from shared.vault import CannotOpen, Vault
from tests.attack.support import sql
from tests.exchange import Exchange, lookup_body
from tests.service.given_persons import Answering, answering, somebody

LOOKUPS = "/consultation/v1/lookups"
PLATE, WORDS = "PLT42X", "planterade ord om personen"
_HEX = re.compile(r"\\\\x([0-9a-f]{58,})")

failed = error("BT", "TEKNISKT_FEL", WORDS)
"""Försäkringskassan fails with words of its own."""


@pytest.fixture
def answer_like(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return answering(monkeypatch)


def planted(question: Question) -> Element:
    """A vehicle whose plate is nowhere else in the product."""
    answer = tns.vehicle(question)
    for each in answer.iter():
        each.text = PLATE if each.text == "XXX00X" else each.text
    return answer


def looked_up(exchange: Exchange, person: str, key: str | None = None) -> dict[str, Any]:
    body = {**lookup_body("complete", exchange.clock(), sources=["FK", "TNS"]), "person": person}
    answer = exchange.send("umea", "POST", LOOKUPS, body, key=key)
    assert PLATE in answer.text
    assert WORDS in answer.text
    told: dict[str, Any] = answer.json()
    return told


def everything(exchange: Exchange) -> dict[str, str]:
    """Every row of every table of both databases, as text, by table; the queue of jobs is one of them."""

    async def read() -> dict[str, str]:
        told = {}
        for database in ("consultation", "agreements"):
            host = str(exchange.postgres.socket_directory)
            connection = await asyncpg.connect(database=database, user="postgres", host=host)
            names = await connection.fetch(
                "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables "
                "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            )
            for (name,) in names:
                rows = await connection.fetch(f"SELECT to_jsonb(t)::text FROM {name} t")
                told[f"{database} {name}"] = "\n".join(row[0] for row in rows)
            await connection.close()
        return told

    return asyncio.run(read())


def unsealed(exchange: Exchange, tables_as_text: dict[str, str]) -> dict[str, str]:
    """All that somebody with the tables and the sealing key can read of what is sealed, by table."""
    vault = exchange.vault()
    lookups = [f"kept-lookup:{row['id']}" for row in sql(exchange, "SELECT id FROM lookup")]
    purposes = ["idempotency", "person-number"]
    opened = {}
    for name, rows in tables_as_text.items():
        also = lookups if name.endswith(".kept_lookup") else []
        opened[name] = "\n".join(_opened(vault, rows, [*purposes, *also]))
    return opened


def _opened(vault: Vault, rows: str, purposes: list[str]) -> Iterator[str]:
    for found in _HEX.finditer(rows):
        for purpose in purposes:
            try:
                yield vault.open(bytes.fromhex(found[1]), purpose).decode()
            except (CannotOpen, ValueError):
                continue


def holding(told: dict[str, str], *words: str) -> set[str]:
    """The tables whose text has one of the words."""
    return {name for name, rows in told.items() if any(word in rows for word in words)}


def forget(exchange: Exchange) -> None:
    """One run of each chore, as the role of background jobs."""

    async def run() -> None:
        database = Database(exchange.postgres.url("consultation", tables.WORKER_ROLE), pool_size=1)
        try:
            for chore in CHORES:
                async with database.without_tenant() as connection:
                    await chore.work(Run(connection, exchange.clock(), {}))
        finally:
            await database.close()

    asyncio.run(run())


@pytest.mark.requirement(106)
def test_what_sources_said_is_sealed_while_it_is_kept_and_gone_from_every_table_after_its_time(
    exchange: Exchange, answer_like: Answering
) -> None:
    person, key = somebody(), str(uuid.uuid4())
    answer_like(person, "complete", FK=failed, TNS=planted)
    looked_up(exchange, person, key)

    kept = everything(exchange)
    assert holding(kept, PLATE, WORDS, person) == set(), "nothing is readable without the key"
    assert holding(unsealed(exchange, kept), PLATE) == {
        "consultation public.kept_lookup",
        "consultation public.idempotency_record",
    }, "the search finds what there is to find"

    exchange.clock.move_to(datetime.now(UTC) + timedelta(minutes=60, seconds=5))
    forget(exchange)

    left = everything(exchange)
    assert holding(left, PLATE, WORDS, person) == set()
    assert holding(unsealed(exchange, left), PLATE, WORDS) == set(), "not even with the key"


def test_what_is_not_to_be_completed_is_not_kept_at_all(exchange: Exchange, answer_like: Answering) -> None:
    person = somebody()
    answer_like(person, "complete", FK=failed, TNS=planted)
    first = looked_up(exchange, person)
    answer_like(person, "complete", TNS=planted)
    assert PLATE in exchange.send("umea", "POST", f"{LOOKUPS}/{first['lookupId']}/completions").text

    ids = [row["id"] for row in sql(exchange, "SELECT lookup_id AS id FROM kept_lookup")]
    assert uuid.UUID(first["lookupId"]) not in ids
    attempts = sql(
        exchange, "SELECT outcomes::text AS text FROM lookup_attempt WHERE lookup_id = $1", first["lookupId"]
    )
    assert len(attempts) == 2
    assert WORDS not in "".join(row["text"] for row in attempts)


def test_no_metric_tells_of_a_person_or_an_answer(exchange: Exchange, answer_like: Answering) -> None:
    person = somebody()
    answer_like(person, "complete", FK=failed, TNS=planted)
    first = looked_up(exchange, person)
    exchange.send("umea", "POST", f"{LOOKUPS}/{first['lookupId']}/completions")

    told = exchange.http.get(f"http://127.0.0.1:{exchange.ports['consultation']}/metrics").text

    assert 'route="/consultation/v1/lookups/{lookupId}/completions"' in told
    assert [each for each in (person, person[2:], PLATE, WORDS, first["lookupId"]) if each in told] == []


@pytest.mark.requirement(107)
def test_the_trail_shows_which_fields_of_which_source_each_attempt_disclosed_and_no_value(
    exchange: Exchange, answer_like: Answering
) -> None:
    person = somebody()
    answer_like(person, "complete", FK=failed, TNS=planted)
    first = looked_up(exchange, person)
    answer_like(person, "complete", TNS=planted)
    exchange.send("umea", "POST", f"{LOOKUPS}/{first['lookupId']}/completions")

    path = f"/consultation/v1/audit-entries?objectId={first['lookupId']}"
    entries = exchange.send("umea", "GET", path).json()["entries"]

    again, once = (each["detail"] for each in entries if each["event"] == "lookup.disclosed")
    assert once["fields"] == {"TNS": ["vehicles", "status"]}
    assert (set(again["fields"]), again["fields"]["TNS"]) == ({"FK", "TNS"}, ["vehicles", "status"])
    assert "payments" in again["fields"]["FK"]
    assert (once["newSources"], again["newSources"]) == (["TNS"], ["FK"])
    assert [each for each in (person, PLATE, WORDS) if each in json.dumps(entries)] == []


def test_an_answer_moved_to_another_look_up_does_not_open_there(exchange: Exchange, answer_like: Answering) -> None:
    person, other = somebody(), somebody()
    for each in (person, other):
        answer_like(each, "complete", FK=failed, TNS=planted)
    first, second = looked_up(exchange, person), looked_up(exchange, other)
    moved = "UPDATE kept_lookup SET sealed = (SELECT sealed FROM kept_lookup WHERE lookup_id = $1) WHERE lookup_id = $2"
    sql(exchange, moved, first["lookupId"], second["lookupId"])

    refused = exchange.send("umea", "POST", f"{LOOKUPS}/{second['lookupId']}/completions")

    assert (refused.status_code, refused.json()["code"]) == (409, "lookup_content_expired")


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (tables.WORKER_ROLE, "SELECT sealed FROM kept_lookup"),
        (tables.WORKER_ROLE, "SELECT outcomes FROM lookup_attempt"),
        (tables.STATISTICS_ROLE, "SELECT expires_at FROM kept_lookup"),
        (tables.RUNTIME_ROLE, "UPDATE kept_lookup SET expires_at = 'infinity'"),
        (tables.RUNTIME_ROLE, "DELETE FROM lookup_attempt"),
        (tables.RUNTIME_ROLE, "UPDATE lookup_attempt SET handler = 'another'"),
    ],
)
def test_roles_reach_no_more_of_it_than_they_need(exchange: Exchange, role: str, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        sql(exchange, statement, role=role)
