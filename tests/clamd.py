"""A clamd to scan with: it listens on a real socket, speaks INSTREAM, and answers well or badly as it is told."""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.files import EICAR

INDIGESTIBLE = b"indigestible"
"""What it can't cope with when that is its manner."""

_LENGTH = struct.Struct(">I")


@dataclass
class Clamd:
    """Its address, what it was asked to scan, and how it answers: `well`, or one of the ways in which it does not."""

    port: int = 0
    manner: str = "well"
    scanned: list[bytes] = field(default_factory=list)

    @property
    def address(self) -> str:
        """As the setting has it."""
        return f"tcp://127.0.0.1:{self.port}"


@contextmanager
def clamd_running() -> Iterator[Clamd]:
    """One, for as long as the block lasts."""
    clamd = Clamd()
    stopping = threading.Event()

    class Session(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                _serve(clamd, self.request, stopping)
            except OSError:
                return

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

    with Server(("127.0.0.1", 0), Session) as server:
        clamd.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield clamd
        finally:
            stopping.set()
            server.shutdown()
            thread.join()


def _serve(clamd: Clamd, connection: socket.socket, stopping: threading.Event) -> None:
    if clamd.manner == "hangs up":
        return
    if clamd.manner == "too long":
        # As the real one does when a content passes StreamMaxLength: in the middle of it.
        connection.recv(1024)
        connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
        return
    content = _content(connection)
    if clamd.manner == "can't cope with some" and INDIGESTIBLE in content:
        connection.sendall(b"Can't allocate memory ERROR\0")
        return
    clamd.scanned.append(content)
    match clamd.manner:
        case "silent":
            stopping.wait(30)
        case "endless":
            while not stopping.is_set():
                connection.sendall(b"stream: OK" * 1000)
        case "another answer":
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n<html>stream: OK\0")
        case "half an answer":
            connection.sendall(b"stream: OK")
        case "an answer of controls":
            connection.sendall(b"stream: \x1b[2J\r\n FOUND\0")
        case _:
            connection.sendall(b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0")


def _content(connection: socket.socket) -> bytes:
    assert _exactly(connection, 10) == b"zINSTREAM\0"
    pieces: list[bytes] = []
    while length := _LENGTH.unpack(_exactly(connection, 4))[0]:
        pieces.append(_exactly(connection, length))
    return b"".join(pieces)


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        piece = connection.recv(size - len(received))
        if not piece:
            raise ConnectionError
        received += piece
    return received
