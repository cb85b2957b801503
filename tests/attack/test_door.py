"""What every answer carries, what none carries, and what is not reachable from outside."""

import re
from typing import Any

import httpx
import pytest

from services.consultation.lookups.simulator.persons import number
from shared.identity import passes_for_identity
from tests import openapi_check
from tests.attack.support import CONSULTATIONS, INTERNAL, LOOKUPS, raw
from tests.exchange import NOBODY, Exchange

pytestmark = pytest.mark.attack

MARKER = number("18981212", "980")
SERVICES = ("gateway", "consultation", "agreements")
CALLERS = {"consultation": "umea", "agreements": "umea"}
OPERATIONS = [
    (service, method, template, operation)
    for service in openapi_check.SERVICES
    for template, item in openapi_check.document(service)["paths"].items()
    for method, operation in item.items()
    if (service, template) not in INTERNAL
]
# Words that would tell what serves, in which version, or where something broke.
TELLING = re.compile(
    rb"uvicorn|starlette|fastapi|pydantic|python|httptools|uvloop|sqlalchemy|asyncpg|postgres"
    rb"|traceback|\.py\b|line \d+",
    re.IGNORECASE,
)


def at(exchange: Exchange, service: str, path: str) -> str:
    return f"http://127.0.0.1:{exchange.ports[service]}{path}"


def hold_to_the_rules(answer: httpx.Response) -> None:
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", headers["traceparent"])
    assert not [name for name in headers if name.startswith("access-control-")]
    for name in ("server", "x-powered-by", "via", "set-cookie"):
        assert name not in headers
    told = b"\n".join(value for pair in headers.raw for value in pair)
    assert not TELLING.search(told), told


@pytest.mark.parametrize(
    ("service", "method", "template", "operation"), OPERATIONS, ids=[f"{s} {m} {t}" for s, m, t, _ in OPERATIONS]
)
def test_every_operation_answers_with_the_safe_headers_and_is_not_to_be_stored(
    exchange: Exchange, service: str, method: str, template: str, operation: dict[str, Any]
) -> None:
    path = f"/{service}/v1" + re.sub(r"\{\w+\}", NOBODY, template)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")

    known = exchange.send("umea", method.upper(), path, body, version=1)
    unknown = exchange.http.request(method, exchange.base_url + path, json=body)

    for answer in (known, unknown):
        hold_to_the_rules(answer)
        assert answer.headers["cache-control"] == "no-store"
        assert "ratelimit" in answer.headers


@pytest.mark.parametrize("path", ["/", "/style.css", "/oauth/jwks", "/.well-known/oauth-authorization-server"])
def test_what_is_public_has_the_safe_headers_too(exchange: Exchange, path: str) -> None:
    answer = exchange.http.get(exchange.base_url + path)

    hold_to_the_rules(answer)
    assert answer.headers["cache-control"] == "public, max-age=300"
    if path == "/":
        assert "geolocation=()" in answer.headers["permissions-policy"]
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"


def test_a_token_is_never_to_be_stored(exchange: Exchange) -> None:
    answer = exchange.http.post(f"{exchange.base_url}/oauth/token", data={"grant_type": "x"})

    hold_to_the_rules(answer)
    assert answer.headers["cache-control"] == "no-store"


WAYS_TO_FAIL: dict[str, tuple[str, str, dict[str, Any]]] = {
    "no such path": ("GET", "/nothing", {}),
    "no such method": ("DELETE", CONSULTATIONS, {}),
    "no token": ("GET", CONSULTATIONS, {}),
    "a token of rubbish": ("GET", CONSULTATIONS, {"headers": {"Authorization": "Bearer x.y.z"}}),
    "a parameter of rubbish": ("GET", f"{CONSULTATIONS}?limit={MARKER}&cursor=x", {}),
    "an id of rubbish": ("GET", f"{CONSULTATIONS}/x", {}),
    "a body of rubbish": ("POST", LOOKUPS, {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    "another content type": ("POST", LOOKUPS, {"content": b"<x/>", "headers": {"Content-Type": "text/xml"}}),
    "a form of rubbish": ("POST", "/oauth/token", {"content": b"\xff"}),
    "two keys": ("GET", CONSULTATIONS, {"headers": [("DPoP", "x"), ("DPoP", "y")]}),
    "not ready": ("GET", "/health/nothing", {}),
}


@pytest.mark.parametrize("port", SERVICES)
@pytest.mark.parametrize("way", WAYS_TO_FAIL)
def test_no_refusal_tells_what_serves_it(exchange: Exchange, way: str, port: str) -> None:
    method, path, options = WAYS_TO_FAIL[way]

    answer = exchange.http.request(method, at(exchange, port, path), **options)

    assert answer.status_code in range(400, 500)
    hold_to_the_rules(answer)
    assert not TELLING.search(answer.content), answer.text
    assert MARKER not in answer.text


@pytest.mark.parametrize("port", SERVICES)
@pytest.mark.parametrize(
    "sent",
    [b"\x00\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\n", b"GET /" + b"x" * 70_000],
)
def test_what_the_server_itself_refuses_tells_nothing_either(exchange: Exchange, sent: bytes, port: str) -> None:
    answer = raw(exchange, sent + b" HTTP/1.1\r\nHost: a\r\n\r\n", port=port)

    assert answer.startswith(b"HTTP/1.1 ")
    assert b"application/problem+json" in answer
    assert b"\r\nserver:" not in answer.lower()
    assert not TELLING.search(answer)


@pytest.mark.parametrize("port", SERVICES)
@pytest.mark.parametrize(
    "path",
    [
        *("/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"),
        *("/consultation/v1/docs", "/consultation/v1/openapi.json", "/agreements/v1/redoc", "/debug", "/.env"),
    ],
)
def test_no_documents_are_served_by_what_runs(exchange: Exchange, path: str, port: str) -> None:
    assert exchange.http.get(at(exchange, port, path)).status_code == 404


def test_no_page_elsewhere_may_read_an_answer(exchange: Exchange) -> None:
    """No CORS: neither a preflight nor a request from another origin is given leave."""
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method, path in (("OPTIONS", LOOKUPS), ("OPTIONS", "/oauth/token"), ("GET", "/agreements/v1/counties")):
        for port in SERVICES:
            answer = exchange.http.request(method, at(exchange, port, path), headers=asked)
            assert not [name for name in answer.headers if name.startswith("access-control-")]
            assert method == "GET" or answer.status_code in (404, 405)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_a_method_that_an_operation_does_not_have_is_told_which_it_has(exchange: Exchange, method: str) -> None:
    answer = exchange.http.request(method, f"{exchange.base_url}/agreements/v1/counties")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert method == "OPTIONS" or answer.content == b""
    assert exchange.http.head(f"{exchange.base_url}/health/live").status_code == 200


# --- metrics -----------------------------------------------------------------------------------------------------


def test_metrics_are_read_at_the_services_and_never_through_the_gateway(exchange: Exchange) -> None:
    exchange.http.get(f"{exchange.base_url}/agreements/v1/counties")
    for port in ("consultation", "agreements"):
        answer = exchange.http.get(at(exchange, port, "/metrics"))
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        counted = 'samrad_http_request_seconds_count{method="GET",route="/agreements/v1/counties",service="gateway"'
        assert counted in answer.text
        assert 'samrad_connections_open{service="gateway"}' in answer.text
    for path in ("/metrics", "/consultation/metrics", "/agreements/metrics", "/agreements/v1/metrics", "/metrics/"):
        refused = exchange.http.get(exchange.base_url + path)
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


@pytest.mark.requirement(106)
def test_no_label_is_of_a_callers_making(exchange: Exchange) -> None:
    for port in SERVICES:
        for path in (f"/{MARKER}", f"/agreements/v1/organisations/{MARKER}", f"/oauth/{MARKER}?{MARKER}={MARKER}"):
            headers = {"Samrad-Handler": MARKER, "X-Person": MARKER, "Authorization": f"Bearer {MARKER}"}
            exchange.http.get(at(exchange, port, path), headers=headers)
        raw(exchange, f"X{MARKER} /{MARKER} HTTP/1.1\r\nHost: {MARKER}\r\n\r\n".encode(), port=port)
        raw(exchange, f"PROPFIND /{MARKER} HTTP/1.1\r\nHost: a\r\n\r\n".encode(), port=port)

    told = exchange.http.get(at(exchange, "agreements", "/metrics")).text
    labels = "\n".join(re.findall(r"\{(.*?)\}", told))
    assert 'method="other"' in labels
    assert MARKER not in told
    assert MARKER[2:] not in told
    assert not [each for each in re.findall(r'"([^"]*)"', labels) if passes_for_identity(each)]
    methods = set(re.findall(r'method="([^"]*)"', labels))
    assert methods <= {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"}
