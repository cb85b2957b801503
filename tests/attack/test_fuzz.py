"""Every operation of the committed documents, called with whatever comes to mind: never a fault."""

import json
import uuid
from copy import deepcopy
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.gateway.tokens.demo import DEMO_CLIENTS
from shared.tokens.client import authorization
from tests import openapi_check
from tests.exchange import NOBODY, Exchange
from tests.sizes import sample_or_full

pytestmark = pytest.mark.attack
_NOT_LET_IN = {("agreements", "/decisions"), ("agreements", "/delegation-checks")}
OPERATIONS = [
    (service, method, template)
    for service in openapi_check.SERVICES
    for template, item in openapi_check.document(service)["paths"].items()
    for method in item
    if method in ("get", "post", "put", "patch", "delete") and (service, template) not in _NOT_LET_IN
]

TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", "0", "-1", "null", "'", "%", "\\", "\u0000", "9" * 40, "0001-01-01", "9999-12-31", "a" * 300]),
    st.uuids().map(str),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
HEADER_TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40).map(str.strip)


def described(operation: tuple[str, str, str]) -> dict[str, Any]:
    service, method, template = operation
    found: dict[str, Any] = openapi_check.document(service)["paths"][template][method]
    return found


def client_for(operation: tuple[str, str, str]) -> str | None:
    """A demo client that holds the scope; None for an operation that needs no token."""
    security = described(operation).get("security") or []
    if not security:
        return None
    scope = security[0]["oauth"][0]
    return next(name for name, client in DEMO_CLIENTS.items() if scope in client.scopes and name != "consultation")


def places(node: Any, so_far: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body."""
    found = [so_far]
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in members:
        found += places(value, (*so_far, name))
    return found


def spoiled(body: Any, place: tuple[Any, ...], value: Any, *, drop: bool) -> Any:
    """The body with one place changed, or left out."""
    if not place:
        return value
    whole = deepcopy(body)
    inner = whole
    for name in place[:-1]:
        inner = inner[name]
    if drop:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return whole


def body_of(data: st.DataObject, operation: tuple[str, str, str]) -> bytes | None:
    request = described(operation).get("requestBody")
    if request is None:
        return None
    if data.draw(st.integers(0, 9)) == 0:
        return data.draw(st.binary(max_size=80))
    if "application/json" not in request["content"]:
        return data.draw(st.binary(max_size=80))
    body = request["content"]["application/json"]["example"]
    for _ in range(data.draw(st.integers(1, 2))):
        body = spoiled(body, data.draw(st.sampled_from(places(body))), data.draw(VALUES), drop=data.draw(st.booleans()))
    return json.dumps(body).encode()


def path_of(data: st.DataObject, operation: tuple[str, str, str]) -> str:
    service, _, template = operation
    ids = st.sampled_from([NOBODY, "2021002114", "2480"]) | st.uuids().map(str) | st.text(SAFE, min_size=1, max_size=30)
    while "{" in template:
        start, _, rest = template.partition("{")
        template = start + data.draw(ids) + rest.partition("}")[2]
    return f"/{service}/v1{template}"


def query_of(data: st.DataObject, operation: tuple[str, str, str]) -> str:
    names = [each["name"] for each in described(operation).get("parameters", []) if each["in"] == "query"]
    chosen = data.draw(st.lists(st.sampled_from([*names, "unknown"]), max_size=4))
    return "&".join(f"{name}={quote(data.draw(TEXTS), safe='')}" for name in chosen)


def headers_of(data: st.DataObject, operation: tuple[str, str, str]) -> dict[str, str]:
    headers = {"Samrad-Handler": "hl-1", "If-Match": '"1"', "Content-Type": "application/json"}
    for name in ("Samrad-Handler", "If-Match", "Idempotency-Key", "Accept-Language", "traceparent", "Accept"):
        if data.draw(st.integers(0, 5)) == 0:
            headers[name] = data.draw(HEADER_TEXTS)
    if data.draw(st.integers(0, 19)) == 0:
        headers["Content-Type"] = data.draw(HEADER_TEXTS)
    return headers


@given(data=st.data())
@settings(
    max_examples=sample_or_full(120, 5000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_call_is_a_fault_and_every_refusal_has_the_documented_shape(exchange: Exchange, data: st.DataObject) -> None:
    # All that is drawn is drawn before anything is done: what the product does must not come between.
    operation = data.draw(st.sampled_from(OPERATIONS))
    path, query, headers = path_of(data, operation), query_of(data, operation), headers_of(data, operation)
    body = body_of(data, operation)
    if (name := client_for(operation)) is not None:
        client = exchange.client(name)
        address = exchange.base_url + path
        token = client.token_for(path)
        headers |= authorization(client.identity, token, operation[1].upper(), address, exchange.clock())
    url = f"{exchange.base_url}{path}" + (f"?{query}" if query else "")

    answer = exchange.http.request(operation[1], url, headers=headers, content=body)

    assert answer.status_code < 500
    assert answer.status_code != 401, "the credentials were good"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["instance"].startswith("urn:uuid:")
        assert str(uuid.UUID(answer.json()["instance"][-36:])) in answer.json()["instance"]
    openapi_check.check(answer)
