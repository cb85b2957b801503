"""Which organisation a token is for: the claim that says it, in one of the forms that issuers use.

Inside it is always ICD 0007 of ISO 6523 and ten digits, `0007:2120000142`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.luhn import luhn_remainder
from shared.tokens.jose import InvalidToken

ORGANISATION_CLAIM = "https://id.oidc.se/claim/orgNumber"
_ICD = "0007"
_AUTHORITY = "iso6523-actorid-upis"
_ORGANISATION_NUMBER = re.compile(r"\d{2}[2-9]\d{7}", re.ASCII)

Form = Literal["digits", "iso6523", "maskinporten"]


@dataclass(frozen=True, slots=True)
class OrganisationClaim:
    """Where an issuer's tokens name the organisation, and how.

    `path` is the claim's name, and below it the names of members when the claim is an object. `digits` is the ten
    digits, `iso6523` a text such as `0007:2120000142`, and `maskinporten` an object with `authority` and such an `ID`.
    """

    path: tuple[str, ...] = (ORGANISATION_CLAIM,)
    form: Form = "digits"

    def read(self, claims: Mapping[str, object]) -> str:
        """The organisation in canonical form. Raises InvalidToken."""
        value: object = claims
        for name in self.path:
            value = value.get(name) if isinstance(value, Mapping) else None
        match self.form, value:
            case "digits", str(number):
                return canonical_organisation(number)
            case "iso6523", str(code):
                return _of_iso6523(code)
            case "maskinporten", {"authority": str(authority), "ID": str(code)} if authority == _AUTHORITY:
                return _of_iso6523(code)
        raise InvalidToken("the token names no organisation")


def canonical_organisation(number: str) -> str:
    """`0007:` and the ten digits. Raises InvalidToken when the form or check digit is wrong."""
    digits = number.replace("-", "")
    if not _ORGANISATION_NUMBER.fullmatch(digits) or luhn_remainder(digits) != 0:
        raise InvalidToken("the token names no organisation")
    return f"{_ICD}:{digits}"


def _of_iso6523(code: str) -> str:
    # Numbers of other countries are other codes, and mean nothing in the registers here.
    scheme, _, number = code.partition(":")
    if scheme != _ICD or "-" in number:
        raise InvalidToken("the token names no Swedish organisation")
    return canonical_organisation(number)
