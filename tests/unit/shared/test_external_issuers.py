"""Tokens of issuers that others run: read as the settings say, and never taken for one another's."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, Key, KeySet, RSAKey

from shared.tokens.jose import InvalidToken
from shared.tokens.keys import HeldKeys
from shared.tokens.organisations import ORGANISATION_CLAIM, OrganisationClaim
from shared.tokens.profile import PROFILES
from shared.tokens.verifier import AccessToken, External, TokenVerifier, TrustedIssuer
from tests.sizes import sample_or_full
from tests.unit.shared import given as g

THEIRS = "https://idp.example/realms/one"
OTHERS = "https://idp.example/realms/two"
HERE, BESIDE = "https://api.example/consultation", "https://api.example/agreements"
KEYS = {name: ECKey.generate_key("P-256", {"kid": "same"}, private=True) for name in (g.ISSUER, THEIRS, OTHERS)}
SCOPES = {"look.up:all": ("samrad:lookups.create", "samrad:lookups.read"), "read": ("samrad:lookups.read",)}


def external(name: str, **changes: Any) -> TrustedIssuer:
    """An issuer that is trusted; `changes` go to how its tokens are read."""
    read = {"audience": HERE, "others": frozenset((BESIDE,)), "scopes": SCOPES, "bound_only": True, **changes}
    issuer = {each: read.pop(each) for each in ("algorithms", "organisation", "keys") if each in read}
    issuer.setdefault("keys", HeldKeys(lambda: KeySet([KEYS[name]])))
    return TrustedIssuer(name=name, external=External(**read), **issuer)


def trusting(*issuers: TrustedIssuer) -> TokenVerifier:
    own = TrustedIssuer(g.ISSUER, HeldKeys(lambda: KeySet([KEYS[g.ISSUER]])))
    return TokenVerifier({each.name: each for each in (own, *issuers)}, frozenset((g.AUDIENCE,)))


def token(issuer: str = THEIRS, key: Key | None = None, head: dict[str, Any] | None = None, **changes: Any) -> str:
    whole = {"iss": issuer, "aud": HERE, "scope": "look.up:all", "client_id": "umea", **changes}
    return g.token(key or KEYS[issuer], g.header(**{"kid": "same", **(head or {})}), **whole)


def read(value: str, *issuers: TrustedIssuer) -> AccessToken:
    return g.run(trusting(*(issuers or (external(THEIRS), external(OTHERS)))).verify(value, g.NOW))[0]


def refused(value: str, *issuers: TrustedIssuer) -> None:
    with pytest.raises(InvalidToken):
        read(value, *issuers)


def test_an_external_token_tells_our_scopes_our_form_of_organisation_and_whose_client_it_is() -> None:
    told = read(token())

    assert told.scopes == {"samrad:lookups.create", "samrad:lookups.read"}
    assert told.organisation == "0007:2120002627"
    assert told.client_id == f"{THEIRS}#umea"
    assert told.issuer == THEIRS


def test_clients_of_the_same_name_at_different_issuers_are_different_clients() -> None:
    own = g.token(KEYS[g.ISSUER], g.header(kid="same"), client_id="umea")

    assert len({read(value).client_id for value in (token(THEIRS), token(OTHERS), own)}) == 3


@given(st.text(alphabet="ab#:/ ", min_size=1, max_size=6), st.text(alphabet="ab#:/ ", min_size=1, max_size=6))
@settings(max_examples=sample_or_full(60, 2000), deadline=None)
def test_no_choice_of_client_ids_makes_clients_of_two_issuers_one(one: str, two: str) -> None:
    told = []
    for issuer, name in ((THEIRS, one), (OTHERS, two)):
        try:
            told.append(read(token(issuer, client_id=name)).client_id)
        except InvalidToken:
            assert " " in name
    assert len(set(told)) == len(told)


def test_keys_of_one_issuer_say_nothing_about_tokens_of_another_although_their_ids_are_alike() -> None:
    for stated in (g.ISSUER, THEIRS, OTHERS):
        for signer in (g.ISSUER, THEIRS, OTHERS):
            if stated != signer:
                refused(token(stated, KEYS[signer], aud=g.AUDIENCE if stated == g.ISSUER else HERE))


@pytest.mark.parametrize("issuer", ["https://idp.example/realms/three", THEIRS + "/", THEIRS.upper(), "", 1, None, ...])
def test_an_issuer_that_is_not_named_to_the_letter_is_not_trusted(issuer: g.Change) -> None:
    refused(token(THEIRS, iss=issuer))


@pytest.mark.parametrize(
    ("audience", "accepted"),
    [
        (HERE, True),
        ([HERE], True),
        ([HERE, "https://elsewhere.example"], True),
        ([HERE, BESIDE], False),
        (BESIDE, False),
        ([BESIDE], False),
        (g.AUDIENCE, False),
        ([], False),
        ([HERE, 1], False),
        ({"aud": HERE}, False),
        (..., False),
    ],
    ids=str,
)
def test_an_audience_is_ours_alone_of_our_services(audience: g.Change, accepted: bool) -> None:
    if accepted:
        assert read(token(aud=audience)).client_id
    else:
        refused(token(aud=audience))


def test_a_plain_bearer_token_is_accepted_only_when_the_issuer_may_send_them_and_it_is_for_nobody_else() -> None:
    lax = external(THEIRS, bound_only=False)

    refused(token(cnf=...))
    assert read(token(cnf=...), lax).bound_to is None
    assert read(token(cnf=..., aud=[HERE]), lax).bound_to is None
    refused(token(cnf=..., aud=[HERE, "https://elsewhere.example"]), lax)


@pytest.mark.parametrize(
    ("stated", "given_"),
    [
        ("read", {"samrad:lookups.read"}),
        ("read look.up:all", {"samrad:lookups.read", "samrad:lookups.create"}),
        ("samrad:lookups.create", set()),
        ("look.up", set()),
        ("look.up:all:more", set()),
        ("READ", set()),
        ("", set()),
    ],
)
def test_their_scopes_are_looked_up_whole_and_ours_mean_nothing_in_their_mouth(stated: str, given_: set[str]) -> None:
    assert read(token(scope=stated)).scopes == given_


FORMS: dict[str, tuple[OrganisationClaim, dict[str, Any]]] = {
    "digits": (OrganisationClaim(), {ORGANISATION_CLAIM: "2120002627"}),
    "digits elsewhere": (OrganisationClaim(("organization_identifier",)), {"organization_identifier": "212000-2627"}),
    "iso6523": (OrganisationClaim(("org",), "iso6523"), {"org": "0007:2120002627"}),
    "maskinporten": (
        OrganisationClaim(("consumer",), "maskinporten"),
        {"consumer": {"authority": "iso6523-actorid-upis", "ID": "0007:2120002627"}},
    ),
    "deeper": (OrganisationClaim(("about", "org"), "digits"), {"about": {"org": "2120002627"}}),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_organisation_is_read_in_each_form(form: str) -> None:
    claim, claims = FORMS[form]
    changes: dict[str, Any] = {ORGANISATION_CLAIM: ..., **claims}

    assert read(token(**changes), external(THEIRS, organisation=claim)).organisation == "0007:2120002627"


@pytest.mark.parametrize(
    ("form", "claims"),
    [
        ("iso6523", {"org": "0192:991825827"}),
        ("iso6523", {"org": "2120002627"}),
        ("iso6523", {"org": "0007:212000-2627"}),
        ("iso6523", {"org": "0007:2120002628"}),
        ("iso6523", {"org": {"ID": "0007:2120002627"}}),
        ("maskinporten", {"consumer": {"authority": "other", "ID": "0007:2120002627"}}),
        ("maskinporten", {"consumer": {"authority": "iso6523-actorid-upis"}}),
        ("maskinporten", {"consumer": "0007:2120002627"}),
        ("deeper", {"about": "2120002627"}),
        ("deeper", {"about": [{"org": "2120002627"}]}),
        ("digits", {ORGANISATION_CLAIM: "9112121212"}),
        ("digits", {ORGANISATION_CLAIM: "0007:2120002627"}),
    ],
    ids=str,
)
def test_an_organisation_in_another_form_or_with_a_wrong_check_digit_is_none(form: str, claims: dict[str, Any]) -> None:
    changes: dict[str, Any] = {ORGANISATION_CLAIM: ..., **claims}
    refused(token(**changes), external(THEIRS, organisation=FORMS[form][0]))


def rsa(bits: int) -> RSAKey:
    return RSAKey.generate_key(bits, {"kid": "same"}, private=True)


def test_rs256_is_accepted_in_the_profile_that_has_it_only() -> None:
    key = rsa(2048)
    value = token(key=key, head={"alg": "RS256"})
    for name, accepted in (("fapi2", False), ("ena", True)):
        issuer = external(THEIRS, keys=HeldKeys(lambda: KeySet([key])), algorithms=PROFILES[name].token_algorithms)
        if accepted:
            assert read(value, issuer).issuer == THEIRS
        else:
            refused(value, issuer)


def test_an_ed25519_token_may_spell_its_algorithm_either_way() -> None:
    key = type(g.ED25519_KEY).import_key({**g.ED25519_KEY.as_dict(private=True), "kid": "same"})
    issuer = external(THEIRS, keys=HeldKeys(lambda: KeySet([key])), algorithms=("Ed25519",))
    for name in ("Ed25519", "EdDSA"):
        payload = json.dumps(g.claims(iss=THEIRS, aud=HERE)).encode()
        start = f"{g.coded(json.dumps(g.header(kid='same', alg=name)).encode())}.{g.coded(payload)}"
        signature = key.get_op_key("sign").sign(start.encode())  # type: ignore[union-attr]
        assert read(f"{start}.{g.coded(signature)}", issuer).issuer == THEIRS
    refused(token(head={"alg": "EdDSA"}), external(THEIRS, algorithms=("ES256", "Ed25519")))


def test_a_key_that_is_too_small_is_no_key() -> None:
    with pytest.warns(Warning, match="Key size"):
        small = RSAKey.generate_key(1024, {"kid": "same"}, private=True)
    issuer = external(THEIRS, keys=HeldKeys(lambda: KeySet([small])), algorithms=("PS256",))

    refused(token(key=small, head={"alg": "PS256"}), issuer)


@pytest.mark.parametrize(
    ("changes", "head"),
    [
        ({}, {"typ": "JWT"}),
        ({}, {"typ": ...}),
        ({}, {"kid": ...}),
        ({"client_id": ...}, {}),
        ({"client_id": "å"}, {}),
        ({"client_id": "x" * 513}, {}),
        ({"jti": ...}, {}),
        ({"nbf": int(g.NOW.timestamp()) + 11}, {}),
        ({"nbf": "soon"}, {}),
    ],
    ids=str,
)
def test_what_rfc_9068_asks_of_a_token_is_asked_of_theirs(changes: dict[str, Any], head: dict[str, Any]) -> None:
    refused(token(head=head, **changes))


def test_a_remembered_token_ends_with_its_key_at_once() -> None:
    held = [KEYS[THEIRS]]
    server = trusting(external(THEIRS, keys=HeldKeys(lambda: KeySet(list(held)))))
    value = token()
    assert g.run(server.verify(value, g.NOW))[0].issuer == THEIRS

    held[:] = [ECKey.generate_key("P-256", {"kid": "later"}, private=True)]

    with pytest.raises(InvalidToken):
        g.run(server.verify(value, g.NOW))
