"""What every answer must carry, and what none may tell: of all operations, refusals, and odd callers."""

import re

import httpx
import pytest

from shared.tokens.client import MachineClient
from tests.attack.support import AF, CONSULTATIONS, credentials, raw, wire
from tests.exchange import Exchange, consultation_body
from tests.service import test_isolation as operations
from tests.service.test_isolation import GUARDED, OPERATIONS, Operation, almighty, named

__all__ = ["almighty"]

pytestmark = pytest.mark.attack
_INSIDE = re.compile(
    r"Traceback|File \"|/site-packages/|\.py\b|sqlalchemy|asyncpg|psycopg|postgres|uvicorn|starlette|fastapi|python|"
    r"0x[0-9a-f]{8}|SELECT |INSERT |127\.0\.0\.1:",
    re.IGNORECASE,
)
EVIL = "evil.example"


def inside_of(exchange: Exchange, answer: httpx.Response) -> list[str]:
    """Words of the workings in an answer. The product's own address is no secret."""
    told = f"{answer.headers} {answer.text}".replace(exchange.base_url, "")
    return [found.group() for found in _INSIDE.finditer(told)]


def safe(answer: httpx.Response) -> None:
    """The headers of any answer."""
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    for telling in ("server", "x-powered-by", "via", "access-control-allow-origin", "set-cookie"):
        assert telling not in answer.headers, telling


@named(OPERATIONS)
def test_every_operation_answers_with_safe_headers_and_nothing_of_its_workings(
    exchange: Exchange, almighty: MachineClient, operation: Operation
) -> None:
    """With a good token and without one; and what needs a token is stored nowhere on its way."""
    with_token = operations.credentials(exchange, almighty, operation)
    for headers in ({}, with_token):
        answer = operations.send(exchange, operation, headers)
        safe(answer)
        assert inside_of(exchange, answer) == []
        assert operation not in GUARDED or answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("door", ["gateway", "consultation", "agreements"])
@pytest.mark.parametrize("path", ["/", "/nothing", "/consultation/v1/nothing", "/oauth/token", "/oauth/jwks", "/%00"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
def test_so_does_every_other_address(exchange: Exchange, door: str, path: str, method: str) -> None:
    answer = exchange.http.request(method, f"http://127.0.0.1:{exchange.ports[door]}{path}")

    assert answer.status_code < 500
    if not (answer.status_code == 200 and path == "/"):
        safe(answer)  # the page at the root has a policy of its own
    assert answer.status_code < 400 or inside_of(exchange, answer) == []


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_other_site_is_let_in_by_a_browser(exchange: Exchange, method: str) -> None:
    asked = {
        "Origin": f"https://{EVIL}",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization, dpop",
    }
    own = {**credentials(exchange, "umea", method, CONSULTATIONS), "Samrad-Handler": "hl-1"}

    answer = exchange.http.request(method, exchange.base_url + CONSULTATIONS, headers={**own, **asked})

    assert answer.status_code == (200 if method == "GET" else 405)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": EVIL},
        {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": f"//{EVIL}"},
        {"Forwarded": f"host={EVIL};proto=https"},
        {"X-Original-URL": f"https://{EVIL}/", "X-Rewrite-URL": "/agreements/v1/decisions"},
        {"Referer": f"https://{EVIL}/"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_no_link_leads_where_a_header_says(exchange: Exchange, headers: dict[str, str]) -> None:
    opened = exchange.send("umea", "POST", CONSULTATIONS, consultation_body(), headers=headers)
    listed = exchange.send("umea", "GET", f"{CONSULTATIONS}?limit=1", headers=headers)
    about = exchange.http.get(f"{exchange.base_url}/.well-known/oauth-authorization-server", headers=headers)

    assert [answer.status_code for answer in (opened, listed, about)] == [201, 200, 200]
    for answer in (opened, listed, about):
        assert EVIL not in f"{answer.headers} {answer.text}"
    assert opened.headers["location"].startswith(exchange.base_url)


def test_a_target_in_full_leads_nowhere_else(exchange: Exchange) -> None:
    """A server must read the long form too (RFC 9112 section 3.2.2): as the path that it names, here."""
    for target, statuses in (
        (f"http://{EVIL}{CONSULTATIONS}", ("200", "400")),
        (f"//{EVIL}{CONSULTATIONS}", ("400", "404")),
        (f"{EVIL}:443", ("", "400", "404")),
        (f"http://{EVIL}/", ("200", "400")),
    ):
        own = [*credentials(exchange, "umea", "GET", CONSULTATIONS).items(), ("Samrad-Handler", "hl-1")]
        answer = raw(exchange, wire(f"GET {target} HTTP/1.1", [("Host", EVIL), *own])).decode("latin-1")
        assert answer.partition(" ")[2][:3] in statuses, target
        assert EVIL not in answer


def test_a_refusal_repeats_nothing_that_was_sent(exchange: Exchange) -> None:
    mark = "kanariefågel"
    body = consultation_body(caseReference=mark + ";", person=f"{mark}", purpose=mark)
    for answer in (
        exchange.send("umea", "POST", CONSULTATIONS, body),
        exchange.send("umea", "POST", CONSULTATIONS, {mark: mark}),
        exchange.send("umea", "GET", f"{CONSULTATIONS}?state=kanarief&cursor=kanarief"),
        exchange.send("umea", "GET", f"{CONSULTATIONS}/kanarief"),
    ):
        assert answer.status_code >= 400
        assert "kanarie" not in answer.text.lower()
        assert AF not in answer.text
