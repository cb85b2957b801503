"""What is there is what is documented: no forgotten version, no page for developers, no open port."""

import pytest
from fastapi.routing import APIRoute

from services.agreements import main as agreements
from services.consultation import main as consultation
from services.gateway.proxy.allowed import ALLOWED
from shared.http.service import routes_of
from tests.exchange import Exchange
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
