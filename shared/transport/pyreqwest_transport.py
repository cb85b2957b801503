"""The transport of the hot paths, on pyreqwest.

httpx is forty times slower as a gateway's upstream client and fails at twenty concurrent fan-outs
(ADR 0004). Everything that a client could add or follow by itself is turned off here.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError, RequestError, RequestTimeoutError
from pyreqwest.response import Response

from shared.transport.protocol import Answer, AnswerTooLarge, ConnectFailed, TimedOut, TransportError

_CONNECT_SECONDS = 5.0
_POOL_SECONDS = 5.0
_NOT_CONNECTED = "client error (Connect)"  # hyper's words
_IDLE_SECONDS = 4.0  # below the servers' keep-alive of 5 s, so that no request meets a closing connection


def build_client(*, read_seconds: float) -> Client:
    """A client that does what it is told: no redirects, proxies, referers, cookies or decompression."""
    return (
        ClientBuilder()
        .no_proxy()
        .follow_redirects(False)
        .referer(False)
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .http1_only()
        .tcp_nodelay(True)
        .user_agent("samrad")
        .connect_timeout(timedelta(seconds=_CONNECT_SECONDS))
        .pool_timeout(timedelta(seconds=_POOL_SECONDS))
        .pool_idle_timeout(timedelta(seconds=_IDLE_SECONDS))
        .read_timeout(timedelta(seconds=read_seconds))
        .build()
    )


class PyreqwestTransport:
    """Implements `Transport`. Close it when done."""

    def __init__(self, *, read_seconds: float = 60.0) -> None:
        self._client = build_client(read_seconds=read_seconds)

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeout_seconds: float,
        max_answer_bytes: int,
    ) -> Answer:
        """See Transport."""
        request = (
            self._client.request(method, url)
            .headers(dict(headers))
            .body_bytes(body)
            .timeout(timedelta(seconds=timeout_seconds))
            .build_streamed()
        )
        async with told_apart(), request as response:
            content = await _read(response, max_answer_bytes)
        return Answer(response.status, _lower(response), content)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


@asynccontextmanager
async def told_apart() -> AsyncIterator[None]:
    """Turns pyreqwest's errors into ours, whose texts hold no address."""
    try:
        yield
    except PyreqwestError as fault:
        raise translated(fault) from None


def translated(fault: PyreqwestError) -> TransportError:
    """Our error for one of pyreqwest's, for who streams and can't afford a context manager per request.

    pyreqwest calls every time-out before the head of the answer a connect time-out, and a connection lost in that
    time a connect error. Only the innermost causes tell whether anything may have been sent.
    """
    if isinstance(fault, RequestError) and any(
        cause["message"] == _NOT_CONNECTED for cause in fault.details["causes"] or ()
    ):
        return ConnectFailed()
    return TimedOut() if isinstance(fault, RequestTimeoutError) else TransportError()


async def _read(response: Response, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while (chunk := await response.body_reader.read_chunk()) is not None:
        size += len(chunk)
        if size > limit:
            raise AnswerTooLarge
        chunks.append(bytes(chunk))
    return b"".join(chunks)


def _lower(response: Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}
