"""Migrationsverket: `findByPersonnummerResponse`, whose children have no namespace."""

from typing import Any

from services.consultation.lookups.sources.ssbtek.node import Node
from services.consultation.lookups.sources.ssbtek.readers.fields import NodeFields, listed
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, state_of

_RESPONSE = frozenset({"response"})
_PERSON = frozenset({"correlationid"})
_PERSON_OPTIONAL = frozenset(
    {"korrelationsid", "efternamn", "fornamn", "hemland", "inresedatum", "personnummer", "svarCollection"}
)
_PERMIT = frozenset(
    {
        "anledning",
        "anledningNamn",
        "ansokningsdatum",
        "arendeTyp",
        "arendeTypNamn",
        "beslutsKod",
        "beslutsKodNamn",
        "beslutsTyp",
        "beslutsTypNamn",
        "beslutsdatum",
        "fromDatum",
        "giltighetstid",
        "tomDatum",
    }
)
_REGISTERED = ("homeCountry", "entered", "permits")
_NOTHING: dict[str, Any] = {
    "homeCountry": None,
    "entered": None,
    "permits": [],
    "person": {"givenName": None, "familyName": None},
}


def read_miv(data: Node) -> Reading:
    """Read permits. No `response`, or one without content, is how Migrationsverket says nothing is registered.

    Its two ids of the exchange, `korrelationsid` and `correlationid`, say nothing about the person and are not told.
    """
    notes = Notes()
    response = NodeFields(data, notes, frozenset(), _RESPONSE).one("response")
    if response is None:
        return Reading(state_of(()), data=dict(_NOTHING)).with_notes(notes)
    fields = NodeFields(response, notes, _PERSON, _PERSON_OPTIONAL)
    elements = listed(fields.many("svarCollection"), "svar", notes)
    content: dict[str, Any] = {
        "homeCountry": fields.text("hemland"),
        "entered": fields.date("inresedatum"),
        # A `svar` may be nil, which says nothing.
        "permits": [_permit(NodeFields(element, notes, frozenset(), _PERMIT)) for element in elements if len(element)],
        "person": {"givenName": fields.text("fornamn"), "familyName": fields.text("efternamn")},
    }
    # A name alone is not something registered.
    items = tuple(name for name in _REGISTERED if content[name])
    return Reading(state_of(items), items=items, data=content, subject=fields.text("personnummer")).with_notes(notes)


def _permit(fields: NodeFields[Node]) -> dict[str, Any]:
    return {
        "reason": _coded(fields, "anledning"),
        "applied": fields.date("ansokningsdatum"),
        "caseType": _coded(fields, "arendeTyp"),
        "decision": _coded(fields, "beslutsKod"),
        "decisionType": _coded(fields, "beslutsTyp"),
        "decided": fields.date("beslutsdatum"),
        "from": fields.date("fromDatum"),
        "to": fields.date("tomDatum"),
        "validity": fields.text("giltighetstid"),
    }


def _coded(fields: NodeFields[Node], name: str) -> dict[str, str | None]:
    return {"code": fields.text(name), "text": fields.text(f"{name}Namn")}
