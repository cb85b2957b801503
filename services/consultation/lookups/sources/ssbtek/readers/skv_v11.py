"""Skatteverket in version 11: one element per part that was asked for, each with JSON or an error of its own.

Reconstructed from what callers have seen; no schema is public. Whether the parts stand directly in the source's element
or in a `data` there is not known, so both are read.
"""

from dataclasses import dataclass, field
from typing import Any

from services.consultation.lookups.sources.domain import Origin, SourcePart, SourceState
from services.consultation.lookups.sources.ssbtek.readers.errors import read_error
from services.consultation.lookups.sources.ssbtek.readers.inner import decoded
from services.consultation.lookups.sources.ssbtek.readers.json_document import parse_json
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, unparseable, words
from services.consultation.lookups.sources.ssbtek.readers.tax_json import TaxContent, read_tax_json
from services.consultation.lookups.sources.ssbtek.tax_parts import ASKED_TAX_PARTS, TAX_PARTS
from services.consultation.lookups.sources.ssbtek.xml import DocumentError, Element, children

_NOTHING_THERE = "404"
_READ = (SourceState.ANSWERED, SourceState.ANSWERED_EMPTY, SourceState.PARTIAL)


@dataclass(frozen=True, slots=True)
class _Read:
    part: SourcePart
    content: TaxContent = field(default_factory=TaxContent)
    deviations: tuple[str, ...] = ()


def read_skv_v11(source: Element) -> Reading:
    """Read each part by itself. The state of the whole is made from those of its parts.

    All read: `answered`, or `answered_empty` when all of them are proven empty. Some read: `partial`. None read:
    `error` when any of them reported one, else `unparseable` or `missing`.
    """
    notes = Notes()
    found = children(source)
    for wrapper in found.pop("data", []):
        for name, elements in children(wrapper).items():
            found.setdefault(name, []).extend(elements)
    for name in found:
        if name not in TAX_PARTS:
            notes.does_not_know("unknown element", name)
    reads = [_part(name, found[name]) for name in TAX_PARTS if name in found]
    if not reads:
        return unparseable("neither data nor error", *notes.deviations)
    absent = [name for name in TAX_PARTS if name in ASKED_TAX_PARTS and name not in found]
    reads += [_Read(SourcePart(name, SourceState.MISSING)) for name in absent]
    return _whole(reads).with_notes(notes)


def _part(name: str, elements: list[Element]) -> _Read:
    notes = Notes()
    if len(elements) > 1:
        notes.loses("repeated element", name)
    found = children(elements[0])
    if "error" in found:
        if "data" in found:
            notes.deviates("both data and error", name)
        return _failed(name, found["error"][0], notes)
    try:
        document = parse_json(decoded(found["data"][0].text if "data" in found else None), notes)
        content = read_tax_json(document, notes)
    except DocumentError as problem:
        notes.deviates(str(problem), name)
        return _Read(SourcePart(name, SourceState.UNPARSEABLE), deviations=notes.deviations)
    if not content.answers:
        notes.deviates("no content", name)
    return _Read(SourcePart(name, _state_of(content, notes)), content, notes.deviations)


def _state_of(content: TaxContent, notes: Notes) -> SourceState:
    if not content.answers:
        return SourceState.UNPARSEABLE
    if notes.lost:
        return SourceState.PARTIAL
    return SourceState.ANSWERED if content.has_content else SourceState.ANSWERED_EMPTY


def _failed(name: str, element: Element, notes: Notes) -> _Read:
    error = read_error(element)
    for deviation in error.deviations:
        notes.deviates(deviation, name)
    # Skatteverket itself (BT) says that it has nothing of the kind: its own code is the proof, as `Ej träff` is at CSN.
    # The same code from the composite service is about an address and proves nothing.
    proven = error.origin is Origin.BT and error.code == _NOTHING_THERE
    state = SourceState.ANSWERED_EMPTY if proven else SourceState.ERROR
    part = SourcePart(name, state, origin=error.origin, code=error.code, messages=error.messages)
    return _Read(part, deviations=notes.deviations)


def _whole(reads: list[_Read]) -> Reading:
    contents = [each.content for each in reads]
    capital = [row for content in contents for row in content.capital]
    facts: list[dict[str, Any]] = [
        {"part": each.part.name, "facts": each.content.facts} for each in reads if each.content.facts
    ]
    state = _state([each.part.state for each in reads])
    failed = next((each.part for each in reads if each.part.state is SourceState.ERROR), None)
    reported = failed if state is SourceState.ERROR else None
    return Reading(
        state=state,
        code=reported.code if reported is not None else None,
        messages=reported.messages if reported is not None else (),
        deviations=words(*(deviation for each in reads for deviation in each.deviations)),
        items=(*(("capital",) if capital else ()), *(("facts",) if facts else ())),
        parts=tuple(each.part for each in reads),
        protected=any(content.protected for content in contents),
        data={
            # Version 11 tells no names: the same form as in 10.
            "names": None,
            "status": next((content.status for content in contents if content.status), None),
            "capital": capital,
            "facts": facts,
        }
        if state in _READ
        else None,
        subject=next((content.subject for content in contents if content.subject), None),
    )


def _state(states: list[SourceState]) -> SourceState:
    read = [state for state in states if state in _READ]
    if not read:
        unread = (SourceState.ERROR, SourceState.UNPARSEABLE)
        return next((state for state in unread if state in states), SourceState.MISSING)
    if len(read) < len(states) or SourceState.PARTIAL in read:
        return SourceState.PARTIAL
    return SourceState.ANSWERED if SourceState.ANSWERED in read else SourceState.ANSWERED_EMPTY
