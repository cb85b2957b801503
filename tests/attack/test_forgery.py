"""Tokens, assertions and proofs of one's own making, at the gateway and at the service behind it."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from shared.tokens.client import client_assertion, token_request
from shared.tokens.proofs import make_proof, token_hash
from shared.tokens.verifier import ORGANISATION_CLAIM
from tests.attack.beside import Hostile, hostile, services_beside
from tests.attack.forge import FORGERIES, Forge
from tests.attack.support import AF, CONSULTATIONS
from tests.exchange import Exchange
from tests.unit.shared.given import by_hand, coded, signed

pytestmark = pytest.mark.attack
DOORS = ("gateway", "consultation")
QUEUE = "/consultation/v1/queue"


@pytest.fixture(scope="module")
def trap() -> Iterator[Hostile]:
    """An address that stands in forged headers; nobody may ever dial it."""
    with hostile() as neighbour:
        yield neighbour
        assert neighbour.asked == []


def get(exchange: Exchange, door: str | int, path: str, token: str, proof: str, scheme: str = "DPoP") -> httpx.Response:
    port = exchange.ports[door] if isinstance(door, str) else door
    headers = {"Samrad-Handler": "hl-1", "Authorization": f"{scheme} {token}", "DPoP": proof}
    return exchange.http.get(f"http://127.0.0.1:{port}{path}", headers=headers)


def refused(answer: httpx.Response, *, about: str = "") -> None:
    """401 in the words of every such refusal, and none of the caller's."""
    assert answer.status_code == 401, (about, answer.status_code, answer.text)
    assert answer.json()["code"] == "unauthenticated"
    assert answer.headers["www-authenticate"].startswith("DPoP")
    assert not about or about not in answer.text


def access_claims(exchange: Exchange, key: ECKey, **changes: Any) -> dict[str, Any]:
    """What a forger would like to be: the authority that answers. `...` leaves a claim out."""
    now = int(exchange.clock().timestamp())
    whole = {
        "iss": exchange.base_url,
        "sub": "af-workbench",
        "client_id": "af-workbench",
        "aud": f"{exchange.base_url}/consultation",
        "scope": "samrad:queue.work samrad:consultations.read",
        "iat": now,
        "exp": now + 300,
        "jti": secrets.token_urlsafe(16),
        "cnf": {"jkt": key.thumbprint()},
        ORGANISATION_CLAIM: AF.removeprefix("0007:"),
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


# --- tokens ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_refused_and_leads_nobody_elsewhere(
    exchange: Exchange, trap: Hostile, name: str, door: str
) -> None:
    key = exchange.client("umea").identity.key
    assert isinstance(key, ECKey)
    forge = Forge(
        genuine=exchange.client("umea").token_for(CONSULTATIONS).value,
        public=exchange.http.get(f"{exchange.base_url}/oauth/jwks").json()["keys"][0],
        claims=access_claims(exchange, key),
        kind="at+jwt",
        trap=trap.address,
        own=key,
    )
    token = FORGERIES[name](forge)
    address = exchange.base_url + QUEUE

    for scheme in ("DPoP", "Bearer"):
        proof = make_proof(key, "GET", address, exchange.clock(), token.encode("ascii", "replace").decode())
        refused(get(exchange, door, QUEUE, token, proof, scheme))
    assert trap.asked == []


@pytest.mark.parametrize("door", DOORS)
def test_an_assertion_or_a_proof_is_no_token_and_a_token_is_neither(exchange: Exchange, door: str) -> None:
    client, now = exchange.client("umea"), exchange.clock()
    address, token = exchange.base_url + CONSULTATIONS, client.token_for(CONSULTATIONS).value
    proof = make_proof(client.identity.key, "GET", address, now, token)
    assertion = client_assertion(client.identity, now)

    for other in (assertion, proof):
        fresh = make_proof(client.identity.key, "GET", address, now, other)
        refused(get(exchange, door, CONSULTATIONS, other, fresh))
    for other in (assertion, token):
        refused(get(exchange, door, CONSULTATIONS, token, other))
    for other in (token, proof):
        assert ask_for_token(exchange, other).status_code == 401


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "value",
    [
        b"DPoP \xe5\xe4\xf6",
        b"DPoP " + b"e" * 15_000,
        b"DPoP a.b.c, DPoP d.e.f",
        b"DPoP",
        b"Basic eDp5",
    ],
    ids=["not ASCII", "15 kB", "two in one", "no token", "another scheme"],
)
def test_an_authorization_that_is_no_token_is_refused(exchange: Exchange, door: str, value: bytes) -> None:
    address = f"http://127.0.0.1:{exchange.ports[door]}{CONSULTATIONS}"
    answer = exchange.http.get(address, headers=[(b"authorization", value), (b"samrad-handler", b"hl-1")])

    assert answer.status_code in (400, 401)
    assert answer.headers["content-type"] == "application/problem+json"


# --- tokens that the issuer's own key has signed, and that say what they must not -------------------------------------


@dataclass(frozen=True)
class Issuing:
    """A service that trusts a key of ours as its issuer's."""

    exchange: Exchange
    port: int
    key: ECKey

    def call(self, head: dict[str, Any], payload: bytes, key: ECKey, scheme: str = "DPoP") -> httpx.Response:
        """A call of the queue with a token over the payload."""
        whole = {"alg": "ES256", "typ": "at+jwt", "kid": "ours", **head}
        token = signed({name: value for name, value in whole.items() if value is not ...}, payload, self.key)
        proof = make_proof(key, "GET", self.exchange.base_url + QUEUE, self.exchange.clock(), token)
        return get(self.exchange, self.port, QUEUE, token, proof, scheme)


@pytest.fixture(scope="module")
def issuing(running: Exchange) -> Iterator[Issuing]:
    """Our own key set in the issuer's place."""
    key = ECKey.generate_key("P-256", private=True)
    with hostile() as neighbour:
        published = {**key.as_dict(private=False), "kid": "ours", "alg": "ES256", "use": "sig"}
        neighbour.says(json.dumps({"keys": [published]}).encode(), media_type="application/json")
        with services_beside(running, {"SAMRAD_CONSULTATION_JWKS_URL": f"{neighbour.address}/jwks"}) as ports:
            yield Issuing(running, ports["consultation"], key)


def test_a_token_of_the_issuers_key_that_says_the_right_things_is_accepted(
    exchange: Exchange, issuing: Issuing
) -> None:
    own = ECKey.generate_key("P-256", private=True)
    claims = json.dumps(access_claims(exchange, own)).encode()

    assert issuing.call({}, claims, own).status_code == 200


CLAIMS: dict[str, dict[str, Any]] = {
    "for the other service": {"aud": "BASE/agreements"},
    "for several services": {"aud": ["BASE/consultation", "BASE/agreements"]},
    "for this service, in a list": {"aud": ["BASE/consultation"]},
    "for this service, almost": {"aud": "BASE/consultation/"},
    "for the issuer": {"aud": "BASE"},
    "for nobody": {"aud": ...},
    "of another issuer": {"iss": "https://evil.example"},
    "of the issuer, almost": {"iss": "BASE/"},
    "of no issuer": {"iss": ...},
    "expired": {"exp": -1},
    "that never expires": {"exp": ...},
    "that expires as a text": {"exp": "9999999999"},
    "that expires beyond all time": {"exp": 10**20},
    "from the future": {"iat": +60},
    "not valid yet": {"nbf": +60},
    "valid from a text": {"nbf": "now"},
    "of no organisation": {ORGANISATION_CLAIM: ...},
    "of an organisation whose check digit is wrong": {ORGANISATION_CLAIM: "2120002628"},
    "of a person": {ORGANISATION_CLAIM: "189001049802"},
    "of several organisations": {ORGANISATION_CLAIM: ["2021002114", "2120002627"]},
    "of an organisation and more": {ORGANISATION_CLAIM: "2021002114' OR '1'='1"},
    "of no client": {"client_id": ...},
    "without an id": {"jti": ...},
    "with scopes in a list": {"scope": ["samrad:queue.work"]},
    "bound to a certificate": {"cnf": {"x5t#S256": "AAAA"}},
    "bound to nothing readable": {"cnf": "none"},
    "bound to several keys": {"cnf": {"jkt": ["AAAA"]}},
    "bound to another key": {"cnf": {"jkt": "A" * 43}},
}


@pytest.mark.parametrize("name", CLAIMS)
def test_a_token_that_the_issuer_made_for_something_else_is_refused(
    exchange: Exchange, issuing: Issuing, name: str
) -> None:
    now, own = int(exchange.clock().timestamp()), ECKey.generate_key("P-256", private=True)

    def put(claim: str, value: Any) -> Any:
        if claim in ("exp", "iat", "nbf") and isinstance(value, int):
            return min(now + value, 10**20)
        return json.loads(json.dumps(value).replace("BASE", exchange.base_url)) if value is not ... else ...

    changes = {claim: put(claim, value) for claim, value in CLAIMS[name].items()}

    refused(issuing.call({}, json.dumps(access_claims(exchange, own, **changes)).encode(), own))


@pytest.mark.parametrize(
    "kind", [..., None, "JWT", "id_token+jwt", "dpop+jwt", "client-authentication+jwt", ["at+jwt"]]
)
def test_what_the_issuer_has_signed_for_another_use_is_no_access_token(
    exchange: Exchange, issuing: Issuing, kind: Any
) -> None:
    own = ECKey.generate_key("P-256", private=True)

    refused(issuing.call({"typ": kind}, json.dumps(access_claims(exchange, own)).encode(), own))


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b'"x"', b"{", b"[" * 5000, b'{"exp": NaN}', b"\xff"])
def test_a_signature_over_no_claims_is_refused(exchange: Exchange, issuing: Issuing, payload: bytes) -> None:
    refused(issuing.call({}, payload, ECKey.generate_key("P-256", private=True)))


def test_a_token_that_is_bound_to_no_key_opens_nothing_about_persons(exchange: Exchange, issuing: Issuing) -> None:
    own = ECKey.generate_key("P-256", private=True)
    claims = json.dumps(access_claims(exchange, own, cnf=...)).encode()

    for scheme in ("Bearer", "DPoP"):
        refused(issuing.call({}, claims, own, scheme))


# --- assertions ------------------------------------------------------------------------------------------------------


def ask_for_token(exchange: Exchange, assertion: str, **changes: str) -> httpx.Response:
    """A request for a token of Umeå's, with any assertion."""
    identity = exchange.client("umea").identity
    form, headers = token_request(
        identity, f"{exchange.base_url}/consultation", ["samrad:lookups.read"], exchange.clock(), bound=True
    )
    return exchange.http.post(
        identity.token_url, data={**form, "client_assertion": assertion, **changes}, headers=headers
    )


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_assertion_gets_no_token_and_leads_nobody_elsewhere(
    exchange: Exchange, trap: Hostile, name: str
) -> None:
    identity, now = exchange.client("umea").identity, int(exchange.clock().timestamp())
    claims = {"iss": "umea", "sub": "umea", "aud": exchange.base_url, "iat": now, "exp": now + 60}
    forge = Forge(
        genuine=client_assertion(identity, exchange.clock()),
        public={**identity.key.as_dict(private=False), "kid": identity.key.thumbprint()},
        claims={**claims, "jti": secrets.token_urlsafe(16)},
        kind=None,
        trap=trap.address,
        own=ECKey.generate_key("P-256", private=True),
    )
    made = FORGERIES[name](forge)

    answer = ask_for_token(exchange, made)

    assert (answer.status_code, answer.json()["error"]) in ((401, "invalid_client"), (413, "invalid_request"))
    assert made[:40] not in answer.text
    assert trap.asked == []


def test_the_assertion_of_a_client_that_is_good_is_accepted_by_the_same_road(exchange: Exchange) -> None:
    identity = exchange.client("umea").identity

    assert ask_for_token(exchange, client_assertion(identity, exchange.clock())).status_code == 200


# --- proofs ----------------------------------------------------------------------------------------------------------

PROOF_CLAIMS: dict[str, dict[str, Any]] = {
    "without the token's hash": {"ath": ...},
    "with another token's hash": {"ath": token_hash("another")},
    "with an empty hash": {"ath": ""},
    "with a hash in a list": {"ath": ["HASH"]},
    "for another method": {"htm": "POST"},
    "for the method in small letters": {"htm": "get"},
    "for several methods": {"htm": ["GET", "POST"]},
    "for no method": {"htm": ...},
    "for the address with a query": {"htu": "BASEPATH?limit=1"},
    "for the address with a fragment": {"htu": "BASEPATH#x"},
    "for the address and a slash": {"htu": "BASEPATH/"},
    "for the path alone": {"htu": "PATH"},
    "for the address in large letters": {"htu": "HTTP://127.0.0.1:PORTPATH"},
    "for a path in other letters": {"htu": "BASE/consultation/V1/consultations"},
    "for an encoded path": {"htu": "BASE/consultation/v1/%63onsultations"},
    "for a path with dots": {"htu": "BASE/consultation/v1/x/../consultations"},
    "for a path with two slashes": {"htu": "BASE//consultation/v1/consultations"},
    "for another host": {"htu": "http://evil.example:PORTPATH"},
    "for another name of the host": {"htu": "http://localhost:PORTPATH"},
    "for the host with a point": {"htu": "http://127.0.0.1.:PORTPATH"},
    "for another port": {"htu": "http://127.0.0.1:1PATH"},
    "for no port": {"htu": "http://127.0.0.1PATH"},
    "for another scheme": {"htu": "https://127.0.0.1:PORTPATH"},
    "for a host behind a name": {"htu": "http://x@127.0.0.1:PORTPATH"},
    "for an address in a list": {"htu": ["BASEPATH"]},
    "for no address": {"htu": ...},
    "of a minute ago": {"iat": -61},
    "from the future": {"iat": +12},
    "of a text": {"iat": "now"},
    "of no time": {"iat": ...},
    "without an id": {"jti": ...},
    "with an id that is a number": {"jti": 12345678},
    "with a short id": {"jti": "x"},
    "with a huge id": {"jti": "x" * 1000},
}
OTHER_KEY = ECKey.generate_key("P-256", private=True)
PROOF_HEADS: dict[str, dict[str, Any]] = {
    "without its type": {"typ": ...},
    "with a token's type": {"typ": "at+jwt"},
    "with the common type": {"typ": "JWT"},
    "without a key": {"jwk": ...},
    "with the id of a key": {"jwk": ..., "kid": "umea"},
    "with the address of a key": {"jwk": ..., "jku": "http://127.0.0.1:9/jwks"},
    "with another's key": {"jwk": OTHER_KEY.as_dict(private=False)},
    "with a symmetric key": {"jwk": {"kty": "oct", "k": "AAAA"}, "alg": "HS256"},
    "with a key that is a list": {"jwk": [1]},
    "with a point that is not on the curve": {"jwk": {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}},
    "without an algorithm": {"alg": ...},
    "with no algorithm": {"alg": "none"},
    "with another algorithm": {"alg": "PS256"},
    "with an extension that must be understood": {"crit": ["x"], "x": 1},
}


def proof_of(exchange: Exchange, token: str, claims: dict[str, Any], head: dict[str, Any]) -> str:
    """A proof of Umeå's for reading its consultations, with changes."""
    key, port = exchange.client("umea").identity.key, str(exchange.ports["gateway"])
    now = int(exchange.clock().timestamp())

    def put(name: str, value: Any) -> Any:
        if value is ... or not isinstance(value, str | list):
            return now + value if name == "iat" and isinstance(value, int) else value
        text = json.dumps(value).replace("BASE", exchange.base_url).replace("PORT", port)
        return json.loads(text.replace("PATH", CONSULTATIONS).replace("HASH", token_hash(token)))

    whole = {
        "jti": secrets.token_urlsafe(16),
        "htm": "GET",
        "htu": exchange.base_url + CONSULTATIONS,
        "iat": now,
        "ath": token_hash(token),
        **{name: put(name, value) for name, value in claims.items()},
    }
    start = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False), **head}
    members = {name: value for name, value in start.items() if value is not ...}
    return signed(members, json.dumps({name: each for name, each in whole.items() if each is not ...}).encode(), key)


def test_a_proof_with_nothing_changed_is_accepted(exchange: Exchange) -> None:
    token = exchange.client("umea").token_for(CONSULTATIONS).value
    for door in DOORS:
        assert get(exchange, door, CONSULTATIONS, token, proof_of(exchange, token, {}, {})).status_code == 200
    # What is in the query is not part of what is proved (RFC 9449 section 4.2).
    asked = f"{CONSULTATIONS}?limit=1"
    assert get(exchange, "gateway", asked, token, proof_of(exchange, token, {}, {})).status_code == 200


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", [*PROOF_CLAIMS, *PROOF_HEADS])
def test_a_proof_for_or_of_something_else_is_refused(exchange: Exchange, name: str, door: str) -> None:
    token = exchange.client("umea").token_for(CONSULTATIONS).value
    proof = proof_of(exchange, token, PROOF_CLAIMS.get(name, {}), PROOF_HEADS.get(name, {}))

    refused(get(exchange, door, CONSULTATIONS, token, proof))


@pytest.mark.parametrize("door", DOORS)
def test_two_proofs_in_one_and_a_proof_that_is_none_are_refused(exchange: Exchange, door: str) -> None:
    token = exchange.client("umea").token_for(CONSULTATIONS).value
    good = proof_of(exchange, token, {}, {})
    own = exchange.client("umea").identity.key.as_dict(private=False)
    unsigned = by_hand({"typ": "dpop+jwt", "alg": "none", "jwk": own}, good.split(".")[1].encode(), None)
    for proof in (
        f"{good}, {good}",
        f"{good},",
        "",
        "x",
        "..",
        unsigned,
        good.rpartition(".")[0],
        coded(b"{}") + "..x",
    ):
        refused(get(exchange, door, CONSULTATIONS, token, proof))


def test_a_stolen_token_with_a_proof_by_the_thiefs_own_key_is_refused_by_whoever_is_asked(exchange: Exchange) -> None:
    """Also when the thief is a client itself, with tokens and keys that are good."""
    stolen = exchange.client("umea").token_for(CONSULTATIONS).value
    thief = exchange.client("malmo").identity.key
    for door in DOORS:
        proof = make_proof(thief, "GET", exchange.base_url + CONSULTATIONS, exchange.clock(), stolen)
        refused(get(exchange, door, CONSULTATIONS, stolen, proof))
