"""Requests that want more than their share: of headers, bodies, rows, time and attempts."""

import gzip
import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from shared.tokens.client import token_request
from tests.attack.beside import services_beside
from tests.attack.support import CONSULTATIONS, LOOKUPS, credentials, raw, wire
from tests.exchange import Exchange, consultation_body

pytestmark = pytest.mark.attack
DOORS = ("gateway", "consultation", "agreements")
PAGES = {
    CONSULTATIONS: "umea",
    "/consultation/v1/queue": "af-workbench",
    "/consultation/v1/audit-entries": "umea",
    "/agreements/v1/agreements": "umea",
    "/agreements/v1/audit-entries": "umea",
    "/agreements/v1/organisations": "umea",
}


def status(answer: bytes) -> int:
    """The status, or 0 when the connection was closed without an answer."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def still_serves(exchange: Exchange, door: str) -> bool:
    return exchange.http.get(f"http://127.0.0.1:{exchange.ports[door]}/health/live").status_code == 200


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "headers",
    [
        [("X-Long", "x" * 100_000)],
        [("x" * 100_000, "y")],
        [(f"X-{number}", "y" * 100) for number in range(1000)],
        [("Cookie", "a=b; " * 20_000)],
        [("Authorization", "DPoP " + "e" * 100_000)],
        [("Accept-Language", ",".join(["sv"] * 30_000))],
        [("traceparent", "0" * 100_000)],
    ],
    ids=["one", "a name", "a thousand", "cookies", "a token", "languages", "a trace"],
)
def test_headers_of_a_hundred_kilobytes_are_refused(
    exchange: Exchange, door: str, headers: list[tuple[str, str]]
) -> None:
    answer = raw(exchange, wire(f"GET {CONSULTATIONS} HTTP/1.1", [("Host", "x"), *headers]), port=door)

    assert status(answer) in (0, 400, 431)
    assert len(answer) < 2000
    assert still_serves(exchange, door)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "target",
    ["/" + "x" * 100_000, f"{CONSULTATIONS}?{'x' * 60_000}", f"{CONSULTATIONS}?{'&'.join(['limit=1'] * 7000)}"],
    ids=["a path", "a query", "seven thousand parameters"],
)
def test_an_endless_address_is_refused(exchange: Exchange, door: str, target: str) -> None:
    answer = raw(exchange, wire(f"GET {target} HTTP/1.1", [("Host", "x")]), port=door)

    assert status(answer) in (0, 400, 401, 404, 414, 431)
    assert len(answer) < 2000
    assert still_serves(exchange, door)


def post(exchange: Exchange, path: str, content: bytes, **headers: str) -> httpx.Response:
    own = {**credentials(exchange, "umea", "POST", path), "Samrad-Handler": "hl-1", "Content-Type": "application/json"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return exchange.http.post(exchange.base_url + path, content=content, headers={**own, **named})


@pytest.mark.parametrize("size", [65 * 1024, 1024 * 1024 + 1, 5 * 1024 * 1024])
@pytest.mark.parametrize("path", [CONSULTATIONS, LOOKUPS, "/agreements/v1/agreements"])
def test_a_body_over_the_limit_is_refused_by_its_size(exchange: Exchange, path: str, size: int) -> None:
    refused = post(exchange, path, b'{"question":"' + b"x" * size)

    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")


BODIES = {
    "thirty thousand levels": b"[" * 30_000 + b"]" * 30_000,
    "thirty thousand objects within each other": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "levels in a member": b'{"question":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "ten thousand members": json.dumps({f"m{number}": 1 for number in range(5000)}).encode(),
    "a list of thirty thousand": json.dumps({"sources": ["AF"] * 8000}).encode(),
    "a number of sixty thousand digits": b'{"person":' + b"9" * 60_000 + b"}",
    "an exponent": b'{"person": 1e999999999}',
    "escapes": b'{"question":"' + b"\\u0041" * 10_000 + b'"}',
    "the same member ten thousand times": b"{" + b",".join([b'"type":"x"'] * 5000) + b"}",
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", [CONSULTATIONS, LOOKUPS, "/agreements/v1/agreements"])
def test_a_body_that_costs_more_to_read_than_to_send_is_refused(exchange: Exchange, path: str, name: str) -> None:
    refused = post(exchange, path, BODIES[name])

    assert refused.status_code in (400, 422)
    assert len(refused.content) < 6000


def test_a_packed_body_is_not_unpacked(exchange: Exchange) -> None:
    bomb = gzip.compress(json.dumps(consultation_body(question="x" * 5_000_000)).encode())
    assert len(bomb) < 16_000

    refused = post(exchange, CONSULTATIONS, bomb, Content_Encoding="gzip")

    assert refused.status_code in (400, 415, 422)


@pytest.mark.parametrize("path", PAGES)
def test_no_list_is_longer_than_a_page(exchange: Exchange, path: str) -> None:
    for limit in ("0", "-1", "101", "1000000000", "1e9", "9" * 30, "all", ""):
        assert exchange.send(PAGES[path], "GET", f"{path}?limit={limit}").status_code in (400, 422), limit
    whole = exchange.send(PAGES[path], "GET", path)
    assert whole.status_code == 200
    rows = next(value for value in whole.json().values() if isinstance(value, list))
    assert len(rows) <= 100


def test_a_connection_that_sends_nothing_more_holds_nobody_up(exchange: Exchange) -> None:
    """A hundred of them, each with half a request."""
    waiting = []
    try:
        for _ in range(100):
            connection = socket.create_connection(("127.0.0.1", exchange.ports["gateway"]), 5)
            connection.sendall(b"POST /consultation/v1/consultations HTTP/1.1\r\nHost: x\r\nContent-Le")
            waiting.append(connection)
        assert exchange.send("umea", "GET", CONSULTATIONS).status_code == 200
    finally:
        for connection in waiting:
            connection.close()


# --- attempts --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def strict(running: Exchange) -> Iterator[str]:
    """A gateway that allows a client four requests a minute, and an address three without a token."""
    running.clock.back_to_now()
    settings = {
        "SAMRAD_GATEWAY_CLIENT_REQUESTS": "4",
        "SAMRAD_GATEWAY_ADDRESS_REQUESTS": "3",
        "SAMRAD_GATEWAY_TOKEN_REQUESTS": "3",
    }
    with services_beside(running, settings) as ports:
        yield f"http://127.0.0.1:{ports['gateway']}"


FORGED = [
    {"X-Forwarded-For": f"10.0.0.{n}", "X-Real-IP": f"10.0.0.{n}", "Forwarded": f"for=10.0.0.{n}"} for n in range(9)
]


def test_a_client_over_its_share_waits_whatever_it_calls_itself_and_others_do_not(
    exchange: Exchange, strict: str
) -> None:
    def call(name: str, more: dict[str, str]) -> int:
        own = {**credentials(exchange, name, "GET", CONSULTATIONS), "Samrad-Handler": "hl-1"}
        return exchange.http.get(strict + CONSULTATIONS, headers={**own, **more}).status_code

    assert [call("umea", forged) for forged in FORGED[:7]] == [200] * 4 + [429] * 3
    assert call("malmo", {}) == 200


def test_an_address_without_a_token_and_one_that_guesses_wait(exchange: Exchange, strict: str) -> None:
    def call(number: int) -> int:
        headers = {"Authorization": f"Bearer guess-{number}", **FORGED[number]}
        return exchange.http.get(strict + CONSULTATIONS, headers=headers).status_code

    assert [call(number) for number in range(6)] == [401] * 3 + [429] * 3


def test_whoever_tries_for_tokens_waits(exchange: Exchange, strict: str) -> None:
    identity = exchange.client("umea").identity

    def ask(number: int) -> int:
        form, headers = token_request(
            identity, f"{exchange.base_url}/consultation", ["x"], exchange.clock(), bound=True
        )
        answer = exchange.http.post(f"{strict}/oauth/token", data=form, headers={**headers, **FORGED[number]})
        return answer.status_code

    assert [ask(number) for number in range(6)] == [400] * 3 + [429] * 3
