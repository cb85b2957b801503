"""When a source is down, through the door: what callers are told, what is sent, how it is found again, what is left."""

import asyncio
import gc
import os
import threading
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.assembly.sources import make_ssbtek
from services.consultation.lookups.purposes import PURPOSES
from services.consultation.lookups.simulator.app import create_app, respond
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.collect import collect
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.health import SourceHealth
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.settings import Settings
from services.consultation.tables import OWNER_ROLE
from services.consultation.tenants.load import SANDBOX, load_tenants, read_tenants
from shared.clock import system_clock
from shared.http.guard import Receive, Scope, Send
from shared.serving import Served, serving
from shared.tokens.client import authorization
from tests.attack.beside import Hostile, hostile, services_beside
from tests.exchange import Exchange, free_ports, lookup_body
from tests.facade import facade_client, registered
from tests.rest_sources import RestSources, serving_rest_sources
from tests.sizes import sample_or_full
from tests.unit.lookups.given import inquiry, no_sleep

pytestmark = pytest.mark.requirement(1)

PROBE, HEALTH, LOOKUPS, METRICS = (
    "/consultation/v1/source-probe",
    "/consultation/v1/source-health",
    "/consultation/v1/lookups",
    "/metrics",
)
FAILURES = 3


@dataclass
class Line:
    """The line to SSBTEK: up, or answering 503. Every body that arrives is kept."""

    up: bool = True
    arrived: list[bytes] = field(default_factory=list)

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.arrived.append(body)
        status, content = 503, b"<html>Service Unavailable</html>"
        if self.up:
            answer = await respond(body, no_sleep)
            status, content = answer.status_code, bytes(answer.body)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/xml")]})
        await send({"type": "http.response.body", "body": content})

    @property
    def questions(self) -> int:
        """How many of them name a person."""
        return sum(b"personidentitet" in body for body in self.arrived)

    @property
    def probes(self) -> int:
        """How many of them are probes."""
        return sum(b"testaBastjanstInformation" in body for body in self.arrived)


@dataclass(frozen=True)
class Beside:
    """A product of its own, whose SSBTEK is on the line."""

    exchange: Exchange
    ports: dict[str, int]
    line: Line

    def call(self, method: str, path: str, body: Any = None, name: str = "umea") -> httpx.Response:
        """A call through its gateway."""
        client = self.exchange.client(name)
        address, token = self.exchange.base_url + path, client.token_for(path)
        headers = authorization(client.identity, token, method, address, self.exchange.clock())
        sent = {**headers, "Samrad-Handler": "hl-1"}
        return self.exchange.http.request(
            method, f"http://127.0.0.1:{self.ports['gateway']}{path}", headers=sent, json=body
        )

    def look_up(self, **changes: Any) -> httpx.Response:
        """A look-up about somebody with content everywhere."""
        return self.call("POST", LOOKUPS, lookup_body("complete", self.exchange.clock(), **changes))

    def health(self) -> dict[str, Any]:
        """The health of the sources, by code."""
        answer = self.call("GET", HEALTH)
        assert answer.status_code == 200, answer.text
        return {each["source"]: each for each in answer.json()["sources"]}

    def metrics(self) -> str:
        """What its consultation service tells Prometheus."""
        return self.exchange.http.get(f"http://127.0.0.1:{self.ports['consultation']}{METRICS}").text


@pytest.fixture
def neighbour() -> Iterator[Hostile]:
    with hostile() as made:
        yield made


@pytest.fixture
def beside(exchange: Exchange, neighbour: Hostile) -> Iterator[Beside]:
    line = Line()
    neighbour.answer = line
    settings = {
        "SAMRAD_CONSULTATION_SSBTEK_URL": f"{neighbour.address}/ssbt/10",
        "SAMRAD_CONSULTATION_BREAKER_FAILURES": str(FAILURES),
        "SAMRAD_CONSULTATION_BREAKER_PROBE_SECONDS": "15",
    }
    with services_beside(exchange, settings) as ports:
        yield Beside(exchange, ports, line)


def told(answer: httpx.Response) -> set[tuple[str, str | None, str | None]]:
    assert answer.status_code == 200, answer.text
    return {(each["state"], each["origin"], each["code"]) for each in answer.json()["sources"]}


def test_an_outage_from_its_first_failure_to_its_end_is_told_and_nobody_is_disclosed_in_it(beside: Beside) -> None:
    assert told(beside.look_up()) == {("answered", None, None)}
    beside.line.up = False
    for _ in range(FAILURES):
        assert told(beside.look_up()) == {("error", "LOCAL", "HTTP_503")}
    before = beside.line.questions

    for _ in range(5):
        answer = beside.look_up()
        assert told(answer) == {("error", "LOCAL", "CIRCUIT_OPEN")}
        assert answer.json()["complete"] is False

    assert beside.line.questions == before == FAILURES + 1
    seen = beside.health()["AF"]
    assert (seen["circuit"]["state"], seen["environment"]) == ("open", "ssbtek")
    assert (seen["calls"], seen["notSent"], seen["successShare"]) == (FAILURES + 1, 5, 0.25)
    assert [each["percentile"] for each in seen["latencies"]] == [50, 95]
    assert 'samrad_source_circuit{environment="ssbtek",state="open"} 1.0' in beside.metrics()

    beside.line.up = True
    await_probe(beside, {("ssbtek", "closed")})

    assert (beside.line.questions, beside.line.probes) == (before, 1)
    assert told(beside.look_up()) == {("answered", None, None)}
    number = PERSONS["complete"].number
    assert all(number.encode() not in body for body in beside.line.arrived if b"testaBastjanst" in body)
    assert number not in beside.metrics()


@pytest.fixture
def rest(exchange: Exchange, tmp_path: Path) -> Iterator[RestSources]:
    with serving_rest_sources(tmp_path, SourceCode.AF, clock=exchange.clock) as sources:
        yield sources


@pytest.fixture
def both(exchange: Exchange, neighbour: Hostile, rest: RestSources) -> Iterator[Beside]:
    """A product whose AF is a source of its own, beside SSBTEK."""
    line = Line()
    neighbour.answer = line
    settings = {
        "SAMRAD_CONSULTATION_SSBTEK_URL": f"{neighbour.address}/ssbt/10",
        "SAMRAD_CONSULTATION_REST_SOURCES_FILE": str(rest.settings),
        "SAMRAD_CONSULTATION_BREAKER_FAILURES": str(FAILURES),
    }
    with services_beside(exchange, settings) as ports:
        yield Beside(exchange, ports, line)


def states(answer: httpx.Response) -> tuple[set[str | None], set[str | None]]:
    """What AF's answer is marked with, and what those of the other six are."""
    assert answer.status_code == 200, answer.text
    told_of = {each["source"]: each["code"] or each["state"] for each in answer.json()["sources"]}
    return {told_of.pop("AF")}, set(told_of.values())


def test_a_source_of_its_own_and_ssbtek_go_down_and_are_found_again_without_each_other(
    both: Beside, rest: RestSources
) -> None:
    answered = {"answered"}
    assert states(both.look_up()) == (answered, answered)

    both.line.up = False
    for _ in range(FAILURES):
        assert states(both.look_up()) == (answered, {"HTTP_503"})
    for _ in range(FAILURES):
        assert states(both.look_up()) == (answered, {"CIRCUIT_OPEN"})
    assert circuits(both) == {("rest-af", "closed"), ("ssbtek", "open")}
    of_af = both.health()["AF"]
    assert (of_af["calls"], of_af["successShare"], of_af["notSent"]) == (2 * FAILURES + 1, 1.0, 0)

    both.line.up = True
    await_probe(both, {("rest-af", "closed"), ("ssbtek", "closed")})
    assert rest.probes() == []

    rest.up = False
    for _ in range(FAILURES):
        assert states(both.look_up()) == ({"HTTP_503"}, answered)
    asked = len(rest.questions())
    assert states(both.look_up()) == ({"CIRCUIT_OPEN"}, answered)
    assert len(rest.questions()) == asked == 3 * FAILURES + 1
    assert circuits(both) == {("rest-af", "open"), ("ssbtek", "closed")}
    assert 'samrad_source_circuit{environment="rest-af",state="open"} 1.0' in both.metrics()
    (alone, _) = both.call("GET", PROBE).json()["environments"]
    assert (alone["environment"], alone["reached"], alone["code"]) == ("rest-af", False, "HTTP_503")

    rest.up = True
    await_probe(both, {("rest-af", "closed"), ("ssbtek", "closed")})
    assert len(rest.questions()) == asked, "no person's question finds out"
    found = rest.probes()[-1]
    assert (found.target, found.body) == ("/af/v1/answers", b"")
    assert "authorization" not in found.headers.lower()
    assert states(both.look_up()) == (answered, answered)


def circuits(beside: Beside) -> set[tuple[str, str]]:
    return {(each["environment"], each["circuit"]["state"]) for each in beside.health().values()}


def await_probe(beside: Beside, wanted: set[tuple[str, str]]) -> None:
    """Let the interval between probes pass, and wait for what is to be found then."""
    beside.exchange.clock.move_to(beside.exchange.clock() + timedelta(seconds=15))
    until = time.monotonic() + 10
    while circuits(beside) != wanted:
        assert time.monotonic() < until, "the probe has not found it"
        time.sleep(0.05)


def test_the_connection_can_be_tried_without_any_person_and_not_be_hammered(beside: Beside) -> None:
    first = beside.call("GET", PROBE)
    again = beside.call("GET", PROBE, name="malmo")

    assert first.status_code == 200, first.text
    (told_once,) = first.json()["environments"]
    assert (told_once["environment"], told_once["reached"], told_once["contractVersion"]) == ("ssbtek", True, "10")
    assert {each["source"]: each["called"] for each in told_once["sources"]} == {
        code.value: code is not SourceCode.MIV for code in SourceCode
    }
    assert again.json() == first.json()
    assert (beside.line.probes, beside.line.questions) == (1, 0)

    beside.line.up = False
    beside.exchange.clock.move_to(beside.exchange.clock() + timedelta(seconds=11))
    (down,) = beside.call("GET", PROBE).json()["environments"]
    assert (down["reached"], down["code"]) == (False, "HTTP_503")
    assert {each["called"] for each in down["sources"]} == {None}


@pytest.mark.parametrize("path", [PROBE, HEALTH])
def test_how_the_sources_are_needs_its_own_scope_and_no_proof(exchange: Exchange, path: str) -> None:
    assert exchange.send("dashboard", "GET", path, handler=None).status_code == 200
    refused = exchange.send("af-workbench", "GET", path)

    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


def test_a_board_asks_under_its_own_name_and_actor_id_and_the_trail_names_it(exchange: Exchange) -> None:
    exchange.sent_to_sources.clear()

    answer = exchange.look_up("complete", board="individ-och-familj")

    assert answer.status_code == 200
    (sent,) = exchange.sent_to_sources
    assert "<ssbt:namn>Individ- och familjenämnden, Umeå kommun</ssbt:namn>".encode() in sent
    assert b"<ssbt:aktorsid>SANDBOX-UMEA-IFN</ssbt:aktorsid>" in sent
    assert b"<ssbt:organisationsnummer>162120002627</ssbt:organisationsnummer>" in sent
    path = f"/consultation/v1/audit-entries?objectId={answer.json()['lookupId']}"
    (asked,) = [
        each for each in exchange.send("umea", "GET", path).json()["entries"] if each["event"] == "lookup.asked"
    ]
    assert asked["detail"]["board"] == "individ-och-familj"


def test_a_board_that_is_not_in_the_profile_is_refused_before_anything_is_sent(exchange: Exchange) -> None:
    exchange.sent_to_sources.clear()

    answer = exchange.look_up("complete", board="byggnads")

    assert (answer.status_code, answer.json()["code"]) == (422, "board_unknown")
    assert answer.json()["allowedBoards"] == ["individ-och-familj"]
    assert exchange.look_up("complete", "malmo", board="individ-och-familj").json()["allowedBoards"] == []
    assert exchange.sent_to_sources == []


def test_a_tenant_whose_own_certificate_cannot_be_used_is_never_shown_under_anothers(exchange: Exchange) -> None:
    owner = exchange.postgres.url("consultation", OWNER_ROLE)
    _, malmo = read_tenants(SANDBOX, PURPOSES)
    exchange.sent_to_sources.clear()
    asyncio.run(load_tenants(owner, [{**malmo, "certificate": "malmo"}]))
    try:
        refused = exchange.look_up("complete", "malmo")
        (probed,) = exchange.send("malmo", "GET", PROBE).json()["environments"]
        through_facade = through_the_facade(exchange, "2120001124", "malmo")
        assert exchange.sent_to_sources == []
        assert told(exchange.look_up("complete", "umea")) == {("answered", None, None)}
    finally:
        asyncio.run(load_tenants(owner, [malmo]))

    assert told(refused) == {("error", "LOCAL", "CERTIFICATE")}
    assert through_facade.count("<ssbt:felkod>CERTIFICATE</ssbt:felkod>") == len(SourceCode)
    assert "felkod" not in through_the_facade(exchange, "2120001124", "malmo")
    assert (probed["reached"], probed["code"], probed["certificate"]) == (False, "CERTIFICATE", None)
    assert told(exchange.look_up("complete", "malmo")) == {("answered", None, None)}


def through_the_facade(exchange: Exchange, organisation: str, client: str) -> str:
    """What the facade's operation for testing answers a case system of the organisation."""
    question = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<testaBastjanstInformation xmlns="{V10.namespace}"/></s:Body></s:Envelope>'
    )
    with registered(exchange, organisationNumber=organisation, clientId=client), facade_client(exchange) as facade:
        answer = facade.post(question)
    assert answer.status_code == 200, answer.text
    return answer.text


# --- what is left after many look-ups ---------------------------------------------------------------------------------

_AT_ONCE = 20
_OF_OTHERS = 8


@dataclass(frozen=True)
class Held:
    """What the process holds. `resident` is in MiB."""

    descriptors: int
    threads: int
    native_threads: int
    tasks: int
    resident: float


def held() -> Held:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return Held(
        descriptors=_entries("/proc/self/fd"),
        threads=threading.active_count(),
        native_threads=_entries("/proc/self/task"),
        tasks=len(asyncio.all_tasks()),
        resident=pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
    )


def _entries(folder: str) -> int:
    return sum(1 for _ in Path(folder).iterdir())


def settings(port: int) -> Settings:
    own = dict.fromkeys(("public_url", "issuer", "token_url", "agreements_url"), "http://127.0.0.1")
    secret = dict.fromkeys(("database_url", "statistics_database_url", "sealing_key", "marking_key"), "unused")
    address = f"http://127.0.0.1:{port}/ssbt/10"
    return Settings(
        **{**own, **secret, "client_key_file": Path(), "ssbtek_url": address},  # type: ignore[arg-type]
        breaker_failures=10**6,
        breaker_least_calls=10**6,
    )


def test_look_ups_that_succeed_fail_and_are_broken_off_leave_no_descriptor_thread_or_task_behind() -> None:
    number = sample_or_full(120, 10_000)
    port = free_ports(2)

    async def live() -> tuple[Held, Held, Held]:
        async with serving([Served("simulator", create_app(sleep=no_sleep), "127.0.0.1", port)]):
            await _many(port, 10 * _AT_ONCE)  # what is made once is made
            before = await _settled(None)
            during = await _many(port, number)
            return before, during, await _settled(before)

    before, during, after = asyncio.run(live())

    # One connection has two ends in this process; beside them stand those that are being closed.
    assert during.descriptors <= before.descriptors + 4 * _AT_ONCE + 20
    assert after.tasks == before.tasks
    # The product of the session lives in this process too, and has a few connections and threads that come and go.
    assert after.descriptors <= before.descriptors + _OF_OTHERS
    assert after.threads <= before.threads + _OF_OTHERS
    assert after.native_threads <= before.native_threads + _OF_OTHERS
    # 10 000 look-ups of a kilobyte each would be seen.
    assert after.resident <= before.resident + 10


async def _many(port: int, number: int) -> Held:
    """Carry out `number` look-ups of every kind through adapters of their own; answers what is held before the end."""
    async with AsyncExitStack() as stack:
        up, nobody = (
            make_ssbtek(settings(each), tuple(SourceCode), stack, SourceHealth(system_clock), system_clock)
            for each in (port, port + 1)
        )

        async def one(place: int) -> None:
            question = inquiry("service_fault" if place % 4 == 1 else "complete")
            made = nobody if place % 4 == 2 else up
            if place % 4 == 3:
                # Broken off somewhere on the way, as when the caller leaves.
                task = asyncio.create_task(made.source.ask(question))
                await asyncio.sleep(0.001 * (place % 8))
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                return
            answers = await collect(dict.fromkeys(SourceCode, made.source), question, budget_seconds=30)
            codes = {each.code for each in answers}
            assert codes == ({None}, {"FAULT:SSBT-1001"}, {"UNREACHABLE"})[place % 4]

        places = iter(range(number))

        async def caller() -> None:
            for place in places:
                await one(place)

        await asyncio.gather(*(caller() for _ in range(_AT_ONCE)))
        return held()


async def _settled(wanted: Held | None) -> Held:
    """What is held when both ends have closed what they close: within the five seconds of a kept connection.

    It is waited for no more than `wanted`, or without it for two looks that are alike.
    """
    found = held()
    for _ in range(200):
        await asyncio.sleep(0.05)
        before, found = found, held()
        most = wanted or before
        if found.descriptors <= most.descriptors and found.tasks <= most.tasks:
            break
    return found
