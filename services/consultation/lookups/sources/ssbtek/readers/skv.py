"""Skatteverket in version 10: a string with an XML document in it.

The contract has only the string. The document read here, `SvarBeskattningsuppgifterEnligtSFS2008-975`, is
the one seen in practice, so it is matched on local names. What it has under names that are not known is noted.
"""

from collections.abc import Sequence
from typing import Any

from services.consultation.lookups.sources.domain import SourceState
from services.consultation.lookups.sources.ssbtek.readers import values
from services.consultation.lookups.sources.ssbtek.readers.fields import Fields, means_yes
from services.consultation.lookups.sources.ssbtek.readers.inner import MAX_INNER_BYTES
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, state_of, unparseable, words
from services.consultation.lookups.sources.ssbtek.readers.shapes import Kind, Shape, rows, verbatim
from services.consultation.lookups.sources.ssbtek.readers.strays import attributes
from services.consultation.lookups.sources.ssbtek.xml import DocumentError, Element, children, parse

_FAULT_CODES = range(9_071_000, 9_072_000)
_FAULT = frozenset({"MeddelandeKod", "MeddelandeText", "Systemversion"})
_TEXT = Kind(verbatim)
_MONEY = Kind(values.money, "not an amount")
_ROOT = Shape({}, ("PersonuppgiftLista",))
_NAMES = {"Fornamn": "given", "Mellannamn": "middle", "Efternamn": "last"}
_VALUES = ("Identitetsbeteckning", "StatusPersonuppgiftKod", "Sekretessmarkering", *_NAMES)
_PERSON = Shape(
    dict.fromkeys(_VALUES, _TEXT),
    repeated=frozenset({"Kapitaluppgift"}),
    # No schema is published, so nothing is known to be required.
    optional=frozenset((*_VALUES, "Kapitaluppgift")),
)
_WRAPPER = frozenset({"svar"})
_CAPITAL = Shape({"Taxeringsar": _TEXT, "SummaIntakterPaKapital": _MONEY, "OverskottPaKapital": _MONEY})

_Json = dict[str, Any]


def read_skv(data: Element) -> Reading:
    """Read names, status and capital income per tax year. A fault of Skatteverket's own is a `logical_error`.

    Raises DocumentError when the inner document cannot be read.
    """
    fault = _fault(data)
    if fault is not None:
        return fault
    notes = Notes()
    root = _document(data, notes)
    fault = _fault(root)
    if fault is not None:
        return fault
    protected = any(means_yes(mark.text) for mark in root.iter("{*}Sekretessmarkering"))
    found = _ROOT.read(root, notes)
    if "PersonuppgiftLista" not in found:
        return unparseable(*notes.deviations, protected=protected)
    for persons in found["PersonuppgiftLista"]:
        attributes(persons, {}, notes)
    content, subject = _content(rows(found["PersonuppgiftLista"], "Personuppgift", notes), notes)
    items = ("capital",) if content["capital"] else ()
    return Reading(state_of(items), items=items, protected=protected, data=content, subject=subject).with_notes(notes)


def _document(data: Element, notes: Notes) -> Element:
    wrapper = Fields(data, notes, _WRAPPER).one("svar")
    text = (wrapper.text or "").strip() if wrapper is not None else ""
    if not text:
        raise DocumentError("the inner document is absent")
    # The string is already decoded, whatever encoding the document in it declares.
    return parse(text.encode(), max_bytes=MAX_INNER_BYTES, encoding="utf-8")


def _fault(element: Element) -> Reading | None:
    """The web service's fault, `FaultTYPE`, when it stands where the answer should be: bare, or as `Exception`."""
    found = children(element)
    if "Exception" in found:
        found = children(found["Exception"][0])
    if not found.keys() & _FAULT:
        return None
    texts = {name: (each[0].text or "").strip() for name, each in found.items()}
    notes = Notes()
    code = texts.get("MeddelandeKod") or None
    number = values.integer(code) if code is not None else None
    if number not in _FAULT_CODES:
        notes.deviates("unknown value" if code is not None else "missing element", "MeddelandeKod")
    for name in found.keys() - _FAULT:
        notes.does_not_know("unknown element", name)
    return Reading(SourceState.LOGICAL_ERROR, code=code, messages=words(texts.get("MeddelandeText"))).with_notes(notes)


def _content(persons: Sequence[Element], notes: Notes) -> tuple[_Json, str | None]:
    """What is told of the person, and the number that it is told of."""
    if len(persons) > 1:
        notes.loses("repeated element", "Personuppgift")
    if not persons:
        return {"names": None, "status": None, "capital": [], "facts": []}, None
    found = _PERSON.read(persons[0], notes)
    names = {key: found.get(name) for name, key in _NAMES.items()}
    content = {
        "names": names if any(names.values()) else None,
        "status": found.get("StatusPersonuppgiftKod"),
        "capital": [_capital(each, notes) for each in found.get("Kapitaluppgift", ())],
        # Only version 11 tells more: the same form in both.
        "facts": [],
    }
    return content, found.get("Identitetsbeteckning")


def _capital(element: Element, notes: Notes) -> _Json:
    found = _CAPITAL.read(element, notes).get
    return {
        "taxYear": found("Taxeringsar"),
        "income": found("SummaIntakterPaKapital"),
        "surplus": found("OverskottPaKapital"),
    }
