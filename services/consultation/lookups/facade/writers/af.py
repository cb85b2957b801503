"""Arbetsförmedlingen: back to `SvarMeddelande`."""

from collections.abc import Mapping
from typing import Any

from services.consultation.lookups.facade.writers.asked import Asked
from services.consultation.lookups.facade.writers.building import Building
from services.consultation.lookups.sources.domain import SourceAnswer
from services.consultation.lookups.sources.ssbtek.xml import Element

_NAMESPACE = "http://api.arbetsformedlingen.se/arbetssokande/ersattningsstod/v2"
_FACTS = {
    "Arbetssokande": "jobseeker",
    "ArbetssokandeSKAT": "category",
    "ArbetssokandeRegistrerad": "registered",
    "ArbetssokandeOmfattning": "extent",
    "ArbetssokandeAvaktualiserad": "deregistered",
}


def write_af(answer: SourceAnswer, asked: Asked) -> Element:
    """See Writer. A logical error is told by its status code, as AF tells it."""
    content = answer.data or {}
    data = Building.data(_NAMESPACE)
    _write_question(data.inner("Fraga"), asked)
    svar = data.inner("Svar")
    svar.text("Schemaversion", content.get("schemaVersion"))
    svar.text("Referensnummer", content.get("reference", asked.case_reference))
    svar.text("LagParagraf", asked.legal_text)
    svar.text("IdentitetsbeteckningFysiskPerson", asked.person.reveal())
    person = content.get("person") or {}
    svar.known("Fornamn", person.get("givenName"))
    svar.known("Efternamn", person.get("familyName"))
    if answer.protected:
        svar.known("Sekretessmarkering", True)
    _write_jobseeker(svar, content)
    _write_decisions(svar, content.get("decisions") or [])
    svar.known("Akassetillhorighet", content.get("unemploymentFund"))
    status = content.get("status") or {"code": answer.code or "0", "text": None}
    svar.known("StatusSokandeinformationKod", status["code"])
    svar.text("StatusSokandeinformationKodText", status["text"])
    return data.element


def _write_question(fraga: Building, asked: Asked) -> None:
    fraga.text("OrganisationsnummerForIngivare", asked.asker.organisation_number)
    fraga.text("NamnPaIngivare", asked.asker.name)
    fraga.text("KontonamnForHandlaggare", asked.handler)
    fraga.text("Referensnummer", asked.case_reference)
    fraga.text("From", asked.period.first.isoformat())
    fraga.text("Tom", asked.period.last.isoformat())
    fraga.text("SyfteMedFraga", asked.purpose_text)
    fraga.text("LagParagraf", asked.legal_text)
    for processor in asked.asker.processors[:1]:  # the contract has room for one
        fraga.text("OrganisationsnummerForPersonuppgiftsbitrade", processor.organisation_number)
        fraga.text("NamnPaPersonuppgiftsbitrade", processor.name)
    fraga.text("IdentitetsbeteckningFysiskPerson", asked.person.reveal())


def _write_jobseeker(svar: Building, content: Mapping[str, Any]) -> None:
    facts = {name: content.get(key) for name, key in _FACTS.items()}
    report = content.get("activityReport") or {"presence": "notTold", "message": None, "latest": None}
    if all(value is None for value in facts.values()) and report["presence"] == "notTold":
        return
    info = svar.inner("ArbetssokandeInfo")
    for name, value in facts.items():
        info.known(name, value)
    told = info.inner("AktivetetsRapportDatum")
    told.text("AktivitetsRapportMeddelande", report["message"])
    # A date that was there and could not be read must not be told as absent: it is there, and blank.
    told.known("SenasteAktivitetsRapportDatum", "" if report["presence"] == "notRead" else report["latest"])


def _write_decisions(svar: Building, decisions: list[Mapping[str, Any]]) -> None:
    if not decisions:
        return
    written = svar.inner("BeslutInfo").inner("EkonomiskaBeslut")
    for decision in decisions:
        beslut = written.inner("Beslut")
        beslut.text("ErsattningTyp", decision["type"])
        beslut.known("Omfattning", decision["extent"])
        beslut.known("BeslutFrom", decision["from"])
        beslut.known("BeslutTom", decision["to"])
