"""CSN: base64 of `CSNSvar`, contract v4.0 (`http://schema.csn.se/v4.0/kommunfraga`), matched on local names."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.consultation.lookups.sources.domain import SourceState
from services.consultation.lookups.sources.ssbtek.readers import values
from services.consultation.lookups.sources.ssbtek.readers.csn_cases import EMPTY, KINDS, read_cases
from services.consultation.lookups.sources.ssbtek.readers.fields import Fields
from services.consultation.lookups.sources.ssbtek.readers.inner import MAX_INNER_BYTES, decoded
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, state_of, unparseable, words
from services.consultation.lookups.sources.ssbtek.readers.shapes import Kind, Shape, rows, verbatim
from services.consultation.lookups.sources.ssbtek.readers.strays import attributes
from services.consultation.lookups.sources.ssbtek.xml import Element, local_name, parse

NOT_FOUND = "Ej träff"
"""The status of a person whom CSN does not know."""

_KNOWN_VERSIONS = frozenset({"4.0", "4"})
_WRAPPER = frozenset({"svar"})
_COUNTED: Mapping[str, str] = {name.lower(): name for name in KINDS}
_ANSWER = Shape({}, ("GemensamtSvarEkbistand", "GemensamtFragaEkbistand", "Personer"))
_RESULT = Shape({"ResultatKod": Kind(verbatim), "ResultatText": Kind(verbatim, unset=EMPTY)})
_PERSON = Shape({}, ("Studiestodstypforteckning", *KINDS))
_COUNTS = Shape(dict.fromkeys(_COUNTED, Kind(values.integer, "not a whole number")))
_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "CSNSvar": frozenset({"schemaVersion"}),
    "Person": frozenset({"personnummer", "sekel", "Status", "sekretess"}),
    "Arende": frozenset({"lopnummer", "medlanare"}),
}

_Json = dict[str, Any]


def read_csn(data: Element) -> Reading:
    """Read the support cases. A ResultatKod other than 0 is a `logical_error` with CSN's text.

    Raises DocumentError when the inner document cannot be read.
    """
    notes = Notes()
    wrapper = Fields(data, notes, _WRAPPER).one("svar")
    root = parse(decoded(wrapper.text if wrapper is not None else None), max_bytes=MAX_INNER_BYTES)
    # A secrecy mark counts wherever it stands.
    protected = any(name == "sekretess" and mark.strip() for name, mark in attributes(root, _ATTRIBUTES, notes))
    version = root.get("schemaVersion", "").strip()
    if version not in _KNOWN_VERSIONS:
        notes.deviates("unknown schema version", "CSNSvar")
    if local_name(root) != "CSNSvar":
        notes.does_not_know("unknown element", local_name(root))
    found = _ANSWER.read(root, notes)
    result = _result(found.get("GemensamtSvarEkbistand", ()), notes)
    if result["code"] not in (None, "0"):
        refused = Reading(
            SourceState.LOGICAL_ERROR, code=result["code"], messages=words(result["text"]), protected=protected
        )
        return refused.with_notes(notes)
    persons = rows(found.get("Personer", ()), "Person", notes)
    content, subject = _content(persons, notes)
    items = _items(content["cases"])
    if "Personer" not in found or (result["code"] is None and not items):
        return unparseable(*notes.deviations, protected=protected)
    return Reading(
        state_of(items),
        items=items,
        protected=protected,
        data={"schemaVersion": version or None, "result": result, **content},
        subject=subject,
    ).with_notes(notes)


def _result(common: Sequence[Element], notes: Notes) -> _Json:
    results = rows(common, "Resultat", notes)
    if len(results) != 1:
        notes.loses("repeated element" if results else "missing element", "Resultat")
    found = [_RESULT.read(each, notes) for each in results]
    # Of several, the one that refuses.
    chosen = next((each for each in found if each.get("ResultatKod") != "0"), found[0] if found else {})
    if found and chosen.get("ResultatKod") is None:
        # How it went is not known, whatever stands beside.
        notes.loses("missing element", "ResultatKod")
    return {"code": chosen.get("ResultatKod"), "text": chosen.get("ResultatText")}


def _content(persons: Sequence[Element], notes: Notes) -> tuple[_Json, str | None]:
    """What is told of the person, and the number that it is told of."""
    if len(persons) > 1:
        notes.loses("repeated element", "Person")
    if not persons:
        return {"person": None, "counts": None, "cases": []}, None
    person = persons[0]
    status = person.get("Status", "").strip()
    known = status.lower() != NOT_FOUND.lower()
    if status and known:
        notes.loses("unknown value", "Status")
    found = _PERSON.read(person, notes)
    counts = _counts(found.get("Studiestodstypforteckning", ()), notes)
    cases = _cases(found, counts, notes)
    if cases and not known:
        notes.loses("content beside a status that says none", "Status")
    if known and not any(name in found for name in KINDS):
        # CSN knows the person but tells of no kind of support, not even an empty one.
        notes.loses("missing element", "Studiemedel")
    marks = {"status": status or None, "secrecy": person.get("sekretess", "").strip() or None}
    if not person.get("personnummer", "").strip():
        notes.deviates("missing attribute", "personnummer")
    number = (person.get("sekel", "") + person.get("personnummer", "")).strip()
    return {"person": marks, "counts": counts, "cases": cases}, number or None


def _counts(groups: Sequence[Element], notes: Notes) -> dict[str, int | None] | None:
    """How many cases CSN announces of each kind of support."""
    if not groups:
        return None
    if len(groups) > 1:
        notes.loses("repeated element", "Studiestodstypforteckning")
    found = _COUNTS.read(groups[0], notes)
    return {KINDS[kind]: found.get(name) for name, kind in _COUNTED.items()}


def _cases(found: Mapping[str, Any], counts: Mapping[str, int | None] | None, notes: Notes) -> list[_Json]:
    cases: list[_Json] = []
    for name, kind in KINDS.items():
        of_kind = read_cases(name, found.get(name, ()), notes)
        announced = counts[kind] if counts is not None else None
        if announced is not None and announced != len(of_kind):
            # Fewer than announced: something is not here. More: everything is, and the count is odd.
            note = notes.loses if announced > len(of_kind) else notes.deviates
            note("another number of cases than announced", name)
        cases += of_kind
    return cases


def _items(cases: Sequence[_Json]) -> tuple[str, ...]:
    pieces = {"applied": "applications", "granted": "grantedTimes", "payments": "payments"}
    found = tuple(item for key, item in pieces.items() if any(case[key] for case in cases))
    return ("cases", *found) if cases else ()
