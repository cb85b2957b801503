"""The outermost layer of every service: odd requests out, a request id in, one log line, safe headers.

Pure ASGI, since a `BaseHTTPMiddleware` costs more than the rest of the request.
"""

import logging
import os
import random
import re
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from shared.identity import passes_for_identity
from shared.logs import request_id
from shared.problems import (
    BAD_REQUEST,
    INTERNAL,
    MEDIA_TYPE,
    Problem,
    Words,
    encode_problem,
    preferred_language,
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.getLogger("http")
_TRACEPARENT = re.compile(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_SINGLE = frozenset(
    (
        *(b"host", b"authorization", b"dpop", b"content-length", b"content-type"),
        *(b"idempotency-key", b"if-match", b"traceparent"),
    )
)
_MAX_HEADER_BYTES = 16 * 1024
_SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_DEFAULTS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class Guard:
    """Wraps an application. `type_base` begins the problem types."""

    def __init__(self, app: App, *, type_base: str) -> None:
        self._app = app
        self._type_base = type_base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        token = request_id.set(exchange.request_id)
        try:
            await self._answer(scope, receive, exchange)
        finally:
            exchange.log()
            request_id.reset(token)

    async def _answer(self, scope: Scope, receive: Receive, exchange: "_Exchange") -> None:
        if (fault := header_fault(scope["headers"])) is not None:
            await self._refuse(scope, exchange, Problem(BAD_REQUEST, fault))
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


class _Exchange:
    """One request and its answer: ids, status and time."""

    __slots__ = ("_scope", "_send", "_started", "request_id", "status", "traceparent")

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._started = time.perf_counter()
        self.request_id = _new_request_id()
        self.status: int | None = None
        sent = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
        self.traceparent: bytes = sent if sent and _fit_to_pass_on(sent) else new_traceparent()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message["headers"], *_SAFE_HEADERS]
            present = {name for name, _ in headers}
            headers += [each for each in _DEFAULTS if each[0] not in present]
            if b"traceparent" not in present:
                headers.append((b"traceparent", self.traceparent))
            if b"request-id" not in present:
                headers.append((b"request-id", self.request_id.encode("ascii")))
            message["headers"] = headers
        await self._send(message)

    def log(self) -> None:
        """One line without the address: its template says enough, and the address may hold anything."""
        if not _log.isEnabledFor(logging.INFO):
            return
        route = self._scope.get("route")
        _log.info(
            "answered",
            extra={
                "method": self._scope["method"] if self._scope["method"] in _METHODS else "other",
                "route": getattr(route, "path", None) or self._scope.get("route_template", "none"),
                "status": self.status,
                "ms": round((time.perf_counter() - self._started) * 1000, 1),
                "trace": self.traceparent.decode("ascii"),
                "client": self._scope.get("state", {}).get("client_id"),
            },
        )


_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


# Ids for following a request through logs, not secrets: seeded once instead of a system call for each.
_ids = random.Random(os.urandom(32))  # noqa: S311


def new_traceparent() -> bytes:
    """A fresh W3C trace context, sampled."""
    bits = _ids.getrandbits(192)
    return b"00-%032x-%016x-01" % (bits >> 64, bits & 0xFFFF_FFFF_FFFF_FFFF)


def _fit_to_pass_on(traceparent: bytes) -> bool:
    # Thirty-two hexadecimal digits are room enough for somebody's number, and the id goes to logs and services.
    return _TRACEPARENT.fullmatch(traceparent) is not None and not passes_for_identity(traceparent.decode("ascii"))


def _new_request_id() -> str:
    return str(uuid.UUID(int=_ids.getrandbits(128), version=4))


def header(headers: list[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The first value of a header, or None."""
    return next((value.decode("latin-1") for key, value in headers if key == name), None)


def header_fault(headers: list[tuple[bytes, bytes]]) -> Words | None:
    """What is wrong with the headers as a set: repeated, contradictory or too large."""
    seen = set()
    size, chunked = 0, False
    for name, value in headers:
        size += len(name) + len(value)
        if name in _SINGLE:
            if name in seen:
                return _REPEATED
            seen.add(name)
        elif name == b"transfer-encoding":
            chunked = True
    if chunked and b"content-length" in seen:
        return _CONTRADICTORY
    return _TOO_LARGE if size > _MAX_HEADER_BYTES else None


_REPEATED = Words("Ett huvud som får förekomma en gång upprepas", "A header that may occur once is repeated")
_CONTRADICTORY = Words(
    "Content-Length och Transfer-Encoding får inte förekomma tillsammans",
    "Content-Length and Transfer-Encoding must not occur together",
)
_TOO_LARGE = Words("Huvudena är större än 16 KiB", "The headers exceed 16 KiB")


async def send_bytes(
    send: Send, status: int, body: bytes, media_type: str, headers: MutableMapping[str, str] | None = None
) -> None:
    """A complete answer."""
    sent = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
    sent += [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})
