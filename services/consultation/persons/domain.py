"""Person identity numbers: personnummer and samordningsnummer, twelve digits with a check digit.

Source: folkbokföringslagen (1991:481) 18 and 18 a §§; the check digit is Luhn's over the last ten digits,
and a samordningsnummer has 60 added to the day of birth.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import NoReturn

from shared.luhn import luhn_remainder

_WRITTEN = re.compile(r"(?P<date>(?:18|19|20)\d{6})[-+]?(?P<tail>\d{4})", re.ASCII)
_COORDINATION_OFFSET = 60


class NotAPersonNumber(ValueError):
    """The text is not an identity number. The message never repeats it."""


@dataclass(frozen=True, slots=True, repr=False)
class PersonNumber:
    """Twelve digits, checked. Printing shows a mask; ask for the digits with `reveal`."""

    _digits: str

    @classmethod
    def parse(cls, text: str) -> "PersonNumber":
        """Read `ÅÅÅÅMMDDNNNN`, with or without a sign before the last four.

        Raises NotAPersonNumber when the form, the date or the check digit is wrong.
        """
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise NotAPersonNumber("an identity number has twelve digits, with the century first")
        digits = found["date"] + found["tail"]
        _check_date(digits)
        if luhn_remainder(digits[2:]) != 0:
            raise NotAPersonNumber("the check digit does not agree with the other digits")
        return cls(digits)

    def reveal(self) -> str:
        """The twelve digits. Never log, never put in an address."""
        return self._digits

    @property
    def is_coordination_number(self) -> bool:
        """Whether this is a samordningsnummer."""
        return int(self._digits[6:8]) > _COORDINATION_OFFSET

    def __str__(self) -> str:
        return "********-****"

    def __repr__(self) -> str:
        return "PersonNumber(********-****)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an identity number is not serialised by accident")


def _check_date(digits: str) -> None:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    if day > _COORDINATION_OFFSET:
        day -= _COORDINATION_OFFSET
    try:
        date(year, month, day)
    except ValueError:
        raise NotAPersonNumber("the date of birth is not a date") from None
