"""The security profiles: how strictly the issuer and its clients are held to which standard.

`fapi2` is FAPI 2.0 Security Profile section 5.4. `ena` is the Swedish Ena OAuth 2.0 Interoperability Profile, which
requires support for RS256 and a `typ` in every client assertion. Proofs (DPoP) and the issuer's own tokens are the
same in both.
"""

from dataclasses import dataclass

from shared.tokens.jose import FAPI_ALGORITHMS

ASSERTION_TYPE = "client-authentication+jwt"


@dataclass(frozen=True, slots=True)
class SecurityProfile:
    """Algorithms for client assertions, and for tokens of external issuers; and an assertion's `typ` in lower case.

    None among the types means that it may be left out.
    """

    name: str
    assertion_algorithms: tuple[str, ...]
    assertion_types: tuple[str | None, ...]
    token_algorithms: tuple[str, ...]


PROFILES = {
    "fapi2": SecurityProfile(
        name="fapi2",
        assertion_algorithms=FAPI_ALGORITHMS,
        # Absent is what most client libraries send.
        assertion_types=(None, "jwt", ASSERTION_TYPE),
        token_algorithms=FAPI_ALGORITHMS,
    ),
    "ena": SecurityProfile(
        name="ena",
        assertion_algorithms=(*FAPI_ALGORITHMS, "RS256"),
        assertion_types=(ASSERTION_TYPE,),
        token_algorithms=(*FAPI_ALGORITHMS, "RS256"),
    ),
}
