"""Operations called with the wrong right: each scope for everything but its own, each method but the documented."""

import re
from collections.abc import Mapping

import httpx
import pytest

from services.gateway.scopes import CATALOGUE
from shared.tokens.client import MachineClient, authorization
from tests.exchange import Exchange
from tests.openapi_check import document
from tests.service import test_isolation as operations
from tests.service.test_isolation import (
    GUARDED,
    INTERNAL,
    OPERATIONS,
    Operation,
    almighty,
    credentials,
    named,
    narrowed,
)
from tests.sizes import scattered

__all__ = ["almighty"]

pytestmark = pytest.mark.attack
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


@pytest.fixture(scope="module")
def singles(running: Exchange, almighty: MachineClient) -> dict[tuple[str, str], MachineClient]:
    """A client with one scope for one service, for each scope that there is."""
    running.clock.back_to_now()
    return {
        (service, scope.name): narrowed(running, almighty, service, [scope.name])
        for service, scopes in CATALOGUE.items()
        for scope in scopes
    }


@named(GUARDED)
def test_no_single_other_scope_opens_an_operation(
    exchange: Exchange, singles: dict[tuple[str, str], MachineClient], operation: Operation
) -> None:
    others = [scope.name for scope in CATALOGUE[operation.service] if scope.name != operation.scope]
    assert others
    for name in scattered(others, GUARDED.index(operation), 4):
        client = singles[operation.service, name]
        refused = operations.send(exchange, operation, credentials(exchange, client, operation))
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing"), name


@named(GUARDED)
def test_its_own_scope_alone_opens_it(
    exchange: Exchange, singles: dict[tuple[str, str], MachineClient], operation: Operation
) -> None:
    client = singles[operation.service, operation.scope]

    answer = operations.send(exchange, operation, credentials(exchange, client, operation))

    assert answer.status_code not in (401, 403) or answer.json()["code"] != "scope_missing"


@named(GUARDED)
def test_a_token_for_the_other_service_opens_nothing_at_the_service_itself(
    exchange: Exchange, almighty: MachineClient, operation: Operation
) -> None:
    """Also past the gateway: the same scope name is known to both services (`samrad:audit.read`)."""
    other = next(service for service in CATALOGUE if service != operation.service)
    token = almighty.token_for(f"/{other}/")
    address = exchange.base_url + operation.path()
    headers = authorization(almighty.identity, token, operation.method, address, exchange.clock())
    port = exchange.ports[operation.service]

    answer = exchange.http.request(
        operation.method, f"http://127.0.0.1:{port}{operation.path()}", headers={**headers, "Samrad-Handler": "hl-1"}
    )

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("service", "template"), sorted({(each.service, each.template) for each in OPERATIONS}), ids=lambda part: part
)
def test_a_method_that_is_not_documented_does_nothing(
    exchange: Exchange, almighty: MachineClient, service: str, template: str
) -> None:
    templates = document(service)["paths"]
    known = {method.upper() for method in templates[template]}
    others = [method for method in METHODS if method not in known]
    for method in scattered(others, list(templates).index(template), 2):
        operation = Operation(service, method, template)
        headers = {**credentials(exchange, almighty, operation), "Samrad-Handler": "hl-1", "If-Match": '"1"'}
        for port in (exchange.ports["gateway"], exchange.ports[service]):
            answer = exchange.http.request(method, f"http://127.0.0.1:{port}{operation.path()}", headers=headers)
            internal = any((service, each, template) in INTERNAL for each in known)
            hidden = internal and port == exchange.ports["gateway"]
            # Whoever reads the last part as an id knows of none of that form; the gateway does not read ids.
            refused = {404} if hidden else {404, 405} if is_an_id(templates, template, method) else {405}
            assert answer.status_code in refused, method


def is_an_id(templates: Mapping[str, Mapping[str, object]], template: str, method: str) -> bool:
    """The method is that of another address, whose last part is an id: `/things/{thingId}`."""
    return any(
        method.lower() in operations
        and re.sub(r"/\{[^/]+\}$", "", each) == template.rpartition("/")[0]
        and each.endswith("}")
        for each, operations in templates.items()
    )


def test_a_right_that_was_asked_for_narrowly_is_narrow(exchange: Exchange, almighty: MachineClient) -> None:
    """What a client holds is not what its token says: a stolen token opens what it was fetched for."""
    reading = narrowed(exchange, almighty, "consultation", ["samrad:lookups.read"])
    opens = Operation("consultation", "POST", "/consultations")

    refused: httpx.Response = operations.send(exchange, opens, credentials(exchange, reading, opens))

    assert (refused.status_code, refused.json()["requiredScope"]) == (403, opens.scope)
