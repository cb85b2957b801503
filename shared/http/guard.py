"""The outermost layer of every service: odd requests out, a request id in, one log line, safe headers.

Pure ASGI, since a `BaseHTTPMiddleware` costs more than the rest of the request.
"""

import logging
import re
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

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
_SINGLE = (
    b"host",
    b"authorization",
    b"dpop",
    b"content-length",
    b"content-type",
    b"idempotency-key",
    b"if-match",
)
_MAX_HEADER_BYTES = 16 * 1024
_SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_DEFAULTS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
}


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

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._started = time.perf_counter()
        self.request_id = str(uuid.uuid4())
        self.status: int | None = None
        sent = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
        self.traceparent: bytes = sent if _TRACEPARENT.fullmatch(sent) else new_traceparent()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *_SAFE_HEADERS,
                *((name, value) for name, value in _DEFAULTS.items() if name not in present),
                *([(b"traceparent", self.traceparent)] if b"traceparent" not in present else ()),
            ]
        await self._send(message)

    def log(self) -> None:
        """One line without the address: its template says enough, and the address may hold anything."""
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


def new_traceparent() -> bytes:
    """A fresh W3C trace context, sampled."""
    return b"00-%s-%s-01" % (uuid.uuid4().hex.encode(), uuid.uuid4().hex[:16].encode())


def header(headers: list[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The first value of a header, or None."""
    return next((value.decode("latin-1") for key, value in headers if key == name), None)


def header_fault(headers: list[tuple[bytes, bytes]]) -> Words | None:
    """What is wrong with the headers as a set: repeated, contradictory or too large."""
    counts = Counter(name for name, _ in headers)
    if any(counts[name] > 1 for name in _SINGLE):
        return Words("Ett huvud som får förekomma en gång upprepas", "A header that may occur once is repeated")
    if counts[b"content-length"] and counts[b"transfer-encoding"]:
        return Words(
            "Content-Length och Transfer-Encoding får inte förekomma tillsammans",
            "Content-Length and Transfer-Encoding must not occur together",
        )
    if sum(len(name) + len(value) for name, value in headers) > _MAX_HEADER_BYTES:
        return Words("Huvudena är större än 16 KiB", "The headers exceed 16 KiB")
    return None


async def send_bytes(
    send: Send, status: int, body: bytes, media_type: str, headers: MutableMapping[str, str] | None = None
) -> None:
    """A complete answer."""
    sent = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
    sent += [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})
