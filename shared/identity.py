"""Recognises what may be an identity number in running text, so that it can be kept out or blotted out."""

import re
import unicodedata

from shared.luhn import luhn_remainder

# Ten or twelve digits in the usual form, not inside a longer run. Wider than need be: a blotted order number costs
# nothing, a printed identity number does.
_USUAL = re.compile(r"(?<!\d)(?:\d{2})?\d{6}[-+ ]?\d{4}(?!\d)")
# Ten digits and more, however they are set apart: also by what cannot be seen, and as in an address (%2D, %20, %2B).
_RUN = re.compile(r"\d(?:(?:[-+ ._/\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\ufeff]{0,3}|%2[0BDbd])\d){9,}")
_ESCAPED = re.compile("%2[0BDbd]")
_WINDOW = re.compile(r"(?=(\d{2}(?:0[1-9]|1[0-2])(\d{2})\d{4}))", re.ASCII)


def passes_for_identity(text: str) -> bool:
    """Whether ten digits in a row, however set apart and in whatever script, pass for one: date and check digit."""
    return any(_passes(run[0]) for run in _RUN.finditer(_plain(text)))


def blot_out(text: str) -> str:
    """The text with everything that has the usual form, or passes in another, replaced."""
    text = _USUAL.sub("[redacted]", _plain(text))
    return _RUN.sub(lambda run: "[redacted]" if _passes(run[0]) else run[0], text)


def _plain(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _passes(run: str) -> bool:
    digits = "".join(str(unicodedata.digit(each)) for each in _ESCAPED.sub("", run) if each.isdigit())
    return any(1 <= int(found[2]) % 60 <= 31 and luhn_remainder(found[1]) == 0 for found in _WINDOW.finditer(digits))
