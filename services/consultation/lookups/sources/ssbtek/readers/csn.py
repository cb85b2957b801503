"""CSN: base64 of `CSNSvar`, contract v4.0 (`http://schema.csn.se/v4.0/kommunfraga`), matched on local names."""

from dataclasses import replace
from typing import Any

from services.consultation.lookups.sources.domain import SourceState
from services.consultation.lookups.sources.ssbtek.readers.csn_cases import KINDS, read_cases
from services.consultation.lookups.sources.ssbtek.readers.fields import Fields, listed
from services.consultation.lookups.sources.ssbtek.readers.inner import MAX_INNER_BYTES, decoded
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, state_of, unparseable, words
from services.consultation.lookups.sources.ssbtek.xml import Element, only_child, parse

_KNOWN_VERSIONS = frozenset({"4.0", "4"})
_WRAPPER = frozenset({"svar"})
_ANSWER = frozenset({"GemensamtSvarEkbistand", "GemensamtFragaEkbistand", "Personer"})
_RESULT = frozenset({"ResultatKod", "ResultatText"})
_PERSON = frozenset({"Studiestodstypforteckning", *KINDS})
_NOT_FOUND = "ej träff"


def read_csn(data: Element) -> Reading:
    """Read the support cases. A ResultatKod other than 0 is a `logical_error` with CSN's text.

    Raises DocumentError when the inner document cannot be read.
    """
    notes = Notes()
    wrapper = Fields(data, notes, _WRAPPER).one("svar")
    root = parse(decoded(wrapper.text if wrapper is not None else None), max_bytes=MAX_INNER_BYTES)
    if root.get("schemaVersion", "").strip() not in _KNOWN_VERSIONS:
        notes.deviates("unknown schema version", "CSNSvar")
    fields = Fields(root, notes, _ANSWER)
    code, text = _result(fields.one("GemensamtSvarEkbistand"), notes)
    persons = listed(fields.many("Personer"), "Person", notes)
    protected = any(bool(each.get("sekretess", "").strip()) for each in persons)
    if code not in (None, "0"):
        refused = Reading(SourceState.LOGICAL_ERROR, code=code, messages=words(text), protected=protected)
        return refused.with_notes(notes)
    reading = _read_persons(persons, notes)
    if not fields.many("Personer") or (code is None and not reading.items):
        return unparseable(*notes.deviations, protected=protected)
    return replace(reading, protected=protected).with_notes(notes)


def _result(common: Element | None, notes: Notes) -> tuple[str | None, str | None]:
    result = only_child(common, "Resultat") if common is not None else None
    if result is None:
        notes.deviates("missing element", "Resultat")
        return None, None
    fields = Fields(result, notes, _RESULT)
    return fields.text("ResultatKod"), fields.text("ResultatText")


def _read_persons(persons: list[Element], notes: Notes) -> Reading:
    if len(persons) > 1:
        notes.loses("repeated element", "Person")
    if not persons:
        return Reading(SourceState.ANSWERED_EMPTY, data={"cases": []})
    person = persons[0]
    status = person.get("Status", "").strip().lower()
    if status not in ("", _NOT_FOUND):
        notes.loses("unknown value", "Status")
    cases = _cases(person, notes) if status != _NOT_FOUND else []
    items = _items(cases)
    return Reading(
        state=state_of(items),
        items=items,
        data={"cases": cases},
        subject=(person.get("sekel", "") + person.get("personnummer", "")).strip() or None,
    )


def _cases(person: Element, notes: Notes) -> list[dict[str, Any]]:
    fields = Fields(person, notes, _PERSON)
    if not any(fields.many(kind) for kind in KINDS):
        # CSN knows the person but tells of no kind of support, not even an empty one.
        notes.loses("missing element", "Studiemedel")
    return read_cases(fields, notes)


def _items(cases: list[dict[str, Any]]) -> tuple[str, ...]:
    pieces = {"applied": "applications", "granted": "grantedTimes", "payments": "payments"}
    found = tuple(item for key, item in pieces.items() if any(case[key] for case in cases))
    return ("cases", *found) if cases else ()
