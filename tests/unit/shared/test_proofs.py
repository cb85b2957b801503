"""Proofs of possession (RFC 9449): for this request, this token, now and once."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from shared.tokens.jose import InvalidToken, embedded_key
from shared.tokens.proofs import AHEAD, BACK, check_proof, make_proof, token_hash
from shared.tokens.replay import InProcessReplayStore
from tests.sizes import sample_or_full
from tests.unit.shared import given as g

ADDRESS = "https://samrad.example/consultation/v1/lookups"
TOKEN = "an.access.token"


def proof(key: Key = g.CLIENT_KEY, head: dict[str, Any] | None = None, alg: str = "ES256", **changes: g.Change) -> str:
    """A proof that holds, spoiled by `changes`; `...` leaves a claim out."""
    whole: dict[str, Any] = {
        "jti": "0123456789abcdef",
        "htm": "POST",
        "htu": ADDRESS,
        "iat": int(g.NOW.timestamp()),
        "ath": token_hash(TOKEN),
        **changes,
    }
    told = {name: value for name, value in whole.items() if value is not ...}
    beginning = {"typ": "dpop+jwt", "alg": alg, "jwk": key.as_dict(private=False), **(head or {})}
    return g.signed(beginning, json.dumps(told).encode(), key)


def checked(
    value: str, *, now: datetime = g.NOW, store: InProcessReplayStore | None = None, key: Key = g.CLIENT_KEY
) -> str:
    return g.run(
        check_proof(
            value,
            method="POST",
            address=ADDRESS,
            now=now,
            replays=store or InProcessReplayStore(),
            access_token=TOKEN,
            bound_to=key.thumbprint(),
        )
    )


@pytest.mark.parametrize(
    ("key", "alg"),
    [(g.CLIENT_KEY, "ES256"), (g.ED25519_KEY, "Ed25519"), (g.RSA_KEY, "PS256")],
    ids=["EC", "OKP", "RSA"],
)
def test_a_proof_of_each_accepted_kind_of_key_works(key: Key, alg: str) -> None:
    assert checked(proof(key, alg=alg), key=key) == key.thumbprint()
    assert checked(make_proof(key, "POST", ADDRESS, g.NOW, TOKEN), key=key) == key.thumbprint()


def test_an_ed25519_proof_may_spell_its_algorithm_as_older_libraries_do() -> None:
    value = by_older_library(g.ED25519_KEY)

    assert checked(value, key=g.ED25519_KEY) == g.ED25519_KEY.thumbprint()


def by_older_library(key: OKPKey) -> str:
    """A proof whose header says `EdDSA`, put together by hand: joserfc warns of the name."""
    head, payload, _ = proof(key, alg="Ed25519").split(".")
    head = g.coded(json.dumps({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": key.as_dict(private=False)}).encode())
    signature = key.get_op_key("sign").sign(f"{head}.{payload}".encode())  # type: ignore[union-attr]
    return f"{head}.{payload}.{g.coded(signature)}"


def test_an_rsa_key_of_4096_bits_with_all_its_members_has_room_in_the_header() -> None:
    key = RSAKey.generate_key(4096, private=True)
    jwk = {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": "PS256"}
    value = proof(key, head={"jwk": jwk}, alg="PS256")

    assert len(value.partition(".")[0]) > 1024
    assert checked(value, key=key) == key.thumbprint()


def test_the_same_proof_works_once() -> None:
    store, value = InProcessReplayStore(), proof()
    checked(value, store=store)

    for seconds in (0, 1, 59):
        with pytest.raises(InvalidToken):
            checked(value, store=store, now=g.NOW + timedelta(seconds=seconds))


def test_a_proof_from_the_very_edge_of_the_future_cannot_be_used_again_at_the_very_edge_of_the_past() -> None:
    store = InProcessReplayStore()
    value = proof(iat=int((g.NOW + AHEAD).timestamp()))
    checked(value, store=store)

    with pytest.raises(InvalidToken):
        checked(value, store=store, now=g.NOW + AHEAD + BACK)


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "GET"},
        {"htm": "post"},
        {"htm": ...},
        {"htm": ["POST"]},
        {"htu": ADDRESS + "/"},
        {"htu": ADDRESS + "?a=b"},
        {"htu": ADDRESS + "#x"},
        {"htu": ADDRESS.upper()},
        {"htu": ADDRESS.replace("https", "http")},
        {"htu": ADDRESS.replace("samrad", "evil")},
        {"htu": ADDRESS.replace("/v1/", "/v1/./")},
        {"htu": ADDRESS.replace("lookups", "%6Cookups")},
        {"htu": ...},
        {"htu": [ADDRESS]},
        {"ath": token_hash("another.access.token")},
        {"ath": token_hash(TOKEN) + "="},
        {"ath": ...},
        {"ath": None},
    ],
    ids=str,
)
def test_a_proof_for_another_request_or_token_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        checked(proof(**changes))


@pytest.mark.parametrize("token_id", [..., None, "", "short", "x" * 257, 12345678, ["0123456789abcdef"]])
def test_a_proof_without_a_usable_id_is_refused(token_id: g.Change) -> None:
    with pytest.raises(InvalidToken):
        checked(proof(jti=token_id))


def test_an_id_that_is_no_text_in_utf_8_counts_once_like_any_other() -> None:
    store = InProcessReplayStore()
    value = proof(jti="\ud800" * 8)
    checked(value, store=store)

    with pytest.raises(InvalidToken):
        checked(value, store=store)


@pytest.mark.parametrize("kind", ["jwt", "at+jwt", "", None, ["dpop+jwt"]])
def test_a_signature_of_another_type_is_no_proof(kind: g.Change) -> None:
    with pytest.raises(InvalidToken):
        checked(proof(head={"typ": kind}))


def test_a_proof_by_another_key_than_the_token_is_bound_to_is_refused() -> None:
    with pytest.raises(InvalidToken):
        checked(proof(ECKey.generate_key("P-256", private=True)))


@pytest.mark.parametrize("key", [g.CLIENT_KEY, g.ED25519_KEY, g.RSA_KEY], ids=["EC", "OKP", "RSA"])
def test_a_private_key_in_the_header_is_refused(key: Key) -> None:
    alg = {"EC": "ES256", "OKP": "Ed25519", "RSA": "PS256"}[key.key_type]

    with pytest.raises(InvalidToken):
        checked(proof(key, {"jwk": key.as_dict(private=True)}, alg), key=key)


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_any_private_member_in_the_header_is_refused(member: str) -> None:
    with pytest.raises(InvalidToken):
        checked(proof(head={"jwk": {**g.CLIENT_KEY.as_dict(private=False), member: "AQAB"}}))


@pytest.mark.parametrize("curve", ["P-384", "P-521", "secp256k1"])
def test_other_curves_are_refused(curve: str) -> None:
    key = ECKey.generate_key(curve, private=True)
    alg = {"P-384": "ES384", "P-521": "ES512", "secp256k1": "ES256K"}[curve]

    with pytest.raises(InvalidToken):
        checked(proof(key, alg=alg), key=key)


def test_ed448_and_key_agreement_keys_are_refused() -> None:
    for curve in ("Ed448", "X25519"):
        jwk = OKPKey.generate_key(curve, private=False).as_dict(private=False)
        with pytest.raises(InvalidToken):
            checked(proof(head={"jwk": jwk}))


def test_a_short_rsa_key_is_refused() -> None:
    with pytest.warns(SecurityWarning):
        jwk = RSAKey.generate_key(1024, private=False).as_dict(private=False)

    with pytest.warns(SecurityWarning), pytest.raises(InvalidToken):
        checked(proof(head={"alg": "PS256", "jwk": jwk}))


@pytest.mark.parametrize("alg", ["HS256", "none", "RS256", "ES384", "EdDSA", None, ["ES256"]])
def test_an_algorithm_that_does_not_belong_to_the_key_is_refused(alg: g.Change) -> None:
    with pytest.raises(InvalidToken):
        checked(proof(head={"alg": alg}))


def test_a_header_that_is_larger_than_any_key_is_refused_before_it_is_remembered() -> None:
    before = embedded_key.cache_info().currsize
    padded = {**g.CLIENT_KEY.as_dict(private=False), "x-padding": "x" * 4000}

    with pytest.raises(InvalidToken):
        checked(proof(head={"jwk": padded}))
    assert embedded_key.cache_info().currsize == before


_OFFSETS = st.floats(-3600, 3600, allow_nan=False) | st.sampled_from([-60.0, -60.001, 10.0, 10.001, 0.0])


@given(offset=_OFFSETS, fraction=st.floats(0, 0.999))
@settings(max_examples=sample_or_full(120, 3000), deadline=None)
def test_a_proof_is_accepted_from_sixty_seconds_back_to_ten_ahead(offset: float, fraction: float) -> None:
    now = g.NOW + timedelta(seconds=fraction)
    value = proof(iat=g.NOW.timestamp() + offset)
    age = now.timestamp() - (g.NOW.timestamp() + offset)

    if -10 <= age <= 60:
        assert checked(value, now=now)
    else:
        with pytest.raises(InvalidToken):
            checked(value, now=now)


@given(offset=st.integers(-60, 10), later=st.floats(0, 200, allow_nan=False))
@settings(max_examples=sample_or_full(120, 3000), deadline=None)
def test_whenever_a_proof_is_sent_again_it_is_refused(offset: int, later: float) -> None:
    store, value = InProcessReplayStore(), proof(iat=int(g.NOW.timestamp()) + offset)
    checked(value, store=store)

    with pytest.raises(InvalidToken):
        checked(value, store=store, now=g.NOW + timedelta(seconds=later))


@pytest.mark.parametrize(
    "written", ["NaN", "Infinity", "1e999", "-1e999", "1" + "0" * 400, "1" * 5000, "true", "null", '"1"']
)
def test_a_time_that_is_none_is_refused(written: str) -> None:
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": g.CLIENT_KEY.as_dict(private=False)}
    claims = {"jti": "0123456789abcdef", "htm": "POST", "htu": ADDRESS, "iat": "PLACE", "ath": token_hash(TOKEN)}
    payload = json.dumps(claims).replace('"PLACE"', written)

    with pytest.raises(InvalidToken):
        checked(g.signed(head, payload.encode(), g.CLIENT_KEY))


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "alg", "use", "key_ops", "kid", "x5c"])


@given(st.dictionaries(_MEMBERS, _ANY | st.sampled_from(["EC", "RSA", "OKP", "oct", "P-256", "Ed25519", "AQAB"])))
@settings(max_examples=sample_or_full(150, 10_000), deadline=None)
def test_any_key_in_the_header_is_read_or_refused_and_never_breaks(jwk: dict[str, Any]) -> None:
    whole = {**g.CLIENT_KEY.as_dict(private=False), **jwk}
    segment = g.by_hand({"typ": "dpop+jwt", "alg": "ES256", "jwk": whole}, b"", None).partition(".")[0]
    try:
        embedded_key(segment)
    except InvalidToken:
        return
    assert {whole["kty"], whole["crv"]} == {"EC", "P-256"}


@given(st.text(max_size=100))
@settings(max_examples=sample_or_full(100, 3000), deadline=None)
def test_whatever_stands_in_the_proofs_place_is_refused(text: str) -> None:
    with pytest.raises(InvalidToken):
        checked(text)
