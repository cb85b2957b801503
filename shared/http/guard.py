"""The outermost layer of every service: odd requests out, a request id in, one log line, one count, safe headers.

Pure ASGI, since a `BaseHTTPMiddleware` costs more than the rest of the request.
"""

import logging
import os
import random
import re
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from shared.http.fitness import METHODS, fault_of
from shared.identity import passes_for_identity
from shared.logs import request_id, traceparent
from shared.metrics import RequestMetrics
from shared.problems import INTERNAL, MEDIA_TYPE, Problem, encode_problem, preferred_language

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.getLogger("http")
_TRACEPARENT = re.compile(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_TEN_DIGITS = re.compile(rb"(?:[0-9]-?){10}")
_UUID_MASK, _UUID_4 = ~(0xF << 76 | 0x3 << 62), 0x4 << 76 | 0x2 << 62
_SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
_DEFAULTS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class Guard:
    """Wraps an application. `type_base` begins the problem types, `service` is its name in metrics.

    `secured` when clients reach it over TLS: then they are told to use nothing else.
    """

    def __init__(self, app: App, *, type_base: str, service: str, secured: bool = False) -> None:
        self._app = app
        self._type_base = type_base
        self._metrics = RequestMetrics(service)
        self._safe_headers = (*_SAFE_HEADERS, _STRICT_TRANSPORT) if secured else _SAFE_HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, _without_words(send))
            return
        exchange = _Exchange(scope, send, self._safe_headers)
        tokens = request_id.set(exchange.request_id), traceparent.set(exchange.traceparent.decode("ascii"))
        try:
            await self._answer(scope, receive, exchange)
        finally:
            exchange.count(self._metrics)
            request_id.reset(tokens[0])
            traceparent.reset(tokens[1])

    async def _answer(self, scope: Scope, receive: Receive, exchange: "_Exchange") -> None:
        fault = fault_of(
            scope["method"],
            scope["raw_path"],
            scope["headers"],
            host_required=scope["http_version"] == "1.1",
        )
        if fault is not None:
            # Where one request ends and the next begins may be in doubt.
            fault.headers["Connection"] = "close"
            await self._refuse(scope, exchange, fault)
            return
        scope.setdefault("state", {})
        scope["state"]["request_id"] = exchange.request_id
        scope["state"]["traceparent"] = exchange.traceparent
        try:
            await self._app(scope, receive, exchange.send)
        except Exception:
            _log.exception("unhandled fault")
            if exchange.status is None:
                await self._refuse(scope, exchange, Problem(INTERNAL))

    async def _refuse(self, scope: Scope, exchange: "_Exchange", problem: Problem) -> None:
        language = preferred_language(header(scope["headers"], b"accept-language"))
        instance = f"urn:uuid:{exchange.request_id}"
        body = encode_problem(problem, language=language, type_base=self._type_base, instance=instance)
        await send_bytes(exchange.send, problem.kind.status, body, MEDIA_TYPE, problem.headers)


def _without_words(send: Send) -> Send:
    """Starlette tells the server the whole trace of what fails at start, texts included, and the server logs it."""

    async def sent(message: Message) -> None:
        if message["type"].endswith(".failed") and message.get("message"):
            _log.error("a service could not start or stop", exc_info=True)
            message["message"] = ""
        await send(message)

    return sent


class _Exchange:
    """One request and its answer: ids, status and time."""

    __slots__ = ("_safe_headers", "_scope", "_send", "_started", "request_id", "status", "traceparent")

    def __init__(self, scope: Scope, send: Send, safe_headers: Iterable[tuple[bytes, bytes]]) -> None:
        self._scope, self._send, self._safe_headers = scope, send, safe_headers
        self._started = time.perf_counter()
        self.request_id = new_request_id()
        self.status: int | None = None
        sent = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
        self.traceparent: bytes = sent if sent and _fit_to_pass_on(sent) else new_traceparent()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message["headers"], *self._safe_headers]
            present = {name for name, _ in headers}
            headers += [each for each in _DEFAULTS if each[0] not in present]
            if b"traceparent" not in present:
                headers.append((b"traceparent", self.traceparent))
            if b"request-id" not in present:
                headers.append((b"request-id", self.request_id.encode("ascii")))
            message["headers"] = headers
        await self._send(message)

    def count(self, metrics: RequestMetrics) -> None:
        """One count and one line, without the address: its template says enough, and the address may hold anything."""
        seconds = time.perf_counter() - self._started
        method = self._scope["method"] if self._scope["method"] in METHODS else "other"
        found = self._scope.get("route")
        route: str = getattr(found, "path", None) or self._scope.get("route_template", "none")
        # 499 where the client left before it had an answer, as others count it.
        metrics.answered(route, method, self.status or 499, seconds)
        if not _log.isEnabledFor(logging.INFO):
            return
        _log.info(
            "answered",
            extra={
                "service": metrics.service,
                "method": method,
                "route": route,
                "status": self.status,
                "ms": round(seconds * 1000, 1),
                "client": self._scope.get("state", {}).get("client_id"),
            },
        )


# Ids for following a request through logs, not secrets: seeded once instead of a system call for each.
_ids = random.Random(os.urandom(32))  # noqa: S311


def new_traceparent() -> bytes:
    """A fresh W3C trace context, sampled."""
    bits = _ids.getrandbits(192)
    return b"00-%032x-%016x-01" % (bits >> 64, bits & 0xFFFF_FFFF_FFFF_FFFF)


def _fit_to_pass_on(traceparent: bytes) -> bool:
    # Thirty-two hexadecimal digits are room enough for somebody's number, and the id goes to logs and services.
    return _TRACEPARENT.fullmatch(traceparent) is not None and (
        _TEN_DIGITS.search(traceparent) is None or not passes_for_identity(traceparent.decode("ascii"))
    )


def new_request_id() -> str:
    """A fresh UUID of version 4."""
    digits = "%032x" % (_ids.getrandbits(128) & _UUID_MASK | _UUID_4)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def header(headers: list[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The first value of a header, or None."""
    return next((value.decode("latin-1") for key, value in headers if key == name), None)


async def send_bytes(
    send: Send, status: int, body: bytes, media_type: str, headers: MutableMapping[str, str] | None = None
) -> None:
    """A complete answer."""
    sent = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
    sent += [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})
