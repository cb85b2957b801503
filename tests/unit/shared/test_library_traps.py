"""The eleven traps that Authlib and joserfc were seen to fall into, each by its number: what the product does instead.

Through the door where it can be: tokens are signed with the issuer's own key, so that nothing but the trap is wrong
with them, and are sent to the gateway and to the service behind it. Whether the libraries still do what they did is
told by `test_library_traps_remain.py`.
"""

import json
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, Key, KeySet, OctKey, RSAKey

from services import sandbox
from services.gateway.scopes import CATALOGUE
from services.gateway.tokens.files import replace_private
from services.gateway.tokens.keys import NEVER, SigningKey, write_keys
from shared.tokens.client import ASSERTION_KIND, ClientIdentity
from shared.tokens.jose import InvalidToken, header_of, signing_algorithm
from shared.tokens.keys import HeldKeys
from shared.tokens.proofs import make_proof
from shared.tokens.verifier import ORGANISATION_CLAIM, TokenVerifier, TrustedIssuer
from tests.exchange import NOBODY, Exchange
from tests.interop.clients import make_clients, registered
from tests.openapi_check import SERVICES, document
from tests.unit.shared import given as g

CONSULTATIONS = "/consultation/v1/consultations"
READ = "samrad:consultations.read"
DOORS = ("gateway", "consultation")


def test_trap_1_a_token_without_its_type_is_refused(exchange: Exchange) -> None:
    assert called(exchange, forged(exchange)) == {200}
    for kind in (..., "JWT"):
        assert called(exchange, forged(exchange, {"typ": kind})) == {401}


def test_trap_2_a_token_that_is_bound_to_a_key_is_refused_as_a_plain_bearer_token(exchange: Exchange) -> None:
    token = exchange.client("umea").token_for(CONSULTATIONS).value

    assert called(exchange, token) == {200}
    assert called(exchange, token, scheme="Bearer", proof=False) == {401}
    assert called(exchange, token, scheme="Bearer") == {401}
    assert called(exchange, token, proof=False) == {401}


@pytest.mark.parametrize(
    ("alg", "key", "accepted"),
    [
        ("PS256", g.RSA_KEY, True),
        ("Ed25519", g.ED25519_KEY, True),
        ("RS256", g.RSA_KEY, False),
        ("HS256", OctKey.import_key({"kty": "oct", "k": g.coded(b"a secret that both sides would know")}), False),
    ],
    ids=["PS256", "Ed25519", "RS256", "HS256"],
)
def test_trap_3_tokens_are_held_to_the_list_of_fapi_and_not_to_a_librarys(alg: str, key: Key, accepted: bool) -> None:
    named = type(key).import_key({**key.as_dict(private=True), "kid": "issuer-1"})
    issuer = TrustedIssuer(g.ISSUER, HeldKeys(lambda: KeySet([named])))
    verifier = TokenVerifier({g.ISSUER: issuer}, frozenset((g.AUDIENCE,)))
    token = g.token(named, g.header(alg=alg))

    if accepted:
        assert g.run(verifier.verify(token, g.NOW))[0].client_id == "umea"
    else:
        with pytest.raises(InvalidToken):
            g.run(verifier.verify(token, g.NOW))


def test_trap_3_assertions_are_held_to_the_list_of_fapi_and_not_to_a_librarys(exchange: Exchange) -> None:
    clients = make_clients("trap")
    with registered(exchange.home / "clients" / "clients.json", clients):
        for client in clients.values():
            assert asked(exchange, assertion(exchange, client.key, client.client_id)).status_code == 200
        rsa = clients["PS256"]
        assert refusal(asked(exchange, assertion(exchange, rsa.key, rsa.client_id, {"alg": "RS256"}))) == (
            401,
            "invalid_client",
        )
        elliptic = clients["ES256"]
        assert isinstance(elliptic.key, ECKey)
        _, payload, _ = assertion(exchange, elliptic.key, elliptic.client_id).split(".")
        head = {"alg": "HS256", "kid": elliptic.key.thumbprint()}
        shared = g.by_hand(head, g.uncoded(payload), elliptic.key.as_pem(private=False))
        assert refusal(asked(exchange, shared)) == (401, "invalid_client")


def test_trap_3_proofs_are_held_to_the_list_of_fapi_and_not_to_a_librarys(exchange: Exchange) -> None:
    for key in (g.CLIENT_KEY, g.ED25519_KEY, g.RSA_KEY):
        assert asked(exchange, proof=proof(exchange, key)).status_code == 200
    refused = refusal(asked(exchange, proof=proof(exchange, g.RSA_KEY, {"alg": "RS256"})))
    assert refused == (400, "invalid_dpop_proof")
    secret = b"a secret that both sides would know"
    _, payload, _ = proof(exchange, g.CLIENT_KEY).split(".")
    head = {"typ": "dpop+jwt", "alg": "HS256", "jwk": {"kty": "oct", "k": g.coded(secret)}}
    assert refusal(asked(exchange, proof=g.by_hand(head, g.uncoded(payload), secret))) == (400, "invalid_dpop_proof")


@pytest.mark.parametrize("service", SERVICES)
def test_trap_4_a_token_lives_five_minutes_and_is_for_one_service(exchange: Exchange, service: str) -> None:
    answer = asked(exchange, resource=service, scope="samrad:audit.read").json()
    claims = json.loads(g.uncoded(answer["access_token"].split(".")[1]))

    assert answer["expires_in"] == claims["exp"] - claims["iat"] == 300
    assert claims["aud"] == f"{exchange.base_url}/{service}"


def test_trap_5_every_token_names_its_key_which_is_the_same_one_however_many_are_published(exchange: Exchange) -> None:
    with published_beside(exchange, 2) as signing:
        published = {key["kid"] for key in exchange.http.get(f"{exchange.base_url}/oauth/jwks").json()["keys"]}
        named = {header_of(asked(exchange).json()["access_token"]).get("kid") for _ in range(20)}

    assert len(published) == 3
    assert named == {signing}
    assert signing in published


def test_trap_5_a_token_that_names_no_key_is_refused(exchange: Exchange) -> None:
    assert called(exchange, forged(exchange, {"kid": ...})) == {401}


def test_trap_6_an_assertion_whose_audience_is_a_list_is_refused(exchange: Exchange) -> None:
    key, issuer = identity(exchange).key, exchange.base_url

    assert asked(exchange, assertion(exchange, key, aud=issuer)).status_code == 200
    for audience in ([issuer], [issuer, "https://other.example"]):
        assert refusal(asked(exchange, assertion(exchange, key, aud=audience))) == (401, "invalid_client")


@pytest.mark.parametrize(("ahead", "accepted"), [(5, True), (30, False)])
def test_trap_7_what_comes_a_little_from_the_future_is_accepted_and_from_further_off_refused(
    exchange: Exchange, ahead: int, accepted: bool
) -> None:
    key, later = identity(exchange).key, int(exchange.clock().timestamp()) + ahead
    from_later = assertion(exchange, key, iat=later, exp=later + 60)

    assert called(exchange, forged(exchange, iat=later, exp=later + 300)) == ({200} if accepted else {401})
    assert asked(exchange, from_later).status_code == (200 if accepted else 401)
    assert asked(exchange, proof=proof(exchange, key, iat=later)).status_code == (200 if accepted else 400)


def test_trap_8_no_operation_is_opened_by_any_other_scope_than_its_own(exchange: Exchange) -> None:
    """Every scope that there is but one, and then the one alone: a list of alternatives would tell no difference."""
    everything = {scope.name for scopes in CATALOGUE.values() for scope in scopes}
    seen = 0
    for service, method, path, scope in operations():
        others = " ".join(sorted(everything - {scope}))
        refused = call(exchange, forged(exchange, service=service, scope=others), service, method, path)
        opened = call(exchange, forged(exchange, service=service, scope=scope), service, method, path)
        place = f"{method} {path} with all but {scope}"
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing"), place
        assert refused.json()["requiredScope"] == scope, place
        assert opened.json().get("code") not in ("scope_missing", "unauthenticated"), place
        seen += 1
    assert seen > 15


def test_trap_9_no_token_assertion_or_proof_is_in_any_log_at_its_most_talkative(exchange: Exchange) -> None:
    key = identity(exchange).key
    with everything_logged() as records:
        signed, proving = assertion(exchange, key), proof(exchange, key)
        token = asked(exchange, signed, proof=proving).json()["access_token"]
        again = asked(exchange, signed, proof=proof(exchange, key))
        refused_proof = asked(exchange, proof=proving)
        assert called(exchange, token) == {200}
        assert called(exchange, forged(exchange, {"typ": "JWT"})) == {401}
    written = "\n".join(f"{record.getMessage()} {vars(record)!r}" for record in records)

    assert refusal(again) == (401, "invalid_client")
    assert refusal(refused_proof) == (400, "invalid_dpop_proof")
    assert any(record.levelno == logging.DEBUG for record in records), "nothing was logged that could have told"
    assert any(record.name == "gateway.tokens" for record in records)
    for secret in (token, signed, proving):
        for part in secret.split(".")[1:]:
            assert part not in written
    assert "eyJ" not in written


def test_trap_10_a_proof_may_carry_an_rsa_key_of_4096_bits_and_no_other_header_may_be_that_large(
    exchange: Exchange,
) -> None:
    own, large = identity(exchange).key, RSAKey.generate_key(4096, {"alg": "PS256", "use": "sig"}, private=True)
    assert len(proof(exchange, large).partition(".")[0]) > 1024, "the size that a limit was seen to stop"

    issued = asked(exchange, proof=proof(exchange, large))
    assert issued.status_code == 200, issued.text
    assert called(exchange, issued.json()["access_token"], key=large) == {200}

    # A member that JOSE knows and nobody here reads: only its length differs.
    for length, accepted in ((10, True), (500, False)):
        padding = {"cty": "x" * length}
        assert called(exchange, forged(exchange, padding)) == ({200} if accepted else {401})
        answer = asked(exchange, assertion(exchange, own, head=padding))
        assert answer.status_code == (200 if accepted else 401)


def test_trap_11_of_a_repeated_member_of_a_token_all_readers_take_the_last(exchange: Exchange) -> None:
    """The header is read to find the key and to verify, the claims to find the issuer and to decide; at two doors."""
    key = issuer_key(exchange)
    head = g.header(kid=key.thumbprint())
    for place, name, other in (
        ("header", "alg", "none"),
        ("header", "kid", "another"),
        ("header", "typ", "JWT"),
        ("claims", "iss", "https://evil.example"),
        ("claims", "aud", f"{exchange.base_url}/agreements"),
        ("claims", ORGANISATION_CLAIM, "2120001124"),
        ("claims", "client_id", "nobody"),
    ):
        for wrong_first, status in ((True, 200), (False, 401)):
            texts = {"header": json.dumps(head), "claims": json.dumps(claims(exchange))}
            texts[place] = repeated(texts[place], name, other, first=wrong_first)
            token = g.signed_text(texts["header"].encode(), texts["claims"].encode(), key)
            answer = call(exchange, token)
            assert answer.status_code == status, f"{name}, the wrong one {'first' if wrong_first else 'last'}"


def test_trap_11_of_a_repeated_member_of_an_assertion_or_proof_all_readers_take_the_last(exchange: Exchange) -> None:
    own, thief = identity(exchange).key, ECKey.generate_key("P-256", private=True)
    assert isinstance(own, ECKey)
    good = {"assertion": assertion(exchange, own), "proof": proof(exchange, own)}
    for kind, part, name, other, error in (
        ("assertion", 1, "sub", "malmo", "invalid_client"),
        ("assertion", 1, "aud", "https://evil.example", "invalid_client"),
        ("assertion", 0, "kid", "another", "invalid_client"),
        ("proof", 1, "htu", "https://evil.example", "invalid_dpop_proof"),
        ("proof", 0, "jwk", thief.as_dict(private=False), "invalid_dpop_proof"),
    ):
        for wrong_first in (True, False):
            texts = [g.uncoded(each).decode() for each in good[kind].split(".")[:2]]
            texts[part] = repeated(texts[part], name, other, first=wrong_first)
            texts[1] = texts[1].replace(json.loads(texts[1])["jti"], secrets.token_urlsafe(16))
            spoiled = g.signed_text(texts[0].encode(), texts[1].encode(), own)
            answer = asked(exchange, spoiled) if kind == "assertion" else asked(exchange, proof=spoiled)
            if wrong_first:
                assert answer.status_code == 200, f"{kind}, {name}"
            else:
                assert refusal(answer)[1] == error, f"{kind}, {name}"


def identity(exchange: Exchange) -> ClientIdentity:
    return exchange.client("umea").identity


def issuer_key(exchange: Exchange) -> ECKey:
    """The key that signs now, which nobody but the gateway should have."""
    return ECKey.import_key(json.loads(sandbox.issuer_keys(exchange.home).read_text("utf-8"))["keys"][0])


def claims(exchange: Exchange, service: str = "consultation", **changes: Any) -> dict[str, Any]:
    """What the issuer would say of Umeå's system now, but for the changes."""
    now = int(exchange.clock().timestamp())
    whole: dict[str, Any] = {
        "iss": exchange.base_url,
        "aud": f"{exchange.base_url}/{service}",
        "scope": READ,
        "iat": now,
        "exp": now + 300,
        "jti": secrets.token_urlsafe(16),
        "cnf": {"jkt": identity(exchange).key.thumbprint()},
        **changes,
    }
    return g.claims(**whole)


def forged(exchange: Exchange, head: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token that the issuer would have issued, but for the changes; `...` leaves a member out."""
    key = issuer_key(exchange)
    whole = g.header(**{"kid": key.thumbprint(), **(head or {})})
    return g.signed(whole, json.dumps(claims(exchange, **changes)).encode(), key)


def called(exchange: Exchange, token: str, **how: Any) -> set[int]:
    """The statuses of a read through the gateway and at the service behind it."""
    return {call(exchange, token, door, **how).status_code for door in DOORS}


def call(
    exchange: Exchange,
    token: str,
    door: str = "gateway",
    method: str = "GET",
    path: str = CONSULTATIONS,
    *,
    scheme: str = "DPoP",
    proof: bool = True,
    key: Key | None = None,
) -> httpx.Response:
    """One call at one door, with a fresh proof or none."""
    made = make_proof(key or identity(exchange).key, method, exchange.base_url + path, exchange.clock(), token)
    headers = {"Authorization": f"{scheme} {token}", "Samrad-Handler": "hl-1", "If-Match": '"1"'}
    return exchange.http.request(
        method,
        f"http://127.0.0.1:{exchange.ports[door]}{path}",
        headers={**headers, **({"DPoP": made} if proof else {})},
        json={} if method == "POST" else None,
    )


def assertion(
    exchange: Exchange, key: Key, client_id: str = "umea", head: dict[str, Any] | None = None, **changes: Any
) -> str:
    """An assertion that holds, but for the changes."""
    now = int(exchange.clock().timestamp())
    whole = {
        "iss": client_id,
        "sub": client_id,
        "aud": exchange.base_url,
        "iat": now,
        "exp": now + 60,
        "jti": secrets.token_urlsafe(16),
        **changes,
    }
    return g.signed(
        {"alg": signing_algorithm(key), "kid": key.thumbprint(), **(head or {})}, json.dumps(whole).encode(), key
    )


def proof(exchange: Exchange, key: Key, head: dict[str, Any] | None = None, **changes: Any) -> str:
    """A proof for the token endpoint that holds, but for the changes."""
    whole = {
        "jti": secrets.token_urlsafe(16),
        "htm": "POST",
        "htu": f"{exchange.base_url}/oauth/token",
        "iat": int(exchange.clock().timestamp()),
        **changes,
    }
    beginning = {"typ": "dpop+jwt", "alg": signing_algorithm(key), "jwk": key.as_dict(private=False), **(head or {})}
    return g.signed(beginning, json.dumps(whole).encode(), key)


def asked(
    exchange: Exchange,
    signed: str | None = None,
    *,
    proof: str | None = None,
    resource: str = "consultation",
    scope: str = READ,
) -> httpx.Response:
    """A token request with this assertion and proof, or with Umeå's own."""
    key, address = identity(exchange).key, f"{exchange.base_url}/oauth/token"
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_KIND,
        "client_assertion": signed or assertion(exchange, key),
        "resource": f"{exchange.base_url}/{resource}",
        "scope": scope,
    }
    return exchange.http.post(
        address, data=form, headers={"DPoP": proof or make_proof(key, "POST", address, exchange.clock())}
    )


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def repeated(text: str, name: str, other: object, *, first: bool) -> str:
    """The JSON object with a second member of the name, before or after the one that is there."""
    member = f"{json.dumps(name)}: {json.dumps(other)}"
    return f"{{{member}, {text[1:]}" if first else f"{text[:-1]}, {member}}}"


def operations() -> Iterator[tuple[str, str, str, str]]:
    """Every operation that needs a scope: service, method, path and the scope."""
    for service in SERVICES:
        for template, item in document(service)["paths"].items():
            for method, operation in item.items():
                needed = [scope for each in operation["security"] for scope in each["oauth"]]
                if not needed:
                    continue
                (scope,) = needed
                segments = [NOBODY if part.startswith("{") else part for part in template.split("/")]
                yield service, method.upper(), f"/{service}/v1{'/'.join(segments)}", scope


@contextmanager
def published_beside(exchange: Exchange, count: int) -> Iterator[str]:
    """More keys are published beside the one that signs, whose id is answered. The file is put back."""
    file = sandbox.issuer_keys(exchange.home)
    before, signing = file.read_text("utf-8"), issuer_key(exchange)
    others = [SigningKey(ECKey.generate_key("P-256", private=True), active_from=NEVER) for _ in range(count)]
    write_keys(file, [SigningKey(signing), *others])
    # The gateway looks at the file once a second.
    exchange.clock.move_to(exchange.clock() + timedelta(seconds=2))
    try:
        yield signing.thumbprint()
    finally:
        replace_private(file, before)


@contextmanager
def everything_logged() -> Iterator[list[logging.LogRecord]]:
    """Every record of every logger of the process, at every level."""
    records: list[logging.LogRecord] = []
    handler = _Keeping(records.append)
    known = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    loggers = [logging.root, *known]
    before = [(logger, logger.level, logger.propagate, logger.disabled) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.propagate, logger.disabled = True, False
    logging.root.addHandler(handler)
    try:
        yield records
    finally:
        logging.root.removeHandler(handler)
        for logger, level, propagate, disabled in before:
            logger.setLevel(level)
            logger.propagate, logger.disabled = propagate, disabled


class _Keeping(logging.Handler):
    def __init__(self, keep: Callable[[logging.LogRecord], None]) -> None:
        super().__init__(logging.DEBUG)
        self._keep = keep

    def emit(self, record: logging.LogRecord) -> None:
        self._keep(record)
