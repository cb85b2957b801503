"""A listener that knows its clients by certificate: who is let in, who is not, and what a slow handshake takes."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.sandbox_certificates import Authority, Credential
from shared.connections import ConnectionLimits
from shared.http.guard import Receive, Scope, Send, send_bytes
from shared.tls import CertificatesUnfit, client_fingerprint, mutual_context
from tests.certificates import Issued, authority, issued
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
    other: Issued
    """Another authority that it trusts, which issues whatever a test needs."""

    def shown(self, *chain: Issued) -> ssl.SSLContext:
        """How a client connects that shows these certificates, its own first."""
        made = self.context(None)
        file = self.folder / "shown.pem"
        file.write_bytes(chain[0].key_pem + b"".join(each.pem for each in chain))
        made.load_cert_chain(file)
        return made

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
    folder, own, other = tmp_path_factory.mktemp("tls"), Authority(), authority("other")
    (folder / "ca.crt").write_bytes(own.certificate + other.pem)
    tls = mutual_context(*written(folder, "server", own.server("127.0.0.1")), folder / "ca.crt")
    bound = free_socket()
    with serving(fingerprint_told, bound, LIMITS, tls):
        yield Listener(bound.getsockname()[1], own, folder, other)


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


def test_two_clients_with_requests_sent_ahead_are_never_taken_for_each_other(listener: Listener) -> None:
    one, two = listener.authority.client("one"), listener.authority.client("two")
    kept = REQUEST.replace(b"close", b"keep-alive")
    with ExitStack() as stack:
        connections = {}
        for client in (one, two):
            plain = stack.enter_context(listener.plain())
            context = listener.context(client)
            connections[client.fingerprint] = stack.enter_context(
                context.wrap_socket(plain, server_hostname="localhost")
            )
        for _ in range(10):
            for connection in connections.values():
                connection.sendall(kept + kept)
        for connection in connections.values():
            connection.sendall(REQUEST)
        told = {mark: read_all(connection).decode() for mark, connection in connections.items()}

    assert told[one.fingerprint].count(one.fingerprint) == told[two.fingerprint].count(two.fingerprint) == 21
    assert two.fingerprint not in told[one.fingerprint]
    assert one.fingerprint not in told[two.fingerprint]


def test_a_resumed_session_has_the_certificate_that_it_began_with(listener: Listener) -> None:
    one, two = listener.authority.client("one"), listener.authority.client("two")
    told, session = [], None
    for client in (one, two):
        context = listener.context(client, maximum_version=ssl.TLSVersion.TLSv1_2)
        for _ in range(2):
            with (
                listener.plain() as plain,
                context.wrap_socket(plain, server_hostname="localhost", session=session) as connection,
            ):
                connection.sendall(REQUEST)
                told.append(read_all(connection).decode()[-64:])
                session = connection.session
        session = None

    assert told == [one.fingerprint, one.fingerprint, two.fingerprint, two.fingerprint]


def test_a_new_certificate_on_the_same_key_is_another_client(listener: Listener) -> None:
    one = issued("one", listener.other)
    again = issued("one", listener.other, private=one.private)

    for each in (one, again):
        assert listener.answer(listener.shown(each)).endswith(each.fingerprint.encode())
    assert one.fingerprint != again.fingerprint


def test_of_a_chain_it_is_the_clients_own_certificate_that_counts(listener: Listener) -> None:
    between = authority("between", listener.other)
    client = issued("below", between)

    assert listener.answer(listener.shown(client, between)).endswith(client.fingerprint.encode())
    assert listener.answer(listener.shown(client)) == b"", "nobody vouches for it"


@pytest.mark.parametrize(("first", "last"), [(-2, -1), (1, 2)])
def test_a_certificate_outside_its_days_gets_no_answer(listener: Listener, first: int, last: int) -> None:
    now = datetime.now(UTC)
    client = issued("untimely", listener.other, first=now + timedelta(first), last=now + timedelta(last))

    assert listener.answer(listener.shown(client)) == b""


def test_a_client_may_not_vouch_for_another(listener: Listener) -> None:
    client = issued("one", listener.other)

    assert listener.answer(listener.shown(issued("mine", client), client)) == b""


@pytest.mark.parametrize("said", [b"", REQUEST[:20], REQUEST.replace(b"close", b"keep-alive")])
def test_connections_that_are_half_closed_make_room_again(listener: Listener, said: bytes) -> None:
    context = listener.context(listener.authority.client("half"))
    for _ in range(2 * LIMITS.connections):
        with listener.plain() as plain, suppress(OSError):
            connection = context.wrap_socket(plain, server_hostname="localhost")
            connection.sendall(said)
            # TLS knows nothing of it: no word that the client is done, only the end of what it sends.
            socket.socket.shutdown(connection, socket.SHUT_WR)
            read_all(connection)
            connection.close()

    assert b"200 OK" in listener.answer(context)


def test_a_handshake_a_byte_at_a_time_is_ended_in_time(listener: Listener) -> None:
    hello = ssl.MemoryBIO()
    client = listener.context(listener.authority.client("slow")).wrap_bio(ssl.MemoryBIO(), hello)
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    said = hello.read()
    sent = 0
    with listener.plain() as connection, suppress(OSError):
        connection.settimeout(LIMITS.head_seconds / 10)
        while sent < len(said):
            connection.sendall(said[sent : sent + 1])
            sent += 1
            with suppress(TimeoutError):
                if connection.recv(100) == b"":
                    break

    assert 1 < sent < 100, "it was ended, long before all was said"


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
