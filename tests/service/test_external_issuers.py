"""The product on somebody else's issuer, by settings alone: nothing of our own issuer is left running."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.assembly.environment import CannotStart
from services.assembly.issuers import discovered_keys_url, fetch_document, read_issuers
from shared.clock import system_clock
from shared.tokens.client import ClientIdentity, MachineClient, authorization
from shared.tokens.jose import embedded_key, signed_token
from shared.tokens.profile import PROFILES
from tests.exchange import Exchange, consultation_body
from tests.reading import whole_trail
from tests.service.gateway.servers import free_socket, serving
from tests.service.workers import workers
from tests.unit.shared.given import run

AUDIENCES = {"consultation": "https://api.example/consultation", "agreements": "https://api.example/agreements"}
SCOPES = {
    "ask": ["samrad:consultations.create", "samrad:consultations.read", "samrad:lookups.create"],
    "samrad:decisions.make": ["samrad:decisions.make"],
}
ORGANISATIONS = {"umea": "0007:2120002627", "consultation": "0007:2021002114"}


@dataclass
class ForeignIssuer:
    """Issues DPoP-bound tokens to whoever asks: it stands for a provider, not for how one lets clients in."""

    url: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "f-1", "use": "sig"}, private=True))
    fetched: list[str] = field(default_factory=list)

    def token(self, client_id: str, audience: str, scope: str, **changes: Any) -> str:
        issued = int(system_clock().timestamp())
        claims = {
            "iss": self.url,
            "sub": client_id,
            "client_id": client_id,
            "aud": audience,
            "scope": scope,
            "iat": issued,
            "exp": issued + 300,
            "jti": secrets.token_urlsafe(16),
            "consumer": {"authority": "iso6523-actorid-upis", "ID": ORGANISATIONS[client_id]},
            **changes,
        }
        return signed_token({"alg": "ES256", "typ": "at+jwt", "kid": self.key.kid}, claims, self.key)

    def app(self) -> Starlette:
        async def metadata(_: Request) -> Response:
            self.fetched.append("metadata")
            return JSONResponse({"issuer": self.url, "jwks_uri": f"{self.url}/keys"})

        async def keys(_: Request) -> Response:
            self.fetched.append("keys")
            return JSONResponse({"keys": [self.key.as_dict(private=False)]})

        async def token(request: Request) -> Response:
            form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
            _, bound_to, _ = embedded_key(request.headers["dpop"].partition(".")[0])
            made = self.token(form["client_id"], form["resource"], form["scope"], cnf={"jkt": bound_to})
            return JSONResponse({"access_token": made, "token_type": "DPoP", "expires_in": 300})

        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", metadata),
                Route("/keys", keys),
                Route("/token", token, methods=["POST"]),
            ]
        )


@pytest.fixture(scope="module")
def foreign() -> Iterator[ForeignIssuer]:
    listener = free_socket()
    issuer = ForeignIssuer(f"http://127.0.0.1:{listener.getsockname()[1]}")
    with serving(issuer.app(), listener):
        yield issuer


def entry(name: str, /, **changes: Any) -> dict[str, Any]:
    """An issuer as it stands in the file; `...` leaves a member out."""
    whole = {
        "issuer": name,
        "audiences": AUDIENCES,
        "algorithms": ["ES256"],
        "organisation": {"claim": "consumer", "form": "maskinporten"},
        "scopes": SCOPES,
        **changes,
    }
    return {member: value for member, value in whole.items() if value is not ...}


def written(folder: Path, *entries: Mapping[str, Any]) -> Path:
    file = folder / "issuers.json"
    file.write_text(json.dumps({"issuers": entries}), "utf-8")
    return file


@pytest.fixture(scope="module")
def abroad(
    running: Exchange, foreign: ForeignIssuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """All three services with no issuer of their own; answers where each is dialled."""
    running.clock.back_to_now()
    common = {
        "SAMRAD_ISSUERS_FILE": str(written(tmp_path_factory.mktemp("issuers"), entry(foreign.url))),
        "SAMRAD_CONSULTATION_TOKEN_URL": f"{foreign.url}/token",
        "SAMRAD_CONSULTATION_PUBLIC_TOKEN_URL": f"{foreign.url}/token",
        "SAMRAD_CONSULTATION_TOKEN_ISSUER": foreign.url,
        "SAMRAD_CONSULTATION_AGREEMENTS_AUDIENCE": AUDIENCES["agreements"],
        "SAMRAD_GATEWAY_ISSUER_ENABLED": "false",
    }
    without = ("SAMRAD_CONSULTATION_JWKS_URL", "SAMRAD_AGREEMENTS_JWKS_URL", "SAMRAD_GATEWAY_KEYS_FILE")
    with ExitStack() as stack:
        (agreements,) = stack.enter_context(workers(("agreements",), running.clock, common, without))
        common["SAMRAD_CONSULTATION_AGREEMENTS_URL"] = common["SAMRAD_GATEWAY_AGREEMENTS_URL"] = agreements
        (consultation,) = stack.enter_context(workers(("consultation",), running.clock, common, without))
        common["SAMRAD_GATEWAY_CONSULTATION_URL"] = consultation
        (gateway,) = stack.enter_context(workers(("gateway",), running.clock, common, without))
        yield {"agreements": agreements, "consultation": consultation, "gateway": gateway}


def client(exchange: Exchange, foreign: ForeignIssuer, scope: str = "ask") -> MachineClient:
    identity = ClientIdentity(
        "umea", ECKey.generate_key("P-256", private=True), foreign.url, f"{foreign.url}/token", f"{foreign.url}/token"
    )
    return MachineClient(
        identity,
        exchange.http,
        exchange.clock,
        resources={f"/{name}/": audience for name, audience in AUDIENCES.items()},
        scopes={audience: [scope] for audience in AUDIENCES.values()},
    )


def call(
    exchange: Exchange, caller: MachineClient, address: str, method: str, path: str, body: Any = None
) -> httpx.Response:
    """A request to an address, with a proof for the public one."""
    public = exchange.base_url + path
    headers = authorization(caller.identity, caller.token_for(path), method, public, exchange.clock())
    return exchange.http.request(
        method, address + path, headers={**headers, "Samrad-Handler": "hl-1"}, json=body, timeout=30
    )


CONSULTATIONS = "/consultation/v1/consultations"


def test_a_consultation_is_opened_through_the_gateway_with_tokens_of_another_issuer_only(
    exchange: Exchange, foreign: ForeignIssuer, abroad: dict[str, str]
) -> None:
    caller = client(exchange, foreign)
    opened = call(exchange, caller, abroad["gateway"], "POST", CONSULTATIONS, consultation_body())
    assert opened.status_code == 201, opened.text
    address = f"{CONSULTATIONS}/{opened.json()['consultationId']}"
    read = call(exchange, caller, abroad["gateway"], "GET", address)

    assert read.json()["number"] == opened.json()["number"]
    assert exchange.http.get(f"{abroad['gateway']}/oauth/jwks").status_code == 404
    assert foreign.fetched.count("keys") == 3, "each service fetches the keys once"


def test_tokens_of_our_own_issuer_are_then_worth_nothing(exchange: Exchange, abroad: dict[str, str]) -> None:
    own = exchange.client("umea")
    answers = [call(exchange, own, abroad[name], "GET", CONSULTATIONS) for name in ("gateway", "consultation")]

    assert [answer.status_code for answer in answers] == [401, 401]


def test_tokens_of_the_other_issuer_are_worth_nothing_where_it_is_not_in_the_settings(
    exchange: Exchange, foreign: ForeignIssuer
) -> None:
    assert call(exchange, client(exchange, foreign), exchange.base_url, "GET", CONSULTATIONS).status_code == 401


def test_a_scope_of_theirs_that_leads_nowhere_gives_nothing(
    exchange: Exchange, foreign: ForeignIssuer, abroad: dict[str, str]
) -> None:
    for scope in ("samrad:consultations.read", "ask.all"):
        answer = call(exchange, client(exchange, foreign, scope), abroad["gateway"], "GET", CONSULTATIONS)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_the_trail_tells_whose_client_it_was(
    exchange: Exchange, foreign: ForeignIssuer, abroad: dict[str, str]
) -> None:
    caller = client(exchange, foreign)
    call(exchange, caller, abroad["gateway"], "POST", CONSULTATIONS, consultation_body())

    assert f"{foreign.url}#umea" in {each["client"] for each in whole_trail(exchange, "umea")}


def test_the_same_idempotency_key_of_two_issuers_clients_of_one_name_is_two_requests(
    exchange: Exchange, foreign: ForeignIssuer, abroad: dict[str, str]
) -> None:
    key, body = secrets.token_hex(8), consultation_body()
    ours = exchange.send("umea", "POST", CONSULTATIONS, body, key=key)
    caller = client(exchange, foreign)
    public = exchange.base_url + CONSULTATIONS
    headers = authorization(caller.identity, caller.token_for(CONSULTATIONS), "POST", public, exchange.clock())
    headers |= {"Samrad-Handler": "hl-1", "Idempotency-Key": key}
    theirs = exchange.http.post(abroad["gateway"] + CONSULTATIONS, headers=headers, json=body)

    assert (ours.status_code, theirs.status_code) == (201, 201)
    assert ours.json()["number"] != theirs.json()["number"]


# --- the file --------------------------------------------------------------------------------------------------------


def told(folder: Path, entries: Any, profile: str = "fapi2") -> str:
    file = folder / "issuers.json"
    file.write_text(json.dumps({"issuers": entries}), "utf-8")
    with pytest.raises(CannotStart) as caught:
        read_issuers(file, PROFILES[profile], "https://samrad.example")
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"issuer": ...}, "issuers.0.issuer"),
        ({"issuer": "idp"}, "issuers.0.issuer"),
        ({"issuer": "https://idp.example#x"}, "issuers.0.issuer"),
        ({"issuer": "http://idp.example"}, "must begin with https://"),
        ({"jwksUrl": "file:///etc/passwd"}, "issuers.0.jwksUrl"),
        ({"jwksUrl": "http://keys.example/jwks"}, "must begin with https://"),
        ({"audience": "x"}, "issuers.0.audience"),
        ({"audiences": {}}, "must not be empty"),
        ({"audiences": {"gateway": "x"}}, "audiences name no service of ours: gateway"),
        ({"audiences": {"consultation": "x", "agreements": "x"}}, "the same audience"),
        ({"algorithms": ["RS256"]}, "not all in the profile fapi2: RS256"),
        ({"algorithms": ["none"]}, "not all in the profile"),
        ({"algorithms": []}, "must not be empty"),
        ({"organisation": {"claim": "org", "form": "text"}}, "issuers.0.organisation.form"),
        ({"scopes": {"a": ["samrad:everything"]}}, "some that do not exist: samrad:everything"),
        ({"scopes": {"a b": ["samrad:lookups.read"]}}, "hold a blank"),
        ({"issuer": "https://samrad.example"}, "is our own"),
        ({"requireDpop": "no"}, "issuers.0.requireDpop"),
    ],
    ids=str,
)
def test_a_file_that_would_not_work_is_told_place_by_place(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    assert said in told(tmp_path, [entry("https://idp.example", **changes)])


def test_an_issuer_may_stand_once_and_a_file_must_be_there_and_be_one(tmp_path: Path) -> None:
    assert "named twice" in told(tmp_path, [entry("https://idp.example")] * 2)
    assert "issuers" in told(tmp_path, [])
    with pytest.raises(CannotStart, match="cannot be read"):
        read_issuers(tmp_path / "none.json", PROFILES["fapi2"], "")
    (tmp_path / "issuers.json").write_text("{", "utf-8")
    with pytest.raises(CannotStart, match="not a file of issuers"):
        read_issuers(tmp_path / "issuers.json", PROFILES["fapi2"], "")


def test_the_ena_profile_lets_an_issuer_sign_with_rs256(tmp_path: Path) -> None:
    file = written(tmp_path, entry("https://idp.example", algorithms=["ES256", "RS256"]))

    assert read_issuers(file, PROFILES["ena"], "")[0].algorithms == ["ES256", "RS256"]


def answering(documents: dict[str, Any]) -> httpx.AsyncClient:
    def answer(request: httpx.Request) -> httpx.Response:
        document = documents.get(str(request.url))
        return httpx.Response(404) if document is None else httpx.Response(200, content=document)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


ISSUER = "https://idp.example/realms/one"
BY_RFC_8414 = "https://idp.example/.well-known/oauth-authorization-server/realms/one"
BY_OIDC = "https://idp.example/realms/one/.well-known/openid-configuration"


@pytest.mark.parametrize("address", [BY_RFC_8414, BY_OIDC])
def test_keys_are_found_by_either_kind_of_metadata(address: str) -> None:
    document = json.dumps({"issuer": ISSUER, "jwks_uri": "https://idp.example/keys"}).encode()

    assert run(discovered_keys_url(answering({address: document}), ISSUER)) == "https://idp.example/keys"


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example", "jwks_uri": "https://evil.example/keys"},
        {"issuer": ISSUER + "/", "jwks_uri": "https://idp.example/keys"},
        {"jwks_uri": "https://idp.example/keys"},
        {"issuer": ISSUER},
        {"issuer": ISSUER, "jwks_uri": "http://idp.example/keys"},
        {"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"},
    ],
    ids=str,
)
def test_metadata_about_another_issuer_or_with_keys_in_a_less_secure_place_is_not_followed(
    document: dict[str, Any],
) -> None:
    with pytest.raises(OSError, match="metadata"):
        run(discovered_keys_url(answering({BY_OIDC: json.dumps(document).encode()}), ISSUER))


@pytest.mark.parametrize("body", [b"[]", b"{", b"[" * 100_000, b'{"keys": "' + b"x" * 300_000 + b'"}'], ids=len)
def test_a_document_that_is_none_or_too_large_is_an_outage_and_not_a_fault(body: bytes) -> None:
    with pytest.raises(OSError, match="document"):
        run(fetch_document(answering({ISSUER: body}), ISSUER))


def test_a_redirect_is_not_followed() -> None:
    moved = httpx.MockTransport(lambda _: httpx.Response(302, headers={"Location": "http://169.254.169.254/"}))
    with pytest.raises(OSError, match="fetched"):
        run(fetch_document(httpx.AsyncClient(transport=moved), ISSUER))


def test_a_gateway_that_neither_issues_nor_trusts_anybody_does_not_start(exchange: Exchange) -> None:
    off = {"SAMRAD_GATEWAY_ISSUER_ENABLED": "false"}
    with pytest.raises(CannotStart, match="SAMRAD_ISSUERS_FILE"), workers(("gateway",), exchange.clock, off):
        pass


def test_a_service_that_trusts_nobody_does_not_start(exchange: Exchange) -> None:
    name = "SAMRAD_CONSULTATION_JWKS_URL"
    with pytest.raises(CannotStart, match=name), workers(("consultation",), exchange.clock, without=(name,)):
        pass


def test_a_profile_that_does_not_exist_is_told(exchange: Exchange) -> None:
    wrong = {"SAMRAD_SECURITY_PROFILE": "lax"}
    with pytest.raises(CannotStart, match="fapi2, ena"), workers(("gateway",), exchange.clock, wrong):
        pass
