"""The product as a person starts it, seen from outside: what listens, shows and is kept, and how long it waits."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.attack.test_slow_clients import HEAD, Served, Service, drip
from tests.instance import Instance, started
from tests.service.gateway.servers import read_all

pytestmark = pytest.mark.attack
SETTINGS = {
    "SAMRAD_GATEWAY_HEAD_SECONDS": "0.4",
    "SAMRAD_GATEWAY_BODY_SECONDS": "0.4",
    "SAMRAD_GATEWAY_ADDRESS_CONNECTIONS": "8",
}


@pytest.fixture(scope="module")
def instance() -> Iterator[Instance]:
    """`./samrad run`, with no settings but for how long it waits for its clients."""
    with started(more=SETTINGS) as running:
        running.await_ready()
        yield running


def listening(instance: Instance) -> set[tuple[str, int]]:
    """Addresses and ports on which the processes of the instance listen, as the kernel has them."""
    pids = [instance.process.pid, *instance.descendants()]
    sockets = {_inode(link) for pid in pids for link in Path(f"/proc/{pid}/fd").iterdir()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                address, _, port = fields[1].partition(":")
                found.add((address, int(port, 16)))
    return found


def _inode(link: Path) -> str:
    try:
        found = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
    except OSError:
        return ""
    return found[1] if found else ""


def test_a_started_product_listens_at_its_five_ports_and_on_loopback_only(instance: Instance) -> None:
    """The database has no port at all: it is reached by a socket in a folder of its own."""
    found = listening(instance)

    assert {port for _, port in found} == {instance.port + offset for offset in range(5)}
    assert {address for address, _ in found} == {"0100007F"}, "127.0.0.1 as the kernel writes it"


def test_a_started_product_shows_no_page_for_developers(instance: Instance) -> None:
    for port in range(instance.port, instance.port + 3):
        for path in (
            "/docs",
            "/redoc",
            "/openapi.json",
            "/metrics",
            "/consultation/v1/docs",
            "/agreements/v1/openapi.json",
        ):
            answer = httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False)
            # Metrics are for the inside: on the ports that no client reaches.
            inside = path == "/metrics" and port in (instance.port + 1, instance.port + 2)
            assert answer.status_code == (200 if inside else 404), (port, path)


def test_what_it_keeps_for_itself_is_read_by_nobody_else(instance: Instance) -> None:
    """Keys, secrets and the sockets of the database, by the modes of their files."""
    kept = [
        path for path in instance.home.rglob("*") if path.suffix in (".jwk", ".jwks", ".key") or "secrets" in path.parts
    ]
    # The public keys of the checkpoints are for whoever verifies them.
    secret = [path for path in kept if path.parent.name != "checkpoints"]
    assert len(secret) > 3
    for path in secret:
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_a_started_product_holds_its_clients_to_the_settings(instance: Instance) -> None:
    gateway = Served(instance.port, Service())
    body = HEAD.replace(b"/read", b"/consultation/v1/lookups")
    with gateway.connect() as connection:
        head = drip(connection, b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200)
    with gateway.connect(body) as connection:
        late = drip(connection, b"x" * 1000)
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(gateway.connect())
        refused = read_all(stack.enter_context(gateway.connect()))

    assert head.startswith(b"HTTP/1.1 408 ")
    assert late.startswith(b"HTTP/1.1 408 ")
    assert refused.startswith(b"HTTP/1.1 429 ")
