"""The members of one JSON object of LEFI, read as typed values."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeGuard

from services.consultation.lookups.sources.ssbtek.readers import values
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes

Coded = dict[str, str | None]
"""A `code`, verbatim, and the source's `text` for it."""


class JsonFields:
    """Reads values by key. A key that is absent or null is None; an unreadable value is None and noted as lost."""

    __slots__ = ("_members", "_notes")

    def __init__(self, value: object, notes: Notes, name: str) -> None:
        if not isinstance(value, dict):
            notes.loses("not an object", name)
        self._members: dict[str, Any] = value if isinstance(value, dict) else {}
        self._notes = notes

    def objects(self, key: str) -> list["JsonFields"]:
        """The list under the key, as objects. A single object stands for a list of one."""
        value = self._members.get(key)
        if isinstance(value, dict):
            self._notes.deviates("an object where a list is expected", key)
            value = [value]
        if value is not None and not isinstance(value, list):
            self._notes.loses("not a list", key)
        return [JsonFields(each, self._notes, key) for each in value] if isinstance(value, list) else []

    def inner(self, key: str) -> "JsonFields | None":
        """The object under the key."""
        value = self._members.get(key)
        return JsonFields(value, self._notes, key) if value is not None else None

    def raw(self, key: str) -> object:
        """The value as it was parsed."""
        return self._members.get(key)

    def __iter__(self) -> Iterator[str]:
        """The keys that are there, in the order of the answer."""
        return iter(self._members)

    def has_content(self, key: str) -> bool:
        """Whether there is anything under the key."""
        return bool(self._members.get(key))

    def text(self, key: str) -> str | None:
        """The text without surrounding blanks; a number is shown as it was written."""
        value = self._members.get(key)
        if isinstance(value, str):
            return value.strip() or None
        if value is None:
            return None
        if not _is_number(value):
            self._notes.loses("not a text", key)
            return None
        return values.written(value) or None

    def date(self, key: str) -> str | None:
        """An ISO date, or a month where LEFI leaves the day out."""
        text = self.text(key)
        value = values.iso_date_or_month(text) if text is not None else None
        if text is not None and value is None:
            self._notes.loses("not a date", key)
        return value

    def boolean(self, key: str) -> bool | None:
        """True, false or absent."""
        value = self._members.get(key)
        if value is not None and not isinstance(value, bool):
            self._notes.loses("not a boolean", key)
            return None
        return value

    def integer(self, key: str) -> int | None:
        """A whole number."""
        value = self._members.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self._notes.loses("not a whole number", key)
        return None

    def money(self, key: str) -> values.Money | None:
        """FK's `{summa, valuta}` or PM's plain number of SEK."""
        value = self._members.get(key)
        if value is None:
            return None
        amount, currency = value, "SEK"
        if isinstance(value, dict):
            amount, currency = value.get("summa"), value.get("valuta") or "SEK"
        read = values.money(values.written(amount), str(currency)) if _is_number(amount) else None
        if read is None:
            self._notes.loses("not an amount", key)
        return read

    def coded(self, key: str) -> Coded | None:
        """FK's `{id, beskrivning}` or PM's `{kod, beskrivning}`; a bare code is taken as one."""
        value = self._members.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self._notes.deviates("a code where an object is expected", key)
            return {"code": self.text(key), "text": None}
        coded = JsonFields(value, self._notes, key)
        return {"code": coded.text("id") or coded.text("kod"), "text": coded.text("beskrivning")}


def _is_number(value: object) -> TypeGuard[int | Decimal]:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)
