"""Clients that take their time: nobody holds a connection, a task or a buffer by being slow, or by being many."""

import asyncio
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from shared.addresses import Proxies, counted, networks
from shared.connections import Connection, ConnectionLimits, Door
from shared.http.bodies import read_limited
from shared.http.guard import Guard, Receive, Scope, Send, send_bytes
from shared.http.refusals import TOO_MANY_CONNECTIONS
from shared.problems import Problem
from tests.service.gateway.servers import accept_lifespan, free_socket, read_all, serving
from tests.sizes import sample_or_full

pytestmark = pytest.mark.attack

LIMITS = ConnectionLimits(head_seconds=0.3, body_seconds=0.3, unread_seconds=0.3, linger_seconds=0.2)
PATIENT = ConnectionLimits(head_seconds=30, body_seconds=30, unread_seconds=30, linger_seconds=30)
LAST = b"GET /little HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
HEAD = b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"


class Service:
    """Reads a body, answers at once, or answers much; it notes what became of it."""

    def __init__(self) -> None:
        self.outcomes: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await accept_lifespan(receive, send)
            return
        act: Callable[[Scope, Receive, Send], object] = getattr(self, scope["path"].strip("/"))
        outcomes = self.outcomes  # of the test that it began in, however late it ends
        outcomes.append("begun")
        await act(scope, receive, send)  # type: ignore[misc]
        outcomes.append("ended")

    async def read(self, scope: Scope, receive: Receive, send: Send) -> None:
        outcomes = self.outcomes
        try:
            body = await read_limited(Request(scope, receive))
        except Problem as problem:
            outcomes.append(problem.kind.code)
            return
        await send_bytes(send, 200, b"%d" % len(body), "text/plain")

    async def refuse(self, _: Scope, __: Receive, send: Send) -> None:
        await send_bytes(send, 401, b"{}", "application/json")

    async def much(self, _: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _piece in range(2000):
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def little(self, _: Scope, __: Receive, send: Send) -> None:
        await send_bytes(send, 200, b"x" * 60_000, "text/plain")

    async def wait(self, _: Scope, __: Receive, send: Send) -> None:
        await asyncio.sleep(0.8)
        await send_bytes(send, 200, b"at last", "text/plain")


class Served:
    """A running server, and connections to it."""

    def __init__(self, port: int, service: Service) -> None:
        self.port, self.service = port, service

    def connect(self, sent: bytes = b"", *, window: int | None = None) -> socket.socket:
        connection = socket.socket()
        if window is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        connection.settimeout(5)
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(sent)
        return connection

    def until(self, outcome: str, *, times: int = 1) -> None:
        """Wait until the service has noted it."""
        end = time.monotonic() + 5
        while self.service.outcomes.count(outcome) < times:
            assert time.monotonic() < end, self.service.outcomes
            time.sleep(0.01)


@contextmanager
def served(limits: ConnectionLimits = LIMITS) -> Iterator[Served]:
    service, listener = Service(), free_socket()
    with serving(Guard(service, type_base="https://x/", service="slow"), listener, limits):
        yield Served(listener.getsockname()[1], service)


@pytest.fixture(scope="module")
def all_quick() -> Iterator[Served]:
    with served() as server:
        yield server


@pytest.fixture
def quick(all_quick: Served) -> Served:
    """Gives up soon."""
    all_quick.service.outcomes = []
    return all_quick


@pytest.fixture(scope="module")
def all_patient() -> Iterator[Served]:
    with served(PATIENT) as server:
        yield server


@pytest.fixture
def patient(all_patient: Served) -> Served:
    """Gives nobody up while the tests last."""
    all_patient.service.outcomes = []
    return all_patient


def drip(connection: socket.socket, data: bytes) -> bytes:
    """One byte at a time, quicker than any pause that is allowed; answers what came back before the end."""
    connection.settimeout(0.02)
    received = b""
    for place in range(len(data)):
        try:
            connection.sendall(data[place : place + 1])
            piece = connection.recv(65536)
        except TimeoutError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            return received
        if not piece:
            return received
        received += piece
    pytest.fail("the whole of it was waited for")


def sent_before_the_end(connection: socket.socket) -> int:
    """How much of very much was taken in."""
    sent = 0
    try:
        while sent < 100_000_000:
            sent += connection.send(b"x" * 65_536)
    except OSError:
        pass
    return sent


def test_a_head_that_drips_is_given_up(quick: Served) -> None:
    with quick.connect() as connection:
        answer = drip(connection, b"GET /little HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "request_timeout"
    assert b"connection: close" in answer
    assert quick.service.outcomes == []


def test_a_connection_on_which_nothing_comes_is_closed_without_a_word(quick: Served) -> None:
    with quick.connect() as connection:
        assert read_all(connection) == b""


def test_empty_lines_do_not_keep_a_connection_alive(quick: Served) -> None:
    with quick.connect(b"GET /little HTTP/1.1\r\nHost: a\r\n\r\n") as connection:
        received = b""
        while b"x" * 60_000 not in received:
            received += connection.recv(65536)
        assert drip(connection, b"\r\n" * 300) == b""


def test_a_body_that_drips_is_given_up_and_the_service_is_let_go(quick: Served) -> None:
    with quick.connect(HEAD) as connection:
        answer = drip(connection, b"x" * 1000)
        quick.until("ended")

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert quick.service.outcomes == ["begun", "request_timeout", "ended"]


def test_a_body_that_drips_in_chunks_is_given_up_too(quick: Served) -> None:
    head = b"POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    with quick.connect(head) as connection:
        assert drip(connection, b"1\r\nx\r\n" * 500).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_comes_in_time_is_read_whatever_its_pieces(patient: Served) -> None:
    with patient.connect(HEAD) as connection:
        for _ in range(10):
            connection.sendall(b"x" * 100)
            time.sleep(0.01)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_refused_client_that_goes_on_sending_is_cut_off(quick: Served, patient: Served) -> None:
    head = b"POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n"
    with quick.connect(head) as connection:
        assert drip(connection, b"x" * 1000).startswith(b"HTTP/1.1 401 ")
    with patient.connect(head) as connection:
        assert sent_before_the_end(connection) < 10_000_000


def test_a_refused_client_whose_body_comes_after_all_may_go_on(patient: Served) -> None:
    head = b"POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
    with patient.connect(head) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
        connection.sendall(b"x" * 10 + LAST)
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")


def test_the_rest_of_a_refused_body_is_not_counted_against_the_next_request(patient: Served) -> None:
    head = b"POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 150000\r\n\r\n"
    chunked = b"POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    with patient.connect(head) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
        connection.sendall(b"x" * 150_000 + chunked)
        patient.until("begun", times=2)
        connection.sendall(b"3\r\nabc\r\n0\r\n\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")


def test_an_answer_that_nobody_reads_is_broken_off_and_the_service_is_let_go(quick: Served) -> None:
    with quick.connect(b"GET /much HTTP/1.1\r\nHost: a\r\n\r\n", window=4096):
        quick.until("ended")


MANY = b"GET /little HTTP/1.1\r\nHost: a\r\n\r\n" * 199 + LAST


def test_small_answers_that_nobody_reads_are_not_kept_for_ever(quick: Served) -> None:
    with quick.connect(MANY, window=65_536) as connection:
        time.sleep(1.0)
        assert len(read_all(connection)) < 200 * 60_000


def test_many_small_answers_are_all_sent_to_who_reads_them(patient: Served) -> None:
    with patient.connect(MANY, window=65_536) as connection:
        assert len(read_all(connection)) > 200 * 60_000


def test_one_who_reads_slowly_but_does_read_gets_it_all(patient: Served) -> None:
    asked = b"GET /much HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with patient.connect(asked, window=65_536) as connection:
        time.sleep(0.3)
        size = 0
        while piece := connection.recv(1 << 20):
            size += len(piece)
    assert size > 2000 * 65_536


def test_a_service_that_takes_longer_than_any_client_may_is_waited_for(quick: Served) -> None:
    with quick.connect(b"GET /wait HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") as connection:
        assert read_all(connection).endswith(b"at last")


def test_what_is_sent_ahead_in_part_does_not_disturb_the_answer_under_way(quick: Served) -> None:
    with quick.connect(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\nGET /li") as connection:
        answer = read_all(connection)
    assert re.findall(rb"HTTP/1\.1 (\d{3})", answer) == [b"200", b"408"]


def encoded(size: int, chunk: int) -> bytes:
    """A body of that size, in chunks of that size unless it is zero."""
    if not chunk:
        return b"Content-Length: %d\r\n\r\n" % size + b"x" * size
    pieces = [min(chunk, size - start) for start in range(0, size, chunk)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (piece, b"x" * piece) for piece in pieces)
    return b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


@given(
    bodies=st.lists(
        st.tuples(st.sampled_from([0, 1, 100, 5_000, 60_000]), st.sampled_from([0, 1, 7, 4096, 70_000])), max_size=4
    ),
    cuts=st.lists(st.floats(0, 1), max_size=4),
)
@settings(max_examples=sample_or_full(40, 2000), deadline=None)
def test_sound_requests_are_answered_however_they_are_cut_and_joined(
    all_patient: Served, bodies: list[tuple[int, int]], cuts: list[float]
) -> None:
    head = b"POST /read HTTP/1.1\r\nHost: a\r\n"
    whole = b"".join(head + encoded(*body) for body in bodies) + LAST
    places = [0, *sorted(int(cut * len(whole)) for cut in cuts), len(whole)]
    with all_patient.connect() as connection:
        for start, end in pairwise(places):
            connection.sendall(whole[start:end])
            time.sleep(0.001)
        answer = read_all(connection)

    assert re.findall(rb"HTTP/1\.1 (\d{3})", answer) == [b"200"] * (len(bodies) + 1)
    told = re.findall(rb"\r\n\r\n(\d+)HTTP/1\.1", answer)
    assert [int(size) for size in told] == [size for size, _ in bodies]


def test_one_address_may_hold_only_so_many_connections() -> None:
    limits = ConnectionLimits(per_address=3)
    with served(limits) as server, ExitStack() as stack:
        held = [stack.enter_context(server.connect()) for _ in range(3)]
        time.sleep(0.1)
        with server.connect() as refused:
            answer = read_all(refused)
        held[0].close()
        time.sleep(0.1)
        with server.connect(LAST) as next_one:
            assert read_all(next_one).startswith(b"HTTP/1.1 200 ")

    assert answer.startswith(b"HTTP/1.1 429 ")
    assert b"Retry-After: " in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "too_many_connections"


def test_a_trusted_proxy_may_hold_more_but_all_together_no_more_than_there_is_room_for() -> None:
    limits = ConnectionLimits(connections=8, per_address=1, proxies=Proxies(networks("127.0.0.0/8")))
    with served(limits) as server, ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(server.connect())
        time.sleep(0.1)
        answer = read_all(stack.enter_context(server.connect()))
        assert answer.startswith(b"HTTP/1.1 503 ")
        crowd = [stack.enter_context(server.connect()) for _ in range(6)]
        assert b"" in [read_all(each) for each in crowd], "in a crowd, connections end without a word"


@pytest.mark.parametrize("host", ["10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1"])
def test_a_trusted_proxy_is_known_by_its_own_address_whatever_it_counts_as(host: str) -> None:
    trusted = Proxies(networks("10.0.0.0/8, 2001:db8::1"))
    door = Door("proxied", ConnectionLimits(per_address=1, proxies=trusted), "https://samrad.example/problems/")
    connection = Mock(spec=Connection, loop=Mock())
    neighbour = "2001:db8::2"

    assert [door.enter(connection, counted(host), host) for _ in range(3)] == [None, None, None]
    door.enter(connection, counted(neighbour), neighbour)
    assert door.enter(connection, counted(neighbour), neighbour) is TOO_MANY_CONNECTIONS


def test_every_connection_is_forgotten_when_it_is_over() -> None:
    limits = ConnectionLimits(per_address=2)
    with served(limits) as server:
        for _ in range(20):
            with server.connect(LAST) as connection:
                assert read_all(connection).startswith(b"HTTP/1.1 200 ")
