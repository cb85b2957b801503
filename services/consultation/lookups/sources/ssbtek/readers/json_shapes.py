"""Objects and lists of LEFI's JSON, described by tables that serve both ways: to read an answer and to write one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.consultation.lookups.sources.ssbtek.readers.json_kinds import Kind, note_unknown
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes

Json = dict[str, Any]
Members = Mapping[str, tuple[str | None, Kind]]
"""Their key to our key and how it is read. None for ours spreads the members of an object over the row above."""


class Shape:
    """An object as a row with all its keys, null or an empty list where nothing was told.

    `also` are keys of ours that the source has no member for, with their values.
    """

    __slots__ = ("_blank", "_lists", "_members", "_readers", "_spread")

    many = False

    def __init__(self, members: Members, also: Mapping[str, Any] | None = None) -> None:
        self._members = members
        self._spread = {key: kind for key, (ours, kind) in members.items() if ours is None and isinstance(kind, Shape)}
        self._readers = {key: (ours, kind.read) for key, (ours, kind) in members.items() if ours is not None}
        self._lists = tuple(ours for ours, kind in members.values() if ours is not None and kind.many)
        self._blank: Json = dict(also or {})
        for ours, _ in self._readers.values():
            self._blank.setdefault(ours, None)
        for shape in self._spread.values():
            self._blank |= shape.blank()

    def blank(self) -> Json:
        """A row that tells nothing."""
        return self._blank | {ours: [] for ours in self._lists}

    def read(self, value: Any, key: str, notes: Notes) -> Json | None:
        """The row; None and noted as lost when the value is not an object. What is unknown in it is named."""
        if type(value) is not dict:
            notes.loses("not an object", key)
            return None
        row = self._blank.copy()
        for ours in self._lists:
            row[ours] = []
        self._fill(row, value, notes)
        return row

    def _fill(self, row: Json, members: Json, notes: Notes) -> None:
        readers = self._readers
        for key, value in members.items():
            if key in readers:
                if value is not None:
                    ours, read = readers[key]
                    row[ours] = read(value, key, notes)
            elif key not in self._spread:
                note_unknown(key, notes)
            elif type(value) is dict:
                self._spread[key]._fill(row, value, notes)
            elif value is not None:
                notes.loses("not an object", key)

    def write(self, row: Mapping[str, Any]) -> Json:
        """The object, with the members that tell something."""
        written: Json = {}
        for key, (ours, kind) in self._members.items():
            value = row if ours is None else row.get(ours)
            each = kind.write(value) if value is not None else None
            if each is None or (each == [] and kind.many) or (each == {} and ours is None):
                continue
            written[key] = each
        return written


@dataclass(frozen=True, slots=True)
class Listed:
    """A list. A single value stands for a list of one; what cannot be read is noted as lost and left out."""

    kind: Kind
    many: bool = True

    def read(self, value: Any, key: str, notes: Notes) -> list[Any]:
        """The values that could be read, in order."""
        if type(value) is not list:
            notes.deviates("a single value where a list is expected", key)
            value = [value]
        read, found = self.kind.read, []
        for each in value:
            if each is None:
                notes.deviates("null in a list", key)
            elif (one := read(each, key, notes)) is not None:
                found.append(one)
        return found

    def write(self, value: list[Any]) -> list[Any]:
        """As the source has it."""
        return [self.kind.write(each) for each in value]


@dataclass(frozen=True, slots=True)
class Only:
    """The one value in a list that holds at most one by its contract. More than one is noted as lost."""

    kind: Kind
    many: bool = False

    def read(self, value: Any, key: str, notes: Notes) -> Any:
        """The first value, or None."""
        found = Listed(self.kind).read(value, key, notes)
        if len(found) > 1:
            notes.loses("more than one", key)
        return found[0] if found else None

    def write(self, value: Any) -> list[Any]:
        """A list of one."""
        return [self.kind.write(value)]


@dataclass(frozen=True, slots=True)
class Single:
    """A single object where similar members have a list: a list to us, so that all can be read alike."""

    kind: Kind
    many: bool = True

    def read(self, value: Any, key: str, notes: Notes) -> list[Any]:
        """A list of one or of none."""
        if type(value) is list:
            notes.deviates("a list where an object is expected", key)
            return Listed(self.kind).read(value, key, notes)
        read = self.kind.read(value, key, notes)
        return [] if read is None else [read]

    def write(self, value: list[Any]) -> Any:
        """The object, or a list where the source had several."""
        written = [self.kind.write(each) for each in value]
        return written[0] if len(written) == 1 else written
