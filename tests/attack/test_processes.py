"""The same attacks at processes started as people start them: two of each kind, on one database.

The other files attack servers inside the test's process, where time can be moved; here nothing is ours but the wire.
"""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest

from services import __main__ as samrad
from services import sandbox
from services.assembly.demo_clients import demo_client
from shared.clock import system_clock
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.tokens.client import authorization, token_request
from tests.attack.support import CONSULTATIONS, wire
from tests.exchange import consultation_body, free_ports
from tests.instance import Instance, started
from tests.unit.shared.given import by_hand

pytestmark = pytest.mark.attack
SERVICES = ("consultation", "agreements", "gateway")
BLANK = b"\r\n\r\n"


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
    first, second = free_ports(4), free_ports(4)
    with EmbeddedPostgres(folder / "pg") as postgres, ExitStack() as stack:
        more = asyncio.run(samrad.prepare_databases(postgres.url, SUPERUSER))
        more["SAMRAD_PUBLIC_URL"] = f"http://127.0.0.1:{first}"
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


def test_nothing_of_it_was_a_fault(pair: Pair) -> None:
    """Last in the file: what the others have done is in these logs."""
    for instance in pair.instances:
        assert instance.process.poll() is None
        log = instance.log.read_text("utf-8")
        assert "Traceback" not in log
        assert "unexpected fault" not in log
        assert "unhandled fault" not in log


def posting(pair: Pair) -> dict[str, str]:
    client = demo_client("umea", pair.instances[0].home, pair.public, pair.http)
    token = client.token_for(CONSULTATIONS)
    headers = authorization(client.identity, token, "POST", pair.public + CONSULTATIONS, system_clock())
    return {**headers, "Samrad-Handler": "hl-1"}


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
