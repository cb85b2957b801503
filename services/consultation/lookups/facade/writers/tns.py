"""Transportstyrelsen: back to `HamtaUppgifterResponseType`."""

from services.consultation.lookups.facade.writers.asked import Asked
from services.consultation.lookups.facade.writers.building import Building
from services.consultation.lookups.sources.domain import SourceAnswer, SourceState
from services.consultation.lookups.sources.ssbtek.xml import Element

_NAMESPACE = "http://schema.transportstyrelsen.se/ssbtek/hamtauppgifterresponder/1"
_VEHICLE_NAMESPACE = "http://schema.transportstyrelsen.se/ssbtek/fordon/1"
_VEHICLE = {
    "regnr": "registration",
    "fabrikat": "make",
    "fordonsar": "year",
    "fordonsslag": "kind",
    "handelsbeteckning": "model",
}


def write_tns(answer: SourceAnswer, _: Asked) -> Element:
    """See Writer. A logical error is FEL inside the data with all its errors, as Transportstyrelsen tells it."""
    content = answer.data or {}
    refused = answer.state is SourceState.LOGICAL_ERROR
    data = Building.data(_NAMESPACE)
    data.known("resultat", content.get("result", "FEL" if refused else "OK"))
    vehicles = content.get("vehicles") or []
    if vehicles or not refused:
        holding = data.inner("fordonsinnehav")
        for vehicle in vehicles:
            fordon = holding.inner("fordon", _VEHICLE_NAMESPACE)
            for name, key in _VEHICLE.items():
                fordon.text(name, vehicle[key])
    for error in content.get("errors") or []:
        felresultat = data.inner("felresultat")
        felresultat.known("felkod", error["code"])
        felresultat.text("feltext", error["text"])
    return data.element
