"""Transportstyrelsen's answers: `HamtaUppgifterResponseType`."""

from services.consultation.lookups.simulator.answers.common import data
from services.consultation.lookups.simulator.elements import element, texts
from services.consultation.lookups.simulator.question import Question
from services.consultation.lookups.sources.ssbtek.xml import Element

NAMESPACE = "http://schema.transportstyrelsen.se/ssbtek/hamtauppgifterresponder/1"
VEHICLES = "http://schema.transportstyrelsen.se/ssbtek/fordon/1"


def vehicle(question: Question) -> Element:
    """One passenger car."""
    fields = {
        "regnr": "XXX00X",
        "fabrikat": "EXEMPELBIL",
        "fordonsar": "2009",
        "fordonsslag": "PERSONBIL",
        "handelsbeteckning": "TEST KOMBI",
    }
    return _ok(question, element(VEHICLES, "fordon", *texts(VEHICLES, fields)))


def nothing(question: Question) -> Element:
    """An empty holding."""
    return _ok(question)


def refused(question: Question) -> Element:
    """TNS could not carry out the question, which it says inside `data`."""
    error = texts(NAMESPACE, {"felkod": "2", "feltext": "Personen kan inte behandlas"})
    return data(question, element(NAMESPACE, "resultat", "FEL"), element(NAMESPACE, "felresultat", *error))


def _ok(question: Question, *vehicles: Element) -> Element:
    holding = element(NAMESPACE, "fordonsinnehav", *vehicles)
    return data(question, element(NAMESPACE, "resultat", "OK"), holding)
