"""From the texts of the sources to plain JSON values: ISO dates, decimal strings, integers, booleans."""

import re
from datetime import date
from decimal import Decimal

Money = dict[str, str]
"""`amount` as a decimal string with at least two decimals, `currency` as ISO 4217."""

_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_DECIMAL = re.compile(r"([+-]?)0*(\d{1,15})(?:\.(\d{1,20}))?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_LARGEST_EXPONENT = 15
_LARGEST = 10**_LARGEST_EXPONENT


def iso_date(text: str) -> str | None:
    """The date without an offset, on the same day; None when it is not one."""
    if len(text) == 10 and text[4] == text[7] == "-":
        # Nearly every date: read without the offset that it doesn't have.
        return text if _exists(text) else None
    found = _DATE.fullmatch(text)
    return found[1] if found is not None and _exists(found[1]) else None


def iso_date_or_month(text: str) -> str | None:
    """As iso_date, and LEFI's dates that lack the day: `2022-09`."""
    return iso_date(text) or (text if _MONTH.fullmatch(text) else None)


def compact_date(text: str) -> str | None:
    """CSN's `yyyymmdd` as an ISO date."""
    if len(text) != 8 or not text.isdecimal() or not text.isascii():
        return None
    written = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return written if _exists(written) else None


def compact_week(text: str) -> str | None:
    """CSN's `yyyyWW` as an ISO week: `2026-W36`."""
    if len(text) != 6 or not text.isdecimal() or not text.isascii():
        return None
    week = text[4:]
    return f"{text[:4]}-W{week}" if "01" <= week <= "53" else None


def integer(text: str) -> int | None:
    """At most nine digits with a sign."""
    return int(text) if _INTEGER.fullmatch(text) else None


def boolean(text: str) -> bool | None:
    """The four spellings of XML Schema."""
    return {"true": True, "1": True, "false": False, "0": False}.get(text)


def decimal(text: str) -> str | None:
    """A decimal number with a point as a decimal string with at least two decimals; never an exponent."""
    found = _DECIMAL.fullmatch(text)
    if found is None:
        return None
    sign, whole, fraction = found.groups(default="")
    return f"{'-' if sign == '-' else ''}{whole}.{fraction:0<2}"


def money(number: str, currency: str = "SEK") -> Money | None:
    """An amount; None when it is not a number of a size that money has, or the currency is not a code."""
    amount = decimal(number)
    if amount is None or (currency != "SEK" and not _CURRENCY.fullmatch(currency)):
        return None
    return {"amount": amount, "currency": currency}


def whole_kronor(digits: str) -> Money | None:
    """An amount from one to fifteen digits without leading noughts, in SEK."""
    return {"amount": f"{digits}.00", "currency": "SEK"} if len(digits) <= _LARGEST_EXPONENT else None


def written(number: int | Decimal) -> str:
    """A JSON number as `decimal` reads it; empty for one so large or small that writing it out would be harm."""
    if isinstance(number, int):
        return str(number) if abs(number) < _LARGEST else ""
    return format(number, "f") if number.is_finite() and abs(number.adjusted()) <= _LARGEST_EXPONENT else ""


def _exists(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
