"""The values of LEFI's JSON, each read into our form and written back: what one reads, the other writes.

Reading never raises. A value that cannot be read is None and noted as lost, by the name of its member.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from services.consultation.lookups.sources.ssbtek.readers import values
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes

Coded = dict[str, str | None]
"""A `code`, verbatim, and the source's `text` for it."""

_LONGEST_NUMBER = 40
_LARGEST_INTEGER = 10**15
_PLAINLY_NO = frozenset({"false", "0", "nej", "n", ""})
_MONEY = frozenset({"summa", "valuta"})
_EXTENT = frozenset({"taljare", "namnare"})


class Kind(Protocol):
    """How one member is read and written. `many` tells that it is a list, which is never null."""

    @property
    def many(self) -> bool:
        """Whether what is absent is an empty list."""
        ...

    @property
    def read(self) -> Callable[[Any, str, Notes], Any]:
        """From a JSON value that is not null, and the member's name, to our value or None."""
        ...

    @property
    def write(self) -> Callable[[Any], Any]:
        """From our value, which is not None, to JSON, with Decimal for what is not a whole number."""
        ...


@dataclass(frozen=True, slots=True)
class Value:
    """A kind of a single value."""

    read: Callable[[Any, str, Notes], Any]
    write: Callable[[Any], Any]
    many: bool = False


def plain_name(key: str) -> str:
    """The key if it looks like a name: in JSON it may be anything, a person number too, and notes hold no values."""
    if key.isascii() and key.isalpha():
        return key  # nearly every one
    plain = key.isascii() and key.isidentifier() and sum(map(str.isdigit, key)) < 6
    return key if plain else "a key that is not a name"


def note_unknown(key: str, notes: Notes) -> None:
    """Name a member that the contract lacks."""
    notes.does_not_know("unknown member", plain_name(key))


def _same(value: Any) -> Any:
    return value


def _is_number(value: object) -> bool:
    return type(value) is int or type(value) is Decimal


def _written(value: Any) -> str:
    """A number in digits; empty when it is not one, or longer than any number of the contract."""
    if type(value) is int and -_LARGEST_INTEGER < value < _LARGEST_INTEGER:
        return str(value)
    text = values.written(value) if _is_number(value) else ""
    return text if len(text) <= _LONGEST_NUMBER else ""


def _text(value: Any, key: str, notes: Notes) -> str | None:
    if type(value) is not str:
        return _number(value, key, notes, "not a text")
    text = value.strip()
    if len(text) != len(value):
        notes.deviates("padded value", key)
    return text or None


def _number(value: Any, key: str, notes: Notes, problem: str = "not a number") -> str | None:
    text = _written(value)
    if not text:
        notes.loses(problem, key)
    return text or None


def _date(value: Any, key: str, notes: Notes) -> str | None:
    if type(value) is str and (date := values.iso_date(value)) is not None:
        return date
    text = _text(value, key, notes)
    date = values.iso_date_or_month(text) if text is not None else None
    if text is not None and date is None:
        notes.loses("not a date", key)
    return date


def _boolean(value: Any, key: str, notes: Notes) -> bool | None:
    if value is True or value is False:
        return bool(value)
    notes.loses("not a boolean", key)
    return None


def _integer(value: Any, key: str, notes: Notes) -> int | None:
    if type(value) is int and -_LARGEST_INTEGER < value < _LARGEST_INTEGER:
        return value
    notes.loses("not a whole number", key)
    return None


def is_marked(value: object) -> bool:
    """Whether a protection mark is set: anything that is there and is not plainly no."""
    if isinstance(value, str):
        return value.strip().lower() not in _PLAINLY_NO
    return value is not None and value is not False and (not _is_number(value) or value != 0)


def _mark(value: Any, key: str, notes: Notes) -> bool:
    if type(value) is not bool:
        notes.deviates("not a boolean", key)
    return is_marked(value)


def _amount(amount: Any, currency: Any, key: str, notes: Notes) -> values.Money | None:
    if type(amount) is int and currency == "SEK" and -_LARGEST_INTEGER < amount < _LARGEST_INTEGER:
        return {"amount": f"{amount}.00", "currency": "SEK"}
    if type(amount) is Decimal and currency == "SEK" and (read := values.money(str(amount))) is not None:
        return read
    read = values.money(_written(amount), currency) if isinstance(currency, str) else None
    if read is None:
        notes.loses("not an amount", key)
    return read


def _money(value: Any, key: str, notes: Notes) -> values.Money | None:
    if type(value) is not dict:
        if _is_number(value):
            notes.deviates("a number where an object is expected", key)
        return _amount(value, "SEK", key, notes)
    amount, currency = value.get("summa"), value.get("valuta")
    if len(value) != 2 or currency is None:
        _note_members(value, _MONEY, notes)
        currency = "SEK" if currency is None else currency
    return _amount(amount, currency, key, notes)


def _kronor(value: Any, key: str, notes: Notes) -> values.Money | None:
    if type(value) is dict:
        notes.deviates("an object where a number is expected", key)
        return _money(value, key, notes)
    return _amount(value, "SEK", key, notes)


def _extent(value: Any, key: str, notes: Notes) -> dict[str, int] | None:
    if type(value) is not dict:
        notes.loses("not an object", key)
        return None
    numerator, denominator = value.get("taljare"), value.get("namnare")
    if len(value) != 2 or numerator is None or denominator is None:
        _note_members(value, _EXTENT, notes)
    # LEFI: a number that is not set counts as 0, and 0 of 0 is no extent given.
    numerator = 0 if numerator is None else _integer(numerator, key, notes)
    denominator = 0 if denominator is None else _integer(denominator, key, notes)
    if numerator is None or denominator is None:
        return None
    return {"numerator": numerator, "denominator": denominator}


def _note_members(value: dict[str, Any], known: frozenset[str], notes: Notes) -> None:
    for key in value:
        if key not in known:
            note_unknown(key, notes)


def _write_kronor(money: values.Money) -> Any:
    if money["currency"] != "SEK":
        return _write_money(money)
    amount = Decimal(money["amount"])
    return int(amount) if amount == amount.to_integral_value() else amount


def _write_money(money: values.Money) -> dict[str, Any]:
    return {"summa": Decimal(money["amount"]), "valuta": money["currency"]}


def _bare_code(value: Any, key: str, notes: Notes) -> Coded | None:
    code = _text(value, key, notes)
    return {"code": code, "text": None} if code is not None else None


def coded(code_key: str, text_key: str = "beskrivning", *, numeric: bool = False) -> Value:
    """A code and its text in an object with these two members; a bare code is taken as one."""
    known = frozenset({code_key, text_key})

    def read(value: Any, key: str, notes: Notes) -> Coded | None:
        if type(value) is not dict:
            notes.deviates("a code where an object is expected", key)
            return _bare_code(value, key, notes)
        code, text = value.get(code_key), value.get(text_key)
        if len(value) != 2 or code is None or text is None:
            _note_members(value, known, notes)
        return {
            "code": _text(code, key, notes) if code is not None else None,
            "text": _text(text, key, notes) if text is not None else None,
        }

    def write(value: Coded) -> dict[str, Any]:
        code, text = value["code"], value["text"]
        # Only a code that reads the same again: "007" is a text.
        whole = numeric and code is not None and code.isdecimal() and str(int(code)) == code
        members = {code_key: int(code or 0) if whole else code, text_key: text}
        return {key: each for key, each in members.items() if each is not None}

    return Value(read, write)


TEXT = Value(_text, _same)
"""Without surrounding blanks; a number is shown as it was written."""
DATE = Value(_date, _same)
"""An ISO date, or a month where LEFI leaves the day out."""
BOOLEAN = Value(_boolean, _same)
MARK = Value(_mark, _same)
"""A protection mark: true for anything that is not plainly no."""
INTEGER = Value(_integer, _same)
NUMBER = Value(_number, Decimal)
"""A decimal string, as it was written."""
MONEY = Value(_money, _write_money)
"""FK's `{summa, valuta}`. LEFI leaves SEK out at times."""
KRONOR = Value(_kronor, _write_kronor)
"""PM's plain number of SEK."""
EXTENT = Value(_extent, lambda value: {"taljare": value["numerator"], "namnare": value["denominator"]})
"""A fraction: `numerator` and `denominator`."""
BARE_CODE = Value(_bare_code, lambda value: value["code"])
"""A code that stands alone, as a text."""
DIGIT_CODE = coded("id", numeric=True)
"""FK's `LefiSifferkod`."""
LETTER_CODE = coded("id")
"""FK's `LefiBokstavskod`."""
PM_CODE = coded("kod")
PM_DIGIT_CODE = coded("kod", numeric=True)
COUNTRY = coded("kod", "namn")
