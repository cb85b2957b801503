"""Skatteverket: a string with an XML document in it.

The contract has only the string. The document read here, `SvarBeskattningsuppgifterEnligtSFS2008-975`, is
the one seen in practice, so it is matched on local names and nothing in it is taken as required.
"""

from typing import Any

from services.consultation.lookups.sources.ssbtek.readers.fields import Fields, listed
from services.consultation.lookups.sources.ssbtek.readers.inner import MAX_INNER_BYTES
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, state_of, unparseable
from services.consultation.lookups.sources.ssbtek.xml import DocumentError, Element, local_name, only_child, parse

_WRAPPER = frozenset({"svar"})
_BLOCKS = frozenset({"Kapitaluppgift"})
_CAPITAL = frozenset({"Taxeringsar", "SummaIntakterPaKapital", "OverskottPaKapital"})


def read_skv(data: Element) -> Reading:
    """Read capital income per tax year. Raises DocumentError when the inner document cannot be read."""
    notes = Notes()
    wrapper = Fields(data, notes, _WRAPPER).one("svar")
    text = (wrapper.text or "").strip() if wrapper is not None else ""
    if not text:
        raise DocumentError("the inner document is absent")
    # The string is already decoded, whatever encoding the document in it declares.
    root = parse(text.encode(), max_bytes=MAX_INNER_BYTES, encoding="utf-8")
    persons = only_child(root, "PersonuppgiftLista")
    if persons is None:
        return unparseable("missing element: PersonuppgiftLista")
    return _read_persons(listed([persons], "Personuppgift", notes), notes).with_notes(notes)


def _read_persons(persons: list[Element], notes: Notes) -> Reading:
    if len(persons) > 1:
        notes.loses("repeated element", "Personuppgift")
    if not persons:
        return Reading(state_of(()), data={"status": None, "capital": []})
    # No schema is published: values of any name are accepted, but not whole blocks that are not read.
    values = frozenset(local_name(child) for child in persons[0] if not len(child))
    fields = Fields(persons[0], notes, frozenset(), values | _BLOCKS)
    capital = [_capital(Fields(each, notes, _CAPITAL)) for each in fields.many("Kapitaluppgift")]
    items = ("capital",) if capital else ()
    return Reading(
        state_of(items),
        items=items,
        protected=fields.marked("Sekretessmarkering"),
        data={"status": fields.text("StatusPersonuppgiftKod"), "capital": capital},
    )


def _capital(fields: Fields) -> dict[str, Any]:
    return {
        "taxYear": fields.text("Taxeringsar"),
        "income": fields.money("SummaIntakterPaKapital"),
        "surplus": fields.money("OverskottPaKapital"),
    }
