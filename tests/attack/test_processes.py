"""The same attacks at processes started as people start them: two of each kind, on one database.

The other files attack servers inside the test's process, where time can be moved; here nothing is ours but the wire.
"""

import asyncio
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from services import sandbox
from services.assembly.commands.serving import prepare_databases
from services.assembly.demo_clients import demo_client
from shared.clock import system_clock
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.tokens.client import HeldToken, MachineClient, authorization, token_request
from tests.attack.support import CONSULTATIONS, together, wire
from tests.clusters import furnish
from tests.exchange import consultation_body, free_ports
from tests.instance import Instance, started
from tests.unit.shared.given import by_hand

pytestmark = pytest.mark.attack
SERVICES = ("consultation", "agreements", "gateway")
BLANK = b"\r\n\r\n"
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two processes of each service. `first` has the public address."""

    first: int
    second: int
    instances: tuple[Instance, ...]
    http: httpx.Client

    @property
    def public(self) -> str:
        """What proofs are made for."""
        return f"http://127.0.0.1:{self.first}"

    def ports(self, service: str) -> list[int]:
        """Where both listen."""
        offset = {"gateway": 0, "consultation": sandbox.CONSULTATION, "agreements": sandbox.AGREEMENTS}[service]
        return [self.first + offset, self.second + offset]

    def proved(self) -> dict[str, str]:
        """Headers of one request."""
        client = demo_client("umea", self.instances[0].home, self.public, self.http)
        token = client.token_for(CONSULTATIONS)
        headers = authorization(client.identity, token, "GET", self.public + CONSULTATIONS, system_clock())
        return {**headers, "Samrad-Handler": "hl-1"}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o711)
    first, second = free_ports(5), free_ports(5)
    furnish(folder / "pg")
    with EmbeddedPostgres(folder / "pg") as postgres, ExitStack() as stack:
        more = asyncio.run(prepare_databases(postgres.url, SUPERUSER))
        more["SAMRAD_PUBLIC_URL"] = f"http://127.0.0.1:{first}"
        # Nobody is looked up here: they need no simulator.
        more["SAMRAD_CONSULTATION_SSBTEK_URL"] = f"http://127.0.0.1:{first + sandbox.SIMULATOR}/ssbt/10"
        instances = []
        for port in (first, second):
            again = {**more, "SAMRAD_CONSULTATION_JWKS_URL": f"http://127.0.0.1:{first}/oauth/jwks"}
            instances.append(stack.enter_context(started(folder / "home", port=port, more=again)))
            instances[-1].await_ready()
        http = stack.enter_context(httpx.Client(timeout=20, trust_env=False))
        yield Pair(first, second, tuple(instances), http)


def test_one_proof_opens_one_of_two_processes(pair: Pair) -> None:
    headers = pair.proved()

    answers = [
        pair.http.get(f"http://127.0.0.1:{port}{CONSULTATIONS}", headers=headers).status_code
        for port in (*pair.ports("consultation"), *pair.ports("gateway"))
    ]

    assert answers == [200, 401, 401, 401]


def test_one_assertion_gets_a_token_at_one_of_two_processes(pair: Pair) -> None:
    identity = demo_client("umea", pair.instances[0].home, pair.public, pair.http).identity
    resource, scopes = f"{pair.public}/consultation", ["samrad:consultations.read"]
    form, headers = token_request(identity, resource, scopes, system_clock(), bound=True)

    answers = [
        pair.http.post(f"http://127.0.0.1:{port}/oauth/token", data=form, headers=headers).status_code
        for port in pair.ports("gateway")
    ]

    assert answers == [200, 401]


@pytest.mark.parametrize("service", SERVICES)
def test_odd_requests_are_refused_once_and_the_process_serves_on(pair: Pair, service: str) -> None:
    path = CONSULTATIONS if service != "agreements" else "/agreements/v1/agreements"
    host = ("Host", "127.0.0.1")
    chunked = ("Transfer-Encoding", "chunked")
    smuggled = wire(f"GET {path} HTTP/1.1", [host])
    requests = {
        "length and chunks": wire(
            f"POST {path} HTTP/1.1", [host, ("Content-Length", "4"), chunked], b"0" + BLANK + smuggled
        ),
        "two hosts": wire(f"GET {path} HTTP/1.1", [host, ("Host", "evil.example")]),
        "a hundred kilobytes of head": wire(f"GET {path} HTTP/1.1", [host, ("X-Filler", "x" * 100_000)]),
        "a way out": wire("GET /consultation/../agreements/v1/agreements HTTP/1.1", [host]),
        "a way out, coded": wire("GET /consultation/%2e%2e/agreements/v1/agreements HTTP/1.1", [host]),
        "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + BLANK,
    }
    for port in pair.ports(service):
        for what, request in requests.items():
            answer = said(port, request)
            assert answer.count(b"HTTP/1.1 ") <= 1, what
            assert answer[9:12] in (b"400", b"404", b"431", b""), (what, answer[:80])
        assert pair.http.get(f"http://127.0.0.1:{port}/health/live").status_code == 200


def test_forged_tokens_and_bodies_that_go_deep_open_nothing(pair: Pair) -> None:
    none = by_hand({"alg": "none", "typ": "at+jwt"}, json.dumps({"sub": "umea", "iss": pair.public}).encode(), None)
    deep = b'{"person":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
    for service in ("gateway", "consultation"):
        for port in pair.ports(service):
            address = f"http://127.0.0.1:{port}{CONSULTATIONS}"
            assert pair.http.get(address, headers={"Authorization": f"Bearer {none}"}).status_code == 401
            assert pair.http.post(address, json=consultation_body()).status_code == 401
            headers = {**posting(pair), "Content-Type": "application/json"}
            assert pair.http.post(address, content=deep, headers=headers).status_code == 400


def test_a_token_for_one_service_or_right_does_not_do_for_another(pair: Pair) -> None:
    elsewhere = caller(pair, "umea").token_for("/agreements/v1/agreements")
    for port in pair.ports("consultation"):
        assert sent(pair, "umea", "GET", CONSULTATIONS, port=port, token=elsewhere).status_code == 401
        queue = sent(pair, "umea", "GET", "/consultation/v1/queue", port=port)
        assert (queue.status_code, queue.json()["failedCheck"]) == (403, "scope")


def test_members_that_are_not_asked_for_are_refused_and_a_key_is_each_organisations_own(pair: Pair) -> None:
    first, second = pair.ports("consultation")
    body, key = consultation_body(), {"Idempotency-Key": "the-same-for-both"}
    assert sent(pair, "umea", "POST", CONSULTATIONS, {**body, "state": "answered"}, port=first).status_code == 422

    made = [sent(pair, name, "POST", CONSULTATIONS, body, port=second, more=key).json() for name in ("umea", "malmo")]
    again = sent(pair, "umea", "POST", CONSULTATIONS, body, port=first, more=key).json()

    assert made[0]["consultationId"] != made[1]["consultationId"]
    assert again == made[0]
    foreign = f"{CONSULTATIONS}/{made[0]['consultationId']}"
    assert sent(pair, "malmo", "GET", foreign, port=first).status_code == 404


def test_of_two_who_claim_at_two_processes_at_once_one_wins(pair: Pair) -> None:
    opened = sent(pair, "umea", "POST", CONSULTATIONS, consultation_body(), port=pair.ports("consultation")[0]).json()
    claims = f"{CONSULTATIONS}/{opened['consultationId']}/claims"

    def claim(port: int, handler: str) -> int:
        more = {"If-Match": '"1"', "Samrad-Handler": handler}
        return sent(pair, "af-workbench", "POST", claims, port=port, more=more).status_code

    first, second = pair.ports("consultation")
    answers = together(lambda: claim(first, "hl-1"), lambda: claim(second, "hl-2"))

    assert min(answers) == 200
    assert max(answers) in (409, 412)


def test_nothing_of_it_was_a_fault(pair: Pair) -> None:
    """Last in the file: what the others have done is in these logs."""
    for instance in pair.instances:
        assert instance.process.poll() is None
        log = instance.log.read_text("utf-8")
        assert "Traceback" not in log
        assert "unexpected fault" not in log
        assert "unhandled fault" not in log


def caller(pair: Pair, name: str) -> MachineClient:
    return demo_client(name, pair.instances[0].home, pair.public, pair.http)


def posting(pair: Pair) -> dict[str, str]:
    client = caller(pair, "umea")
    headers = authorization(
        client.identity, client.token_for(CONSULTATIONS), "POST", pair.public + CONSULTATIONS, system_clock()
    )
    return {**headers, "Samrad-Handler": "hl-1"}


def sent(
    pair: Pair,
    name: str,
    method: str,
    path: str,
    body: Any = None,
    *,
    port: int,
    more: Mapping[str, str] = NOTHING,
    token: HeldToken | None = None,
) -> httpx.Response:
    """One call at one process, with the proof for the public address."""
    client = caller(pair, name)
    proved = authorization(client.identity, token or client.token_for(path), method, pair.public + path, system_clock())
    headers = {**proved, "Samrad-Handler": "hl-1", **more}
    return pair.http.request(method, f"http://127.0.0.1:{port}{path}", headers=headers, json=body)


def said(port: int, request: bytes) -> bytes:
    """Everything that comes back before the connection ends or falls silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        told = b""
        try:
            connection.sendall(request)
            while piece := connection.recv(65536):
                told += piece
        except (TimeoutError, ConnectionError):
            pass
        return told
