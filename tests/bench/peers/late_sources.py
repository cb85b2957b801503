"""Sources that answer after a fixed time and cost next to nothing: whatever is posted, by the path it comes to.

A protocol of its own instead of an application: seven sources of a hundred look-ups at once are thousands of requests a
second, and a server must not be what is measured.
"""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import uvloop

from shared.processes import end_with_parent

_LENGTH = b"content-length:"
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


class LateSource(asyncio.Protocol):
    """Reads requests one after the other, and answers each when its time has come."""

    def __init__(self, answers: Mapping[str, bytes], seconds: float) -> None:
        """`answers` are whole, by path: see `whole`."""
        self._answers, self._seconds = answers, seconds
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it. uvloop's transports have another base."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer what is whole."""
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            head = self._waiting[:end]
            whole = end + 4 + _length(head)
            if len(self._waiting) < whole:
                return
            self._waiting = self._waiting[whole:]
            self._answer(head.split(b" ", 2)[1].decode("ascii"))

    def _answer(self, path: str) -> None:
        answer = self._answers.get(path)
        if answer is not None:
            asyncio.get_running_loop().call_later(self._seconds, self._write, answer)
        else:
            self._write(_NOT_FOUND)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


def whole(body: bytes) -> bytes:
    """An answer of HTTP with the body."""
    kind = b"application/json" if body.startswith(b"{") else b"text/xml"
    return b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n%b" % (kind, len(body), body)


def _length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(_LENGTH)
    return int(lower[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def serve(port: int, answers: Mapping[str, bytes], seconds: float) -> None:
    """Serve until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: LateSource(answers, seconds), "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


def main(arguments: Sequence[str]) -> int:
    """`python -m tests.bench.peers.late_sources PARENT --port N --milliseconds N --answers FOLDER`.

    Every file of the folder is answered at the path of its name.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("parent", type=int)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--milliseconds", type=float, required=True)
    parser.add_argument("--answers", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    end_with_parent(chosen.parent)
    answers = {f"/{file.name}": whole(file.read_bytes()) for file in chosen.answers.iterdir()}
    uvloop.run(serve(chosen.port, answers, chosen.milliseconds / 1000))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
