"""Försäkringskassan and Pensionsmyndigheten: base64 of UTF-8 JSON, `LefiExternFormansinformationSvar` (v9)."""

import json
from decimal import Decimal
from typing import Any, NoReturn

from services.consultation.lookups.sources.domain import SourceState
from services.consultation.lookups.sources.ssbtek.readers import fk_benefits, fk_payments
from services.consultation.lookups.sources.ssbtek.readers.fields import Fields
from services.consultation.lookups.sources.ssbtek.readers.inner import MAX_INNER_BYTES, decoded
from services.consultation.lookups.sources.ssbtek.readers.json_fields import JsonFields
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, state_of, unparseable, words
from services.consultation.lookups.sources.ssbtek.xml import DocumentError, Element

_WRAPPER = frozenset({"lefiJsonSvar"})
_TOP_LEVEL = frozenset(
    {
        "utlamnare",
        "avvikelser",
        "formansinformation",
        "preliminaraUtbetalningar",
        "utbetalningar",
        "ansprak",
        "beslut",
        "ovrigInformation",
    }
)
_NOT_READ = ("ansprak", "beslut", "ovrigInformation")
_OK = "OK"

_Json = dict[str, Any]


def read_fk(data: Element) -> Reading:
    """Read payments, programmes and benefit cases of the suppliers that answered.

    `partial` when a supplier was down or LEFI names deviations, since what it leaves out is then unknown.
    Raises DocumentError when the inner document cannot be read.
    """
    notes = Notes()
    wrapper = Fields(data, notes, _WRAPPER).one("lefiJsonSvar")
    document = parse_json(decoded(wrapper.text if wrapper is not None else None))
    return read_lefi(JsonFields(document, notes, "lefiJsonSvar"), notes).with_notes(notes)


def parse_json(document: bytes) -> object:
    """JSON with numbers as int or Decimal. Raises DocumentError, whose text holds none of it."""
    if len(document) > MAX_INNER_BYTES:
        raise DocumentError("the inner document is too large")
    try:
        return json.loads(document.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise DocumentError("the inner document is not JSON in UTF-8") from None


def read_lefi(answer: JsonFields, notes: Notes) -> Reading:
    """The state rests on `utlamnare`: only a supplier listed as OK has contributed, content or emptiness."""
    suppliers = [_supplier(each) for each in answer.objects("utlamnare")]
    deviations = _deviations(answer.raw("avvikelser"), notes)
    information = answer.inner("formansinformation") or JsonFields({}, notes, "formansinformation")
    persons = information.objects("generellPersoninformation")
    protected = any(fk_benefits.is_protected(each) for each in persons)
    if not suppliers:
        return _without_suppliers(answer, protected)
    _note_unread(answer, suppliers, notes)
    content = {**fk_payments.read(answer, information, notes), **fk_benefits.read(information)}
    items = (*fk_payments.items(content), *fk_benefits.items(content))
    down = [each for each in suppliers if each["state"] != _OK]
    return Reading(
        state=_state(suppliers, down, deviations, items),
        code=down[0]["state"] if down else next((each["code"] for each in deviations), None),
        messages=words(*(each["text"] for each in down), *(each["text"] for each in deviations)),
        items=items,
        protected=protected,
        data={"suppliers": suppliers, "deviations": deviations, **content},
        subject=next((each.text("personnummer") for each in persons), None),
    )


def _state(suppliers: list[_Json], down: list[_Json], deviations: list[_Json], items: tuple[str, ...]) -> SourceState:
    if len(down) == len(suppliers) and not items:
        return SourceState.LOGICAL_ERROR
    return SourceState.PARTIAL if down or deviations else state_of(items)


def _without_suppliers(answer: JsonFields, protected: bool) -> Reading:
    message = answer.text("meddelande")
    if message is not None:
        return Reading(SourceState.LOGICAL_ERROR, code="LefiFelsvar", messages=(message,), protected=protected)
    return unparseable("missing member: utlamnare", protected=protected)


def _note_unread(answer: JsonFields, suppliers: list[_Json], notes: Notes) -> None:
    for key in answer:
        if key not in _TOP_LEVEL:
            notes.does_not_know("unknown member", key)
    for key in _NOT_READ:
        if answer.has_content(key):
            notes.does_not_know("not read", key)
    if "FK" not in {each["code"] for each in suppliers}:
        notes.does_not_know("supplier not listed", "FK")


def _supplier(each: JsonFields) -> _Json:
    who, state = each.inner("utlamnare"), each.inner("tillstand")
    return {
        "code": who.text("kod") if who else None,
        "name": who.text("namn") if who else None,
        "state": state.text("kod") if state else None,
        "text": state.text("beskrivning") if state else None,
    }


def _deviations(value: object, notes: Notes) -> list[_Json]:
    # The contract has an object by information class; its own example shows an empty array.
    if isinstance(value, dict):
        classes = JsonFields(value, notes, "avvikelser")
        return [_deviation(each, key) for key in classes for each in classes.objects(key)]
    wrapped = JsonFields({"avvikelser": value}, notes, "avvikelser")
    return [_deviation(each, None) for each in wrapped.objects("avvikelser")]


def _deviation(each: JsonFields, information: str | None) -> _Json:
    reason = each.inner("avvikelse")
    return {
        "information": information,
        "code": reason.text("kod") if reason else None,
        "text": reason.text("beskrivning") if reason else None,
        "group": each.coded("formansgrupp") or each.coded("ovrigInformationstyp"),
    }


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError
