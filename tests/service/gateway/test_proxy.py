"""Requests reach a service as they came, and only those that exist from outside."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends
from joserfc.jwk import ECKey

from shared.clock import system_clock
from shared.http.guard import Receive, Scope, Send
from shared.http.service import create_api, create_service
from shared.problems import Words
from shared.tokens.caller import Caller, Gatekeeper, Requires
from shared.tokens.jose import signed_token
from shared.tokens.keys import RemoteKeys
from shared.tokens.replay import InProcessReplayStore
from shared.tokens.scopes import Scope as Right
from shared.tokens.verifier import TokenVerifier, TrustedIssuer
from tests.service.gateway.conftest import Gateway, Run
from tests.service.gateway.servers import Upstream, free_socket, raw_exchange, raw_get, serving, status_of

MARKER = "191212121212"
LOOKUP = "/consultation/v1/lookups/0d5f8b0c-2c3b-4d53-9d67-6b1f2f6b5a11"


def test_path_query_token_and_proof_arrive_untouched(gateway: Gateway, consultation: Upstream) -> None:
    client = gateway.client()
    answer = client.request("GET", f"{gateway.url}{LOOKUP}?cursor=a%2Fb&limit=5")

    seen, sent = consultation.last, answer.request.headers
    assert answer.status_code == 200
    assert (seen.raw_path, seen.query) == (LOOKUP.encode(), b"cursor=a%2Fb&limit=5")
    assert seen.header("authorization") == sent["authorization"]
    assert seen.header("dpop") == sent["dpop"]


def test_a_body_arrives_whole_with_its_type(gateway: Gateway, consultation: Upstream) -> None:
    body = json.dumps({"text": "å" * 500}).encode()
    answer = gateway.client().request(
        "POST", f"{gateway.url}/consultation/v1/lookups", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.json() == {"size": len(body)}
    assert consultation.last.body == body
    assert consultation.last.header("content-type") == "application/json"


def test_only_the_listed_headers_pass(gateway: Gateway, consultation: Upstream) -> None:
    passed = {
        "accept": "application/json",
        "accept-language": "en",
        "idempotency-key": "k1",
        "if-match": '"3"',
        "if-none-match": '"4"',
        "tracestate": "a=b",
        "samrad-handler": "hl-4711",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    }
    spoofed = {
        "x-forwarded-for": "10.0.0.1",
        "x-forwarded-proto": "https",
        "forwarded": "for=10.0.0.1",
        "x_org": "2120001124",
        "samrad-org": "2120001124",
        "samrad_handler": "other",
        "cookie": "a=b",
        "via": "1.1 a",
        "x-request-id": MARKER,
        "te": "trailers",
        "upgrade": "h2c",
    }

    gateway.get(LOOKUP, headers={**passed, **spoofed})

    arrived = dict(consultation.last.headers)
    assert {name: arrived.get(name) for name in passed} == passed
    assert set(arrived) == set(passed) | {"host", "user-agent"}


def test_a_trace_is_begun_when_the_client_brings_none(gateway: Gateway, consultation: Upstream) -> None:
    answer = gateway.get(LOOKUP, headers={"traceparent": f"00-{MARKER}-01"})

    assert consultation.last.header("traceparent") == answer.headers["traceparent"]
    assert MARKER not in answer.headers["traceparent"]


def test_a_list_header_in_several_lines_arrives_as_one(gateway: Gateway, consultation: Upstream) -> None:
    gateway.get(LOOKUP, headers=[("Accept", "text/csv"), ("Accept", "application/json")])

    assert consultation.last.header("accept") == "text/csv, application/json"


def test_only_the_listed_headers_come_back(gateway: Gateway, consultation: Upstream) -> None:
    consultation.headers = [
        (b"etag", b'"7"'),
        (b"location", b"/consultation/v1/lookups/1"),
        (b"link", b"<a>; rel=next"),
        (b"link", b"<b>; rel=last"),
        (b"set-cookie", b"a=b"),
        (b"x-internal", b"10.0.0.1"),
        (b"access-control-allow-origin", b"*"),
        (b"keep-alive", b"timeout=5"),
        (b"x-content-type-options", b"nosniff"),
    ]
    answer = gateway.get(LOOKUP)

    assert answer.headers["etag"] == '"7"'
    assert answer.headers["location"] == "/consultation/v1/lookups/1"
    assert answer.headers.get_list("link") == ["<a>; rel=next", "<b>; rel=last"]
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert not {"set-cookie", "x-internal", "access-control-allow-origin", "keep-alive"} & set(answer.headers)


@pytest.mark.parametrize("status", [204, 304, 404, 409, 500])
def test_the_status_of_a_service_comes_back(gateway: Gateway, consultation: Upstream, status: int) -> None:
    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": [(b"etag", b'"1"')]})
        await send({"type": "http.response.body", "body": b""})

    consultation.respond = respond

    answer = gateway.get(LOOKUP)

    assert (answer.status_code, answer.headers["etag"]) == (status, '"1"')


@pytest.mark.parametrize(
    "path",
    [
        "/consultation/../agreements/v1/organisations",
        "/consultation/v1/lookups/..",
        "/consultation/v1/./lookups",
        "/consultation/v1/lookups/.",
        "//evil.example/consultation/v1/lookups",
        "/consultation//v1/lookups",
        "/consultation/v1/lookups/%2e%2e/x",
        "/consultation/v1/lookups/%2E%2E",
        "/consultation/v1/lookups/a%2fb",
        "/consultation/v1/lookups/a%2Fb",
        "/consultation/v1/lookups/a%5Cb",
        "/consultation/v1/lookups/a%00",
        "/consultation/v1/lookups/a;b",
        "/consultation/v1/lookups/a\\b",
        "/oauth/../agreements/v1/organisations",
        "/consultation/v1/lookups/å",
        f"/consultation/v1/../{MARKER}",
    ],
)
def test_a_path_that_can_be_read_in_two_ways_is_refused(
    gateway: Gateway, consultation: Upstream, agreements: Upstream, path: str
) -> None:
    answer = raw_get(gateway.port, path.encode())

    assert status_of(answer) == 400
    assert MARKER.encode() not in answer
    assert not consultation.seen
    assert not agreements.seen


@pytest.mark.parametrize(
    "path",
    [
        "/consultation",
        "/consultation/",
        "/consultation/v1",
        "/consultation/v1/lookups/",
        "/consultation/v1/lookups/a/b",
        "/consultation/v1/lookups/a%20b",
        f"/consultation/v1/lookups/{'x' * 65}",
        "/consultation/v2/lookups",
        "/consultation/v1/decisions",
        "/consultation/health/ready",
        "/consultation/docs",
        "/agreements/v1/decisions",
        f"/agreements/v1/{MARKER}",
        "/AGREEMENTS/v1/agreements",
        "/consultationx/v1/lookups",
    ],
)
def test_what_is_not_in_the_table_does_not_exist(
    gateway: Gateway, consultation: Upstream, agreements: Upstream, path: str
) -> None:
    answer = gateway.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"
    assert MARKER not in answer.text
    assert not consultation.seen
    assert not agreements.seen


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/consultation/v1/consultations", "GET, POST"),
        ("GET", "/consultation/v1/lookups", "POST"),
        ("HEAD", "/agreements/v1/agreements", "GET, POST"),
        ("OPTIONS", "/consultation/v1/consultations/1/answers", "POST"),
    ],
)
def test_another_method_is_told_which_there_are(
    gateway: Gateway, consultation: Upstream, method: str, path: str, allowed: str
) -> None:
    answer = gateway.http.request(method, gateway.url + path)

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert not consultation.seen


def test_each_prefix_leads_to_its_service(gateway: Gateway, consultation: Upstream, agreements: Upstream) -> None:
    gateway.get("/consultation/v1/api-info")
    gateway.get("/agreements/v1/api-info")

    assert [seen.raw_path for seen in consultation.seen] == [b"/consultation/v1/api-info"]
    assert [seen.raw_path for seen in agreements.seen] == [b"/agreements/v1/api-info"]


@pytest.mark.parametrize(
    "extra",
    [
        (b"Authorization: Bearer a", b"Authorization: Bearer b"),
        (b"DPoP: a", b"DPoP: b"),
        (b"Host: other",),
        (b"Samrad-Handler: a", b"Samrad-Handler: b"),
        (b"Idempotency-Key: a", b"Idempotency-Key: b"),
        (b"Samrad-Handler: \xe5",),
        (b"X-Large: " + b"x" * 17_000,),
    ],
)
def test_repeated_foreign_or_huge_headers_are_refused(
    gateway: Gateway, consultation: Upstream, extra: tuple[bytes, ...]
) -> None:
    assert status_of(raw_get(gateway.port, LOOKUP.encode(), *extra)) in (400, 431)
    assert not consultation.seen


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4",
        b"Content-Length: 4\r\nContent-Length: 5",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding : chunked",
    ],
)
def test_a_body_of_two_lengths_is_refused(gateway: Gateway, consultation: Upstream, framing: bytes) -> None:
    smuggled = b"POST /consultation/v1/lookups HTTP/1.1\r\nHost: gateway\r\n" + framing
    answer = raw_exchange(
        gateway.port, smuggled + b"\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n", seconds=0.3
    )

    assert status_of(answer) == 400
    assert not consultation.seen


def test_a_query_that_would_be_rewritten_is_refused(gateway: Gateway, consultation: Upstream) -> None:
    answer = raw_get(gateway.port, LOOKUP.encode() + b"?a=<" + MARKER.encode() + b">")

    assert status_of(answer) == 400
    assert MARKER.encode() not in answer
    assert not consultation.seen


def test_without_a_token_the_service_decides(gateway: Gateway, consultation: Upstream) -> None:
    assert gateway.get("/consultation/v1/api-info").status_code == 200
    assert consultation.last.header("authorization") is None


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer x", "DPoP a.b.c", f"Basic {MARKER}", f"Bearer {MARKER}", "Bearer " + "a" * 9000],
)
def test_an_invented_token_goes_no_further(gateway: Gateway, consultation: Upstream, authorization: str) -> None:
    answer = gateway.get(LOOKUP, headers={"Authorization": authorization})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("DPoP")
    assert MARKER not in answer.text
    assert not consultation.seen


def test_a_token_for_another_service_goes_no_further(gateway: Gateway, agreements: Upstream) -> None:
    client = gateway.client()
    token = client.token_for("/consultation/v1/lookups")
    answer = gateway.get("/agreements/v1/coverage", headers={"Authorization": f"DPoP {token.value}", "DPoP": "x"})

    assert answer.status_code == 401
    assert not agreements.seen


def test_a_bound_token_needs_its_proof(gateway: Gateway, consultation: Upstream) -> None:
    token = gateway.client().token_for("/consultation/v1/lookups")
    alone = gateway.get(LOOKUP, headers={"Authorization": f"DPoP {token.value}"})
    as_bearer = gateway.get(LOOKUP, headers={"Authorization": f"Bearer {token.value}", "DPoP": "x"})

    assert (alone.status_code, as_bearer.status_code) == (401, 401)
    assert not consultation.seen


def test_a_token_signed_by_another_goes_no_further(gateway: Gateway, consultation: Upstream) -> None:
    own = ECKey.generate_key("P-256", private=True)
    kid = gateway.get("/oauth/jwks").json()["keys"][0]["kid"]
    claims = {"iss": gateway.url, "aud": gateway.audience(), "exp": 2**33, "iat": 0, "client_id": "umea", "jti": "1"}
    forged = signed_token({"alg": "ES256", "typ": "at+jwt", "kid": kid}, claims, own)

    assert gateway.get(LOOKUP, headers={"Authorization": f"Bearer {forged}"}).status_code == 401
    assert not consultation.seen


@contextmanager
def guarded_service(gateway_url: str, listener: socket.socket) -> Iterator[None]:
    """A service that verifies tokens and proofs itself, as the real ones do."""
    read = Right("samrad:consultations.read", Words("Läsa", "Read"))

    async def fetch() -> dict[str, object]:
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"{gateway_url}/oauth/jwks")
            found: dict[str, object] = answer.json()
            return found

    router = APIRouter()

    @router.get("/lookups/{lookup_id}")
    async def show(lookup_id: str, caller: Annotated[Caller, Depends(Requires(read))]) -> dict[str, str | None]:
        return {"organisation": caller.organisation, "actor": caller.actor, "id": lookup_id}

    issuer = TrustedIssuer(gateway_url, RemoteKeys(fetch), ("ES256",))
    gatekeeper = Gatekeeper(
        TokenVerifier({gateway_url: issuer}, frozenset((f"{gateway_url}/consultation",))),
        InProcessReplayStore(),
        system_clock,
        public_url=gateway_url,
        actor_header="Samrad-Handler",
    )

    async def readiness() -> list[str]:
        return []

    api = create_api(routers=[router], gatekeeper=gatekeeper)
    with serving(create_service(prefix="/consultation/v1", api=api, readiness=readiness), listener):
        yield


def test_a_service_can_verify_token_and_proof_itself(run_gateway: Run) -> None:
    listener = free_socket()
    port = listener.getsockname()[1]
    with run_gateway(consultation_url=f"http://127.0.0.1:{port}") as gateway, guarded_service(gateway.url, listener):
        client, url = gateway.client(), f"{gateway.url}/consultation/v1/lookups/7"
        answer = client.request("GET", url, headers={"Samrad-Handler": "hl-4711"})
        replayed = gateway.http.send(answer.request)
        without = gateway.get("/consultation/v1/lookups/7")

    assert answer.json() == {"organisation": "0007:2120002627", "actor": "hl-4711", "id": "7"}
    assert answer.headers["traceparent"] == replayed.request.headers.get("traceparent", answer.headers["traceparent"])
    assert (replayed.status_code, without.status_code) == (401, 401)
    assert without.headers["www-authenticate"].startswith("DPoP")
