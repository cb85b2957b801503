"""Requests that two readers could understand differently, sent as bytes."""

import pytest

from tests.attack.support import CONSULTATIONS, credentials, raw, wire
from tests.exchange import Exchange

pytestmark = pytest.mark.attack


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def good(exchange: Exchange, method: str = "GET", path: str = CONSULTATIONS) -> list[tuple[str, str]]:
    """The headers of a request that would be let in."""
    host = ("Host", f"127.0.0.1:{exchange.ports['gateway']}")
    return [host, ("Samrad-Handler", "hl-1"), *credentials(exchange, "umea", method, path).items()]


def test_the_same_bytes_without_a_trick_are_let_in(exchange: Exchange) -> None:
    assert status_of(raw(exchange, wire(f"GET {CONSULTATIONS} HTTP/1.1", good(exchange)))) == 200


@pytest.mark.parametrize("port", ["gateway", "consultation"])
@pytest.mark.parametrize(
    "extra",
    [
        [("Content-Length", "3"), ("Transfer-Encoding", "chunked")],
        [("Transfer-Encoding", "chunked"), ("Content-Length", "3")],
        [("Content-Length", "0"), ("Content-Length", "5")],
        [("Content-Length", "+0")],
        [("Content-Length", "0x0")],
        [("Transfer-Encoding", "xchunked")],
        [("Transfer-Encoding ", "chunked")],
        [("Host", "evil.example")],
        [("Samrad-Handler", "hl-2")],
        [("Authorization", "Bearer x")],
        [("DPoP", "x")],
        [("If-Match", '"1"'), ("If-Match", '"2"')],
        [("X-Folded", "a\r\n b")],
        [("X-Long", "x" * 17_000)],
    ],
    ids=lambda extra: " ".join(f"{name}:{value[:12]!r}" for name, value in extra) if isinstance(extra, list) else None,
)
def test_headers_that_contradict_or_repeat_are_refused(
    exchange: Exchange, extra: list[tuple[str, str]], port: str
) -> None:
    request = wire(f"GET {CONSULTATIONS} HTTP/1.1", [*good(exchange), *extra], b"0\r\n\r\n")

    answer = raw(exchange, request, port=port)

    assert answer.count(b"HTTP/1.1 ") <= 1, "one request has one answer"
    assert status_of(answer) in (0, 400, 401, 431, 501)


def test_a_request_hidden_in_the_body_of_another_is_not_answered(exchange: Exchange) -> None:
    hidden = wire("GET /consultation/v1/api-info HTTP/1.1", [("Host", "x")])
    headers = [("Host", "x"), ("Content-Length", "0"), ("Transfer-Encoding", "chunked")]

    answer = raw(exchange, wire(f"POST {CONSULTATIONS} HTTP/1.1", headers, b"0\r\n\r\n" + hidden))

    assert b"apiName" not in answer
    assert answer.count(b"HTTP/1.1 ") <= 1


@pytest.mark.parametrize(
    "target",
    [
        "/consultation/../agreements/v1/decisions",
        "/consultation/%2e%2e/agreements/v1/decisions",
        "/consultation/..%2fagreements/v1/decisions",
        "/consultation//v1/consultations",
        "//consultation/v1/consultations",
        "/consultation/v1/consultations/%00",
        "/consultation/v1/consultations;x=1",
        "/consultation\\v1\\consultations",
        "/consultation/v1/%63onsultations",
        "/CONSULTATION/v1/consultations",
        "/consultation/v1/consultations/",
        "/agreements/v1/decisions",
        "/agreements/v1/decisions/",
        "http://127.0.0.1/agreements/v1/decisions",
        "/consultation/health/ready",
        "/consultation/v1/openapi.json",
        "/consultation/v1/docs",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_that_is_not_in_the_table_leads_nowhere(exchange: Exchange, method: str, target: str) -> None:
    headers = [*good(exchange, method), ("Content-Length", "0")]

    assert status_of(raw(exchange, wire(f"{method} {target} HTTP/1.1", headers))) in (400, 401, 404, 405)


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "get", "GETX"])
def test_a_method_that_does_not_exist_there_is_refused(exchange: Exchange, method: str) -> None:
    answer = raw(exchange, wire(f"{method} {CONSULTATIONS} HTTP/1.1", good(exchange)))

    assert status_of(answer) in (400, 405, 501)


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_header_does_not_change_the_method(exchange: Exchange, name: str) -> None:
    answer = raw(exchange, wire(f"GET {CONSULTATIONS} HTTP/1.1", [*good(exchange), (name, "DELETE")]))

    assert status_of(answer) == 200


def test_what_a_client_calls_hop_by_hop_is_not_taken_from_the_request(exchange: Exchange) -> None:
    """`Connection: authorization` must not strip the credentials, nor reveal what is behind."""
    headers = [*good(exchange), ("Connection", "authorization, dpop, samrad-handler")]

    assert status_of(raw(exchange, wire(f"GET {CONSULTATIONS} HTTP/1.1", headers))) in (200, 400)


def test_the_answer_tells_nothing_of_what_serves_it(exchange: Exchange) -> None:
    answer = raw(exchange, wire(f"GET {CONSULTATIONS} HTTP/1.1", good(exchange))).lower()

    for word in (b"\r\nserver:", b"x-powered-by", b"uvicorn", b"python"):
        assert word not in answer.partition(b"\r\n\r\n")[0]
