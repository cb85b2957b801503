"""What a resource server must not believe of an access token; most are traps that libraries fall into."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, KeySet, OctKey

from shared.tokens.jose import InvalidToken
from shared.tokens.keys import HeldKeys
from shared.tokens.verifier import ORGANISATION_CLAIM, TokenVerifier, TrustedIssuer, canonical_organisation
from tests.sizes import sample_or_full
from tests.unit.shared import given as g

SOON = g.NOW + timedelta(seconds=1)


def test_a_token_that_holds_tells_client_organisation_scopes_and_binding() -> None:
    told = g.verified(g.token())

    assert told.organisation == "0007:2120002627"
    assert told.client_id == "umea"
    assert told.scopes == {"samrad:lookups.create", "samrad:lookups.read"}
    assert told.bound_to == g.CLIENT_KEY.thumbprint()


def test_the_type_may_be_written_in_full_and_in_any_case() -> None:
    for kind in ("at+jwt", "AT+JWT", "application/at+jwt"):
        assert g.verified(g.token(head=g.header(typ=kind))).client_id == "umea"


@pytest.mark.parametrize(
    "kind", [..., None, "", "jwt", "JWT", "dpop+jwt", "client-authentication+jwt", "id+jwt", 1, []]
)
def test_a_token_without_its_type_or_of_another_is_refused(kind: g.Change) -> None:
    with pytest.raises(InvalidToken):
        g.verified(g.token(head=g.header(typ=kind)))


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
def test_a_token_without_a_signature_is_refused(alg: str) -> None:
    payload = json.dumps(g.claims()).encode()

    with pytest.raises(InvalidToken):
        g.verified(g.by_hand(g.header(alg=alg), payload, None))


def test_the_public_key_as_an_hmac_secret_is_refused_in_every_writing() -> None:
    payload = json.dumps(g.claims()).encode()
    public = g.ISSUER_KEY.as_dict(private=False)
    writings = (
        g.ISSUER_KEY.as_pem(private=False),
        g.ISSUER_KEY.as_pem(private=False).strip(),
        g.ISSUER_KEY.as_der(private=False),
        json.dumps(public).encode(),
        json.dumps(public, separators=(",", ":")).encode(),
    )
    for secret in writings:
        with pytest.raises(InvalidToken):
            g.verified(g.by_hand(g.header(alg="HS256"), payload, secret))


def test_an_algorithm_outside_the_list_is_refused_also_with_the_issuers_own_key() -> None:
    rsa = g.RSA_KEY
    rsa_with_id = type(rsa).import_key({**rsa.as_dict(private=True), "kid": "issuer-rsa"})
    for alg, accepted in (("PS256", True), ("RS256", False), ("PS512", False)):
        value = g.token(rsa_with_id, g.header(alg=alg, kid="issuer-rsa"))
        work = g.verifier(rsa_with_id).verify(value, g.NOW)
        if accepted:
            assert g.run(work)[0].client_id == "umea"
        else:
            with pytest.raises(InvalidToken):
                g.run(work)


def test_an_issuer_that_is_trusted_with_one_algorithm_is_not_trusted_with_another() -> None:
    only = g.verifier(algorithms=("PS256",))

    with pytest.raises(InvalidToken):
        g.run(only.verify(g.token(), g.NOW))


def test_a_key_that_the_token_brings_along_decides_nothing() -> None:
    own = ECKey.generate_key("P-256", private=True)
    for brought in (
        {"jwk": own.as_dict(private=False)},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"jwk": own.as_dict(private=False), "kid": "issuer-1"},
    ):
        with pytest.raises(InvalidToken):
            g.verified(g.token(own, g.header(**brought)))


@pytest.mark.parametrize("key_id", [..., None, "", "issuer-2", 1, ["issuer-1"], {"kid": "issuer-1"}])
def test_a_token_that_names_no_known_key_is_refused(key_id: g.Change) -> None:
    with pytest.raises(InvalidToken):
        g.verified(g.token(head=g.header(kid=key_id)))


@pytest.mark.parametrize("extra", [{"crit": ["exp"]}, {"crit": ["b64"], "b64": False}, {"crit": "exp"}])
def test_an_extension_that_must_be_understood_is_never_waved_through(extra: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        g.verified(g.token(head=g.header(**extra)))


@pytest.mark.parametrize(
    "audience",
    [
        ...,
        None,
        "",
        "https://samrad.example",
        "https://samrad.example/agreements",
        "https://samrad.example/consultation/",
        [g.AUDIENCE],
        [g.AUDIENCE, "https://samrad.example/agreements"],
        {"aud": g.AUDIENCE},
        1,
    ],
)
def test_a_token_for_another_service_or_for_several_is_refused(audience: g.Change) -> None:
    with pytest.raises(InvalidToken):
        g.verified(g.token(aud=audience))


@pytest.mark.parametrize(
    "issuer", [..., None, "https://samrad.example/", "https://evil.example", ["https://samrad.example"]]
)
def test_a_token_from_another_issuer_than_its_key_is_refused(issuer: g.Change) -> None:
    with pytest.raises(InvalidToken):
        g.verified(g.token(iss=issuer))


def test_an_expired_token_is_refused_to_the_second() -> None:
    ends = int(g.NOW.timestamp()) + 300
    last = g.NOW + timedelta(seconds=299)

    assert g.verified(g.token(exp=ends), last).expires == ends
    with pytest.raises(InvalidToken):
        g.verified(g.token(exp=ends), g.NOW + timedelta(seconds=300))


def test_a_token_from_the_future_is_accepted_within_ten_seconds_only() -> None:
    issued = int(g.NOW.timestamp())

    assert g.verified(g.token(iat=issued + 10)).client_id == "umea"
    with pytest.raises(InvalidToken):
        g.verified(g.token(iat=issued + 11))


@pytest.mark.parametrize("name", ["exp", "iat"])
@pytest.mark.parametrize(
    "written", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" + "0" * 400, "1" * 5000, '"9"']
)
def test_a_time_that_is_no_number_or_a_huge_one_is_refused(name: str, written: str) -> None:
    payload = json.dumps(g.claims(**{name: "PLACE"})).replace('"PLACE"', written)

    with pytest.raises(InvalidToken):
        g.verified(g.signed(g.header(), payload.encode()))


@pytest.mark.parametrize("name", ["exp", "iat", "jti", "client_id", ORGANISATION_CLAIM])
@pytest.mark.parametrize("value", [..., None, True, "", [], {}, -1])
def test_a_claim_that_is_missing_or_of_another_kind_is_refused(name: str, value: g.Change) -> None:
    if (name, value) == ("iat", -1):
        return  # issued long ago, which only its end decides about
    with pytest.raises(InvalidToken):
        g.verified(g.signed(g.header(), json.dumps(g.claims(**{name: value})).encode()))


@pytest.mark.parametrize(
    "binding", [True, "thumbprint", [], {}, {"jkt": None}, {"jkt": ["x"]}, {"x5t#S256": "x"}, {"jwk": {"kty": "EC"}}]
)
def test_a_binding_that_is_not_understood_is_not_read_as_none(binding: g.Change) -> None:
    with pytest.raises(InvalidToken):
        g.verified(g.token(cnf=binding))


def test_scopes_that_are_a_list_are_refused_rather_than_guessed() -> None:
    with pytest.raises(InvalidToken):
        g.verified(g.token(scope=["samrad:queue.work"]))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"[" * 3000 + b"]" * 3000,
        b'{"a":' * 1500 + b"1" + b"}" * 1500,
    ],
    ids=["empty", "null", "list", "text", "broken", "not UTF-8", "deep lists", "deep objects"],
)
def test_claims_that_are_no_object_of_json_are_refused(payload: bytes) -> None:
    with pytest.raises(InvalidToken):
        g.verified(g.signed(g.header(), payload))


def test_of_a_repeated_member_one_reading_holds_for_all() -> None:
    """The last one counts, as in every parser of the product; what matters is that no two of them differ."""
    payload = json.dumps(g.claims()).replace('"client_id"', '"client_id": "first", "client_id"').encode()

    assert g.verified(g.signed(g.header(), payload)).client_id == "umea"


def test_an_oversized_token_is_refused() -> None:
    with pytest.raises(InvalidToken):
        g.verified(g.token(padding="x" * 8200))


def test_an_oversized_or_deep_header_is_refused() -> None:
    _, _, tail = g.token().partition(".")
    with pytest.raises(InvalidToken):
        g.verified(g.coded(b'{"a":' * 5000 + b"1" + b"}" * 5000) + "." + tail)
    with pytest.raises(InvalidToken):
        g.verified(g.token(head=g.header(x="y" * 3000)))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_changed_part_breaks_the_signature(place: int) -> None:
    parts = g.token().split(".")
    parts[place] = parts[place][:-4] + ("AAAA" if parts[place][-4:] != "AAAA" else "BBBB")

    with pytest.raises(InvalidToken):
        g.verified(".".join(parts))


def test_a_token_that_was_refused_is_not_remembered_as_accepted() -> None:
    server = g.verifier()
    early, value = g.NOW - timedelta(seconds=60), g.token()
    for _ in range(2):
        with pytest.raises(InvalidToken):
            g.run(server.verify(value, early))

    assert g.run(server.verify(value, g.NOW))[0].client_id == "umea"


def test_a_remembered_token_ends_when_it_expires() -> None:
    server, value = g.verifier(), g.token(exp=int(g.NOW.timestamp()) + 5)
    assert g.run(server.verify(value, g.NOW))[0].client_id == "umea"

    with pytest.raises(InvalidToken):
        g.run(server.verify(value, g.NOW + timedelta(seconds=5)))


def test_a_remembered_token_is_checked_again_within_a_minute_of_its_key_being_retired() -> None:
    held = [g.ISSUER_KEY]
    keys = HeldKeys(lambda: KeySet(list(held)))
    server = TokenVerifier({g.ISSUER: TrustedIssuer(g.ISSUER, keys)}, frozenset((g.AUDIENCE,)))
    value = g.token()
    assert g.run(server.verify(value, g.NOW))[0].client_id == "umea"

    held[:] = [ECKey.generate_key("P-256", {"kid": "issuer-2"}, private=True)]

    with pytest.raises(InvalidToken):
        g.run(server.verify(value, g.NOW + timedelta(seconds=61)))


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
@settings(max_examples=sample_or_full(80, 5000), deadline=None)
def test_whatever_stands_in_the_header_is_refused_and_never_breaks(text: str) -> None:
    with pytest.raises(InvalidToken):
        g.verified(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "b64", "jwk", "zip"]), _JSON))
@settings(max_examples=sample_or_full(80, 5000), deadline=None)
def test_any_header_that_is_json_is_refused_and_never_breaks(head: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        g.verified(g.token(head={**g.header(), **head, "alg": head.get("alg", "HS256")}))


@given(st.dictionaries(st.sampled_from(sorted(g.claims())), _JSON, min_size=1, max_size=3))
@settings(max_examples=sample_or_full(80, 5000), deadline=None)
def test_claims_of_any_kind_are_read_or_refused_and_never_break(changes: dict[str, Any]) -> None:
    try:
        told = g.verified(g.signed(g.header(), json.dumps({**g.claims(), **changes}).encode()))
    except InvalidToken:
        return
    assert told.organisation == "0007:2120002627"


@pytest.mark.parametrize("number", ["2120002627", "212000-2627"])
def test_an_organisation_number_is_canonical_with_and_without_its_hyphen(number: str) -> None:
    assert canonical_organisation(number) == "0007:2120002627"


@pytest.mark.parametrize(
    "number",
    ["2120002628", "1234567890", "21200026270", "212000262", "２120002627", "2120002627\n", "0007:2120002627", "١٢٣"],
)
def test_an_organisation_number_of_the_wrong_form_is_refused(number: str) -> None:
    with pytest.raises(InvalidToken):
        canonical_organisation(number)


def test_a_symmetric_key_among_the_issuers_does_not_make_hmac_acceptable() -> None:
    secret = OctKey.import_key({"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0", "kid": "shared"})
    value = g.token(secret, g.header(alg="HS256", kid="shared"))

    with pytest.raises(InvalidToken):
        g.run(g.verifier(secret).verify(value, g.NOW))
