"""Which legal bases a text cites, so that whoever states one that is no longer in force is told what replaced it."""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from services.agreements.grounds.legal_bases import LegalBasis, Warned, warning

# Between the parts of a citation people write blanks, points and section signs as they like.
_BETWEEN = r"[\s.§]*"
_DASHES = "-–—"
# A chapter and section followed by another act's number belong to that act.
_ANOTHER_ACT = r"(?!\s*\(\d{4}:\d)"


def cited(bases: Mapping[str, LegalBasis], text: str) -> list[LegalBasis]:
    """The bases that the text refers to, each once, in the order of their ids."""
    return [basis for basis in bases.values() if any(_pattern(each).search(text) for each in basis.cited_as)]


def cited_warnings(bases: Mapping[str, LegalBasis], text: str, on: date) -> tuple[Warned, ...]:
    """A warning for each basis that the text refers to and that is not in force on the day."""
    warned = (warning(bases, basis, on) for basis in cited(bases, text))
    return tuple(each for each in warned if each is not None)


@lru_cache(maxsize=200)
def _pattern(citation: str) -> re.Pattern[str]:
    parts = re.split(r"[\s.§]+", citation.strip(" .§"))
    written = _BETWEEN.join(
        "".join(rf"\s*[{_DASHES}]\s*" if sign in _DASHES else re.escape(sign) for sign in part) for part in parts
    )
    return re.compile(rf"(?<![\w:]){written}(?!\w){_ANOTHER_ACT}", re.IGNORECASE)
