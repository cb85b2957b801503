"""Requests as bytes: whatever is odd is answered once, as a problem, or not at all, and nothing after it is obeyed."""

import json
import re
import socket
import time

import pytest

from tests.attack.support import raw
from tests.exchange import Exchange

pytestmark = pytest.mark.attack

PUBLIC = "/agreements/v1/counties"
HOST = b"Host: a\r\n"
SMUGGLED = b"GET /agreements/v1/api-info HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def get(*lines: bytes, target: bytes = PUBLIC.encode(), version: bytes = b"HTTP/1.1") -> bytes:
    return b"GET " + target + b" " + version + b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def post(headers: bytes, body: bytes = b"", *, version: bytes = b"HTTP/1.1") -> bytes:
    return b"POST /agreements/v1/agreements " + version + b"\r\n" + HOST + headers + b"\r\n" + body


def statuses(answer: bytes) -> list[int]:
    """Of every answer in the bytes, 100 Continue left out."""
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer) if found != b"100"]


ODD = {
    "HTTP/0.9": (b"GET " + PUBLIC.encode() + b"\r\n\r\n", 505),
    "HTTP/2 in clear": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "HTTP/1.2": (get(b"Host: a", version=b"HTTP/1.2"), 400),
    "ICE": (b"SOURCE / ICE/1.0\r\n" + HOST + b"\r\n", 501),
    "RTSP": (b"DESCRIBE / RTSP/1.0\r\n" + HOST + b"\r\n", 501),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 200, 400),
    "no host": (get(), 400),
    "empty host": (get(b"Host:"), 400),
    "host with user": (get(b"Host: a@b"), 400),
    "host with path": (get(b"Host: a/b"), 400),
    "two hosts": (get(b"Host: a", b"Host: b"), 400),
    "absolute form": (get(b"Host: a", target=b"http://evil.example" + PUBLIC.encode()), 400),
    "absolute form of our own": (get(b"Host: a", target=b"http://a" + PUBLIC.encode()), 400),
    "authority form": (b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, 400),
    "CONNECT to a path": (b"CONNECT /x HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, 501),
    "asterisk form": (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "fragment": (get(b"Host: a", target=PUBLIC.encode() + b"#x"), 400),
    "no target": (b"GET  HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "not ASCII": (get(b"Host: a", target="/agreements/v1/länder".encode()), 400),
    "TRACE": (b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "PROPFIND": (b"PROPFIND / HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "invented method": (b"FETCH / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "bare carriage return": (get(b"Host: a\rX: y"), 400),
    "folded header": (get(b"Host: a", b"X: a\r\n b"), 400),
    "space before the colon": (get(b"Host: a", b"X : a"), 400),
    "space before the name": (get(b" X: a", b"Host: a"), 400),
    "NUL in a header": (get(b"Host: a", b"X: a\x00b"), 400),
    "control character in a header": (get(b"Host: a", b"X: a\x01b"), 400),
    "header without a name": (get(b"Host: a", b": x"), 400),
    "header without a colon": (get(b"Host: a", b"x"), 400),
    "a thousand headers": (get(b"Host: a", *(b"X-%d: y" % number for number in range(1000))), 431),
    "a header of 100 kB": (get(b"Host: a", b"X: " + b"y" * 100_000), 431),
    "an address of 100 kB": (get(b"Host: a", target=b"/" + b"y" * 100_000), 414),
    "a header without end": (get(b"Host: a", b"X: " + b"y" * 400_000)[:-4], 431),
    "Content-Length and chunks": (post(b"Content-Length: 4\r\n" + CHUNKED, b"0\r\n\r\n" + SMUGGLED), 400),
    "chunks and Content-Length": (post(CHUNKED + b"Content-Length: 4\r\n", b"0\r\n\r\n" + SMUGGLED), 400),
    "two lengths alike": (post(b"Content-Length: 3\r\nContent-Length: 3\r\n", b"abc"), 400),
    "two lengths in one": (post(b"Content-Length: 3, 3\r\n", b"abc"), 400),
    "signed length": (post(b"Content-Length: +3\r\n", b"abc"), 400),
    "negative length": (post(b"Content-Length: -3\r\n", b"abc"), 400),
    "length beyond 64 bits": (post(b"Content-Length: 99999999999999999999999\r\n", b"abc"), 400),
    "empty length": (post(b"Content-Length: \r\n", b"abc"), 400),
    "another coding": (post(b"Transfer-Encoding: gzip, chunked\r\n", b"3\r\nabc\r\n0\r\n\r\n"), 400),
    "chunked twice": (post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"), 400),
    "chunked in two lines": (post(CHUNKED + CHUNKED, b"0\r\n\r\n"), 400),
    "chunked and identity": (post(CHUNKED + b"Transfer-Encoding: identity\r\n", b"0\r\n\r\n"), 400),
    "quoted coding": (post(b'Transfer-Encoding: "chunked"\r\n', b"0\r\n\r\n"), 400),
    "coding after a vertical tab": (post(b"Transfer-Encoding:\x0bchunked\r\n", b"0\r\n\r\n"), 400),
    "chunks in HTTP/1.0": (post(CHUNKED, b"0\r\n\r\n" + SMUGGLED, version=b"HTTP/1.0"), 400),
    "chunk size beyond 64 bits": (post(CHUNKED, b"FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n"), 400),
    "negative chunk": (post(CHUNKED, b"-3\r\nabc\r\n0\r\n\r\n"), 400),
    "chunk with 0x": (post(CHUNKED, b"0x3\r\nabc\r\n0\r\n\r\n"), 400),
    "chunks with bare line feeds": (post(CHUNKED, b"3\nabc\n0\n\n"), 400),
    "chunk longer than it says": (post(CHUNKED, b"3\r\nabcd\r\n0\r\n\r\n" + SMUGGLED), 400),
    "line feed in a chunk extension": (post(CHUNKED, b"3;a\nabc\r\n0\r\n\r\n" + SMUGGLED), 400),
    "trailers": (post(CHUNKED, b"0\r\nAuthorization: Bearer x\r\nX-Org: y\r\n\r\n" + SMUGGLED), 400),
    "an upgrade with a body": (post(UPGRADE + b"Content-Length: 3\r\n", b"abc" + SMUGGLED), 400),
    "an expectation of another kind": (post(b"Expect: 200-ok\r\nContent-Length: 3\r\n", b"abc"), 417),
    "a body with GET": (get(b"Host: a", b"Content-Length: %d" % len(SMUGGLED)) + SMUGGLED, 400),
    "chunks with GET": (get(b"Host: a", b"Transfer-Encoding: chunked") + b"0\r\n\r\n" + SMUGGLED, 400),
    "a compressed body": (post(b"Content-Encoding: gzip\r\nContent-Length: 3\r\n", b"abc"), 415),
    "a path that can be read in two ways": (get(b"Host: a", target=b"/agreements/v1/../v1/counties"), 400),
    "an escaped slash": (get(b"Host: a", target=b"/agreements/v1%2fcounties"), 400),
}  # fmt: skip


@pytest.mark.parametrize("port", ["gateway", "agreements", "consultation"])
@pytest.mark.parametrize("name", ODD)
def test_an_odd_request_is_refused_once_as_a_problem_and_ends_the_connection(
    exchange: Exchange, name: str, port: str
) -> None:
    request, status = ODD[name]

    answer = raw(exchange, request, port=port)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert statuses(answer) == [status]
    assert b"apiName" not in answer, "what stood behind it was obeyed"
    assert b"\r\nconnection: close" in head.lower()
    assert b"\r\ncontent-type: application/problem+json" in head.lower()
    assert b"\r\nserver:" not in head.lower()
    assert json.loads(body)["status"] == status


FIT = {
    "HTTP/1.0 without a host": (get(version=b"HTTP/1.0"), 200),
    "HTTP/1.0 kept alive": (get(b"Connection: keep-alive", version=b"HTTP/1.0"), 200),
    "an upgrade that is not taken": (get(b"Host: a", b"Connection: Upgrade", b"Upgrade: h2c") + SMUGGLED, 200),
    "a WebSocket that is not taken": (
        get(b"Host: a", b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13") + SMUGGLED,
        200,
    ),
    "the last of a connection": (get(b"Host: a", b"Connection: close") + SMUGGLED, 200),
    "a lone line before it": (b"\r\n" + get(b"Host: a", b"Connection: close"), 200),
    "an address as host": (get(b"Host: [::1]:8000", b"Connection: close"), 200),
    "chunks with extensions": (
        post(CHUNKED + b"Connection: close\r\n", b'3;a="b"\r\nabc\r\n0\r\n\r\n') + SMUGGLED,
        401,
    ),
    "an expected continuation": (post(b"Expect: 100-continue\r\nContent-Length: 3\r\n", b"abc") + SMUGGLED, 401),
}


@pytest.mark.parametrize("name", FIT)
def test_an_unusual_request_that_means_one_thing_is_answered_and_nothing_behind_it(
    exchange: Exchange, name: str
) -> None:
    request, status = FIT[name]

    answer = raw(exchange, request)

    assert statuses(answer) == [status]
    assert b"apiName" not in answer


def test_requests_sent_ahead_are_answered_in_their_order(exchange: Exchange) -> None:
    targets = (b"/agreements/v1/api-info", PUBLIC.encode(), b"/agreements/v1/nothing")
    ahead = b"".join(get(b"Host: a", target=target) for target in targets[:-1])

    answer = raw(exchange, ahead + get(b"Host: a", b"Connection: close", target=targets[-1]))

    assert statuses(answer) == [200, 200, 404]
    assert answer.index(b"apiName") < answer.index(b"Stockholm")


def test_rubbish_behind_a_sound_request_does_not_take_its_answer(exchange: Exchange) -> None:
    for rubbish in (b"RUBBISH\x00\r\n\r\n", get(b"X : a"), b"\x00" * 100):
        answer = raw(exchange, get(b"Host: a") + rubbish)

        assert statuses(answer) == [200]
        assert b"Stockholm" in answer


def test_chunk_extensions_without_end_are_not_read_for_ever(exchange: Exchange) -> None:
    answer = raw(exchange, post(CHUNKED, b"3;" + b"a" * 400_000))

    assert statuses(answer) == [400]


@pytest.mark.parametrize("size", [2_000_000, 10**18])
def test_a_body_too_large_is_refused_before_it_has_come_and_the_answer_is_read(exchange: Exchange, size: int) -> None:
    with socket.create_connection(("127.0.0.1", exchange.ports["gateway"]), 5) as connection:
        connection.sendall(post(b"Content-Type: application/json\r\nContent-Length: %d\r\n" % size))
        time.sleep(0.1)
        connection.sendall(b"x" * 100_000)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece

    assert statuses(answer) == [413]
    assert b"connection: close" in answer.lower()
