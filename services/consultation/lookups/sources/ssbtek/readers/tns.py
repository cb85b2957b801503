"""Transportstyrelsen: `HamtaUppgifterResponseType`, `…/ssbtek/hamtauppgifterresponder/1`."""

from typing import Any

from services.consultation.lookups.sources.domain import SourceState
from services.consultation.lookups.sources.ssbtek.node import Node
from services.consultation.lookups.sources.ssbtek.readers.fields import NodeFields, listed
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, state_of, unparseable, words

_ANSWER = frozenset({"resultat"})
_ANSWER_OPTIONAL = frozenset({"fordonsinnehav", "felresultat"})
_VEHICLE = frozenset({"regnr", "fabrikat", "fordonsar", "fordonsslag", "handelsbeteckning"})
_ERROR = frozenset({"felkod", "feltext"})


def read_tns(data: Node) -> Reading:
    """Read the vehicle holding. A `resultat` other than OK is a `logical_error` with TNS's codes and texts.

    `code` is the first error's; all of them are in the content.
    """
    notes = Notes()
    fields = NodeFields(data, notes, _ANSWER, _ANSWER_OPTIONAL)
    result = fields.text("resultat")
    elements = listed(fields.many("fordonsinnehav"), "fordon", notes)
    vehicles = [_vehicle(NodeFields(element, notes, _VEHICLE)) for element in elements]
    errors = [_error(NodeFields(element, notes, _ERROR)) for element in fields.many("felresultat")]
    items = ("vehicles",) if vehicles else ()
    if result is None and not items:
        return unparseable(*notes.deviations)
    if result is None:
        # How it went is not known, whatever stands beside.
        notes.loses("missing element", "resultat")
    refused = result not in (None, "OK") or bool(errors)
    codes = words(*(error["code"] for error in errors), result)
    return Reading(
        state=SourceState.LOGICAL_ERROR if refused else state_of(items),
        code=codes[0] if refused else None,
        messages=words(*(error["text"] for error in errors)),
        items=items,
        data={"vehicles": vehicles, "result": result, "errors": errors},
    ).with_notes(notes)


def _vehicle(fields: NodeFields[Node]) -> dict[str, Any]:
    return {
        "registration": fields.text("regnr"),
        "make": fields.text("fabrikat"),
        "year": fields.text("fordonsar"),
        "kind": fields.text("fordonsslag"),
        "model": fields.text("handelsbeteckning"),
    }


def _error(fields: NodeFields[Node]) -> dict[str, str | None]:
    return {"code": fields.text("felkod"), "text": fields.text("feltext")}
