"""Migrationsverket: back to `findByPersonnummerResponse`, whose children have no namespace."""

from collections.abc import Mapping
from typing import Any

from services.consultation.lookups.facade.writers.asked import Asked
from services.consultation.lookups.facade.writers.building import Building
from services.consultation.lookups.sources.domain import SourceAnswer
from services.consultation.lookups.sources.ssbtek.xml import Element

# In the order of the contract. Of what is coded, the code stands under the name and its text under `…Namn`.
_MEMBERS = {
    "anledning": "reason",
    "ansokningsdatum": "applied",
    "arendeTyp": "caseType",
    "beslutsKod": "decision",
    "beslutsTyp": "decisionType",
    "beslutsdatum": "decided",
    "fromDatum": "from",
    "giltighetstid": "validity",
    "tomDatum": "to",
}


def write_miv(answer: SourceAnswer, asked: Asked) -> Element:
    """See Writer. The id of Migrationsverket's own exchange is demanded and not ours to tell: it is blank."""
    content = answer.data or {}
    data = Building.data(None)
    response = data.inner("response")
    person = content.get("person") or {}
    response.text("correlationid", None)
    response.known("efternamn", person.get("familyName"))
    response.known("fornamn", person.get("givenName"))
    response.known("hemland", content.get("homeCountry"))
    response.known("inresedatum", content.get("entered"))
    response.known("personnummer", asked.person.reveal())
    permits = content.get("permits") or []
    if permits:
        listed = response.inner("svarCollection")
        for permit in permits:
            _write_permit(listed.inner("svar"), permit)
    return data.element


def _write_permit(svar: Building, permit: Mapping[str, Any]) -> None:
    for name, key in _MEMBERS.items():
        value = permit[key]
        if isinstance(value, Mapping):
            svar.known(name, value["code"])
            svar.known(f"{name}Namn", value["text"])
        else:
            svar.known(name, value)
    if not len(svar.element):
        # A permit of which nothing could be read is still one: without a child it would say nothing.
        svar.text("anledning", None)
