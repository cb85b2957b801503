"""What Authlib and joserfc do by themselves, trap by trap: why the product does not leave it to them.

When one of these fails after an upgrade, a trap is gone: take it out here and keep its test in
`test_library_traps.py`, which is about us.
"""

import logging
import time
from types import SimpleNamespace
from typing import Any

import pytest
from authlib.oauth2.rfc6749 import ResourceProtector, TokenValidator
from authlib.oauth2.rfc6749.errors import OAuth2Error
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator, JWTBearerTokenValidator
from joserfc import jws
from joserfc.errors import ExceededSizeError
from joserfc.jwk import ECKey, Key, KeySet, RSAKey
from joserfc.jws import JWSRegistry

from shared.tokens.jose import header_of
from tests.unit.shared import given as g

SERVER = "https://samrad.example"
CLIENT = SimpleNamespace(get_client_id=lambda: "umea")


class Validator(JWTBearerTokenValidator):  # type: ignore[misc]
    """Authlib's resource server with one key."""

    def __init__(self, key: Key = g.ISSUER_KEY) -> None:
        super().__init__(g.ISSUER, g.AUDIENCE)
        self._key = key

    def get_jwks(self) -> KeySet:
        return KeySet([self._key])


class Generator(JWTBearerTokenGenerator):  # type: ignore[misc]
    """Authlib's issuer with these keys."""

    def __init__(self, *keys: Key) -> None:
        super().__init__(SERVER, alg="ES256")
        self._keys = keys

    def get_jwks(self) -> Key | KeySet:
        return self._keys[0] if len(self._keys) == 1 else KeySet(list(self._keys))

    def token(self) -> str:
        return str(self.access_token_generator(CLIENT, "client_credentials", None, "read"))


class Assertions(JWTBearerClientAssertion):  # type: ignore[misc]
    """Authlib's client authentication."""

    def get_audiences(self) -> list[str]:
        return [SERVER]

    def validate_jti(self, *_: object) -> bool:
        return True


def accepts(value: str, key: Key = g.ISSUER_KEY) -> bool:
    """Whether Authlib's resource server, asked as its documentation says, lets the token in as a bearer token."""
    protector = ResourceProtector()
    protector.register_token_validator(Validator(key))
    request = SimpleNamespace(headers={"Authorization": f"Bearer {value}"})
    try:
        protector.validate_request(None, request)
    except OAuth2Error:
        return False
    return True


def current(**changes: Any) -> dict[str, Any]:
    """Claims that hold now: Authlib reads the clock itself."""
    now = int(time.time())
    return {"iat": now, "exp": now + 300, "cnf": ..., **changes}


def test_trap_1_authlib_accepts_a_token_without_its_type() -> None:
    assert accepts(g.token(head=g.header(typ=...), **current()))


def test_trap_2_authlib_accepts_a_bound_token_as_a_plain_bearer_token() -> None:
    assert accepts(g.token(**current(cnf={"jkt": g.CLIENT_KEY.thumbprint()})))


@pytest.mark.parametrize(
    ("alg", "key", "accepted"),
    [("PS256", g.RSA_KEY, False), ("Ed25519", g.ED25519_KEY, False), ("RS256", g.RSA_KEY, True)],
    ids=["PS256", "Ed25519", "RS256"],
)
def test_trap_3_authlib_has_a_list_of_algorithms_of_its_own(alg: str, key: Key, accepted: bool) -> None:
    named = type(key).import_key({**key.as_dict(private=True), "kid": "issuer-1"})

    assert accepts(g.token(named, g.header(alg=alg), **current()), named) is accepted


def test_trap_4_authlibs_tokens_live_ten_days_and_are_for_the_client_itself() -> None:
    assert BearerTokenGenerator.GRANT_TYPES_EXPIRES_IN["client_credentials"] == 864_000
    assert Generator(g.ISSUER_KEY).get_audiences(CLIENT, None, "read") == "umea"


def test_trap_5_authlibs_tokens_name_no_key_when_there_is_one_and_any_key_when_there_are_several() -> None:
    one = ECKey.generate_key("P-256", private=True)
    several = [ECKey.generate_key("P-256", {"kid": name}, private=True) for name in ("first", "second")]

    assert "kid" not in header_of(Generator(one).token())
    # One in 2**39 that chance shows only one of them.
    assert {header_of(Generator(*several).token())["kid"] for _ in range(40)} == {"first", "second"}


def test_trap_6_authlib_accepts_an_assertion_whose_audience_is_a_list() -> None:
    claims = {"iss": "umea", "sub": "umea", "aud": [SERVER, "https://other.example"], "jti": "0123456789"}

    Assertions().verify_claims({**claims, "exp": int(time.time()) + 60})


def test_trap_7_authlib_has_no_patience_with_a_clock_that_is_ahead() -> None:
    assert not accepts(g.token(**current(iat=int(time.time()) + 60)))


def test_trap_8_authlib_takes_a_list_of_scopes_as_alternatives() -> None:
    assert not TokenValidator.scope_insufficient("read", ["read", "write"])


def test_trap_9_authlib_writes_the_token_in_its_log(caplog: pytest.LogCaptureFixture) -> None:
    class Grant(ClientCredentialsGrant):  # type: ignore[misc]
        def generate_token(self, **_: object) -> dict[str, str]:
            return {"access_token": "the token itself"}

        def save_token(self, token: object) -> None:
            pass

    request = SimpleNamespace(payload=SimpleNamespace(scope="read"), client=CLIENT)
    with caplog.at_level(logging.DEBUG):
        Grant(request, SimpleNamespace()).create_token_response()

    assert "the token itself" in caplog.text


def test_trap_10_joserfc_stops_at_a_proof_with_an_rsa_key() -> None:
    head = {"typ": "dpop+jwt", "alg": "PS256", "jwk": g.RSA_KEY.as_dict(private=False)}
    value = g.signed(head, b"{}", RSAKey.import_key(g.RSA_KEY.as_dict(private=True)))

    with pytest.raises(ExceededSizeError):
        jws.deserialize_compact(value, g.RSA_KEY, registry=JWSRegistry(algorithms=["PS256"]))


def test_trap_11_joserfc_takes_the_last_of_repeated_members_without_a_word() -> None:
    value = g.signed_text(b'{"alg": "none", "kid": "a", "alg": "ES256", "kid": "b"}', b"{}", g.CLIENT_KEY)

    assert jws.deserialize_compact(value, g.CLIENT_KEY).headers() == {"alg": "ES256", "kid": "b"}
