"""The enumeration brake: two processes of the service on one database, with low limits, behind real signatures."""

import asyncio
import json
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from services.consultation.brake.count import forget_counted
from services.consultation.lookups.simulator.persons import PERSONS, number
from shared.database.engine import Database
from shared.tokens.client import authorization
from tests.attack.support import sql
from tests.exchange import Exchange, consultation_body, lookup_body
from tests.reading import whole_trail
from tests.service.workers import workers as workers_of

pytestmark = pytest.mark.attack

PER_HANDLER, PER_CASE = 4, 3
LOOKUPS, CONSULTATIONS = "/consultation/v1/lookups", "/consultation/v1/consultations"
MARKS = "/consultation/v1/protected-persons"
SEARCHES = "/consultation/v1/consultation-searches"

_serials = iter(range(100, 999))


def somebody() -> str:
    """A person whom no other test knows."""
    return number("18960417", str(next(_serials)))


def handler() -> str:
    """One who has asked about nobody yet."""
    return f"hl-{uuid.uuid4().hex[:8]}"


def case() -> str:
    """A case in which nobody has been asked about yet."""
    return f"EB-{uuid.uuid4().hex[:8]}"


@dataclass(slots=True)
class Workers:
    """Two processes' worth of the service. Dialled directly; proofs are for the public address as always."""

    exchange: Exchange
    addresses: Sequence[str]

    def post(
        self, path: str, body: dict[str, Any], *, by: str, worker: int = 0, key: str | None = None, name: str = "umea"
    ) -> httpx.Response:
        client = self.exchange.client(name)
        address = self.exchange.base_url + path
        token = client.token_for(path)
        headers = authorization(client.identity, token, "POST", address, self.exchange.clock())
        headers |= {"Samrad-Handler": by, **({"Idempotency-Key": key} if key else {})}
        url = self.addresses[worker] + path
        return self.exchange.http.post(url, headers=headers, json=body)

    def look_up(self, person: str, *, by: str, within: str | None = None, **more: Any) -> httpx.Response:
        changes = {"caseReference": within or case(), "sources": ["AF"], "person": person}
        return self.post(LOOKUPS, {**lookup_body("complete", self.exchange.clock()), **changes}, by=by, **more)

    def open(self, person: str, *, by: str, within: str | None = None, **more: Any) -> httpx.Response:
        body = consultation_body(person=person, caseReference=within or case())
        return self.post(CONSULTATIONS, body, by=by, **more)

    def search(self, person: str, *, by: str, **more: Any) -> httpx.Response:
        return self.post(SEARCHES, {"person": person, "purpose": "case_handling"}, by=by, **more)


@pytest.fixture(scope="module")
def both(running: Exchange) -> Iterator[Workers]:
    limits = {
        "SAMRAD_CONSULTATION_PERSONS_PER_HANDLER_AND_HOUR": str(PER_HANDLER),
        "SAMRAD_CONSULTATION_PERSONS_PER_CASE_AND_DAY": str(PER_CASE),
    }
    with workers_of(["consultation"] * 2, running.clock, limits) as addresses:
        yield Workers(running, addresses)


@pytest.fixture
def workers(both: Workers, exchange: Exchange) -> Workers:
    """At a time that stands still, so that a window is a window."""
    exchange.clock.stand_at(datetime.now(UTC))
    return both


def refused_by(answer: httpx.Response) -> str:
    """What was counted when the brake held."""
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (429, "enumeration_brake"), answer.text
    told: str = problem["countedBy"]
    return told


def braked(workers: Workers, by: str) -> list[dict[str, Any]]:
    """What the organisation's auditor finds of a handler, oldest first."""
    rows = sql(workers.exchange, "SELECT entry FROM audit_entry WHERE event LIKE '%.braked' ORDER BY at, id")
    entries = [json.loads(row["entry"]) for row in rows]
    return [entry for entry in entries if entry["actor"]["stated"] == by]


def test_one_person_too_many_in_an_hour_is_refused_whichever_process_is_asked(workers: Workers) -> None:
    by = handler()
    persons = [somebody() for _ in range(PER_HANDLER)]
    for place, person in enumerate(persons):
        assert workers.look_up(person, by=by, worker=place % 2).status_code == 200
    asked = len(workers.exchange.sent_to_sources)

    for worker in (0, 1):
        refused = workers.look_up(somebody(), by=by, worker=worker)
        assert refused_by(refused) == "handler"
        assert refused.json()["limit"] == PER_HANDLER
        assert 0 < int(refused.headers["Retry-After"]) <= 3600
        assert all(refused.json()["texts"][language]["action"] for language in ("sv", "en"))
    assert len(workers.exchange.sent_to_sources) == asked, "a refused look-up asks nobody"
    assert workers.look_up(persons[0], by=by, worker=1).status_code == 200, "the same person again is none too many"
    assert workers.look_up(somebody(), by=handler()).status_code == 200, "another handler has a count of her own"


def test_look_ups_and_new_consultations_count_together(workers: Workers) -> None:
    by = handler()
    assert workers.look_up(somebody(), by=by).status_code == 200
    for _ in range(PER_HANDLER - 1):
        assert workers.open(somebody(), by=by).status_code == 201

    assert refused_by(workers.open(somebody(), by=by, worker=1)) == "handler"
    assert refused_by(workers.look_up(somebody(), by=by)) == "handler"


def test_persons_searched_for_count_as_those_asked_about_and_one_too_many_is_refused(workers: Workers) -> None:
    by, known = handler(), somebody()
    assert workers.open(known, by=by).status_code == 201
    for _ in range(PER_HANDLER - 1):
        assert workers.search(somebody(), by=by).status_code == 200

    refused = workers.search(somebody(), by=by, worker=1)

    assert refused_by(refused) == refused_by(workers.open(somebody(), by=by)) == "handler"
    assert workers.search(known, by=by).status_code == 200, "the same person again is none too many"
    assert workers.search(somebody(), by=handler()).status_code == 200
    (searched,) = [each for each in braked(workers, by) if each["detail"]["purpose"] == "case_handling"]
    assert (searched["event"], searched["detail"]["caseReference"]) == ("consultation.braked", None)
    by_number = workers.post(SEARCHES, {"number": "S26-7"}, by=by)
    assert by_number.status_code == 200, "who is no person is not counted"


def test_a_household_fits_in_a_case_and_a_street_does_not(workers: Workers) -> None:
    within = case()
    for _ in range(PER_CASE):
        assert workers.open(somebody(), by=handler(), within=within).status_code == 201

    refused = workers.open(somebody(), by=handler(), within=within, worker=1)
    assert refused_by(refused) == "case"
    written = sql(workers.exchange, "SELECT 1 FROM consultation WHERE case_reference = $1", within)
    assert len(written) == PER_CASE, "a refused consultation is not written"
    assert 3600 < int(refused.headers["Retry-After"]) <= 86_400
    assert refused_by(workers.look_up(somebody(), by=handler(), within=within)) == "case"
    other = workers.post(
        LOOKUPS,
        {**lookup_body("complete", workers.exchange.clock(), sources=["AF"]), "caseReference": within},
        by=handler(),
        name="malmo",
    )
    assert other.status_code == 200, "another organisation's case of the same name is another case"


def test_who_waits_may_ask_again(workers: Workers) -> None:
    by, now = handler(), workers.exchange.clock()
    for _ in range(PER_HANDLER):
        assert workers.look_up(somebody(), by=by).status_code == 200
    retry = int(workers.look_up(somebody(), by=by).headers["Retry-After"])

    workers.exchange.clock.stand_at(now + timedelta(seconds=retry - 1))
    assert workers.look_up(somebody(), by=by).status_code == 429
    workers.exchange.clock.stand_at(now + timedelta(seconds=retry))
    assert workers.look_up(somebody(), by=by).status_code == 200


def test_two_questions_at_the_same_moment_are_counted_one_after_the_other(workers: Workers) -> None:
    by, now = handler(), workers.exchange.clock()
    for _ in range(PER_HANDLER - 1):
        assert workers.look_up(somebody(), by=by).status_code == 200
    count = "SELECT count_person('0007:2120002627', $1, $2, $3, $4, $5, $6)"

    async def race() -> tuple[Any, Any]:
        host = str(workers.exchange.postgres.socket_directory)
        one, other = [
            await asyncpg.connect(database="consultation", user="consultation_runtime", host=host) for _ in range(2)
        ]
        try:
            under_way = one.transaction()
            await under_way.start()
            last = await one.fetchval(count, by, case(), b"one", now, PER_HANDLER, PER_CASE)
            waiting = asyncio.ensure_future(other.fetchval(count, by, case(), b"other", now, PER_HANDLER, PER_CASE))
            await asyncio.sleep(0.1)
            assert not waiting.done(), "it must wait for the one that is under way"
            await under_way.commit()
            return last, await waiting
        finally:
            await one.close()
            await other.close()

    last_place, one_too_many = asyncio.run(race())

    assert last_place is None
    assert json.loads(one_too_many)["counted_by"] == "handler"


def test_many_at_the_same_moment_are_counted_one_by_one(workers: Workers) -> None:
    by = handler()
    workers.exchange.client("umea").token_for(LOOKUPS)
    with ThreadPoolExecutor(8) as pool:
        tries = [pool.submit(workers.open, somebody(), by=by, worker=place % 2) for place in range(12)]
        answers = [each.result().status_code for each in tries]

    assert answers.count(201) == PER_HANDLER
    assert answers.count(429) == 12 - PER_HANDLER


def test_every_refusal_is_in_the_trail_and_the_first_of_a_window_is_an_alert(workers: Workers) -> None:
    by, now = handler(), workers.exchange.clock()
    for _ in range(PER_HANDLER):
        workers.look_up(somebody(), by=by)
    for seconds, worker in enumerate((0, 1, 0)):
        workers.exchange.clock.stand_at(now + timedelta(seconds=seconds))
        assert refused_by(workers.look_up(somebody(), by=by, worker=worker)) == "handler"
    workers.exchange.clock.stand_at(now + timedelta(minutes=61))
    for _ in range(PER_HANDLER):
        assert workers.open(somebody(), by=by).status_code == 201
    assert refused_by(workers.open(somebody(), by=by)) == "handler"

    entries = braked(workers, by)
    assert [entry["event"] for entry in entries] == ["lookup.braked"] * 3 + ["consultation.braked"]
    assert [entry["detail"]["alert"] for entry in entries] == [True, False, False, True]
    assert all(entry["outcome"] == "refused" and entry["subject"] for entry in entries)
    assert entries[0]["detail"] | {"caseReference": ""} == {
        "purpose": "financial_aid_application",
        "caseReference": "",
        "countedBy": "handler",
        "limit": PER_HANDLER,
        "windowSeconds": 3600,
        "alert": True,
    }


def test_the_auditor_of_the_organisation_finds_the_alert(workers: Workers) -> None:
    by = handler()
    for _ in range(PER_HANDLER + 1):
        workers.look_up(somebody(), by=by)

    def found(name: str) -> list[dict[str, Any]]:
        return [entry for entry in whole_trail(workers.exchange, name) if entry["actor"] == by]

    alerts = [entry["detail"]["alert"] for entry in found("umea") if entry["event"] == "lookup.braked"]
    assert alerts == [True]
    assert found("malmo") == []


def test_probing_for_protected_identity_by_opening_consultations_is_braked_too(workers: Workers) -> None:
    by = handler()
    protected = [somebody() for _ in range(PER_HANDLER + 1)]
    for person in protected:
        assert workers.exchange.send("malmo", "POST", MARKS, {"person": person}).status_code == 201

    answers = [workers.open(person, by=by) for person in protected]

    assert [answer.status_code for answer in answers] == [409] * PER_HANDLER + [429]
    assert "protected" not in answers[-1].text, "the brake comes first, and tells nothing of the person"
    for person in protected:
        workers.exchange.send("malmo", "POST", f"{MARKS}/removals", {"person": person})


def test_attempts_that_are_refused_for_want_of_a_ground_count_as_well(workers: Workers) -> None:
    by = handler()

    def attempt() -> httpx.Response:
        body = {**lookup_body("complete", workers.exchange.clock()), "person": somebody(), "caseReference": case()}
        return workers.post(LOOKUPS, body, by=by, name="akassa")

    assert [attempt().status_code for _ in range(PER_HANDLER + 1)] == [403] * PER_HANDLER + [429]


def test_a_number_that_is_none_is_not_counted(workers: Workers) -> None:
    by, real = handler(), PERSONS["complete"].number
    wrong = real[:-1] + str((int(real[-1]) + 1) % 10)
    for _ in range(PER_HANDLER + 2):
        assert workers.look_up(wrong, by=by).status_code == 422
    assert workers.look_up(real, by=by).status_code == 200


def test_what_has_been_carried_out_is_told_again_though_the_brake_holds(workers: Workers) -> None:
    by, key, person, within = handler(), str(uuid.uuid4()), somebody(), case()
    body = consultation_body(person=person, caseReference=within)
    first = workers.post(CONSULTATIONS, body, by=by, key=key)
    for _ in range(PER_HANDLER):
        workers.look_up(somebody(), by=by)

    again = workers.post(CONSULTATIONS, body, by=by, key=key, worker=1)

    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()


def test_what_no_window_reaches_is_forgotten_and_nothing_else(workers: Workers) -> None:
    by, now = handler(), workers.exchange.clock()
    workers.exchange.clock.stand_at(now - timedelta(days=3))
    workers.look_up(somebody(), by=by)
    workers.exchange.clock.stand_at(now)
    workers.look_up(somebody(), by=by)

    async def forget() -> None:
        database = Database(workers.exchange.postgres.url("consultation", "consultation_worker"), pool_size=1)
        try:
            async with database.without_tenant() as connection:
                assert await forget_counted(connection, now) >= 2
        finally:
            await database.close()

    asyncio.run(forget())

    left = sql(workers.exchange, "SELECT at FROM asked_person WHERE counted_by = 'handler' AND key = $1", by)
    assert [row["at"] for row in left] == [now]
