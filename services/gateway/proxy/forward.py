"""Send a request on to its service and the answer back, both piece by piece.

The path is sent as it came. Connection failures, time-outs and broken answers become problems as long as nothing
of the answer has been sent; after that the connection is closed, which is all that HTTP/1.1 leaves.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta

from pyreqwest.bytes import Bytes
from pyreqwest.client import Client
from pyreqwest.exceptions import PyreqwestError
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response, ResponseBodyReader

from services.gateway.proxy.bodies import ClientBody, ClientGone
from services.gateway.proxy.headers import Headers, answer_headers
from services.gateway.proxy.refusals import UPSTREAM_BROKE
from services.gateway.proxy.watch import ClientWatch
from shared.http.guard import Receive, Scope, Send
from shared.problems import UNAVAILABLE, UPSTREAM_TIMEOUT, Problem
from shared.transport.protocol import ConnectFailed, TimedOut
from shared.transport.pyreqwest_transport import translated

_log = logging.getLogger("gateway.proxy")
# So much of an answer is awaited with its head: most answers then cost one crossing from Rust instead of two.
_AWAITED_BYTES = 64 * 1024
_WITHOUT_BODY = frozenset((204, 304))


@dataclass(frozen=True, slots=True)
class Limits:
    """What an exchange may take. `client_idle_seconds` is between pieces of the body, the other in all."""

    max_body_bytes: int
    client_idle_seconds: float
    upstream_seconds: float


class Forwarder:
    """Forwards to one service, dialled at `base`."""

    def __init__(self, client: Client, base: str) -> None:
        self._client, self._base = client, base

    async def forward(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[str, str], added: Headers, limits: Limits
    ) -> None:
        """`headers` go to the service, `added` to the client. Raises Problem: 408, 413, 502, 503, 504."""
        pump = ClientBody(receive, max_bytes=limits.max_body_bytes, idle_seconds=limits.client_idle_seconds)
        announced, declared = _announced_body(scope["headers"])
        try:
            body = await pump.open(declared) if announced else b""
        except ClientGone:
            return
        request = self._request(scope, headers, body, timedelta(seconds=limits.upstream_seconds))
        watching = ClientWatch(receive, 2 * limits.upstream_seconds) if isinstance(body, bytes) else None
        with watching or nullcontext():
            await _exchange(request, _Answer(send, added, watching))

    def _request(
        self, scope: Scope, headers: dict[str, str], body: bytes | AsyncIterator[bytes], timeout: timedelta
    ) -> StreamRequest:
        url = self._base + scope["raw_path"].decode("ascii")
        if scope["query_string"]:
            url = f"{url}?{scope['query_string'].decode('ascii')}"
        builder = self._client.request(scope["method"], url).headers(headers).timeout(timeout)
        builder = builder.streamed_read_buffer_limit(_AWAITED_BYTES)
        if isinstance(body, bytes):
            builder = builder.body_bytes(body) if body else builder
        else:
            builder = builder.body_stream(body)
        return builder.build_streamed()


async def _exchange(request: StreamRequest, answer: "_Answer") -> None:
    try:
        async with request as response:
            await answer.relay(response)
    except ClientGone:
        return
    except (PyreqwestError, ValueError, Problem) as fault:
        if not answer.started:
            raise fault if isinstance(fault, Problem) else _as_problem(fault) from None
        _log.warning("answer broken off", extra={"kind": type(fault).__name__})


class _Answer:
    """The answer on its way to the client."""

    def __init__(self, send: Send, added: Headers, watch: ClientWatch | None) -> None:
        self._send, self._added, self._watch = send, added, watch
        self.started = False

    async def relay(self, response: Response) -> None:
        """Head and body. Of a small body the first piece is awaited, so that both leave in one write."""
        headers, size = _head(response)
        reader = response.body_reader
        first = await reader.read_chunk() if size is not None and size <= _AWAITED_BYTES else b""
        self.started = True
        message = {"type": "http.response.start", "status": response.status, "headers": headers + self._added}
        await self._send(message)
        await self._relay_body(first, reader, size)

    async def _relay_body(self, piece: Bytes | bytes | None, reader: ResponseBodyReader, left: int | None) -> None:
        """`left` is what is to come of a declared length: when it is reached, nothing more is asked for."""
        last = b""
        while piece is not None:
            last = bytes(piece)
            left = None if left is None else left - len(last)
            if left == 0:
                break
            await self._send({"type": "http.response.body", "body": last, "more_body": True})
            last, piece = b"", await reader.read_chunk()
        if self._watch is not None:
            self._watch.answered()
        await self._send({"type": "http.response.body", "body": last})


def _head(response: Response) -> tuple[Headers, int | None]:
    """The headers to send, and the declared length of the body. Raises ValueError when they are not text."""
    headers = answer_headers(response.headers.items())
    if response.status in _WITHOUT_BODY:
        headers = [(name, value) for name, value in headers if name != b"content-length"]
    return headers, next((int(value) for name, value in headers if name == b"content-length"), None)


def _announced_body(headers: Headers) -> tuple[bool, int | None]:
    """Whether a body follows, and its length if the client says so (RFC 9112 section 6)."""
    for name, value in headers:
        if name == b"content-length":
            return value != b"0", int(value)
        if name == b"transfer-encoding":
            return True, None
    return False, None


def _as_problem(fault: Exception) -> Problem:
    error = translated(fault) if isinstance(fault, PyreqwestError) else fault
    _log.warning("service did not answer", extra={"kind": type(error).__name__})
    match error:
        case ConnectFailed():
            return Problem(UNAVAILABLE, headers={"Retry-After": "5"})
        case TimedOut():
            return Problem(UPSTREAM_TIMEOUT)
    return Problem(UPSTREAM_BROKE)
