"""LEFI's suppliers, and what it says that it could not deliver: which part of the answer can be relied on.

LEFI tells in two places. `utlamnare` has the state of each supplier; one that was down has no deviations and nothing
in the answer. `avvikelser` names what a supplier that was up left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.consultation.lookups.sources.domain import Origin, SourcePart, SourceState
from services.consultation.lookups.sources.ssbtek.readers.json_kinds import PM_CODE, TEXT, plain_name
from services.consultation.lookups.sources.ssbtek.readers.json_shapes import Json, Listed, Members, Shape
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, words

FK = "FK"
PM = "PM"
UP = "OK"
DOWN = frozenset({"FELANDE", "OTILLGANGLIG"})

SUPPLIERS = Listed(
    Shape(
        {
            "utlamnare": (None, Shape({"kod": ("code", TEXT), "namn": ("name", TEXT)})),
            "tillstand": (None, Shape({"kod": ("state", TEXT), "beskrivning": ("text", TEXT)})),
        }
    )
)
"""`utlamnare`."""

_REASON: Members = {"avvikelse": (None, Shape({"kod": ("code", TEXT), "beskrivning": ("text", TEXT)}))}
_LEFT_OUT = Listed(
    Shape(
        {**_REASON, "formansgrupp": ("group", PM_CODE), "ovrigInformationstyp": ("type", PM_CODE)},
        also={"information": None},
    )
)
_OTHER_INFORMATION = "ovrigInformation"
_OF_FK = frozenset({"formansinformation"})
_OF_PM = frozenset({"ansprak", "beslut"})
_OF_EITHER = frozenset({"preliminaraUtbetalningar", "utbetalningar", _OTHER_INFORMATION})


def read_deviations(value: Any, notes: Notes) -> list[Json]:
    """`avvikelser`: an object by information class by the schema, an array by the contract's own example."""
    if value is None:
        return []
    if type(value) is not dict:
        return [_deviation(row, None) for row in _LEFT_OUT.read(value, "avvikelser", notes)]
    found = []
    for key, rows in value.items():
        if key not in _OF_FK | _OF_PM | _OF_EITHER:
            notes.does_not_know("unknown member", plain_name(key))
        if rows is not None:
            found += [_deviation(row, plain_name(key)) for row in _LEFT_OUT.read(rows, plain_name(key), notes)]
    return found


def _deviation(row: Json, information: str | None) -> Json:
    return {
        "information": information,
        "code": row["code"],
        "text": row["text"],
        "group": row["group"] or row["type"],
    }


def write_deviations(deviations: Sequence[Mapping[str, Any]]) -> dict[str, Any] | list[Any]:
    """By information class, or as an array when the source named no classes."""
    if any(row["information"] is None for row in deviations):
        return _LEFT_OUT.write([_left_out(row) for row in deviations])
    classes: dict[str, list[Json]] = {}
    for row in deviations:
        classes.setdefault(row["information"], []).append(_left_out(row))
    return {name: _LEFT_OUT.write(rows) for name, rows in classes.items()}


def _left_out(row: Mapping[str, Any]) -> Json:
    group = "type" if row["information"] == _OTHER_INFORMATION else "group"
    return {"code": row["code"], "text": row["text"], group: row["group"]}


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came from one supplier: whether anything did, and whether something of it was lost or is unknown to us."""

    content: bool
    lost: bool = False
    unknown: bool = False


def parts_of(
    suppliers: Sequence[Json], deviations: Sequence[Json], delivered: Mapping[str, Delivered]
) -> tuple[SourcePart, ...]:
    """The state of each supplier that the answer lists, and of one that it doesn't list but that has content in it.

    A supplier that is up has answered, with content or empty; `partial` when it left something out, with its code
    for why, or when something of it could not be read. One that is down is an `error` of its own (BT). In a state
    that the contract lacks nothing can be said of what it holds: a `logical_error`. If content came all the same,
    either of these is `partial`.
    """
    nothing = Delivered(content=False)
    parts = [_part(each, deviations, delivered.get(each["code"], nothing)) for each in suppliers if each["code"]]
    listed = {part.name for part in parts}
    unlisted = (name for name, came in delivered.items() if came.content and name not in listed)
    return (*parts, *(SourcePart(name, SourceState.PARTIAL) for name in unlisted))


def _part(supplier: Json, deviations: Sequence[Json], came: Delivered) -> SourcePart:
    name, code = supplier["code"], supplier["state"]
    own = [row for row in deviations if name in suppliers_of(row)]
    if code == UP and not own:
        return SourcePart(name, _state(came))
    if code == UP:
        return SourcePart(
            name,
            SourceState.PARTIAL,
            code=next((row["code"] for row in own if row["code"]), None),
            messages=words(*(row["text"] for row in own)),
        )
    if came.content:
        return SourcePart(name, SourceState.PARTIAL, code=code, messages=words(supplier["text"]))
    state, origin = (SourceState.ERROR, Origin.BT) if code in DOWN else (SourceState.LOGICAL_ERROR, None)
    return SourcePart(name, state, origin=origin, code=code, messages=words(supplier["text"]))


def _state(came: Delivered) -> SourceState:
    if came.lost or (came.unknown and not came.content):
        return SourceState.PARTIAL
    return SourceState.ANSWERED if came.content else SourceState.ANSWERED_EMPTY


def suppliers_of(deviation: Mapping[str, Any]) -> tuple[str, ...]:
    """Whose deviation it is: by its class, else by the prefix of its group; when neither tells, it may be anyone's."""
    information, group = deviation["information"], deviation["group"]
    if information in _OF_FK:
        return (FK,)
    if information in _OF_PM:
        return (PM,)
    prefix = (group["code"] or "").partition(":")[0] if group else ""
    return (prefix,) if prefix in (FK, PM) else (FK, PM)


def with_unlisted(reading: Reading, groups: Iterable[str]) -> Reading:
    """The reading with each supplier that was asked but isn't listed as `missing`: unknown, never empty.

    `groups` are the codes of the question; one without a prefix is FK's. Only an answer that lists suppliers says who
    took part in it.
    """
    known = {part.name for part in reading.parts}
    asked = dict.fromkeys(PM if group.startswith("PM:") else FK for group in groups)
    silent = [name for name in asked if known and name not in known]
    if not silent:
        return reading
    return replace(
        reading,
        state=SourceState.PARTIAL if reading.state.supports_decision else reading.state,
        parts=(*reading.parts, *(SourcePart(name, SourceState.MISSING) for name in silent)),
    )
