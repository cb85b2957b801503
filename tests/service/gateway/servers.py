"""Real servers in threads, and a raw socket for what an HTTP client would tidy up."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn

from shared.connections import ConnectionLimits
from shared.http.guard import App, Receive, Scope, Send
from shared.serving import Served, configuration


def free_socket() -> socket.socket:
    """A listening address of its own."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


@contextmanager
def serving(
    app: App, listener: socket.socket, limits: ConnectionLimits | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[None]:
    """The application served on the socket as the services are, in a thread."""
    config = configuration(Served("test", app, "127.0.0.1", 0, limits or ConnectionLimits(), tls))
    config.loop, config.timeout_graceful_shutdown = "uvloop", 1
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@dataclass
class Seen:
    """One request as the service got it."""

    method: str
    raw_path: bytes
    query: bytes
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


Respond = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass
class Upstream:
    """A service of the tests: it notes what it gets, and answers as it is told."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    respond: Respond | None = None
    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await accept_lifespan(receive, send)
            return
        if self.respond is not None:
            await self.respond(scope, receive, send)
            return
        body = await read_body(receive)
        if body is None:
            return
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
        self.seen.append(Seen(scope["method"], scope["raw_path"], scope["query_string"], headers, body))
        answer = json.dumps({"size": len(body)}).encode()
        start = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": start + self.headers})
        await send({"type": "http.response.body", "body": answer})

    def reset(self) -> None:
        self.seen.clear()
        self.respond, self.status, self.headers = None, 200, []

    @property
    def last(self) -> Seen:
        return self.seen[-1]


async def accept_lifespan(receive: Receive, send: Send) -> None:
    """What ASGI asks of an application that has nothing to start or stop."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def read_body(receive: Receive) -> bytes | None:
    """The whole body, or None when it broke off."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def raw_exchange(port: int, sent: bytes, *, seconds: float = 5.0) -> bytes:
    """What comes back for exactly these bytes, until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(sent)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Everything until the other side closes or is silent."""
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except (TimeoutError, ConnectionResetError):
        pass
    return received


def raw_get(port: int, target: bytes, *extra: bytes) -> bytes:
    """What comes back for a GET of a target that is sent as it stands."""
    lines = (b"GET " + target + b" HTTP/1.1", b"Host: gateway", b"Connection: close", *extra)
    return raw_exchange(port, b"\r\n".join(lines) + b"\r\n\r\n")


def status_of(answer: bytes) -> int:
    """The status code of a raw answer."""
    return int(answer.split(b" ", 2)[1])
