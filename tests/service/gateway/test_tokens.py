"""Tokens are issued to clients that prove who they are, and to nobody else."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey, Key, RSAKey

from shared.clock import system_clock
from shared.tokens.client import ASSERTION_KIND, ClientIdentity, TokenRefused
from shared.tokens.jose import header_of, signed_token, signing_algorithm, verified_claims
from shared.tokens.proofs import make_proof
from tests.service.gateway.conftest import Gateway

MARKER = "191212121212"


def assertion(
    identity: ClientIdentity, *, header: dict[str, Any] | None = None, key: Key | None = None, **claims: Any
) -> str:
    """An assertion that is right but for what is changed. A claim of None is left out."""
    signer, now = key or identity.key, int(time.time())
    made = {
        "iss": identity.client_id,
        "sub": identity.client_id,
        "aud": identity.issuer,
        "iat": now,
        "exp": now + 60,
        "jti": secrets.token_urlsafe(16),
        **claims,
    }
    head = {"alg": signing_algorithm(signer), "kid": identity.key.thumbprint(), **(header or {})}
    kept = {name: value for name, value in head.items() if value is not None}
    return signed_token(kept, {name: value for name, value in made.items() if value is not None}, signer)


def ask(gateway: Gateway, signed: str, *, proof: bool = True, **changes: Any) -> httpx.Response:
    """A token request with this assertion. A parameter of None is left out."""
    identity = gateway.identity()
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_KIND,
        "client_assertion": signed,
        "resource": gateway.audience(),
        "scope": "samrad:consultations.read",
        **changes,
    }
    headers = {"DPoP": make_proof(identity.key, "POST", identity.public_token_url, system_clock())}
    sent = {name: value for name, value in form.items() if value is not None}
    return gateway.http.post(identity.token_url, data=sent, headers=headers if proof else {})


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"error", "error_description"}
    return answer.status_code, body["error"]


@pytest.mark.parametrize("name", ["with-es256", "with-ed25519", "with-ps256"])
def test_a_client_with_a_key_of_each_kind_gets_a_bound_token(gateway: Gateway, keys: dict[str, Key], name: str) -> None:
    identity = replace(gateway.identity(), client_id=name, key=keys[name])

    held = gateway.client(identity).token_for("/consultation/v1/lookups")

    issuer_key = ECKey.import_key(gateway.get("/oauth/jwks").json()["keys"][0])
    claims = verified_claims(held.value, issuer_key, types=("at+jwt",), algorithms=("ES256",))
    assert held.scheme == "DPoP"
    assert header_of(held.value) == {"alg": "ES256", "typ": "at+jwt", "kid": issuer_key.thumbprint()}
    assert claims["iss"] == gateway.url
    assert claims["aud"] == f"{gateway.url}/consultation"
    assert claims["sub"] == claims["client_id"] == name
    assert claims["https://id.oidc.se/claim/orgNumber"] == "2120002627"
    assert claims["exp"] - claims["iat"] == 300
    assert claims["cnf"] == {"jkt": keys[name].thumbprint()}
    assert len(claims["jti"]) >= 22


def test_the_answer_says_scheme_life_and_scopes_and_is_not_stored(gateway: Gateway) -> None:
    answer = ask(gateway, assertion(gateway.identity()))

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert {**answer.json(), "access_token": ""} == {
        "access_token": "",
        "token_type": "DPoP",
        "expires_in": 300,
        "scope": "samrad:consultations.read",
    }


def test_a_signing_key_is_published_without_its_private_part(gateway: Gateway) -> None:
    published = gateway.get("/oauth/jwks").json()["keys"]

    assert [sorted(key) for key in published] == [["alg", "crv", "kid", "kty", "use", "x", "y"]]
    assert (gateway.folder / "issuer.json").stat().st_mode & 0o777 == 0o600


def test_metadata_names_the_endpoints_and_what_is_accepted(gateway: Gateway) -> None:
    about = gateway.get("/.well-known/oauth-authorization-server").json()

    assert about["issuer"] == gateway.url
    assert about["token_endpoint"] == f"{gateway.url}/oauth/token"
    assert about["jwks_uri"] == f"{gateway.url}/oauth/jwks"
    assert about["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert about["dpop_signing_alg_values_supported"] == ["ES256", "PS256", "Ed25519", "EdDSA"]
    assert "samrad:lookups.create" in about["scopes_supported"]


NOW = datetime.now(UTC).timestamp


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"aud": ["ISSUER"]}, id="audience in a list"),
        pytest.param({"aud": ["ISSUER", "https://other.example"]}, id="several audiences"),
        pytest.param({"aud": "https://other.example"}, id="audience of another"),
        pytest.param({"aud": "TOKEN_URL"}, id="the token endpoint as audience"),
        pytest.param({"aud": None}, id="no audience"),
        pytest.param({"exp": "+180"}, id="a life of three minutes"),
        pytest.param({"exp": "-1"}, id="expired"),
        pytest.param({"exp": None}, id="no end"),
        pytest.param({"exp": True}, id="an end that is a truth value"),
        pytest.param({"exp": 10**400, "iat": 10**400 - 1}, id="an end beyond all numbers"),
        pytest.param({"iat": "+30", "exp": "+60"}, id="from the future"),
        pytest.param({"iat": None}, id="no beginning"),
        pytest.param({"nbf": "+60"}, id="not valid yet"),
        pytest.param({"jti": None}, id="no jti"),
        pytest.param({"jti": "x" * 300}, id="an endless jti"),
        pytest.param({"iss": "malmo"}, id="another issuer than subject"),
        pytest.param({"sub": "malmo"}, id="the name of another client"),
        pytest.param({"sub": MARKER, "iss": MARKER}, id="an unknown client"),
    ],
)
def test_an_assertion_with_unfit_claims_is_refused(gateway: Gateway, changes: dict[str, Any]) -> None:
    named = {"ISSUER": gateway.url, "TOKEN_URL": f"{gateway.url}/oauth/token"}

    def put(value: Any) -> Any:
        if isinstance(value, str) and value[:1] in "+-":
            return int(time.time()) + int(value)
        if isinstance(value, list):
            return [put(entry) for entry in value]
        return named.get(value, value) if isinstance(value, str) else value

    answer = ask(gateway, assertion(gateway.identity(), **{name: put(value) for name, value in changes.items()}))

    assert refusal(answer) == (401, "invalid_client")
    assert MARKER not in answer.text


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"typ": "at+jwt"}, id="an access token"),
        pytest.param({"typ": "dpop+jwt"}, id="a proof"),
        pytest.param({"typ": ["JWT"]}, id="a type that is a list"),
        pytest.param({"kid": "another"}, id="an unknown key"),
        pytest.param({"kid": 17}, id="a key id that is no text"),
        pytest.param({"crit": ["exp"], "exp": 1}, id="a critical extension"),
    ],
)
def test_an_assertion_with_an_unfit_header_is_refused(gateway: Gateway, header: dict[str, Any]) -> None:
    identity = gateway.identity()
    now = int(time.time())
    claims = {"iss": "umea", "sub": "umea", "aud": gateway.url, "iat": now, "exp": now + 60, "jti": "0123456789"}
    head = {"alg": "ES256", "kid": identity.key.thumbprint(), **header}

    assert refusal(ask(gateway, by_hand(identity.key, head, claims))) == (401, "invalid_client")


@pytest.mark.parametrize("kind", [None, "JWT", "client-authentication+jwt"])
def test_an_assertion_may_state_the_types_that_are_known(gateway: Gateway, kind: str | None) -> None:
    assert ask(gateway, assertion(gateway.identity(), header={"typ": kind})).status_code == 200


def test_an_assertion_without_key_id_is_accepted_when_there_is_one_key(gateway: Gateway) -> None:
    assert ask(gateway, assertion(gateway.identity(), header={"kid": None})).status_code == 200


def test_an_assertion_is_accepted_ten_seconds_early_but_no_more(gateway: Gateway) -> None:
    now = int(time.time())

    assert ask(gateway, assertion(gateway.identity(), iat=now + 8, exp=now + 68)).status_code == 200
    assert ask(gateway, assertion(gateway.identity(), iat=now + 20, exp=now + 80)).status_code == 401


def test_an_unsigned_assertion_is_refused(gateway: Gateway) -> None:
    _, claims, _ = assertion(gateway.identity()).split(".")
    none = encoded({"alg": "none", "kid": gateway.identity().key.thumbprint()})

    assert refusal(ask(gateway, f"{none}.{claims}.")) == (401, "invalid_client")


def test_the_public_key_as_a_shared_secret_is_refused(gateway: Gateway) -> None:
    identity = gateway.identity()
    _, claims, _ = assertion(identity).split(".")
    head = encoded({"alg": "HS256", "kid": identity.key.thumbprint()})
    assert isinstance(identity.key, ECKey)
    for secret in (identity.key.as_pem(private=False), json.dumps(identity.key.as_dict(private=False)).encode()):
        mac = hmac.digest(secret, f"{head}.{claims}".encode(), hashlib.sha256)
        forged = f"{head}.{claims}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        assert refusal(ask(gateway, forged)) == (401, "invalid_client")


def test_an_algorithm_outside_the_list_is_refused_although_the_key_is_right(
    gateway: Gateway, keys: dict[str, Key]
) -> None:
    key = keys["with-ps256"]
    identity = replace(gateway.identity(), client_id="with-ps256", key=key)

    assert ask(gateway, assertion(identity), client_id="with-ps256").status_code == 200
    assert refusal(ask(gateway, assertion(identity, header={"alg": "RS256"}))) == (401, "invalid_client")


def test_a_key_that_the_assertion_brings_along_is_not_believed(gateway: Gateway) -> None:
    own = ECKey.generate_key("P-256", private=True)
    header = {"jwk": own.as_dict(private=False), "kid": own.thumbprint()}

    assert refusal(ask(gateway, assertion(gateway.identity(), header=header, key=own))) == (401, "invalid_client")


def test_an_unknown_client_and_a_bad_signature_are_answered_alike(gateway: Gateway) -> None:
    stranger = RSAKey.generate_key(2048, private=True)
    nobody = replace(gateway.identity(), client_id="nobody", key=stranger)
    answers = [
        ask(gateway, assertion(nobody)),
        ask(gateway, assertion(gateway.identity(), key=ECKey.generate_key("P-256", private=True))),
        ask(gateway, assertion(gateway.identity())[:-4] + "AAAA"),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


def test_a_disabled_client_gets_no_token(gateway: Gateway, keys: dict[str, Key]) -> None:
    identity = replace(gateway.identity(), client_id="disabled", key=keys["disabled"])

    assert refusal(ask(gateway, assertion(identity))) == (401, "invalid_client")


def test_an_assertion_is_used_once(gateway: Gateway) -> None:
    signed = assertion(gateway.identity())

    assert ask(gateway, signed).status_code == 200
    assert refusal(ask(gateway, signed)) == (401, "invalid_client")


def test_two_clients_may_use_the_same_jti(gateway: Gateway) -> None:
    jti = secrets.token_urlsafe(16)

    assert ask(gateway, assertion(gateway.identity("umea"), jti=jti)).status_code == 200
    assert ask(gateway, assertion(gateway.identity("malmo"), jti=jti)).status_code == 200


def test_an_assertion_nested_without_end_is_refused(gateway: Gateway) -> None:
    deep = encoded_text('{"alg":' + "[" * 3000 + "]" * 3000 + "}")

    assert refusal(ask(gateway, f"{deep}.{deep}.AAAA")) == (401, "invalid_client")


@pytest.mark.parametrize("age", [-61, 11])
def test_a_proof_too_old_or_from_the_future_gives_no_token(gateway: Gateway, age: int) -> None:
    identity = gateway.identity()
    made = datetime.fromtimestamp(time.time() + age, UTC)
    proof = make_proof(identity.key, "POST", identity.public_token_url, made)

    assert refusal(with_proof(gateway, proof)) == (400, "invalid_dpop_proof")


def test_a_proof_for_another_address_or_method_gives_no_token(gateway: Gateway) -> None:
    key = gateway.identity().key
    for method, address in (("GET", f"{gateway.url}/oauth/token"), ("POST", f"{gateway.url}/oauth/jwks")):
        proof = make_proof(key, method, address, system_clock())
        assert refusal(with_proof(gateway, proof)) == (400, "invalid_dpop_proof")


def test_a_proof_is_used_once(gateway: Gateway) -> None:
    identity = gateway.identity()
    proof = make_proof(identity.key, "POST", identity.public_token_url, system_clock())

    assert with_proof(gateway, proof).status_code == 200
    assert refusal(with_proof(gateway, proof)) == (400, "invalid_dpop_proof")


def test_a_proof_with_an_impossible_time_gives_no_token(gateway: Gateway) -> None:
    key = gateway.identity().key
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    claims = {"jti": "0123456789", "htm": "POST", "htu": f"{gateway.url}/oauth/token", "iat": 10**400}

    assert refusal(with_proof(gateway, signed_token(head, claims, key))) == (400, "invalid_dpop_proof")


def test_a_plain_bearer_token_is_issued_only_where_no_persons_are(gateway: Gateway) -> None:
    dashboard = assertion(gateway.identity("dashboard"))
    municipality = assertion(gateway.identity())

    plain = ask(gateway, dashboard, proof=False, scope="samrad:statistics.read")
    refused = ask(gateway, municipality, proof=False, scope="samrad:statistics.read samrad:consultations.read")

    assert plain.json()["token_type"] == "Bearer"
    assert refusal(refused) == (400, "invalid_dpop_proof")
    assert "DPoP" in refused.json()["error_description"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": None}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "samrad:queue.work"}, "invalid_scope"),
        ({"scope": MARKER}, "invalid_scope"),
        ({"scope": "samrad:consultations.read  samrad:lookups.read"}, "invalid_scope"),
        ({"scope": "samrad:agreements.read"}, "invalid_scope"),
        ({"resource": f"https://{MARKER}.example"}, "invalid_target"),
        ({"resource": "", "scope": "samrad:audit.read"}, "invalid_target"),
        ({"resource": None, "scope": "samrad:audit.read"}, "invalid_target"),
        ({"resource": None, "scope": "samrad:audit.read samrad:lookups.read samrad:agreements.read"}, "invalid_target"),
        ({"resource": ["AUDIENCE", "AUDIENCE"]}, "invalid_target"),
        ({"scope": ["samrad:lookups.read", "samrad:lookups.read"]}, "invalid_request"),
        ({"client_secret": MARKER}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
    ],
)
def test_a_request_that_asks_for_what_it_may_not_have_is_refused(
    gateway: Gateway, changes: dict[str, Any], error: str
) -> None:
    answer = ask(gateway, assertion(gateway.identity()), **changes)

    assert refusal(answer) == (400, error)
    assert MARKER not in answer.text


@pytest.mark.parametrize(
    ("scope", "service"),
    [("samrad:lookups.create", "consultation"), ("samrad:agreements.read samrad:audit.read", "agreements")],
)
def test_the_service_follows_from_the_scopes_when_they_belong_to_one(
    gateway: Gateway, scope: str, service: str
) -> None:
    answer = ask(gateway, assertion(gateway.identity()), scope=scope, resource=None)

    assert audience_of(answer) == gateway.audience(service)


def test_a_scope_that_two_services_have_is_for_the_one_named(gateway: Gateway) -> None:
    for service in ("consultation", "agreements"):
        signed = assertion(gateway.identity())
        answer = ask(gateway, signed, scope="samrad:audit.read", resource=gateway.audience(service))
        assert audience_of(answer) == gateway.audience(service)


@pytest.mark.parametrize(
    ("client_assertion_type", "client_id"),
    [(None, None), ("urn:ietf:params:oauth:client-assertion-type:saml2-bearer", None), (ASSERTION_KIND, "malmo")],
)
def test_a_client_that_authenticates_otherwise_is_refused(
    gateway: Gateway, client_assertion_type: str | None, client_id: str | None
) -> None:
    signed = assertion(gateway.identity())
    answer = ask(gateway, signed, client_assertion_type=client_assertion_type, client_id=client_id)

    assert refusal(answer) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"{}", "application/json", 400),
        (b"grant_type=client_credentials", "text/plain", 400),
        (b"grant_type", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a%d=1" % number for number in range(30)), "application/x-www-form-urlencoded", 400),
        (b"grant_type=%ff", "application/x-www-form-urlencoded", 400),
        (b"grant_type=\xff", "application/x-www-form-urlencoded", 400),
        (b"grant_type=" + b"x" * 20_000, "application/x-www-form-urlencoded", 413),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(gateway: Gateway, body: bytes, media_type: str, status: int) -> None:
    answer = gateway.http.post(f"{gateway.url}/oauth/token", content=body, headers={"Content-Type": media_type})

    assert refusal(answer) == (status, "invalid_request")


def test_a_client_with_basic_authentication_is_refused(gateway: Gateway) -> None:
    identity = gateway.identity()
    answer = gateway.http.post(identity.token_url, data={"grant_type": "client_credentials"}, auth=("umea", MARKER))

    assert refusal(answer) == (400, "invalid_request")


def test_a_wrong_scope_is_told_to_the_client_by_its_code(gateway: Gateway) -> None:
    with pytest.raises(TokenRefused) as refused:
        gateway.client(consultation=("samrad:queue.work",)).token_for("/consultation/v1/queue")

    assert refused.value.error == "invalid_scope"


def with_proof(gateway: Gateway, proof: str) -> httpx.Response:
    identity = gateway.identity()
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_KIND,
        "client_assertion": assertion(identity),
        "scope": "samrad:consultations.read",
    }
    return gateway.http.post(identity.token_url, data=form, headers={"DPoP": proof})


def audience_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    payload = answer.json()["access_token"].split(".")[1]
    claims: dict[str, str] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims["aud"]


def encoded(value: Any) -> str:
    return encoded_text(json.dumps(value))


def encoded_text(value: str) -> str:
    return base64.urlsafe_b64encode(value.encode()).rstrip(b"=").decode()


def by_hand(key: Key, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Signed without the checks of a library, which would not make what an attacker makes."""
    text = f"{encoded(header)}.{encoded(claims)}"
    assert isinstance(key, ECKey)
    r, s = utils.decode_dss_signature(key.private_key.sign(text.encode(), ec.ECDSA(SHA256())))  # type: ignore[union-attr]
    signature = r.to_bytes(32) + s.to_bytes(32)
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
