"""clamd's INSTREAM: the content in chunks, each behind its length, then one of no length; a line comes back (clamd(8)).

zINSTREAM<NUL> <length><bytes> ... <0>      ->      stream: OK<NUL>
                                                    stream: Some.Signature FOUND<NUL>
"""

import asyncio
import re
import struct
from collections.abc import AsyncIterator
from contextlib import suppress

from services.consultation.attachments.scanner import ScannerUnavailable, Verdict

CONNECT_SECONDS, SECONDS = 5.0, 60.0
_MOST_ANSWERED_BYTES = 1024
_COMMAND, _LENGTH = b"zINSTREAM\0", struct.Struct(">I")
_OK = b"stream: OK"
_FOUND = re.compile(rb"stream: [\x20-\x7e]+ FOUND")


class Clamd:
    """A clamd at a host and port, or at the path of its socket. `seconds` is for one content in all."""

    def __init__(
        self, at: str | tuple[str, int], *, connect_seconds: float = CONNECT_SECONDS, seconds: float = SECONDS
    ) -> None:
        self._at, self._connect_seconds, self._seconds = at, connect_seconds, seconds

    async def scan(self, content: AsyncIterator[bytes]) -> Verdict:
        """Raises ScannerUnavailable, and what the content raises."""
        reader, writer = await self._connected()
        try:
            async with asyncio.timeout(self._seconds):
                answer = await _asked(reader, writer, content)
        except TimeoutError:
            raise ScannerUnavailable("it did not answer in time") from None
        except (ConnectionError, asyncio.IncompleteReadError):
            raise ScannerUnavailable("it broke off") from None
        except asyncio.LimitOverrunError:
            raise ScannerUnavailable("it answered without end") from None
        finally:
            writer.close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(self._connect_seconds):
                    await writer.wait_closed()
        return _verdict(answer)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(self._connect_seconds):
                if isinstance(self._at, str):
                    return await asyncio.open_unix_connection(self._at, limit=_MOST_ANSWERED_BYTES)
                return await asyncio.open_connection(*self._at, limit=_MOST_ANSWERED_BYTES)
        except (OSError, TimeoutError):
            raise ScannerUnavailable("it cannot be reached") from None


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: AsyncIterator[bytes]) -> bytes:
    """Its whole answer. One that comes before the content has ended, such as that it is too long, is an answer too."""
    sending = asyncio.create_task(_send(writer, content))
    answering = asyncio.create_task(reader.readuntil(b"\0"))
    try:
        await asyncio.wait((sending, answering), return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            with suppress(ConnectionError):
                await sending
        return (await answering).removesuffix(b"\0")
    finally:
        for task in (sending, answering):
            task.cancel()
        await asyncio.gather(sending, answering, return_exceptions=True)


async def _send(writer: asyncio.StreamWriter, content: AsyncIterator[bytes]) -> None:
    writer.write(_COMMAND)
    async for piece in content:
        writer.write(_LENGTH.pack(len(piece)) + piece)
        await writer.drain()
    writer.write(_LENGTH.pack(0))
    await writer.drain()


def _verdict(answer: bytes) -> Verdict:
    if answer == _OK:
        return Verdict.CLEAN
    if _FOUND.fullmatch(answer):
        return Verdict.INFECTED
    raise ScannerUnavailable("it answered something else")
