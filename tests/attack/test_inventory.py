"""What is there is what is documented: no forgotten version, no page for developers, no open port."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute

from services.agreements import main as agreements
from services.consultation import main as consultation
from services.gateway.proxy.allowed import ALLOWED
from shared.http.service import routes_of
from tests.exchange import Exchange
from tests.instance import Instance, started
from tests.openapi_check import SERVICES, document
from tests.service.test_isolation import INTERNAL

pytestmark = pytest.mark.attack
ROUTERS = {"consultation": consultation._ROUTERS, "agreements": agreements.ROUTERS}
FORGOTTEN = [
    *("/docs", "/redoc", "/openapi.json", "/swagger", "/swagger-ui.html", "/api-docs", "/graphql", "/console"),
    *("/debug", "/debug/pprof/", "/actuator", "/actuator/env", "/admin", "/internal", "/status", "/info"),
    *("/.env", "/.git/config", "/.git/HEAD", "/config", "/backup.sql", "/server-status", "/phpinfo.php", "/robots.txt"),
    *("/v0/consultations", "/v2/consultations", "/v1beta/consultations", "/latest/consultations", "/test", "/dev"),
    *("/v1/docs", "/v1/openapi.json", "/v1/debug", "/v1/metrics", "/v1/admin", "/v1/decisions/", "/v1"),
]


def documented(service: str) -> set[tuple[str, str]]:
    """Method and template of every operation."""
    paths = document(service)["paths"]
    return {(method.upper(), template) for template, item in paths.items() for method in item if method != "parameters"}


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_of_a_service_is_documented_and_every_document_has_its_route(service: str) -> None:
    routes = [route for route in routes_of(ROUTERS[service]) if isinstance(route, APIRoute)]
    assert {(method, route.path) for route in routes for method in route.methods or ()} == documented(service)


@pytest.mark.parametrize("service", SERVICES)
def test_the_gateway_lets_in_what_is_documented_but_for_what_is_internal(service: str) -> None:
    inside = {(method, template) for named, method, template in INTERNAL if named == service}
    assert {(method, f"/v1{template}") for method, template in documented(service) - inside} == set(ALLOWED[service])


@pytest.mark.parametrize("path", FORGOTTEN)
def test_nothing_forgotten_is_there(exchange: Exchange, path: str) -> None:
    for door, prefixes in {
        "gateway": ("", "/consultation", "/agreements"),
        "consultation": ("", "/consultation"),
    }.items():
        for prefix in prefixes:
            answer = exchange.http.get(f"http://127.0.0.1:{exchange.ports[door]}{prefix}{path}")
            assert answer.status_code in (400, 401, 404), (door, prefix, answer.status_code)


# --- a process of its own, as a person starts it ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def instance() -> Iterator[Instance]:
    """`./samrad run` with no settings."""
    with started() as running:
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
