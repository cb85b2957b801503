"""A listener that knows its clients by certificate: who is let in, who is not, and what a slow handshake takes."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.sandbox_certificates import Authority, Credential
from shared.connections import ConnectionLimits
from shared.http.guard import Receive, Scope, Send, send_bytes
from shared.tls import CertificatesUnfit, client_fingerprint, mutual_context
from tests.service.gateway.servers import accept_lifespan, free_socket, read_all, read_body, serving

pytestmark = pytest.mark.attack

LIMITS = ConnectionLimits(head_seconds=0.5, body_seconds=0.3, unread_seconds=0.3, linger_seconds=0.2, connections=4)
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


async def fingerprint_told(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers the fingerprint of who asks, when the whole body has come."""
    if scope["type"] == "lifespan":
        await accept_lifespan(receive, send)
    elif await read_body(receive) is not None:
        await send_bytes(send, 200, str(client_fingerprint(scope)).encode(), "text/plain")


@dataclass
class Listener:
    """A listener under attack, the authority it trusts, and where files may be written."""

    port: int
    authority: Authority
    folder: Path

    def context(self, client: Credential | None, **settings: ssl.TLSVersion) -> ssl.SSLContext:
        """How a client connects that trusts the listener."""
        made = ssl.create_default_context(cadata=self.authority.certificate.decode())
        if client is not None:
            made.load_cert_chain(*written(self.folder, "client", client))
        for name, value in settings.items():
            setattr(made, name, value)
        return made

    def plain(self) -> socket.socket:
        """A connection on which nothing has been said."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def answer(self, context: ssl.SSLContext, request: bytes = REQUEST) -> bytes:
        """What comes back: nothing for who is not let in, however the connection ends."""
        received = b""
        with (
            self.plain() as plain,
            suppress(OSError),
            context.wrap_socket(plain, server_hostname="localhost") as connection,
        ):
            connection.sendall(request)
            while piece := connection.recv(65536):
                received += piece
        return received


def written(folder: Path, name: str, credential: Credential) -> tuple[Path, Path]:
    """The files of a certificate and its key."""
    files = folder / f"{name}.crt", folder / f"{name}.key"
    files[0].write_bytes(credential.certificate)
    files[1].write_bytes(credential.key)
    return files


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    folder, authority = tmp_path_factory.mktemp("tls"), Authority()
    (folder / "ca.crt").write_bytes(authority.certificate)
    tls = mutual_context(*written(folder, "server", authority.server("127.0.0.1")), folder / "ca.crt")
    bound = free_socket()
    with serving(fingerprint_told, bound, LIMITS, tls):
        yield Listener(bound.getsockname()[1], authority, folder)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_application_is_told_whose_certificate_it_is(listener: Listener, version: ssl.TLSVersion) -> None:
    client = listener.authority.client("one")
    context = listener.context(client, minimum_version=version, maximum_version=version)

    for _ in range(2):
        assert listener.answer(context).endswith(client.fingerprint.encode())


def test_every_request_of_a_connection_is_told_so(listener: Listener) -> None:
    client = listener.authority.client("twice")
    kept = REQUEST.replace(b"close", b"keep-alive")

    assert listener.answer(listener.context(client), kept + REQUEST).count(client.fingerprint.encode()) == 2


@pytest.mark.parametrize("who", ["nobody", "somebody of another authority", "a server", "somebody with an old version"])
def test_who_shows_no_certificate_to_trust_gets_no_answer(listener: Listener, who: str) -> None:
    client = {
        "nobody": None,
        "somebody of another authority": Authority().client("one"),
        "a server": listener.authority.server("127.0.0.1"),
        "somebody with an old version": listener.authority.client("old"),
    }[who]
    context = listener.context(client)
    if "old" in who:
        context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AES256-SHA256")

    assert listener.answer(context) == b""


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01", REQUEST, b"\x16\x03\x01" + b"\xff" * 20_000])
def test_what_is_no_handshake_is_ended_in_time_and_without_a_word_of_ours(listener: Listener, said: bytes) -> None:
    with listener.plain() as connection:
        connection.sendall(said)
        # At most the alert of TLS itself, seven bytes.
        assert len(read_all(connection)) <= 7

    assert b"200 OK" in listener.answer(listener.context(listener.authority.client("after")))


def test_connections_that_shake_no_hands_count_as_connections(listener: Listener) -> None:
    context = listener.context(listener.authority.client("crowded"))
    with ExitStack() as stack:
        waiting = [stack.enter_context(listener.plain()) for _ in range(LIMITS.connections)]
        assert listener.answer(context) == b""
        for connection in waiting:
            assert read_all(connection) == b""

    assert b"200 OK" in listener.answer(context)


def test_a_body_that_does_not_come_is_refused_with_a_problem(listener: Listener) -> None:
    slow = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf"

    assert b"request_timeout" in listener.answer(listener.context(listener.authority.client("slow")), slow)


def test_files_that_are_no_certificates_are_told_at_the_start(listener: Listener) -> None:
    good, unfit = written(listener.folder, "unfit", listener.authority.client("one")), listener.folder / "missing.pem"
    with pytest.raises(CertificatesUnfit, match=r"missing\.pem"):
        mutual_context(good[0], unfit, listener.folder / "ca.crt")
    with pytest.raises(CertificatesUnfit, match=r"missing\.pem"):
        mutual_context(*good, unfit)
