"""Bodies that two parsers would read differently, or that cost more to read than to send, at every operation."""

import json
import re
from typing import Any

import httpx
import pytest

from services.gateway.tokens.demo import DEMO_CLIENTS
from tests import openapi_check
from tests.attack.support import CONSULTATIONS, INTERNAL, credentials, sql
from tests.exchange import NOBODY, Exchange, consultation_body
from tests.sizes import scattered

pytestmark = pytest.mark.attack

WITH_BODIES = [
    (f"/{service}/v1{re.sub('{[^}]+}', NOBODY, template)}", {**operation, "method": method.upper()})
    for service in openapi_check.SERVICES
    for template, item in openapi_check.document(service)["paths"].items()
    for method, operation in item.items()
    if "application/json" in operation.get("requestBody", {}).get("content", ()) and (service, template) not in INTERNAL
]


def post(
    exchange: Exchange,
    path: str,
    content: bytes,
    *,
    name: str = "umea",
    media_type: str | None = "application/json",
    method: str = "POST",
) -> httpx.Response:
    headers = {**credentials(exchange, name, method, path), "Samrad-Handler": "hl-1", "If-Match": '"1"'}
    if media_type is not None:
        headers["Content-Type"] = media_type
    answer = exchange.http.request(method, exchange.base_url + path, content=content, headers=headers)
    assert answer.headers["content-type"] == "application/problem+json" or answer.is_success
    return answer


def caller(operation: dict[str, Any]) -> str:
    scope = operation["security"][0]["oauth"][0]
    return next(name for name, client in DEMO_CLIENTS.items() if scope in client.scopes and name != "consultation")


BODIES: dict[str, tuple[bytes, str | None]] = {
    "a member twice": (b'{"a": 1, "a": 2}', "repeated_member"),
    "a member twice, once escaped": (b'{"person": 1, "p\\u0065rson": 2}', "repeated_member"),
    "a member twice far in": (b'{"a": [{"b": {"c": 1, "c": 1}}]}', "repeated_member"),
    "33 levels": (b'{"a":' * 33 + b"1" + b"}" * 33, "too_deep"),
    "30 000 levels": (b"[" * 30_000 + b"]" * 30_000, "too_deep"),
    "30 000 levels, not closed": (b"[" * 30_000, "too_deep"),
    "NaN": (b'{"a": NaN}', "not_a_number"),
    "minus infinity": (b'{"a": -Infinity}', "not_a_number"),
    "1e400": (b'{"a": 1e400}', "number_out_of_range"),
    "half a character": (b'{"a": "\\ud83d"}', "lone_surrogate"),
    "10 000 digits": (b'{"a": ' + b"9" * 10_000 + b"}", None),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), None),
    "a byte order mark": (b"\xef\xbb\xbf{}", None),
    "latin-1": ('{"å": 1}'.encode("latin-1"), None),
    "overlong UTF-8": (b'{"a": "\xc0\xaf"}', None),
    "nothing": (b"", None),
    "two values": (b"{} {}", None),
    "a comma too many": (b'{"a": 1,}', None),
    "a comment": (b"{} // x", None),
    "single quotes": (b"{'a': 1}", None),
    "a line break in a text": (b'{"a": "\n"}', None),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_doubtful_body_is_refused_by_every_operation(exchange: Exchange, what: str) -> None:
    content, reason = BODIES[what]
    for path, operation in scattered(WITH_BODIES, list(BODIES).index(what), 3):
        if not content and not operation["requestBody"]["required"]:
            continue
        refused = post(exchange, path, content, name=caller(operation), method=operation["method"])

        assert (refused.status_code, refused.json()["code"]) == (400, "not_json"), path
        if reason is not None:
            assert refused.json()["errors"] == [{"field": "*", "reason": reason}]


def test_a_question_said_twice_is_not_asked_once(exchange: Exchange) -> None:
    """Whoever inspected the first would have seen another question than the one that was stored."""
    body = consultation_body()
    twice = json.dumps(body)[:-1] + ', "question": "Något annat"}'
    before = sql(exchange, "SELECT count(*) AS n FROM consultation")[0]["n"]

    assert post(exchange, CONSULTATIONS, twice.encode()).status_code == 400
    assert sql(exchange, "SELECT count(*) AS n FROM consultation")[0]["n"] == before
    assert post(exchange, CONSULTATIONS, json.dumps(body).encode()).status_code == 201


MEDIA_TYPES = [
    *(None, "", "text/plain", "text/json", "application/xml", "application/x-www-form-urlencoded", "*/*"),
    *("application/json; charset=utf-16", "application/json; charset=latin1", "application/jsonp"),
    *("multipart/form-data; boundary=x", "application/merge-patch+json", "application/json, text/plain"),
]


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_what_is_not_said_to_be_json_in_utf_8_is_not_read(exchange: Exchange, media_type: str | None) -> None:
    for path, operation in scattered(WITH_BODIES, MEDIA_TYPES.index(media_type), 3):
        refused = post(
            exchange,
            path,
            b'{"a": 1, "a": 2}',
            name=caller(operation),
            method=operation["method"],
            media_type=media_type,
        )
        assert (refused.status_code, refused.json()["code"]) == (415, "unsupported_media_type"), path


@pytest.mark.parametrize("size", [70_000, 300_000, 1_000_000])
@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_only_the_service_finds_too_large_is_told_so_through_the_gateway(
    exchange: Exchange, size: int, declared: bool
) -> None:
    headers = {"Samrad-Handler": "hl-1", "Content-Type": "application/json"}
    body = json.dumps(consultation_body(question="x" * size)).encode()
    for _ in range(5):
        signed = credentials(exchange, "umea", "POST", CONSULTATIONS)
        content = body if declared else iter([body[:1000], body[1000:]])
        refused = exchange.http.post(exchange.base_url + CONSULTATIONS, content=content, headers={**headers, **signed})
        assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")
        assert refused.json()["maxBytes"] == 65_536
