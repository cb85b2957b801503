"""The transport of the hot paths, on pyreqwest.

httpx is forty times slower as a gateway's upstream client and fails at twenty concurrent fan-outs
(ADR 0004). Everything that a client could add or follow by itself is turned off here.
"""

import math
from collections.abc import Mapping
from datetime import timedelta

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError, RequestError, RequestTimeoutError
from pyreqwest.response import Response

from shared.transport.certificates import ClientCertificate, Trust
from shared.transport.protocol import (
    Answer,
    AnswerTooLarge,
    ConnectFailed,
    HandshakeFailed,
    TimedOut,
    TransportError,
)

CONNECT_SECONDS = 5.0
_POOL_SECONDS = 5.0
_NOT_CONNECTED = "client error (Connect)"  # hyper's words
_NOT_SECURED = ("tls handshake", "invalid peer certificate", "received fatal alert")  # those of its TLS
_IDLE_SECONDS = 4.0  # below the servers' keep-alive of 5 s, so that no request meets a closing connection


def build_client(
    *,
    read_seconds: float,
    connect_seconds: float = CONNECT_SECONDS,
    certificate: ClientCertificate | None = None,
    trust: Trust | None = None,
) -> Client:
    """A client that does what it is told: no redirects, proxies, referers, cookies or decompression.

    `certificate` is what it shows of itself, `trust` what it trusts beside the public authorities.
    """
    builder = (
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
        .connect_timeout(timedelta(seconds=connect_seconds))
        .pool_timeout(timedelta(seconds=_POOL_SECONDS))
        .pool_idle_timeout(timedelta(seconds=_IDLE_SECONDS))
        .read_timeout(timedelta(seconds=read_seconds))
    )
    if certificate is not None:
        builder = builder.identity_pem(certificate.pem)
    for authority in trust.authorities if trust is not None else ():
        builder = builder.add_root_certificate_der(authority)
    return builder.build()


class PyreqwestTransport:
    """Implements `Transport`. Close it when done."""

    def __init__(
        self,
        *,
        read_seconds: float = 60.0,
        connect_seconds: float = CONNECT_SECONDS,
        certificate: ClientCertificate | None = None,
        trust: Trust | None = None,
    ) -> None:
        self._client = build_client(
            read_seconds=read_seconds, connect_seconds=connect_seconds, certificate=certificate, trust=trust
        )

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
            .headers(headers)
            .body_bytes(body)
            .timeout(timedelta(seconds=timeout_seconds))
            .build_streamed()
        )
        try:
            async with request as response:
                content = await _read(response, max_answer_bytes)
        except PyreqwestError as fault:
            raise translated(fault) from None
        return Answer(response.status, _texts(response.headers), content)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def translated(fault: PyreqwestError) -> TransportError:
    """Our error for one of pyreqwest's, whose text holds no address.

    pyreqwest calls every time-out before the head of the answer a connect time-out, and a connection lost in that
    time a connect error. Only the innermost causes tell whether anything may have been sent.
    """
    if isinstance(fault, RequestError):
        causes = [cause["message"] for cause in fault.details["causes"] or ()]
        if _NOT_CONNECTED in causes:
            return HandshakeFailed() if causes[-1].startswith(_NOT_SECURED) else ConnectFailed()
    return TimedOut() if isinstance(fault, RequestTimeoutError) else TransportError()


async def _read(response: Response, limit: int) -> bytes:
    if _announced(response) <= limit:
        return bytes(await response.bytes())
    chunks: list[bytes] = []
    size = 0
    while (chunk := await response.body_reader.read_chunk()) is not None:
        size += len(chunk)
        if size > limit:
            raise AnswerTooLarge
        chunks.append(bytes(chunk))
    return b"".join(chunks)


def _announced(response: Response) -> float:
    """How many bytes will come at most: as many as the head says, unless they come in chunks, when it says nothing."""
    try:
        length = response.get_header("content-length")
        return math.inf if length is None or response.get_header("transfer-encoding") is not None else int(length)
    except ValueError:
        # Said twice ("3, 3"), which HTTP allows; or no number at all, where there is no body that it could be of.
        return math.inf


def _texts(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers, without those whose bytes are no text: pyreqwest raises ValueError for each that is asked for."""
    try:
        return dict(headers)
    except ValueError:
        return {name: value for name in headers if (value := _text(headers, name)) is not None}


def _text(headers: Mapping[str, str], name: str) -> str | None:
    try:
        return headers[name]
    except ValueError:
        return None
