"""The forms of simple values in the contract, as XML Schema writes them."""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from datetime import date, datetime

MAX_CASE_REFERENCE = 31
"""Characters. The schema has no limit, but CSN refuses the whole question at 32 (felkod -1005)."""

_ZONE = r"(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?"
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)" + _ZONE, re.ASCII)
_DATE_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?" + _ZONE, re.ASCII)
_ORGANISATION = re.compile(r"\d{4}[2-9]\d{7}", re.ASCII)
_PERSON = re.compile(r"\d{12}", re.ASCII)
_YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)
_SHORT = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_XML_SPACE = " \t\r\n"


def is_text(value: str) -> bool:
    """Any text, also an empty one."""
    return isinstance(value, str)


def is_filled(value: str) -> bool:
    """At least one character."""
    return bool(value)


def is_case_reference(value: str) -> bool:
    """1 to 31 characters."""
    return 0 < len(value) <= MAX_CASE_REFERENCE


def is_organisation_number(value: str) -> bool:
    """Twelve digits: 16 and the ten digits of the number, whose third is at least 2."""
    return _ORGANISATION.fullmatch(_collapsed(value)) is not None


def is_person_number(value: str) -> bool:
    """Twelve digits."""
    return _PERSON.fullmatch(_collapsed(value)) is not None


def is_date(value: str) -> bool:
    """`YYYY-MM-DD`, with or without an offset."""
    found = _DATE.fullmatch(_collapsed(value))
    return found is not None and _is_real(date.fromisoformat, found[1])


def is_date_time(value: str) -> bool:
    """`YYYY-MM-DDThh:mm:ss`, with or without a fraction and an offset."""
    found = _DATE_TIME.fullmatch(_collapsed(value))
    return found is not None and _is_real(datetime.fromisoformat, found[1])


def is_boolean(value: str) -> bool:
    """One of the four spellings."""
    return _collapsed(value) in {"true", "false", "1", "0"}


def is_boolean_or_default(value: str) -> bool:
    """A boolean, or empty where the schema has a default."""
    return value == "" or is_boolean(value)


def is_short(value: str) -> bool:
    """A 16-bit integer."""
    text = _collapsed(value)
    return _SHORT.fullmatch(text) is not None and -(2**15) <= int(text) < 2**15


def is_year(value: str) -> bool:
    """A year of four digits, as an integer is written."""
    return _YEAR.fullmatch(_collapsed(value)) is not None


def is_base64(value: str) -> bool:
    """Base64 with padding; white space between the characters is allowed."""
    text = "".join(value.split())
    try:
        return b64encode(b64decode(text, validate=True)).decode("ascii") == text
    except (NotBase64, ValueError):
        return False


def _collapsed(value: str) -> str:
    return value.strip(_XML_SPACE)


def _is_real(read: Callable[[str], date], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True
