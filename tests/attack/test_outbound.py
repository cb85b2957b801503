"""Addresses that others choose lead to the public internet or nowhere, and the connection goes where was checked."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from shared.addresses import Address
from shared.outbound import MAX_ANSWER_BYTES, Outbound, OutboundRefused, OutboundRules, Target, is_public
from shared.transport.protocol import AnswerTooLarge, ConnectFailed, TimedOut, TransportError
from tests.unit.shared import given as g

pytestmark = pytest.mark.attack

NAME = "hook.samrad.example"
PUBLIC = "185.199.108.153"


class Resolver:
    """Answers with these addresses, one list after the other, the last one again and again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def __call__(self, *_: object) -> Sequence[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


def refusal(url: str, resolver: Resolver | None = None) -> str:
    with pytest.raises(OutboundRefused) as caught:
        g.run(Outbound(resolver or Resolver([PUBLIC])).target(url))
    assert url not in str(caught.value)
    return caught.value.reason


def test_a_public_name_is_resolved_once_and_connected_to_by_its_address() -> None:
    resolver = Resolver([PUBLIC, "2a00:1450:400f:80d::200e"])

    target = g.run(Outbound(resolver).target(f"https://{NAME.upper()}/a/b?c=d%20e"))

    assert target == Target(NAME, 443, "/a/b?c=d%20e", PUBLIC)
    assert resolver.asked == 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"http://{NAME}/", "url_invalid"),
        (f"HTTPS://{NAME}/", "url_invalid"),
        (f"ftp://{NAME}/", "url_invalid"),
        ("file:///etc/passwd", "url_invalid"),
        (f"//{NAME}/", "url_invalid"),
        (f"https:{NAME}/", "url_invalid"),
        (f"https:\\\\{NAME}/", "url_invalid"),
        (f"https://user:secret@{NAME}/", "url_invalid"),
        (f"https://{NAME}@127.0.0.1/", "url_invalid"),
        (f"https://{NAME}#@127.0.0.1/", "url_invalid"),
        (f"https://{NAME}\\@127.0.0.1/", "url_invalid"),
        (f"https://{NAME}/a\\b", "url_invalid"),
        (f"https://{NAME}/#x", "url_invalid"),
        (f"https://{NAME}?x", "url_invalid"),
        (f"https://{NAME}/a b", "url_invalid"),
        (f"https://{NAME}/\r\nHost: x", "url_invalid"),
        (f"https://{NAME}/\n", "url_invalid"),
        (f" https://{NAME}/", "url_invalid"),
        (f"https://{NAME}/å", "url_invalid"),
        (f"https://{NAME}:/", "url_invalid"),
        (f"https://{NAME}:443:80/", "url_invalid"),
        (f"https://{NAME}:-1/", "url_invalid"),
        (f"https://{NAME}:４４３/", "url_invalid"),
        (f"https://{NAME}/{'x' * 2048}", "url_invalid"),
        ("https:///x", "url_invalid"),
        ("https://[::1]/", "url_invalid"),
        ("https://[::ffff:127.0.0.1]/", "url_invalid"),
        ("https://①②⑦.⓪.⓪.①/", "url_invalid"),
        ("https://１２７.0.0.1/", "url_invalid"),
        ("https://hook。samrad。example/", "url_invalid"),
        ("https://hook.samrad_x.example/", "url_invalid"),
        ("https://127.0.0.1/", "host_not_a_name"),
        ("https://127.1/", "host_not_a_name"),
        ("https://2130706433/", "host_not_a_name"),
        ("https://0177.0.0.1/", "host_not_a_name"),
        ("https://0x7f.0.0.1/", "host_not_a_name"),
        ("https://0x7f000001/", "host_not_a_name"),
        ("https://127.0.0.0x1/", "host_not_a_name"),
        ("https://a.0x/", "host_not_a_name"),
        (f"https://{PUBLIC}/", "host_not_a_name"),
        ("https://localhost/", "host_not_a_name"),
        ("https://intranet/", "host_not_a_name"),
        (f"https://{NAME}./", "host_not_a_name"),
        ("https://.samrad.example/", "host_not_a_name"),
        ("https://a..example/", "host_not_a_name"),
        ("https://-a.example/", "host_not_a_name"),
        (f"https://{'a' * 64}.example/", "host_not_a_name"),
        (f"https://{NAME}:80/", "port_not_allowed"),
        (f"https://{NAME}:22/", "port_not_allowed"),
        (f"https://{NAME}:5432/", "port_not_allowed"),
        (f"https://{NAME}:0/", "port_not_allowed"),
        (f"https://{NAME}:65979/", "port_not_allowed"),
    ],
)
def test_what_is_no_plain_https_address_of_a_name_is_refused_before_anything_is_asked(url: str, reason: str) -> None:
    resolver = Resolver([PUBLIC])

    assert refusal(url, resolver) == reason
    assert resolver.asked == 0


# IANA's special-purpose address registries, and what wraps an address of them.
SPECIAL = [
    *("0.0.0.1", "0.255.255.255", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255"),
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.31.196.1"),
    *("192.52.193.1", "192.88.99.1", "192.168.0.1", "192.175.48.1", "198.18.0.1", "198.19.255.255"),
    *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    *("::ffff:0:127.0.0.1",),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "100::1", "100:0:0:1::1"),
    *("2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:1::1", "2001:2::1", "2001:10::1", "2001:20::1"),
    *("2001:30::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:b9c7:6c99::1", "2620:4f:8000::1"),
    *("3fff::1", "3ffe::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::5efe:7f00:1", "fec0::1", "ff02::1"),
    *("ff0e::1", "4000::1", "e000::1"),
]  # fmt: skip


@pytest.mark.parametrize("address", SPECIAL)
def test_a_name_that_leads_to_a_special_address_is_refused(address: str) -> None:
    assert refusal(f"https://{NAME}/", Resolver([address])) == "address_not_public"
    assert refusal(f"https://{NAME}/", Resolver([PUBLIC, address])) == "address_not_public"


@pytest.mark.parametrize(
    "address",
    [
        *(PUBLIC, "1.1.1.1", "172.32.0.1", "100.128.0.1", "2a00:1450:400f:80d::200e"),
        "64:ff9b::101:101",
        "::ffff:1.1.1.1",
    ],
)
def test_a_public_address_is_public_also_behind_a_translator(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_in_every_wrapping_that_is_unwrapped(address: ipaddress.IPv4Address) -> None:
    mapped = ipaddress.IPv6Address(int(address) | 0xFFFF << 32)
    translated = ipaddress.IPv6Address((0x64_FF9B << 96) | int(address))

    assert is_public(mapped) == is_public(translated) == is_public(address)
    assert not is_public(address) or address.is_global


@given(st.ip_addresses(v=6))
def test_what_python_calls_private_is_never_public(address: ipaddress.IPv6Address) -> None:
    inner = address.ipv4_mapped
    assert not is_public(address) or address.is_global or inner is not None


@pytest.mark.parametrize("answer", [[], ["nonsense"], ["1.1.1.1.1"]])
def test_a_name_that_has_no_address_is_refused(answer: list[str]) -> None:
    assert refusal(f"https://{NAME}/", Resolver(answer)) == "host_unknown"


def test_a_name_that_cannot_be_resolved_is_refused() -> None:
    async def fails(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    with pytest.raises(OutboundRefused):
        g.run(Outbound(fails).target(f"https://{NAME}/"))


# --- on the wire -------------------------------------------------------------------------------------------------

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server shows as the name, and what a client must trust for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=made.public_bytes(serialization.Encoding.PEM).decode())


def loopback_too(address: Address) -> bool:
    return is_public(address) or address == ipaddress.ip_address("127.0.0.1")


@asynccontextmanager
async def hook(folder: Path, handle: Handle, *resolved: Sequence[str]) -> AsyncIterator[tuple[Outbound, str, Resolver]]:
    """A receiver on this machine, and an outbound that may reach this machine, by its name."""
    shown, trusted = certificate(folder)
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=shown)
    port = server.sockets[0].getsockname()[1]
    resolver = Resolver(*(resolved or (["127.0.0.1"],)))
    rules = OutboundRules(frozenset((port,)), loopback_too)
    try:
        yield Outbound(resolver, rules, trusted), f"https://{NAME}:{port}/in?x=1", resolver
    finally:
        server.close()


def answering(answer: bytes, seen: list[bytes]) -> Handle:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    return handle


def test_it_is_delivered_to_the_address_under_the_name(tmp_path: Path) -> None:
    seen: list[bytes] = []

    async def deliver() -> int:
        async with hook(tmp_path, answering(b"HTTP/1.1 204 No Content\r\n\r\n", seen)) as (outbound, url, _):
            headers = {"X-Signature": "abc", "Host": "evil.example", "Transfer-Encoding": "chunked"}
            return (await outbound.post(url, b"{}", headers)).status

    assert g.run(deliver()) == 204
    assert seen[0].startswith(b"POST /in?x=1 HTTP/1.1\r\n")
    assert seen[0].lower().count(b"\r\nhost: ") == 1
    assert f"host: {NAME}:".encode() in seen[0].lower()
    assert b"x-signature: abc" in seen[0].lower()
    assert b"transfer-encoding" not in seen[0].lower()


def test_a_name_that_changes_its_address_gains_nothing_between_check_and_connection(tmp_path: Path) -> None:
    """DNS rebinding: what is asked for the connection is what was asked for the check."""
    seen: list[bytes] = []

    async def deliver() -> int:
        handle = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", seen)
        async with hook(tmp_path, handle, ["127.0.0.1"], ["10.0.0.1"]) as (outbound, url, resolver):
            await outbound.post(url, b"{}", {})
            assert resolver.asked == 1
            with pytest.raises(OutboundRefused):
                await outbound.post(url, b"{}", {})
            return resolver.asked

    assert g.run(deliver()) == 2
    assert len(seen) == 1


def test_one_who_cannot_show_the_certificate_of_the_name_gets_nothing(tmp_path: Path) -> None:
    seen: list[bytes] = []

    async def deliver() -> None:
        async with hook(tmp_path, answering(b"HTTP/1.1 200 OK\r\n\r\n", seen)) as (outbound, url, _):
            with pytest.raises(ConnectFailed):
                await outbound.post(url.replace("hook", "other"), b"secret", {})
            with pytest.raises(ConnectFailed):
                await Outbound(outbound.resolve, outbound.rules).post(url, b"secret", {})

    g.run(deliver())
    assert seen == []


def test_a_redirect_is_an_answer_and_not_followed(tmp_path: Path) -> None:
    seen: list[bytes] = []

    async def deliver() -> int:
        answer = b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
        async with hook(tmp_path, answering(answer, seen)) as (outbound, url, resolver):
            status = (await outbound.post(url, b"{}", {})).status
            assert resolver.asked == 1
            return status

    assert g.run(deliver()) == 307
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MAX_ANSWER_BYTES + 1), AnswerTooLarge),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx", TransportError),
        (b"nonsense\r\n\r\n", TransportError),
        (b"", TransportError),
    ],
)
def test_an_answer_too_large_or_broken_is_a_failure(tmp_path: Path, answer: bytes, kind: type[Exception]) -> None:
    async def deliver() -> None:
        async with hook(tmp_path, answering(answer, [])) as (outbound, url, _):
            with pytest.raises(kind):
                await outbound.post(url, b"{}", {})

    g.run(deliver())


def test_a_receiver_that_takes_its_time_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.outbound.TIMEOUT_SECONDS", 0.3)

    async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        try:
            for _ in range(100):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)
        except OSError:
            pass
        writer.close()

    async def deliver() -> None:
        async with hook(tmp_path, drips) as (outbound, url, _):
            with pytest.raises(TimedOut):
                await outbound.post(url, b"{}", {})

    g.run(deliver())
