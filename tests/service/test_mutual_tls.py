"""Mutual TLS towards a source: a real server that asks for certificates, and the adapter as it is put together."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.assembly.environment import CannotStart
from services.assembly.sources import make_ssbtek
from services.consultation.lookups.simulator.app import respond
from services.consultation.lookups.sources.domain import Inquiry, Origin, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.environment import Environment
from services.consultation.lookups.sources.health import SourceHealth
from services.consultation.settings import Settings
from shared.clock import Clock
from tests.certificates import authority, issued
from tests.unit.lookups.given import ASKER, inquiry, no_sleep
from tests.unit.lookups.watched import Hand

pytestmark = pytest.mark.requirement(1)

CA = authority("test authority")
STRANGER = authority("another authority")
SERVER = issued("ssbtek", CA)
OWN = issued("samrad", CA)
UMEA = issued("umea", CA)
EXPIRED = issued("expired", CA, first=datetime.now(UTC) - timedelta(days=9), last=datetime.now(UTC) - timedelta(days=1))


@dataclass
class Ssbtek:
    """The simulator behind TLS; `met` are the names of the clients whose requests arrived."""

    port: int = 0
    met: list[str] = field(default_factory=list)
    up: bool = True

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/ssbt/10"


@asynccontextmanager
async def ssbtek(folder: Path, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> AsyncIterator[Ssbtek]:
    """A server that lets in nobody without a certificate of CA's."""
    told = Ssbtek()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # What breaks a connection here is the test's own doing.
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            head = await reader.readuntil(b"\r\n\r\n")
            (length,) = (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            body = await reader.readexactly(int(length.partition(b":")[2]))
            told.met.append(dict(pair[0] for pair in writer.get_extra_info("peercert")["subject"])["commonName"])
            answer = await respond(body, no_sleep)
            sent = b"HTTP/1.1 %d OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            writer.write(sent % (answer.status_code if told.up else 503, len(answer.body)) + bytes(answer.body))
            await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(SERVER.write(folder / "server.pem"))
    context.load_verify_locations(cadata=CA.pem.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    told.port = server.sockets[0].getsockname()[1]
    async with server:
        yield told


def settings(folder: Path, url: str, **more: object) -> Settings:
    """Settings with what the adapter needs, and the rest made up."""
    (folder / "ca.pem").write_bytes(CA.pem)
    own = dict.fromkeys(("public_url", "issuer", "token_url", "agreements_url"), "http://127.0.0.1")
    secret = dict.fromkeys(("database_url", "statistics_database_url", "sealing_key", "marking_key"), "unused")
    given = {
        "ssbtek_ca_file": folder / "ca.pem",
        "ssbtek_client_certificate_file": OWN.write(folder / "own.pem"),
        "certificates_directory": folder,
        **more,
    }
    return Settings(**{**own, **secret, "client_key_file": folder, "ssbtek_url": url, **given})  # type: ignore[arg-type]


@asynccontextmanager
async def environment(chosen: Settings, clock: Clock = lambda: datetime.now(UTC)) -> AsyncIterator[Environment]:
    """The adapter as the service puts it together."""
    async with AsyncExitStack() as stack:
        yield make_ssbtek(chosen, tuple(SourceCode), stack, SourceHealth(clock), clock)


def question(certificate: str | None = None) -> Inquiry:
    return inquiry(asker=replace(ASKER, certificate=certificate))


def told(answers: Mapping[SourceCode, SourceAnswer]) -> set[tuple[SourceState, Origin | None, str | None]]:
    return {(each.state, each.origin, each.code) for each in answers.values()}


def test_each_tenant_is_met_under_its_own_certificate_and_the_others_under_the_deployments(tmp_path: Path) -> None:
    async def live() -> list[str]:
        UMEA.write(tmp_path / "umea.pem")
        async with ssbtek(tmp_path) as server, environment(settings(tmp_path, server.url)) as made:
            for certificate in (None, "umea", None, "umea"):
                assert {state for state, _, _ in told(await made.source.ask(question(certificate)))} == {
                    SourceState.ANSWERED
                }
            probed = await made.probe("umea")
            assert (probed.reached, probed.certificate_subject) == (True, "CN=umea")
            assert probed.certificate_expires == UMEA.certificate.not_valid_after_utc
            return server.met

    assert asyncio.run(live()) == ["samrad", "umea", "samrad", "umea", "umea"]


def test_a_deployment_without_a_certificate_finds_the_source_again_under_a_tenants(tmp_path: Path) -> None:
    """Otherwise the circuit that the tenant's questions opened would stay open for ever."""
    UMEA.write(tmp_path / "umea.pem")
    clock = Hand(datetime.now(UTC))

    async def live() -> list[str]:
        async with ssbtek(tmp_path) as server:
            chosen = settings(tmp_path, server.url, ssbtek_client_certificate_file=None, breaker_failures=2)
            async with environment(chosen, clock) as made:
                server.up = False
                for _ in range(2):
                    await made.source.ask(question("umea"))
                assert made.guard.breaker.state == "open"
                server.up = True
                clock.wait(15)
                await made.guard.probe_when_due()
                assert made.guard.breaker.state == "closed"
                return server.met

    assert asyncio.run(live()) == ["umea", "umea", "umea"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_certificate_that_the_source_refuses_is_an_error_of_ours_and_no_question_arrives(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    issued("stranger", STRANGER).write(tmp_path / "umea.pem")

    async def live() -> tuple[set[tuple[SourceState, Origin | None, str | None]], list[str], str]:
        async with ssbtek(tmp_path, version) as server, environment(settings(tmp_path, server.url)) as made:
            seen = [told(await made.source.ask(question("umea"))) for _ in range(6)]
            return set.union(*seen), server.met, made.guard.breaker.state

    seen, met, circuit = asyncio.run(live())

    ((state, origin, code),) = seen
    # After a TLS 1.3 handshake the refusal arrives as a broken connection.
    assert (state, origin) == (SourceState.ERROR, Origin.LOCAL)
    assert code in ("CERTIFICATE", "TRANSPORT")
    assert met == []
    assert circuit == "closed"  # one tenant's certificate must not shut the others out


def test_a_source_whose_certificate_is_of_another_authority_is_sent_nothing(tmp_path: Path) -> None:
    (tmp_path / "stranger.pem").write_bytes(STRANGER.pem)

    async def live() -> None:
        async with ssbtek(tmp_path) as server:
            chosen = settings(tmp_path, server.url, ssbtek_ca_file=tmp_path / "stranger.pem")
            async with environment(chosen) as made:
                assert told(await made.source.ask(question())) == {(SourceState.ERROR, Origin.LOCAL, "CERTIFICATE")}
                assert (await made.probe()).code == "CERTIFICATE"
            assert server.met == []

    asyncio.run(live())


@pytest.mark.parametrize(
    "content",
    [None, b"not a certificate", OWN.pem, EXPIRED.pem + EXPIRED.key_pem],
    ids=["missing", "unreadable", "without its key", "expired"],
)
def test_a_tenants_certificate_that_cannot_be_used_costs_that_tenant_only(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "umea.pem").write_bytes(content)

    async def live() -> None:
        async with ssbtek(tmp_path) as server, environment(settings(tmp_path, server.url)) as made:
            assert told(await made.source.ask(question("umea"))) == {(SourceState.ERROR, Origin.LOCAL, "CERTIFICATE")}
            probed = await made.probe("umea")
            assert (probed.reached, probed.code, probed.sources) == (False, "CERTIFICATE", {})
            assert {state for state, _, _ in told(await made.source.ask(question()))} == {SourceState.ANSWERED}
            assert server.met == ["samrad"]

    asyncio.run(live())


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"ssbtek_url": "http://ssbtek.example/ssbt/10"}, "SSBTEK_URL"),
        ({"ssbtek_url": "http://127.0.0.1.example/"}, "SSBTEK_URL"),
        ({"ssbtek_url": "ftp://127.0.0.1/"}, "SSBTEK_URL"),
        ({"ssbtek_client_certificate_file": Path("/nowhere/hemlig.pem")}, "SSBTEK_CLIENT_CERTIFICATE_FILE"),
        ({"ssbtek_client_certificate_file": None, "ssbtek_client_key_file": Path("/nowhere")}, "SSBTEK_CLIENT_KEY"),
        ({"ssbtek_ca_file": Path("/nowhere/hemlig.pem")}, "SSBTEK_CA_FILE"),
        ({"ssbtek_budget_seconds": 29.5}, "SSBTEK_BUDGET_SECONDS"),
    ],
)
def test_settings_that_cannot_be_meant_keep_it_from_starting_and_are_named_without_their_value(
    tmp_path: Path, changed: dict[str, object], named: str
) -> None:
    async def live() -> None:
        chosen = {"url": "https://127.0.0.1/", **changed}
        async with environment(settings(tmp_path, str(chosen.pop("ssbtek_url", chosen.pop("url"))), **chosen)):
            raise AssertionError

    with pytest.raises(CannotStart) as refused:
        asyncio.run(live())

    assert f"SAMRAD_CONSULTATION_{named}" in str(refused.value)
    assert "hemlig" not in str(refused.value)
    assert "example" not in str(refused.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/"])
def test_plain_http_is_for_loopback(tmp_path: Path, address: str) -> None:
    async def live() -> str:
        async with environment(settings(tmp_path, address)) as made:
            return made.name

    assert asyncio.run(live()) == "ssbtek"


def test_an_expired_certificate_of_the_deployment_keeps_it_from_starting(tmp_path: Path) -> None:
    chosen = settings(
        tmp_path, "https://127.0.0.1/", ssbtek_client_certificate_file=EXPIRED.write(tmp_path / "expired.pem")
    )

    async def live() -> None:
        async with environment(chosen):
            raise AssertionError

    with pytest.raises(CannotStart, match="the certificate has expired"):
        asyncio.run(live())
