"""Connections that cannot be held for nothing, and requests that can be read in one way only.

uvicorn's protocol on httptools has no time-out before the end of a head or within a body, keeps heads of any size in
memory, lets trailers in among the headers, forgets a body that comes with `Upgrade`, and ignores whether an answer is
read. What it answers by itself is plain text. Here a head, a body and the reading of an answer each have their time and
size, and every refusal is a problem. See docs/decisions/0015.

Times are counted in ticks of one sweep over all connections: a timer for each would cost more than all the rest.
"""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from shared.addresses import Proxies, counted
from shared.http.guard import new_request_id
from shared.http.refusals import (
    ADDRESS_TOO_LONG,
    HEADERS_TOO_LARGE,
    REQUEST_TIMEOUT,
    TOO_MANY_CONNECTIONS,
    VERSION_UNSUPPORTED,
)
from shared.metrics import ConnectionMetrics
from shared.problems import BAD_REQUEST, MEDIA_TYPE, UNAVAILABLE, Problem, ProblemKind, Words, encode_problem

_log = logging.getLogger("http.connection")

_MAX_ADDRESS_BYTES = 8 * 1024
# What is drained of a body that nobody wants, so that its sender reads the answer instead of a reset.
_MAX_DRAINED_BYTES = 1024 * 1024
# Chunk sizes, their extensions and trailers beside the body itself. One byte in a chunk of its own takes six.
_FRAMING_BYTES, _FRAMING_TIMES = 16 * 1024, 8
_SWEEPS_PER_LIMIT, _SLOWEST_SWEEP = 8, 1.0
# Beyond this part of what is allowed, connections are ended without a word.
_POLITE_PART = 1.25


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What a connection may take. Times in seconds.

    `unread_seconds` is how long a full send buffer may stand still, `linger_seconds` how long the rest of a refused
    body is taken in. `per_address` counts as the limits by address do; `proxies` may have as many as they like.
    """

    head_seconds: float = 10.0
    body_seconds: float = 60.0
    unread_seconds: float = 30.0
    linger_seconds: float = 2.0
    head_bytes: int = 32 * 1024
    connections: int = 4000
    per_address: int | None = None
    proxies: Proxies = field(default_factory=Proxies)


def protocol_of(name: str, limits: ConnectionLimits, type_base: str) -> type[asyncio.Protocol]:
    """What uvicorn makes a connection with. `type_base` begins the problem types."""
    return cast(type[asyncio.Protocol], partial(Connection, door=Door(name, limits, type_base)))


class Entrant(Protocol):
    """What the door counts: a connection, or one that is still shaking hands."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    def look_at_the_clock(self) -> None:
        """End what has taken too long. Called at every sweep."""
        ...


class Door:
    """The connections of one server: how many there are, and which of them take too long."""

    def __init__(self, name: str, limits: ConnectionLimits, type_base: str) -> None:
        self.limits, self.type_base, self.tick = limits, type_base, 0
        self.metrics = ConnectionMetrics(name)
        shortest = min(limits.head_seconds, limits.body_seconds, limits.unread_seconds, limits.linger_seconds)
        self._step = min(shortest / _SWEEPS_PER_LIMIT, _SLOWEST_SWEEP)
        self._open: set[Entrant] = set()
        self._by_address: Counter[str] = Counter()
        self._sweeping = False

    def ticks(self, seconds: float) -> int:
        """How many sweeps are surely longer than this."""
        return math.ceil(seconds / self._step) + 1

    def enter(self, connection: Entrant, address: str, host: str) -> ProblemKind | None:
        """Count a new connection; the refusal when it is one too many. `address` is what `host` counts as."""
        self._open.add(connection)
        self._by_address[address] += 1
        self.metrics.opened()
        if not self._sweeping:
            self._sweeping = True
            connection.loop.call_later(self._step, self._sweep, connection.loop)
        if len(self._open) > self.limits.connections:
            return UNAVAILABLE
        most = self.limits.per_address
        if most is not None and self._by_address[address] > most and not self.limits.proxies.trusts(host):
            return TOO_MANY_CONNECTIONS
        return None

    def leave(self, connection: Entrant, address: str) -> None:
        """It is closed."""
        if connection in self._open:
            self._open.discard(connection)
            self.metrics.closed()
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    @property
    def crowded(self) -> bool:
        """Whether there are so many that even saying so is too much."""
        return len(self._open) > self.limits.connections * _POLITE_PART

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self.tick += 1
        self._sweeping = bool(self._open)
        if self._sweeping:
            loop.call_later(self._step, self._sweep, loop)
        for connection in tuple(self._open):
            connection.look_at_the_clock()


# What is being read of a request. Between requests it is the next one's head.
_HEAD, _BODY, _WHOLE = range(3)


class _Transport:
    """The transport as uvicorn sees it: closed by way of the connection, which may have bytes to take in first."""

    def __init__(self, real: asyncio.Transport, close: Callable[[], None], is_closing: Callable[[], bool]) -> None:
        self.real, self.close, self.is_closing = real, close, is_closing
        self.write = real.write

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class Connection(HttpToolsProtocol):
    """One connection of a client."""

    def __init__(self, *args: Any, door: Door, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._door, self._limits = door, door.limits
        self._reading, self._since = _HEAD, door.tick
        self._unread_since: int | None = None
        self._mixed = self._within = self._deaf = self._left = False
        self._head_bytes = self._fed = self._body_bytes = self._drained = 0
        self._address = "unknown"

    # --- its beginning and end -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._real = transport
        super().connection_made(cast(asyncio.Transport, _Transport(transport, self._leave, self._is_leaving)))
        host = self.client[0] if self.client else "unknown"
        self._address = counted(host)
        refusal = self._door.enter(self, self._address, host)
        if refusal is not None and self._door.crowded:
            self._real.abort()
        elif refusal is not None:
            self._refuse(Problem(refusal, headers={"Retry-After": "5"}))

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.leave(self, self._address)
        super().connection_lost(exc)

    def _is_leaving(self) -> bool:
        return self._left or self._real.is_closing()

    def eof_received(self) -> None:
        self._since = self._door.tick

    def _leave(self, *, listening: bool = False) -> None:
        """Close. A client in the middle of sending gets the answer first: closing with bytes unread resets the
        connection, and the answer is lost with it.
        """
        if self._is_leaving():
            return
        self._left = self._deaf = True
        self._since = self._door.tick
        if listening or self._within:
            # TLS can't end one direction alone: the client ends it, or the clock does.
            if self._real.can_write_eof():
                self._real.write_eof()
            self.flow.resume_reading()
        else:
            self._real.close()

    # --- what is read --------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._deaf:
            self._drain(len(data))
            return
        if self._reading == _WHOLE and self.cycle.response_complete:
            self._await_head()
        within, self._mixed = self._reading == _BODY, False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Answered over HTTP/1.1, as RFC 9110 section 7.8 allows. What follows could be read as either.
            self._deaf = True
        except httptools.HttpParserError as fault:
            self._refuse(fault.__context__ if isinstance(fault.__context__, Problem) else Problem(BAD_REQUEST))
        else:
            if self._reading != _WHOLE:
                self._weigh(len(data), within=within)

    def _weigh(self, size: int, *, within: bool) -> None:
        """Refuse heads and framing without end. What came together with an earlier request is not counted."""
        if self._reading == _HEAD:
            self._head_bytes += 0 if self._mixed else size
            if self._head_bytes > self._limits.head_bytes:
                self._refuse(Problem(HEADERS_TOO_LARGE))
        elif self._reading == _BODY and within and not self._mixed:
            self._fed += size
            if self.cycle.response_complete:
                self._drain(size)
            elif self._fed > _FRAMING_BYTES + _FRAMING_TIMES * self._body_bytes:
                self._refuse(Problem(BAD_REQUEST, _FRAMING))

    def _drain(self, size: int) -> None:
        self._drained += size
        if self._drained > _MAX_DRAINED_BYTES:
            self._real.abort()

    def _await_head(self) -> None:
        self._reading, self._since = _HEAD, self._door.tick
        self._head_bytes = 0

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()
        self._within = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._reading != _HEAD:
            # RFC 9110 section 6.5.1: what comes after the body must not be taken for what came before it.
            raise Problem(BAD_REQUEST, _TRAILERS)
        # As uvicorn does, written out since it is called for every header.
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        fault = self._head_fault()
        if fault is not None:
            raise fault
        self._reading, self._since = _BODY, self._door.tick
        self._fed = self._body_bytes = self._drained = 0
        super().on_headers_complete()
        if self.expect_100_continue or self.parser.should_upgrade():
            # Whether the body comes, or in which protocol, is the client's to decide when it has our answer.
            self.cycle.keep_alive = False

    def _head_fault(self) -> Problem | None:
        if len(self.url) > _MAX_ADDRESS_BYTES:
            return Problem(ADDRESS_TOO_LONG)
        if not self.url.startswith(b"/") or b"#" in self.url:
            # Another host, or none: the forms for proxies (RFC 9112 section 3.2). Their readers differ.
            return Problem(BAD_REQUEST, _TARGET)
        version = self.parser.get_http_version()
        if version != "1.1":
            if version != "1.0":
                return Problem(VERSION_UNSUPPORTED)
            if any(name == b"transfer-encoding" for name, _ in self.headers):
                return Problem(BAD_REQUEST, _FRAMING)
        if self.parser.should_upgrade() and any(name in _ANNOUNCING for name, _ in self.headers):
            return Problem(BAD_REQUEST, _UPGRADE)
        return None

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._within, self._mixed = False, True
        if self.cycle.response_complete:
            self._await_head()
        else:
            self._reading = _WHOLE

    # --- what is written -----------------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        self._unread_since = self._door.tick
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unread_since = None
        super().resume_writing()

    def _refuse(self, problem: Problem) -> None:
        """Answer and close; without an answer where one has begun or another's turn has come."""
        self._deaf = True
        self._door.metrics.refused(problem.kind.code)
        cycle = self._answering()
        if cycle is not None:
            if self._reading != _BODY:
                # The fault is in what was sent ahead; what is under way is sound.
                cycle.keep_alive = False
                return
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started or self.pipeline:
                self._real.abort()
                return
        self._real.write(self._rendered(problem))
        self._leave(listening=True)

    def _answering(self) -> RequestResponseCycle | None:
        """The newest request, if its answer is not complete."""
        cycle = cast(RequestResponseCycle | None, self.cycle)
        return None if cycle is None or cycle.response_complete else cycle

    def _rendered(self, problem: Problem) -> bytes:
        request_id = new_request_id()
        _log.info("refused", extra={"code": problem.kind.code, "requestId": request_id})
        instance = f"urn:uuid:{request_id}"
        body = encode_problem(problem, language="sv", type_base=self._door.type_base, instance=instance)
        status = HTTPStatus(problem.kind.status)
        more = "".join(f"{name}: {value}\r\n" for name, value in problem.headers.items())
        head = (
            f"HTTP/1.1 {status} {status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
            f"cache-control: no-store\r\nx-content-type-options: nosniff\r\n{more}connection: close\r\n\r\n"
        )
        return head.encode("ascii") + body

    # --- the clock -----------------------------------------------------------------------------------------------

    def look_at_the_clock(self) -> None:
        """End what has taken too long. Called at every sweep."""
        tick, limits, door = self._door.tick, self._limits, self._door
        waited = tick - self._since
        if self._unread_since is not None and tick - self._unread_since > door.ticks(limits.unread_seconds):
            door.metrics.refused("unread")
            self._real.abort()
        elif self._is_leaving():
            # A closed transport stays until what is buffered has been read.
            if waited > door.ticks(limits.linger_seconds if self._reading != _WHOLE else limits.unread_seconds):
                self._real.abort()
        elif self._reading == _HEAD:
            self._end_slow_head(waited)
        elif self._reading == _BODY:
            self._end_slow_body(waited)

    def _end_slow_head(self, waited: int) -> None:
        if self._answering() is not None:
            self._since = self._door.tick
        elif waited > self._door.ticks(self._limits.head_seconds):
            if self._within:
                self._refuse(Problem(REQUEST_TIMEOUT))
            else:
                self._real.close()

    def _end_slow_body(self, waited: int) -> None:
        if self.cycle.response_complete:
            if waited > self._door.ticks(self._limits.linger_seconds):
                self._leave()
        elif self.flow.read_paused:
            # It is we who are slow.
            self._since = self._door.tick
        elif waited > self._door.ticks(self._limits.body_seconds):
            self._refuse(Problem(REQUEST_TIMEOUT))


_ANNOUNCING = frozenset((b"content-length", b"transfer-encoding"))
_TARGET = Words("Adressen ska börja med ett snedstreck", "The address must begin with a slash")
_FRAMING = Words("Kroppens längd är otydligt angiven", "How long the body is, is not said clearly")
_TRAILERS = Words("Huvuden efter kroppen godtas inte", "Headers after the body are not accepted")
_UPGRADE = Words("Upgrade får inte skickas med en kropp", "Upgrade must not be sent with a body")
